/**
 * Operations: what an entry does.
 *
 *     tag  operation  lane      effect
 *       1  memo       any       text, no value moves
 *       2  transfer   peer's    inputs → outputs of the two devices of the lane
 *       3  load       own       online notes → purse notes and change
 *       4  collect    own       notes that an issue, a re-mint or an exit made enter the owner's map
 *       5  burn       own       inputs → less
 *       6  fund       peer's    inputs → an escrow for the peer, and change
 *       7  exit       own       an escrow → what its payer has said
 *       8  total      peer's    the payer of an escrow says a higher total
 *       9  lock       peer's    the payer locks a part of the rest under a hash
 *      10  claim      peer's    the lock is opened and joins the total
 *      11  cancel     peer's    the lock is given up by the payee and leaves
 *      12  remint     own       inputs → the outputs of a re-mint
 *      13  app        peer's    bytes for the reducer that a hash names (shared.ts), no value moves
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
  entry,
  exitClaimCoder,
  limits,
  list,
  oneOf,
  option,
  proofCoder,
  struct,
  text,
  u128,
  u16,
  u32,
  u64,
  variable,
  where,
  type Coder,
  type ExitClaim,
  type Multiproof,
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
  /** Shows that the owners are on the token's allow-list, if it has one. */
  readonly allowed: Multiproof | undefined;
  readonly memo: string;
}

/** A note with its place among those that one head made. */
export interface PlacedOutput extends Output {
  readonly index: number;
}

export interface Collect {
  readonly token: Uint8Array;
  readonly source: Uint8Array;
  readonly outputs: readonly PlacedOutput[];
}

/** The payee leaves an escrow. What it gets and what returns follow from the claim. */
export interface Exit {
  readonly token: Uint8Array;
  /** The escrow, opened. */
  readonly input: Input;
  readonly claim: ExitClaim;
}

/** A total, and the transfers of a stream that led to it. */
export interface TotalSaid {
  readonly escrow: Uint8Array;
  readonly total: bigint;
  /** Transfers over this escrow so far: 1 for each payment, or as many as a stream had. */
  readonly count: number;
  /** The stream's transfers, chained (stream.ts); zero for a payment. */
  readonly ticks: Uint8Array;
  readonly memo: string;
}

export interface LockSaid {
  readonly escrow: Uint8Array;
  readonly hash: Uint8Array;
  readonly amount: bigint;
  /** What the payee needs to send it on (route.ts); nothing for the last. */
  readonly route: Uint8Array;
}

export interface ClaimSaid {
  readonly escrow: Uint8Array;
  readonly preimage: Uint8Array;
}

export interface CancelSaid {
  readonly escrow: Uint8Array;
  readonly hash: Uint8Array;
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
  | ({ readonly type: 'collect' } & Collect)
  | ({ readonly type: 'burn' } & Movement)
  /** `payerKey`: whose statements count, and who spends what returns. */
  | ({ readonly type: 'fund'; readonly payerKey: Uint8Array } & Movement)
  | ({ readonly type: 'exit' } & Exit)
  | ({ readonly type: 'total' } & TotalSaid)
  | ({ readonly type: 'lock' } & LockSaid)
  | ({ readonly type: 'claim' } & ClaimSaid)
  | ({ readonly type: 'cancel' } & CancelSaid)
  | {
      readonly type: 'remint';
      readonly inputs: readonly Input[];
      readonly issue: Issue;
    }
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
  kind: oneOf([0, 1, 2]),
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

const movementFields = {
  token: bytes32,
  inputs,
  outputs: list(outputCoder, limits.outputsMax),
  allowed: option(proofCoder),
  memo: text(limits.memoBytesMax),
};
const movement = struct<Movement>(movementFields);

const placedOutput: Coder<PlacedOutput> = {
  write: (w, value) => {
    w.u16(value.index);
    outputCoder.write(w, value);
  },
  read: (r) => {
    const index = r.u16();
    return { index, ...outputCoder.read(r) };
  },
};

const placedOutputs = where(list(placedOutput, limits.outputsMax, 1), (items) =>
  items.every(({ index }, i) => i === 0 || items[i - 1]!.index < index),
);

const tags: Coder<Operation> = choice<Operation>({
  memo: [1, struct({ text: text(limits.operationBytesMax - 8) })],
  transfer: [2, movement],
  load: [3, movement],
  collect: [4, struct({ token: bytes32, source: bytes32, outputs: placedOutputs })],
  burn: [5, movement],
  fund: [6, struct({ payerKey: bytes32, ...movementFields })],
  exit: [7, struct({ token: bytes32, input: inputCoder, claim: exitClaimCoder })],
  total: [
    8,
    struct({
      escrow: bytes32,
      total: u128,
      count: u64,
      ticks: bytes32,
      memo: text(limits.memoBytesMax),
    }),
  ],
  lock: [
    9,
    struct({
      escrow: bytes32,
      hash: bytes32,
      amount: u128,
      route: variable(limits.routeBytesMax),
    }),
  ],
  claim: [10, struct({ escrow: bytes32, preimage: bytes32 })],
  cancel: [11, struct({ escrow: bytes32, hash: bytes32 })],
  remint: [12, struct({ inputs, issue })],
  app: [13, struct({ app: bytes32, data: variable(appBytesMax) })],
});

export function encodeOperation(operation: Operation): Uint8Array {
  return encodeWith(tags, operation);
}

/** The operation, `unknown` for a tag of a newer version, `malformed` for anything else. */
export function decodeOperation(bytes: Uint8Array): Operation | 'unknown' | 'malformed' {
  const tag = bytes[0];
  if (tag === undefined) return 'malformed';
  if (tag < 1 || tag > 13) return 'unknown';
  return decodeWith(tags, bytes) ?? 'malformed';
}

/** The operation of an entry's bytes; `malformed` if they are no entry. */
export function operationOf(bytes: Uint8Array): Operation | 'unknown' | 'malformed' {
  const decoded = entry.decode(bytes);
  return decoded.ok ? decodeOperation(decoded.value.operation) : 'malformed';
}
