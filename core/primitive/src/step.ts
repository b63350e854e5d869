/**
 * The device step: everything that a device does to its own map.
 *
 *     body       version ‖ kind ‖ device ‖ incarnation ‖ seq ‖ previous ‖ before ‖ after ‖ cause ‖ writes ‖ proof
 *     statement  H_step( H_step-body(body) ‖ slot list root )         signed by the working key
 *
 * `writes` are exactly what `cause` demands, and `proof` turns `before` into `after` under them.
 * `previous` is the statement of the step before; seq 1 has the digest that opened the incarnation.
 * Two steps of one incarnation with one seq or one previous statement are a fork. There is no
 * other signature on entries: cause `append` names a head and so authenticates its whole run.
 */

import {
  ascending,
  bytes32,
  choice,
  list,
  object,
  struct,
  u32,
  u64,
  variable,
  type Coder,
  type Obj,
} from './codec.ts';
import { keySignatureCoder, type KeySignature } from './committee.ts';
import { kinds } from './kinds.ts';
import { limits } from './limits.ts';
import { proofCoder, type Multiproof } from './proof.ts';
import { slotCoder, slotListRoot, statementDigest, type Slot } from './slot-list.ts';

export type Cause =
  /** The device's own run, up to `head`. `count` entries, the last with `index`. */
  | {
      readonly type: 'append';
      readonly relationship: Uint8Array;
      readonly index: number;
      readonly head: Uint8Array;
      readonly count: number;
    }
  /** A verified run of the peer, up to `head`. */
  | {
      readonly type: 'absorb';
      readonly relationship: Uint8Array;
      readonly index: number;
      readonly head: Uint8Array;
    }
  /** The peer's half moves to the start of its new incarnation's lane. */
  | {
      readonly type: 'succeed';
      readonly relationship: Uint8Array;
      readonly incarnation: number;
      readonly start: Uint8Array;
    }
  /** Opens an incarnation after the first: from the empty map, the leaves that it lists. */
  | { readonly type: 'restore' };

/** One leaf that a step moves. Zero means absent. */
export interface StepWrite {
  readonly key: Uint8Array;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

export interface Step {
  readonly device: Uint8Array;
  readonly incarnation: number;
  readonly seq: number;
  readonly previous: Uint8Array;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
  readonly cause: Cause;
  readonly writes: readonly StepWrite[];
  readonly proof: Multiproof;
}

export interface SignedStep {
  readonly step: Step;
  readonly slots: readonly Slot[];
  readonly signature: Uint8Array;
  /** By keys that are not the current working key, needed by slots that name them. */
  readonly further: readonly KeySignature[];
}

/**
 * A body that keeps the bound of its object wherever it stands. A larger object may hold a step, and
 * everything that looks at one hashes its bytes, which must be possible.
 */
function bounded<T>(body: Coder<T>): Coder<T> {
  return {
    write: body.write,
    read: (from) => {
      const before = from.left();
      const value = body.read(from);
      if (before - from.left() > limits.receiptBytesMax - 2) from.refuse();
      return value;
    },
  };
}

export const step: Obj<Step> = object(
  kinds.step,
  limits.receiptBytesMax,
  bounded(
    struct({
      device: bytes32,
      incarnation: u32,
      seq: u64,
      previous: bytes32,
      before: bytes32,
      after: bytes32,
      cause: choice<Cause>({
        append: [1, struct({ relationship: bytes32, index: u64, head: bytes32, count: u32 })],
        absorb: [2, struct({ relationship: bytes32, index: u64, head: bytes32 })],
        succeed: [3, struct({ relationship: bytes32, incarnation: u32, start: bytes32 })],
        restore: [4, struct({})],
      }),
      writes: ascending<StepWrite>(
        struct({ key: bytes32, before: bytes32, after: bytes32 }),
        ({ key }) => key,
        limits.proofKeysMax,
        1,
      ),
      proof: proofCoder,
    }),
  ),
);

export const signedStep: Obj<SignedStep> = object(
  kinds.signedStep,
  limits.receiptBytesMax,
  bounded(
    struct({
      step,
      slots: list(slotCoder, limits.slotsMax),
      signature: variable(limits.signatureBytesMax),
      further: list(keySignatureCoder, limits.stepKeysMax),
    }),
  ),
);

/** The digest of a step's body: all that a storage node learns of it. */
export function stepBodyDigest(value: Step): Uint8Array {
  return step.digest('step-body', value);
}

/** The step's statement: what is signed, what the next step names as its previous. */
export function stepStatement(value: Step, slots: readonly Slot[]): Uint8Array {
  return statementDigest(stepBodyDigest(value), slotListRoot(slots));
}
