/** Attributes as programs write them, and as the core has them. */

import {
  isAttributeName,
  isDate,
  isOwn,
  type Attribute,
  type AttributeType,
  type AttributeValue,
  type Schema,
} from '@dsm/identity';
import type { Attributes } from './credential-api.ts';
import { DsmError } from './errors.ts';

export function attributesFrom(given: Attributes): readonly Attribute[] {
  return Object.entries(given).map(([name, value]) => {
    if (!isAttributeName(name) || isOwn(name)) {
      throw new DsmError('usage', `"${name}" is no name of an attribute: a-z, 0-9, - and _`);
    }
    return { name, content: contentOf(name, value) };
  });
}

function contentOf(name: string, value: Attributes[string]): AttributeValue {
  if (typeof value === 'string') return { type: 'text', value };
  if (typeof value === 'bigint') return { type: 'integer', value };
  if (typeof value === 'boolean') return { type: 'boolean', value };
  if (value instanceof Uint8Array) return { type: 'bytes', value };
  if (!isDate(value.date)) throw new DsmError('usage', `${name}: "${value.date}" is no day`);
  return { type: 'date', value: value.date };
}

/** What a credential says of itself has fields of its own. */
export function attributesTo(attributes: readonly Attribute[]): Attributes {
  return Object.fromEntries(
    attributes
      .filter(({ name }) => !isOwn(name))
      .map(({ name, content }) => [
        name,
        content.type === 'date' ? { date: content.value } : content.value,
      ]),
  );
}

export function schemaFrom(given: Readonly<Record<string, AttributeType>>): Schema {
  return Object.entries(given)
    .map(([name, type]) => ({ name, type }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
