/**
 * Finding: who is listed under a name, or by an id, with everything that he shows checked.
 *
 * What a node hands out is believed by its address and by signatures. A listing counts if the working
 * key of the card that it leads to has written it, and if the nodes show no later incarnation or
 * generation of the device: nobody is found through what a lost device or an old key has left.
 */

import {
  card as cardObject,
  cardDevice,
  checkCard,
  compare,
  equal,
  generationPlace,
  incarnationPlace,
  keyOf,
  workingKeyDigest,
  type Card,
} from '@dsm/primitive';
import {
  checkInvitation,
  deviceTopic,
  invitation as invitationObject,
  listing,
  nameTopic,
  normalName,
  type Invitation,
} from '@dsm/identity';
import { findAdverts } from './advertising.ts';
import type { Claimant } from './directory-api.ts';
import type { Engine } from './engine.ts';
import { DsmError } from './errors.ts';
import { skeleton } from './look-alike.ts';
import { idBytes, idText, phraseOf } from './text.ts';

/** Somebody who can be introduced to: everything about him is checked. */
export interface Found {
  readonly device: Uint8Array;
  readonly name: string;
  readonly card: Card;
  readonly cardBytes: Uint8Array;
  readonly invitation: Invitation;
  readonly address: Uint8Array;
  readonly current: boolean;
}

const cardBytesMax = 262_144;

/** Whoever is meant by a name, `dev1…` or `inv1…`, in order of their ids. */
export async function findWho(engine: Engine, who: string): Promise<readonly Found[]> {
  const { network } = engine.model.device;
  const address = idBytes('invitation', who);
  if (address !== undefined) {
    const one = await follow(engine, address, '');
    return one === undefined ? [] : [one];
  }
  const device = idBytes('device', who);
  if (device !== undefined) {
    const all = await listed(engine, deviceTopic(network, device), undefined);
    return all.filter((one) => equal(one.device, device));
  }
  const name = normalName(who);
  if (name === undefined) throw new DsmError('usage', `"${who}" is neither a name nor an id`);
  return listed(engine, nameTopic(network, name), name);
}

/** The newest listing of each device under a topic. */
async function listed(
  engine: Engine,
  topic: Uint8Array,
  name: string | undefined,
): Promise<readonly Found[]> {
  const adverts = await findAdverts(engine, topic);
  const newest = new Map<string, Found>();
  for (let from = 0; from < adverts.length; from += atOnce) {
    const some = adverts.slice(from, from + atOnce).map(async ({ body, writer }) => {
      const decoded = listing.decode(body);
      if (!decoded.ok || decoded.value.invitation === undefined) return undefined;
      if (name !== undefined && decoded.value.name !== name) return undefined;
      const one = await follow(engine, decoded.value.invitation, decoded.value.name);
      return one !== undefined && equal(workingKeyDigest(one.card), writer) ? one : undefined;
    });
    for (const one of await Promise.all(some)) {
      if (one === undefined) continue;
      const known = newest.get(keyOf(one.device));
      if (known === undefined || isNewer(one.card, known.card)) newest.set(keyOf(one.device), one);
    }
  }
  return [...newest.values()].toSorted((a, b) => compare(a.device, b.device));
}

/** Listings that are looked at at one time. */
const atOnce = 16;

function isNewer({ body: a }: Card, { body: b }: Card): boolean {
  return (
    a.incarnation > b.incarnation ||
    (a.incarnation === b.incarnation && a.generation > b.generation)
  );
}

/** From an invitation to its card. Undefined if anything on the way does not hold. */
async function follow(
  engine: Engine,
  address: Uint8Array,
  name: string,
): Promise<Found | undefined> {
  const { quorum, registries, model } = engine;
  const { network } = model.device;
  const bytes = await quorum.fetch(address);
  const decoded = bytes === undefined ? undefined : invitationObject.decode(bytes);
  if (decoded?.ok !== true || !equal(decoded.value.body.network, network)) return undefined;
  const cardBytes = await quorum.fetch(decoded.value.body.card);
  if (cardBytes === undefined || cardBytes.length > cardBytesMax) return undefined;
  const shown = cardObject.decode(cardBytes);
  if (!shown.ok || checkCard(shown.value, network, registries) !== undefined) return undefined;
  const card = shown.value;
  if (checkInvitation(decoded.value, card, network) !== undefined) return undefined;
  const next = await Promise.all([
    quorum.readSlot(incarnationPlace(card.body, card.body.incarnation + 1)),
    quorum.readSlot(generationPlace(card.body, card.body.generation + 1)),
  ]);
  if (next.some(({ type }) => type === 'voted')) return undefined;
  const device = cardDevice(card);
  const current = next.every(({ type }) => type === 'free');
  return { device, name, card, cardBytes, invitation: decoded.value, address, current };
}

/** The newest invitation of a device that is listed by its id. */
export async function newestInvitation(
  engine: Engine,
  device: Uint8Array,
): Promise<Found | undefined> {
  const [one] = await findWho(engine, idText('device', device));
  return one;
}

export function claimantOf(engine: Engine, found: Found): Claimant {
  const { device, name, card, address, current } = found;
  return {
    device: idText('device', device),
    name,
    cardName: card.body.name,
    phrase: phraseOf(device),
    incarnation: card.body.incarnation,
    invitation: idText('invitation', address),
    current,
    warnings: warningsOf(engine, found),
  };
}

/** What a person would want to know who has met others before. */
function warningsOf({ model }: Engine, { device, name, card }: Found): readonly string[] {
  const contacts = [...model.contacts.values()].filter((row) => !equal(row.device, device));
  const pinned = pinnedTo(model, name);
  const changed =
    name !== '' && pinned !== undefined && !equal(pinned, device)
      ? [`this wallet knows "${name}" as another device: ${idText('device', pinned)}`]
      : [];
  const seen = new Set([name, card.body.name].filter((text) => text !== '').map(skeleton));
  const alike = contacts
    .filter((row) => seen.has(skeleton(row.name)))
    .map(
      (row) =>
        `it looks like "${row.name}", who is another device: ${idText('device', row.device)}`,
    );
  return [...changed, ...alike];
}

/** The device that a name was used for before. */
export function pinnedTo({ introductions }: Engine['model'], name: string): Uint8Array | undefined {
  for (const [, row] of introductions) if (row.name !== '' && row.name === name) return row.device;
  return undefined;
}
