/**
 * Attributes: what a credential says, each under a salt of its own, so that some can be shown alone.
 *
 *     salt i   H_attribute-salt( seed ‖ u16 i )
 *     leaf i   H_attribute( salt ‖ enc(attribute) ), or H_attribute( salt ) where there is none
 *     node     H_attribute-node( left ‖ right )
 *
 * Attributes ascend by name, from leaf 0 on; the tree has 8, 16, 32 or 64 leaves. Whoever sees the
 * digest of a leaf learns neither the attribute nor whether there is one.
 *
 * A proof is the digests of the subtrees in which nothing is shown, from left to right. All of them
 * are used, and no more.
 */

import {
  ascending,
  bytes32,
  choice,
  encodeWith,
  hash,
  list,
  oneOf,
  struct,
  text,
  u128,
  u16,
  u8,
  utf8,
  variable,
  where,
  type Coder,
} from '@dsm/primitive';

/** Typed, so that 18 and "18" are two values in every language. */
export type AttributeValue =
  | { readonly type: 'text'; readonly value: string }
  | { readonly type: 'integer'; readonly value: bigint }
  | { readonly type: 'boolean'; readonly value: boolean }
  /** A day of the Gregorian calendar, `2031-12-31`. */
  | { readonly type: 'date'; readonly value: string }
  | { readonly type: 'bytes'; readonly value: Uint8Array };

export type AttributeType = AttributeValue['type'];

export interface Attribute {
  readonly name: string;
  readonly content: AttributeValue;
}

/** An attribute that is shown: its leaf, and the salt that opens it. */
export interface ShownAttribute {
  readonly index: number;
  readonly salt: Uint8Array;
  readonly attribute: Attribute;
}

/** Names and types of all attributes that credentials of one sort have. */
export type Schema = readonly { readonly name: string; readonly type: AttributeType }[];

/** Leaves of a tree, as powers of two. */
export const depths = [3, 4, 5, 6] as const;
export type Depth = (typeof depths)[number];

export const attributesMax = 64;
export const attributeBytesMax = 1_024;
const nameBytesMax = 48;

/** What a credential says of itself; issuers give no attributes of such names. */
export const ownNames = { device: 'dsm-device', serial: 'dsm-serial' } as const;

const integer: Coder<bigint> = {
  write: (w, value) => signed.write(w, [value < 0n ? 1 : 0, value < 0n ? -value : value]),
  read: (r) => {
    const [sign, size] = signed.read(r);
    return sign === 1 ? -size : size;
  },
};

/** There is one zero. */
const signed: Coder<readonly [sign: 0 | 1, size: bigint]> = where(
  {
    write: (w, [sign, size]) => {
      w.u8(sign);
      w.u128(size);
    },
    read: (r) => [oneOf([0, 1]).read(r), u128.read(r)],
  },
  ([sign, size]) => sign === 0 || size > 0n,
);

const boolean: Coder<boolean> = {
  write: (w, value) => w.u8(value ? 1 : 0),
  read: (r) => oneOf([0, 1]).read(r) === 1,
};

const content: Coder<AttributeValue> = choice<AttributeValue>({
  text: [1, struct({ value: text(attributeBytesMax) })],
  integer: [2, struct({ value: integer })],
  boolean: [3, struct({ value: boolean })],
  date: [4, struct({ value: where(text(10), isDate) })],
  bytes: [5, struct({ value: variable(attributeBytesMax) })],
});

const nameCoder = where(text(nameBytesMax), isAttributeName);

export const attributeCoder: Coder<Attribute> = struct({ name: nameCoder, content });

const ordered = ({ name }: { readonly name: string }): Uint8Array => utf8(name);

/** All attributes of a credential. */
export const attributesCoder: Coder<readonly Attribute[]> = ascending(
  attributeCoder,
  ordered,
  attributesMax,
  1,
);

/** Names that a verifier asks for. */
export const namesCoder: Coder<readonly string[]> = ascending(nameCoder, utf8, attributesMax);

/** Ascending by index and by name: what stands once in a tree is shown once. */
export const shownCoder: Coder<readonly ShownAttribute[]> = where(
  ascending(
    struct<ShownAttribute>({ index: u8, salt: bytes32, attribute: attributeCoder }),
    ({ index }) => Uint8Array.of(index),
    attributesMax,
  ),
  (shown) =>
    shown.every(({ attribute }, i) => i === 0 || shown[i - 1]!.attribute.name < attribute.name),
);

export const depthCoder: Coder<Depth> = oneOf(depths);

/** Small letters, digits and dashes: a name looks the same to everybody and in every format. */
export function isAttributeName(name: string): boolean {
  return name.length <= nameBytesMax && /^[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*$/.test(name);
}

const days = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** True for a day that there is; whether it has passed is for people to say. */
export function isDate(text: string): boolean {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (parts === null) return false;
  const [year, month, day] = parts.slice(1).map(Number) as [number, number, number];
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const most = month === 2 && isLeap ? 29 : (days[month - 1] ?? 0);
  return day >= 1 && day <= most;
}

export function schemaOf(attributes: readonly Attribute[]): Schema {
  const given = attributes.filter(({ name }) => !isOwn(name));
  return given.map(({ name, content: { type } }) => ({ name, type }));
}

/** True for what a credential says of itself, which no schema lists. */
export function isOwn(name: string): boolean {
  return name.startsWith('dsm-');
}

const types = ['text', 'integer', 'boolean', 'date', 'bytes'] as const;
const tag = oneOf([1, 2, 3, 4, 5]);

const typeCoder: Coder<AttributeType> = {
  write: (w, type) => tag.write(w, (types.indexOf(type) + 1) as 1),
  read: (r) => types[tag.read(r) - 1] ?? 'text',
};

export const schemaCoder: Coder<Schema> = ascending(
  struct({ name: nameCoder, type: typeCoder }),
  ordered,
  attributesMax,
);

/** The name of a schema. */
export function schemaDigest(schema: Schema): Uint8Array {
  return hash('schema', encodeWith(schemaCoder, schema));
}

/** The least tree that has room for so many. */
export function depthFor(count: number): Depth | undefined {
  return depths.find((depth) => count <= 1 << depth);
}

export function saltAt(seed: Uint8Array, index: number): Uint8Array {
  return hash('attribute-salt', seed, encodeWith(u16, index));
}

/** The digest of a leaf; without an attribute, that of an empty one. */
export function leafOf(salt: Uint8Array, attribute: Attribute | undefined): Uint8Array {
  return attribute === undefined
    ? hash('attribute', salt)
    : hash('attribute', salt, encodeWith(attributeCoder, attribute));
}

/** All digests of a tree, level by level, the leaves first. */
function levels(
  seed: Uint8Array,
  attributes: readonly Attribute[],
  depth: Depth,
): readonly (readonly Uint8Array[])[] {
  const leaves = Array.from({ length: 1 << depth }, (_, i) =>
    leafOf(saltAt(seed, i), attributes[i]),
  );
  const all: Uint8Array[][] = [leaves];
  for (let level = leaves; level.length > 1; level = all.at(-1)!) {
    all.push(level.flatMap((left, i) => (i % 2 === 0 ? [inner(left, level[i + 1]!)] : [])));
  }
  return all;
}

export function attributeRoot(
  seed: Uint8Array,
  attributes: readonly Attribute[],
  depth: Depth,
): Uint8Array {
  return levels(seed, attributes, depth).at(-1)![0]!;
}

/** The digests that lead from the leaves at `indices`, which ascend, to the root. */
export function proveAttributes(
  seed: Uint8Array,
  attributes: readonly Attribute[],
  depth: Depth,
  indices: readonly number[],
): readonly Uint8Array[] {
  const all = levels(seed, attributes, depth);
  const visit = (level: number, at: number): readonly Uint8Array[] => {
    if (!indices.some((index) => index >> level === at)) return [all[level]![at]!];
    return level === 0 ? [] : [...visit(level - 1, 2 * at), ...visit(level - 1, 2 * at + 1)];
  };
  return visit(depth, 0);
}

/** The root of a tree in which these are shown; undefined if the proof is not theirs. */
export function evaluateAttributes(
  shown: readonly ShownAttribute[],
  depth: Depth,
  proof: readonly Uint8Array[],
): Uint8Array | undefined {
  if (shown.some(({ index }) => index >= 1 << depth)) return undefined;
  let used = 0;
  const visit = (level: number, at: number): Uint8Array => {
    const first = shown.find(({ index }) => index >> level === at);
    if (first === undefined) {
      // A proof that is too short is told by how much of it was used.
      return proof[used++] ?? new Uint8Array(32);
    }
    if (level === 0) return leafOf(first.salt, first.attribute);
    return inner(visit(level - 1, 2 * at), visit(level - 1, 2 * at + 1));
  };
  const root = visit(depth, 0);
  return used !== proof.length ? undefined : root;
}

/** The most digests that a proof can have. */
export const proofCoderOfAttributes: Coder<readonly Uint8Array[]> = list(bytes32, attributesMax);

function inner(left: Uint8Array, right: Uint8Array): Uint8Array {
  return hash('attribute-node', left, right);
}
