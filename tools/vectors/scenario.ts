/**
 * The story that most vectors tell: a payer and a payee, one run of the payer absorbed already, and
 * the next run, of a memo and a payment. Told by the shipped state machine.
 */

import {
  append,
  leafOf,
  openRelationship,
  openOwnLane,
  type Appended,
  type Device,
  type Relationship,
  type World,
} from '@dsm/bilateral';
import {
  advance,
  deviceMap,
  entry,
  equal,
  kinds,
  nextEntry,
  noteKey,
  sideOf,
  stepStatement,
  type DeviceMap,
  type Lane,
  type SignedStep,
  type Slot,
  type Step,
} from '@dsm/primitive';
import {
  encodeOperation,
  escrowId,
  noteId,
  noteLeaf,
  valueRules,
  type Escrow,
  type Note,
  type Operation,
} from '@dsm/protocols';
import { manyPairs } from './derive.ts';
import { blindOf, blindSecret, inputOf, outputTo, policyOf } from './tokens.ts';
import { drawn, network, signed, type Actor } from './world.ts';

export const memoOperation = (text: string): Uint8Array => encodeOperation({ type: 'memo', text });

/** 100 units: 60 to the payee, 40 back. */
export function payment(note: Note, from: Actor, to: Actor, paid = 60n): Operation {
  return {
    type: 'transfer',
    token: note.token,
    inputs: [inputOf(note)],
    outputs: [outputTo(to, paid), outputTo(from, note.amount - paid)],
    allowed: undefined,
    memo: 'for the vectors',
  };
}

export interface Stage {
  readonly device: Device;
  readonly relationship: Relationship;
  readonly map: DeviceMap;
  readonly world: World;
}

/** A device in the middle of its life: other leaves, some notes, one relationship. */
export function stage(
  me: Actor,
  peer: Actor | undefined,
  notes: readonly Note[],
  escrows: readonly Escrow[] = [],
): Stage {
  const escrowOf = (id: Uint8Array): Escrow | undefined =>
    escrows.find((one) => equal(escrowId(one), id));
  const opened: Device = {
    network,
    id: me.id,
    suite: me.suite,
    incarnation: 0,
    seq: 4,
    previous: drawn('the step before'),
    root: drawn('not known yet'),
  };
  const secret = drawn('the secret of payer and payee');
  const relationship =
    peer === undefined
      ? openOwnLane(opened, me.workingKey, secret)
      : openRelationship(
          opened,
          {
            device: peer.id,
            incarnation: 0,
            suite: peer.suite,
            workingKey: peer.workingKey,
            since: 0,
          },
          secret,
          { mine: me.key, theirs: peer.key },
        );
  const map = deviceMap();
  map.apply(manyPairs(20, 'a life'));
  for (const note of notes) {
    const key = noteKey(noteId(note.source, note.index));
    map.apply([{ key, value: noteLeaf(note, blindOf(note)) }]);
  }
  const world: World = {
    rules: valueRules({ policyOf, escrowOf }),
    escrowOf,
    map,
    blindSecret,
    indexOfMine: () => undefined,
    headOfTheirs: () => undefined,
    stepOf: () => undefined,
  };
  return { device: { ...opened, root: map.root() }, relationship, map, world };
}

/** The next run of the stage's lane, without a change of the stage. */
export function appended(
  { device, relationship, world }: Stage,
  operations: readonly Uint8Array[],
): Appended {
  const verdict = append(device, relationship, operations, world);
  if (verdict.type !== 'accepted') throw new RangeError(`the run is ${JSON.stringify(verdict)}`);
  return verdict.value;
}

/** The stage after a run: the map moved as its step says. */
export function after(of: Stage, { device, relationship, leaves }: Appended): Stage {
  of.map.apply(leaves.map((write) => ({ key: write.key, value: write.after })));
  return { ...of, device, relationship };
}

/** The stage after the peer has written `operations` and this device has absorbed them. */
export function heard(of: Stage, peer: Actor, me: Actor, operations: readonly Uint8Array[]): Stage {
  const { relationship, device, map } = of;
  let theirs: Lane = relationship.theirs;
  for (const operation of operations) {
    const next = nextEntry(theirs, sideOf(peer.id, me.id), relationship.mine.start, operation);
    theirs = advance(theirs, next, entry.encode(next));
  }
  map.apply([
    {
      key: relationship.key,
      value: leafOf(relationship, device, relationship.mine.head, theirs.head),
    },
  ]);
  return {
    ...of,
    relationship: { ...relationship, theirs },
    device: { ...device, root: map.root() },
  };
}

export function signedBy(by: Actor, step: Step, slots: readonly Slot[]): SignedStep {
  const signature = signed(by, kinds.signedStep, stepStatement(step, slots));
  return { step, slots, signature, further: [] };
}

export function signedRun(by: Actor, { run }: Appended): SignedStep {
  return signedBy(by, run.step, run.slots);
}
