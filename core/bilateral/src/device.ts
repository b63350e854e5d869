/**
 * The device: its own step chain, and nothing that belongs to one relationship.
 *
 * `takeStep` is the only maker of steps. It is pure: the map's multiproof is an argument, and the
 * root after the step is evaluated from it, so a map that disagrees is noticed here.
 */

import {
  bytes32,
  compare,
  equal,
  evaluate,
  kinds,
  object,
  stepStatement,
  struct,
  suiteCoder,
  u32,
  u64,
  type Cause,
  type Multiproof,
  type Obj,
  type Slot,
  type Step,
  type StepWrite,
  type Suite,
} from '@dsm/primitive';

export interface Device {
  readonly network: Uint8Array;
  readonly id: Uint8Array;
  readonly suite: Suite;
  readonly incarnation: number;
  /** Number and statement of the last step; before the first, 0 and the incarnation statement. */
  readonly seq: number;
  readonly previous: Uint8Array;
  /** Root of the device's map after that step. */
  readonly root: Uint8Array;
}

export const device: Obj<Device> = object(
  kinds.device,
  256,
  struct({
    network: bytes32,
    id: bytes32,
    suite: suiteCoder,
    incarnation: u32,
    seq: u64,
    previous: bytes32,
    root: bytes32,
  }),
);

export interface TakenStep {
  readonly device: Device;
  readonly step: Step;
  readonly slots: readonly Slot[];
  readonly statement: Uint8Array;
}

/** The proof that covers `keys` in the map as it is now. */
export type Prove = (keys: readonly Uint8Array[]) => Multiproof;

/** The next step of the device. A proof that does not belong to the device's root is a fault. */
export function takeStep(
  from: Device,
  cause: Cause,
  writes: readonly StepWrite[],
  slots: readonly Slot[],
  prove: Prove,
): TakenStep {
  const sorted = writes.toSorted((a, b) => compare(a.key, b.key));
  const proof = prove(sorted.map(({ key }) => key));
  const before = evaluate(
    proof,
    sorted.map((write) => ({ key: write.key, value: write.before })),
  );
  if (!before.ok || !equal(before.root, from.root)) throw new Error('the map is not the device’s');
  const after = evaluate(
    proof,
    sorted.map((write) => ({ key: write.key, value: write.after })),
  );
  if (!after.ok) throw new Error(`the map cannot take the step: ${after.refusal}`);
  const step: Step = {
    device: from.id,
    incarnation: from.incarnation,
    seq: from.seq + 1,
    previous: from.previous,
    before: from.root,
    after: after.root,
    cause,
    writes: sorted,
    proof,
  };
  const statement = stepStatement(step, slots);
  return {
    device: { ...from, seq: step.seq, previous: statement, root: after.root },
    step,
    slots,
    statement,
  };
}
