/**
 * Cards of devices, this one and others. The newest is at hand; those of earlier incarnations are
 * kept, because what was signed under them is still checked.
 */

import {
  card as cardObject,
  cardDevice,
  encodeWith,
  equal,
  keyOf,
  u32,
  workingKeyDigest,
  type Card,
} from '@dsm/primitive';
import type { Engine } from './engine.ts';
import type { Draft } from './model.ts';
import { rowKey, type RunRow } from './rows.ts';

/** The newest card of a contact. */
export function cardOf({ model }: Engine, device: Uint8Array): Card | undefined {
  const row = model.contacts.get(keyOf(device));
  const decoded = row === undefined ? undefined : cardObject.decode(row.card);
  return decoded?.ok === true ? decoded.value : undefined;
}

/** The card of a device, this one or a contact, in one of its incarnations. */
export async function cardAt(
  engine: Engine,
  device: Uint8Array,
  incarnation: number,
): Promise<Card | undefined> {
  const { model, store } = engine;
  const now = equal(device, model.device.id) ? model.card : cardOf(engine, device);
  if (now?.body.incarnation === incarnation) return now;
  const bytes = await store.get(rowKey('card', device, encodeWith(u32, incarnation)));
  const decoded = bytes === undefined ? undefined : cardObject.decode(bytes);
  return decoded?.ok === true ? decoded.value : undefined;
}

/** The card of a contact, of now or of a former incarnation, whose working key has this digest. */
export async function cardByKey(
  { model, store }: Engine,
  digest: Uint8Array,
): Promise<Card | undefined> {
  const former = await store.scan(rowKey('card'));
  const all = [
    ...[...model.contacts.values()].map(({ card }) => card),
    ...former.map(([, b]) => b),
  ];
  for (const bytes of all) {
    const decoded = cardObject.decode(bytes);
    if (decoded.ok && equal(workingKeyDigest(decoded.value), digest)) return decoded.value;
  }
  return undefined;
}

/** The card under which the peer of a run consented to it or absorbed it; the newest if it did neither. */
export async function peerCardAt(
  engine: Engine,
  device: Uint8Array,
  { countersignature, absorbed }: RunRow,
): Promise<Card | undefined> {
  const signed = absorbed !== undefined && absorbed.signature.length > 0 ? absorbed : undefined;
  const incarnation = signed?.step.incarnation ?? countersignature?.consent.peerIncarnation;
  if (incarnation !== undefined) return cardAt(engine, device, incarnation);
  return equal(device, engine.model.device.id) ? engine.model.card : cardOf(engine, device);
}

/** Keep a card that another one replaces. */
export function putFormerCard(to: Draft, card: Card): void {
  const { incarnation } = card.body;
  to.put(rowKey('card', cardDevice(card), encodeWith(u32, incarnation)), cardObject.encode(card));
}
