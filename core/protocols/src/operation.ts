/**
 * Operations: what an entry does.
 *
 *     tag 1 memo       text, no value moves
 *     tag 2 transfer   inputs → outputs of the two devices of the lane
 *     tag 3 load       online notes → purse notes and change, on the device's own lane
 *     tag 4 mint       an issue of a token, on the issuer's own lane
 *     tag 13 app       bytes for the reducer that a hash names, no value moves (shared.ts)
 *
 * A device's own lane is the lane towards itself: what it does alone has one writer too.
 */

import {
  bytes32,
  choice,
  compare,
  concat,
  decodeWith,
  encodeWith,
  limits,
  list,
  oneOf,
  struct,
  text,
  u128,
  u16,
  u32,
  variable,
  where,
  type Coder,
} from '@dsm/primitive';
import { issue, type Issue } from './issue.ts';
import { outputCoder, type NoteKind, type Output } from './note.ts';

/** A note that the operation spends, opened: the owner's blind shows the leaf in its map. */
export interface Input {
  readonly source: Uint8Array;
  readonly index: number;
  readonly key: Uint8Array;
  readonly amount: bigint;
  readonly kind: NoteKind;
  readonly depth: number;
  readonly receipts: number;
  readonly blind: Uint8Array;
}

export interface Movement {
  readonly token: Uint8Array;
  readonly inputs: readonly Input[];
  readonly outputs: readonly Output[];
  readonly memo: string;
}

/** An operation of an app. Only the reducer that the id names knows what the data mean. */
export interface AppOperation {
  readonly app: Uint8Array;
  readonly data: Uint8Array;
}

export type Operation =
  | { readonly type: 'memo'; readonly text: string }
  | ({ readonly type: 'transfer' } & Movement)
  | ({ readonly type: 'load' } & Movement)
  | { readonly type: 'mint'; readonly issue: Issue }
  | ({ readonly type: 'app' } & AppOperation);

/** Operations that move no value: they demand nothing of the step that carries them. */
export type Still = Extract<Operation, { readonly type: 'memo' | 'app' }>;

export function isStill(operation: Operation): operation is Still {
  return operation.type === 'memo' || operation.type === 'app';
}

/** What an operation leaves for the data of an app, beside its tag, the app's id and a length. */
export const appBytesMax: number = limits.operationBytesMax - 37;

const inputCoder: Coder<Input> = struct({
  source: bytes32,
  index: u16,
  key: bytes32,
  amount: u128,
  kind: oneOf([0, 1]),
  depth: u16,
  receipts: u32,
  blind: bytes32,
});

/** Where inputs stand: a set has one order and no repeats. */
export function inputOrder({ source, index }: { source: Uint8Array; index: number }): Uint8Array {
  return concat(source, encodeWith(u16, index));
}

const inputs = where(list(inputCoder, limits.inputsMax, 1), (items) =>
  items.every((item, i) => i === 0 || compare(inputOrder(items[i - 1]!), inputOrder(item)) < 0),
);

const movement = struct<Movement>({
  token: bytes32,
  inputs,
  outputs: list(outputCoder, limits.outputsMax, 1),
  memo: text(limits.memoBytesMax),
});

const tags: Coder<Operation> = choice<Operation>({
  memo: [1, struct({ text: text(limits.operationBytesMax - 8) })],
  transfer: [2, movement],
  load: [3, movement],
  mint: [4, struct({ issue })],
  app: [13, struct({ app: bytes32, data: variable(appBytesMax) })],
});

const knownTags: readonly number[] = [1, 2, 3, 4, 13];

export function encodeOperation(operation: Operation): Uint8Array {
  return encodeWith(tags, operation);
}

/** The operation, `unknown` for a tag of a newer version, `malformed` for anything else. */
export function decodeOperation(bytes: Uint8Array): Operation | 'unknown' | 'malformed' {
  const tag = bytes[0];
  if (tag === undefined) return 'malformed';
  if (!knownTags.includes(tag)) return 'unknown';
  return decodeWith(tags, bytes) ?? 'malformed';
}
