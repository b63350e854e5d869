/** Whether a document is what a schema describes: the few words of JSON Schema that are used here. */

import type { Schema } from '../src/schema.ts';

/** Undefined if it is, else where and why not. */
export function mismatch(schema: Schema, value: unknown, at = '$'): string | undefined {
  const options = schema['oneOf'] as readonly Schema[] | undefined;
  if (options !== undefined) {
    const fits = options.filter((option) => mismatch(option, value) === undefined).length;
    return fits === 1 ? undefined : `${at}: ${fits} of the alternatives fit`;
  }
  const values = schema['enum'] as readonly unknown[] | undefined;
  if (values !== undefined) return values.includes(value) ? undefined : `${at}: ${String(value)}`;
  switch (schema['type']) {
    case 'string':
      return textMismatch(schema, value, at);
    case 'integer':
      return Number.isInteger(value) && (value as number) >= 0 ? undefined : `${at}: no count`;
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `${at}: no boolean`;
    case 'array':
      return listMismatch(schema, value, at);
    case 'object':
      return objectMismatch(schema, value, at);
    default:
      return `${at}: the schema has no type`;
  }
}

function textMismatch(schema: Schema, value: unknown, at: string): string | undefined {
  if (typeof value !== 'string') return `${at}: no text`;
  const pattern = schema['pattern'] as string | undefined;
  return pattern === undefined || new RegExp(pattern).test(value) ? undefined : `${at}: ${value}`;
}

function listMismatch(schema: Schema, value: unknown, at: string): string | undefined {
  if (!Array.isArray(value)) return `${at}: no list`;
  const found = (value as readonly unknown[]).map((item, i) =>
    mismatch(schema['items'] as Schema, item, `${at}[${i}]`),
  );
  return found.find((one) => one !== undefined);
}

function objectMismatch(schema: Schema, value: unknown, at: string): string | undefined {
  if (typeof value !== 'object' || value === null) return `${at}: no object`;
  const members = value as Readonly<Record<string, unknown>>;
  const known = (schema['properties'] ?? {}) as Readonly<Record<string, Schema>>;
  const required = (schema['required'] ?? []) as readonly string[];
  const lacking = required.find((name) => !Object.hasOwn(members, name));
  if (lacking !== undefined) return `${at}: lacks ${lacking}`;
  for (const [name, member] of Object.entries(members)) {
    const inner = known[name];
    if (inner === undefined && schema['additionalProperties'] === false) {
      return `${at}: has ${name}`;
    }
    const found = inner === undefined ? undefined : mismatch(inner, member, `${at}.${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}
