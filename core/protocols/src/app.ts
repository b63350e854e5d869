/**
 * Apps: what two programs agree to make of bytes in their lanes.
 *
 *     app id = H_app( name ‖ u32 version ‖ BLAKE3 of the rules in words )
 *
 * An app is a name, a version, the rules of its reducer in words, and the reducer: a pure function
 * from a state and an operation to the next state. The id says which rules are meant; that both
 * devices run code that keeps to them is their owners' affair. Whatever the reducer does, the lane
 * goes on: an operation that it refuses, that it cannot read or on which it fails leaves the state as
 * it is, for both devices alike, and is shown as what it is.
 */

import {
  address,
  bytes32,
  decodeWith,
  encodeWith,
  equal,
  hash,
  limits,
  struct,
  text,
  u32,
  utf8,
  type Coder,
  type Entry,
  type Side,
} from '@dsm/primitive';
import { decodeOperation, type AppOperation } from './operation.ts';

/** What an app is known by: both devices must say the same, to the letter. */
export interface AppName {
  readonly name: string;
  readonly version: number;
  /** What the reducer does, in words. Different rules are a different app. */
  readonly rules: string;
}

/** `State` is never changed in place: a reducer answers with a new one. */
export interface App<State, Operation extends {}> extends AppName {
  readonly id: Uint8Array;
  readonly initial: State;
  /** One byte string for an operation: any other is malformed. */
  readonly operation: Coder<Operation>;
  /** With it, the state is kept now and then, and a start does not begin at the first entry. */
  readonly state?: Coder<State> | undefined;
  readonly reduce: (state: State, operation: Operation, setting: Setting) => State | Refusal;
}

/** Where an operation stands. Both devices see the same. */
export interface Setting {
  readonly side: Side;
  /** Of its entry in the lane of its author: with the side, a name that no other operation has. */
  readonly index: number;
  readonly author: Uint8Array;
  readonly peer: Uint8Array;
  /** What the same run transfers from the author to the peer. */
  readonly given: readonly Given[];
}

export interface Given {
  readonly token: Uint8Array;
  readonly amount: bigint;
}

/** Why a reducer does not take an operation. */
export interface Refusal {
  readonly [refusing]: string;
}

const refusing: unique symbol = Symbol('refusal');

/** What a reducer answers to an operation that its rules exclude. */
export function refuse(why: string): Refusal {
  return { [refusing]: why };
}

function isRefusal(answer: unknown): answer is Refusal {
  return typeof answer === 'object' && answer !== null && refusing in answer;
}

const nameCoder: Coder<{ name: string; version: number; rules: Uint8Array }> = struct({
  name: text(limits.nameBytesMax),
  version: u32,
  rules: bytes32,
});

export function appId({ name, version, rules }: AppName): Uint8Array {
  return hash('app', encodeWith(nameCoder, { name, version, rules: address(utf8(rules)) }));
}

/** A run of one of the two lanes, as both devices keep it. */
export interface KeptRun {
  readonly side: Side;
  readonly author: Uint8Array;
  readonly peer: Uint8Array;
  readonly entries: readonly Entry[];
  /** The head after its last entry. */
  readonly head: Uint8Array;
  /** How far its author had absorbed the other lane: an index of it. */
  readonly after: number;
}

/** The operations of one app in one run: they take effect together or not at all. */
export interface Act {
  readonly side: Side;
  readonly author: Uint8Array;
  readonly peer: Uint8Array;
  /** Of the last entry of the run. */
  readonly index: number;
  readonly head: Uint8Array;
  readonly after: number;
  readonly operations: readonly { readonly index: number; readonly data: Uint8Array }[];
  readonly given: readonly Given[];
}

/** The act of every app in the run, in the order in which they first appear. */
export function actsOf({ side, author, peer, entries, head, after }: KeptRun): readonly {
  readonly app: Uint8Array;
  readonly act: Act;
}[] {
  const found: { app: Uint8Array; operations: { index: number; data: Uint8Array }[] }[] = [];
  for (const { index, operation } of entries) {
    const said = appOperation(operation);
    if (said === undefined) continue;
    const known = found.find(({ app }) => equal(app, said.app));
    if (known === undefined)
      found.push({ app: said.app, operations: [{ index, data: said.data }] });
    else known.operations.push({ index, data: said.data });
  }
  if (found.length === 0) return [];
  const { index } = entries.at(-1)!;
  const given = entries.flatMap(({ operation }) => givenIn(operation, peer));
  return found.map(({ app, operations }) => {
    return { app, act: { side, author, peer, index, head, after, operations, given } };
  });
}

function appOperation(bytes: Uint8Array): AppOperation | undefined {
  const operation = decodeOperation(bytes);
  return typeof operation !== 'string' && operation.type === 'app' ? operation : undefined;
}

/** What an operation transfers to `receiver`. Whether the notes are good is a question of standing. */
export function givenIn(bytes: Uint8Array, receiver: Uint8Array): Given[] {
  const operation = decodeOperation(bytes);
  if (typeof operation === 'string' || operation.type !== 'transfer') return [];
  const amount = operation.outputs
    .filter(({ owner }) => equal(owner, receiver))
    .reduce((sum, output) => sum + output.amount, 0n);
  return amount === 0n ? [] : [{ token: operation.token, amount }];
}

/** What became of an act. Everything but `applied` left the state as it was. */
export type Outcome =
  | { readonly type: 'applied' }
  /** The bytes are not an operation of the app. */
  | { readonly type: 'malformed'; readonly index: number }
  /** The reducer's rules exclude it here. */
  | { readonly type: 'refused'; readonly index: number; readonly why: string }
  /** The reducer, or its codec, threw: a fault of the program. */
  | { readonly type: 'fault'; readonly index: number; readonly why: string };

export interface Reduced<State> {
  readonly state: State;
  readonly outcome: Outcome;
}

/** All operations of the act, or none: the first that is not taken ends it. */
export function reduced<State, Operation extends {}>(
  app: App<State, Operation>,
  before: State,
  act: Act,
): Reduced<State> {
  const { side, author, peer, given } = act;
  let state = before;
  for (const { index, data } of act.operations) {
    try {
      const operation = operationIn(app, data);
      if (operation === undefined) return { state: before, outcome: { type: 'malformed', index } };
      const next = app.reduce(state, operation, { side, author, peer, index, given });
      if (isRefusal(next)) {
        return { state: before, outcome: { type: 'refused', index, why: next[refusing] } };
      }
      state = next;
    } catch (error) {
      return { state: before, outcome: { type: 'fault', index, why: String(error) } };
    }
  }
  return { state, outcome: { type: 'applied' } };
}

/** The operation, or undefined for bytes that encoding would not have given. */
export function operationIn<Operation extends {}>(
  { operation }: Pick<App<unknown, Operation>, 'operation'>,
  data: Uint8Array,
): Operation | undefined {
  const value = decodeWith(operation, data);
  return value !== undefined && equal(encodeWith(operation, value), data) ? value : undefined;
}
