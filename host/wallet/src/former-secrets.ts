/**
 * Former secrets: a wallet from words destroys what it no longer needs of its earlier incarnations.
 *
 * The secret of one is needed as long as a note or an escrow of this device names its working key, and
 * as long as a contact may still seal to its KEM key: until it has shown that it knows the later
 * incarnation. Whoever steals the device afterwards does not get it.
 */

import { keyDigest, keyOf } from '@dsm/primitive';
import type { Relationship } from '@dsm/bilateral';
import type { Incarnation } from './keys.ts';
import { draft, type Model } from './model.ts';
import type { Runtime } from './runtime.ts';

/** Answers how many were destroyed. */
export async function destroyFormer({ engine, keysOf, renewKeys }: Runtime): Promise<number> {
  const { custody, model } = engine;
  if (custody.kept().length < 2 || model.row.phase === 1) return 0;
  return engine.exclusive(async () => {
    const { suite, id } = model.device;
    const { incarnation: now } = model.row;
    if ([...model.relationships.values()].some((on) => !knowsLater(model, on))) return 0;
    const named = namedKeys(model);
    const isNamed = ({ incarnation, birth, generation }: Incarnation): boolean => {
      const { publicKey } = keysOf(incarnation, birth, generation).working();
      return named.has(keyOf(keyDigest(suite, publicKey)));
    };
    const used = custody.kept().filter((one) => one.incarnation === now || isNamed(one));
    // Later generations are found beside the secret of their incarnation, so that stays with them.
    const numbers = new Set(used.map(({ incarnation }) => incarnation));
    const needed = custody
      .kept()
      .filter((one) => used.includes(one) || (isFirst(one) && numbers.has(one.incarnation)));
    const spare = custody.kept().length - needed.length;
    if (spare === 0) return 0;
    const to = draft();
    custody.keep(to, { device: id, incarnation: now }, needed);
    await engine.commit(to);
    renewKeys();
    return spare;
  });
}

function isFirst({ generation = 0 }: Incarnation): boolean {
  return generation === 0;
}

/**
 * The peer knows the incarnation of now: it has cited the own lane of it, or has acknowledged all that
 * stands there.
 */
function knowsLater({ open }: Model, { key, mine, former }: Relationship): boolean {
  if (former === 0) return true;
  return mine.index > 0 && (open.get(keyOf(key)) ?? []).length === 0;
}

/** Keys of this device, or of somebody else, that something here can still be spent or left with. */
function namedKeys({ notes, escrows }: Model): ReadonlySet<string> {
  return new Set([
    ...[...notes.values()].map(({ note }) => keyOf(note.key)),
    ...[...escrows.values()].flatMap(({ escrow }) => [
      keyOf(escrow.note.key),
      keyOf(escrow.payerKey),
    ]),
  ]);
}
