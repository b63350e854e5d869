/** A device that tells two histories, for tests of evidence: its runs, its steps, its card. */

import type { Card } from '../src/card.ts';
import { deviceMap } from '../src/map.ts';
import { entry, nextEntry, nextHead, openLane, type Lane } from '../src/entry.ts';
import {
  checkEvidence,
  type Branch,
  type Evidence,
  type EvidenceRefusal,
} from '../src/evidence.ts';
import { kinds } from '../src/kinds.ts';
import { registriesOf } from '../src/registry.ts';
import type { SlotPlace } from '../src/slot.ts';
import { stepStatement, type SignedStep, type Step } from '../src/step.ts';
import {
  actor,
  cardOf,
  installFakes,
  named,
  network,
  nodesOf,
  signAs,
  type Actor,
} from './fixture.ts';

installFakes();

export const cheat: Actor = actor('cheat');
export const victim: Actor = actor('victim');
export const nodes: ReturnType<typeof nodesOf> = nodesOf(1);
export const card: Card = cardOf(cheat);
export const opens = (): boolean => true;

export type Of<T extends Evidence['type']> = Evidence & { type: T };

export const said = (
  claim: Evidence,
  opening: (place: SlotPlace) => boolean = opens,
): EvidenceRefusal | 'convicted' => {
  const judged = checkEvidence(claim, network, opening, registriesOf(nodes.registry));
  return judged.ok ? 'convicted' : judged.refusal;
};

export function stepBy(by: Actor, changes: Partial<Step>): Step {
  const map = deviceMap();
  const key = named('a leaf');
  const proof = map.prove([key]);
  const writes = [{ key, before: new Uint8Array(32), after: named('value') }];
  map.apply([{ key, value: named('value') }]);
  return {
    device: by.id,
    incarnation: 0,
    seq: 5,
    previous: named('step 4'),
    before: new Uint8Array(32),
    after: map.root(),
    cause: { type: 'restore' },
    writes,
    proof,
    ...changes,
  };
}

export function signedBy(by: Actor, step: Step, on: Uint8Array = network): SignedStep {
  const signature = signAs(by, by.working, kinds.signedStep, stepStatement(step, []), on);
  return { step, slots: [], signature, further: [] };
}

export const lane: Lane = openLane(network, cheat.id, 0, victim.id, {
  key: named('relationship'),
  spoolKey: named('spool'),
});

/** A run after the lane's start, and the step that names where it leads. */
export function branchOf(by: Actor, texts: readonly string[], changes: Partial<Step> = {}): Branch {
  let at: Lane = lane;
  const entries = texts.map((text) => {
    const next = nextEntry(at, 0, lane.start, named(text));
    const bytes = entry.encode(next);
    at = { ...at, head: nextHead(at.head, bytes), index: next.index, entropy: next.entropy };
    return bytes;
  });
  const relationship = named('relationship');
  const cause = { type: 'append', relationship, index: at.index, head: at.head } as const;
  const step = stepBy(by, { cause: { ...cause, count: texts.length }, ...changes });
  return { entries, signed: signedBy(by, step) };
}

export const entries: Of<'entries'> = {
  type: 'entries',
  card,
  later: [],
  before: lane.start,
  first: branchOf(cheat, ['to the one', 'and on']),
  second: branchOf(cheat, ['to the other'], { seq: 9, previous: named('step 8') }),
};
