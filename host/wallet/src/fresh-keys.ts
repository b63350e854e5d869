/**
 * Fresh keys: what lies at storage nodes is sealed to a KEM key that its receiver made for the purpose,
 * and whose secret it destroys as soon as something sealed to a later one has been absorbed.
 *
 * Each parcel and each talk tells the peer the newest own key that nothing has come for yet; there is a new
 * one once something has. Who was told nothing seals to the key of the card. A restored device has not
 * got its newest secrets: its peers seal to its new card and say everything again (succession.ts).
 */

import { keyOf, type Card } from '@dsm/primitive';
import { freshKey, isToldBy, type FreshKey, type Relationship } from '@dsm/bilateral';
import type { KemKeyPair, Store } from '@dsm/ports';
import type { Engine } from './engine.ts';
import { freshKeysRow, noFreshKeys, ownFreshMax, type FreshKeys } from './fresh-rows.ts';
import { draft, readTable, type Draft, type Model } from './model.ts';
import { rowKey } from './rows.ts';

export function freshKeysOf({ fresh }: Model, { key }: Pick<Relationship, 'key'>): FreshKeys {
  return fresh.get(keyOf(key)) ?? noFreshKeys;
}

function putFreshKeys(to: Draft, model: Model, { key }: Relationship, row: FreshKeys): void {
  to.put(rowKey('fresh', key), freshKeysRow.encode(row));
  to.after(() => model.fresh.set(keyOf(key), row));
}

/** The key to tell the peer, durable before it is told. One decision. */
export async function keyToTell(engine: Engine, on: Relationship): Promise<FreshKey> {
  const { model, keys, entropy } = engine;
  const kept = freshKeysOf(model, on);
  let newest = kept.mine.at(-1);
  if (newest === undefined || kept.used === 1) {
    newest = { number: (newest?.number ?? 0) + 1, salt: entropy.bytes(32) };
    const to = draft();
    const mine = [...kept.mine, newest].slice(-ownFreshMax);
    putFreshKeys(to, model, on, { ...kept, mine, used: 0 });
    await engine.commit(to);
  }
  const { id: device, incarnation } = model.device;
  const { publicKey } = keys.freshKem(newest.salt);
  return freshKey({ ackKey: on.ackKey, device, incarnation }, newest.number, publicKey);
}

/** What is sealed for the peer is sealed to this key. */
export function keyToSealTo({ model }: Engine, on: Relationship, card: Card): Uint8Array {
  return freshKeysOf(model, on).theirs?.kemKey ?? card.body.kemKey;
}

/** A pair that the peer may have sealed to, with its number if it is a fresh one. */
export interface Opener {
  readonly pair: KemKeyPair;
  readonly number: number | undefined;
}

/** The newest first; pairs of cards come last. */
export function openersOf({ model, keys }: Engine, on: Relationship): readonly Opener[] {
  return [
    ...freshKeysOf(model, on)
      .mine.toReversed()
      .map(({ salt, number }) => ({ pair: keys.freshKem(salt), number })),
    ...keys.kems().map((pair) => ({ pair, number: undefined })),
  ];
}

/** The peer tells a key in a talk. It is kept if it is the peer's, and newer than what is kept. */
export async function heardKey(engine: Engine, on: Relationship, told: FreshKey): Promise<void> {
  const kept = freshKeysOf(engine.model, on);
  const theirs = newerOf(on, kept, told);
  if (theirs === kept.theirs) return;
  const to = draft();
  putFreshKeys(to, engine.model, on, { ...kept, theirs });
  await engine.commit(to);
}

function newerOf(
  { peer, ackKey }: Relationship,
  { theirs }: FreshKeys,
  told: FreshKey,
): FreshKeys['theirs'] {
  const { device, incarnation } = peer;
  if (theirs !== undefined && theirs.number >= told.number) return theirs;
  if (!isToldBy({ ackKey, device, incarnation }, told)) return theirs;
  return { number: told.number, kemKey: told.kemKey };
}

/**
 * Something that the peer sealed to the own key `number` is absorbed: the secrets of earlier ones are
 * destroyed, unless something else may still have to be opened with them.
 */
export function putAbsorbed(
  to: Draft,
  { model }: Engine,
  on: Relationship,
  sealed: { readonly number: number | undefined; readonly told: FreshKey | undefined },
  keepEarlier: boolean,
): void {
  const kept = freshKeysOf(model, on);
  const at = kept.mine.findIndex(({ number }) => number === sealed.number);
  const mine = at < 1 || keepEarlier ? kept.mine : kept.mine.slice(at);
  const used = at >= 0 && at === kept.mine.length - 1 ? 1 : kept.used;
  const theirs = sealed.told === undefined ? kept.theirs : newerOf(on, kept, sealed.told);
  if (mine === kept.mine && used === kept.used && theirs === kept.theirs) return;
  putFreshKeys(to, model, on, { mine, used, theirs });
}

/** What the peer has told is not its any more: one of the two was restored. */
export function forgetTold(to: Draft, model: Model, on: Relationship): void {
  const kept = freshKeysOf(model, on);
  if (kept.theirs !== undefined) putFreshKeys(to, model, on, { ...kept, theirs: undefined });
}

export async function loadFreshKeys(store: Store, { fresh }: Model): Promise<void> {
  for (const [key, row] of await readTable(store, 'fresh', freshKeysRow)) {
    fresh.set(keyOf(key), row);
  }
}
