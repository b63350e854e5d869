/**
 * Contradictions: when two runs of one device cannot both be honest. Asked of the bytes, and not of the
 * rules of evidence, which must come to the same.
 */

import { equal, keyOf, kinds, nextHead } from '@dsm/primitive';
import { inputsIn, spendPlace } from '@dsm/protocols';
import { isSignedBy } from './devices-cast.ts';
import type { Held } from './devices-disk.ts';
import { operationsIn } from './devices-operations.ts';
import type { Scene } from './devices-scene.ts';

/** True if two runs of one author cannot both be honest, and are both really the author's. */
export function contradict(scene: Scene, a: Held, b: Held): boolean {
  if (a.author !== b.author || equal(a.statement, b.statement)) return false;
  const genuine = [a, b].every(
    ({ author, statement, signed }) =>
      scene.genuine.has(keyOf(statement)) &&
      isSignedBy(scene.cast.persons[author]!, kinds.signedStep, statement, signed.signature),
  );
  if (!genuine) return false;
  const [x, y] = [a.signed.step, b.signed.step];
  if (x.seq === y.seq || equal(x.previous, y.previous)) return true;
  const [first, second] = [a.entries[0], b.entries[0]];
  if (first === undefined || second === undefined) return false;
  const fork = equal(a.before, b.before) && !equal(first, second);
  if (fork && [a, b].every(isAfter)) return true;
  return spendsTwice(scene, a, b);
}

/** True if the run follows the head that it was heard after: what is said elsewhere again does not. */
function isAfter({ before, entries, signed }: Held): boolean {
  const { cause } = signed.step;
  return cause.type === 'append' && equal(entries.reduce(nextHead, before), cause.head);
}

/** A purse note that both runs spend, in two ways. */
function spendsTwice({ openings }: Scene, a: Held, b: Held): boolean {
  const spent = ({ entries }: Held): readonly string[] =>
    operationsIn({ entries, heads: [] })
      .flatMap(([, operation]) => inputsIn(operation))
      .map((input) => keyOf(spendPlace(input).position))
      .filter((id) => openings.has(id));
  const others = spent(b);
  return !equal(a.entries[0]!, b.entries[0]!) && spent(a).some((id) => others.includes(id));
}
