/**
 * Honest devices are never convictable: whatever a device has ever signed, in all its lives, no two
 * statements of it stand at one position, and no evidence that anybody could make of them convicts it.
 */

import { equal, stepStatement, type SignedStep } from '@dsm/primitive';
import { signedBy } from './devices-cast.ts';
import type { Held } from './devices-disk.ts';
import { convicts } from './devices-evidence.ts';
import type { Scene } from './devices-scene.ts';

const verdicts = new WeakMap<Scene, Map<number, string | undefined>>();

/** What is wrong with everything that a device has signed, as a set of jobs. */
export function faultOfLedger(scene: Scene, part: number, ledger: number): string | undefined {
  const known = verdicts.get(scene) ?? new Map<number, string | undefined>();
  verdicts.set(scene, known);
  const key = ledger * scene.cast.persons.length + part;
  if (!known.has(key)) known.set(key, judgeLedger(scene, part, ledger));
  return known.get(key);
}

function judgeLedger(scene: Scene, part: number, ledger: number): string | undefined {
  const signed = scene.sets.members(ledger).map((job) => heldOf(scene, part, job));
  for (const [i, one] of signed.entries()) {
    const forged = forgedAgainst(scene, one);
    if (forged !== undefined) return forged;
    for (const other of signed.slice(i + 1)) {
      const [a, b] = [one.signed.step, other.signed.step];
      if (a.seq === b.seq || equal(a.previous, b.previous)) {
        return 'one statement for each position: an honest device signed two';
      }
      if (convicts(scene, one, other) || convicts(scene, other, one)) {
        return 'no false conviction: two honest statements were taken for a fork';
      }
    }
  }
  return undefined;
}

/** What anybody can make of one honest statement: none of it may convict. */
function forgedAgainst(scene: Scene, one: Held): string | undefined {
  const { signed } = one;
  const again: Held = { ...one, signed: { ...signed, signature: signed.signature.with(40, 1) } };
  if (convicts(scene, one, one) || convicts(scene, one, again)) {
    return 'no false conviction: one statement was taken for two';
  }
  const { persons } = scene.cast;
  const other = persons[(one.author + 1) % persons.length]!;
  const step = { ...signed.step, after: other.id };
  const bent: SignedStep = signedBy(other, step, signed.slots);
  const forged: Held = { ...one, signed: bent, statement: stepStatement(step, signed.slots) };
  if (convicts(scene, one, forged) || convicts(scene, forged, one)) {
    return 'no false conviction: a statement that the device never signed counts against it';
  }
  return undefined;
}

function heldOf(scene: Scene, part: number, job: number): Held {
  const stated = scene.jobs.at(job);
  if (stated.sign !== 'step') throw new RangeError('the ledger is of steps');
  const { step, slots, statement } = stated.run;
  const run = 'entries' in stated.run ? (stated.run as Partial<Held>) : {};
  return {
    author: part,
    before: run.before ?? step.previous,
    entries: run.entries ?? [],
    signed: signedBy(scene.cast.persons[part]!, step, slots),
    statement,
  };
}
