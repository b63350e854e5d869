/** JSON Schema, as much of it as the outputs of the commands need. */

export type Schema = Readonly<Record<string, unknown>>;

export const text: Schema = { type: 'string' };
export const count: Schema = { type: 'integer', minimum: 0 };
export const flag: Schema = { type: 'boolean' };
/** In the token's smallest unit. Numbers of JSON are too small for it. */
export const units: Schema = { type: 'string', pattern: '^[0-9]+$' };
/** With the token's decimals, for people. */
export const decimal: Schema = { type: 'string', pattern: '^[0-9]+(\\.[0-9]+)?$' };
export const base64url: Schema = { type: 'string', pattern: '^[A-Za-z0-9_-]*$' };

export function oneOf(...values: readonly string[]): Schema {
  return { enum: values };
}

export function list(items: Schema): Schema {
  return { type: 'array', items };
}

/** An object with exactly these members. */
export function record(properties: Readonly<Record<string, Schema>>): Schema {
  const required = Object.keys(properties);
  return { type: 'object', properties, required, additionalProperties: false };
}

/** An object with these members, of which `optional` may lack. */
export function partial(
  properties: Readonly<Record<string, Schema>>,
  optional: Readonly<Record<string, Schema>>,
): Schema {
  const all = { ...properties, ...optional };
  const required = Object.keys(properties);
  return { type: 'object', properties: all, required, additionalProperties: false };
}
