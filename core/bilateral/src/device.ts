/**
 * The device: its own step chain, and nothing that belongs to one relationship.
 *
 * `takeStep` is the only maker of steps. It is pure: the map is an argument that it only reads. A map
 * that disagrees with the device about its root, or with the step about a leaf, is noticed here.
 */

import {
  bytes32,
  compare,
  equal,
  kinds,
  object,
  stepStatement,
  struct,
  suiteCoder,
  u32,
  u64,
  zero32,
  type Cause,
  type MapReader,
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

/** The next step of the device. A map that is not the device's is a fault. */
export function takeStep(
  from: Device,
  cause: Cause,
  writes: readonly StepWrite[],
  slots: readonly Slot[],
  map: MapReader,
): TakenStep {
  const sorted = writes.toSorted((a, b) => compare(a.key, b.key));
  const isMine =
    equal(map.root(), from.root) &&
    sorted.every(({ key, before }) => equal(map.get(key) ?? zero32, before));
  if (!isMine) throw new Error('the map is not the device’s');
  const proof = map.prove(sorted.map(({ key }) => key));
  const root = map.rootAfter(sorted.map(({ key, after }) => ({ key, value: after })));
  const step: Step = {
    device: from.id,
    incarnation: from.incarnation,
    seq: from.seq + 1,
    previous: from.previous,
    before: from.root,
    after: root,
    cause,
    writes: sorted,
    proof,
  };
  const statement = stepStatement(step, slots);
  return { device: { ...from, seq: step.seq, previous: statement, root }, step, slots, statement };
}
