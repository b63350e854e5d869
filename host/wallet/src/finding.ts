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
  genesisTopic,
  invitation as invitationObject,
  listing,
  nameTopic,
  normalName,
  type Invitation,
} from '@dsm/identity';
import { findAdverts } from './advertising.ts';
import { belonging } from './shown-identity.ts';
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
  /** The genesis that it belongs to, if that is shown. */
  readonly identity: Uint8Array | undefined;
  readonly current: boolean;
}

const cardBytesMax = 262_144;

/** Whoever is meant by a name, `dev1…`, `gen1…` or `inv1…`, in order of their ids. */
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
  const identity = idBytes('identity', who);
  if (identity !== undefined) {
    const all = await listed(engine, genesisTopic(network, identity), undefined);
    return all.filter((one) => one.identity !== undefined && equal(one.identity, identity));
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
  const shown = await shownAt(engine, address);
  if (shown === undefined) return undefined;
  const { card, cardBytes, invitation } = shown;
  const [isNewest, belongs] = await Promise.all([
    newest(engine, card),
    belonging(engine, card, invitation.body.membership),
  ]);
  if (isNewest === false || belongs === 'gone') return undefined;
  const current = belongs.current && isNewest === true;
  const { identity } = belongs;
  const device = cardDevice(card);
  return { device, name, card, cardBytes, invitation, address, identity, current };
}

/** An invitation and the card that has made it, both checked. */
async function shownAt(
  { quorum, registries, model }: Engine,
  address: Uint8Array,
): Promise<Pick<Found, 'card' | 'cardBytes' | 'invitation'> | undefined> {
  const { network } = model.device;
  const bytes = await quorum.fetch(address);
  const decoded = bytes === undefined ? undefined : invitationObject.decode(bytes);
  if (decoded?.ok !== true || !equal(decoded.value.body.network, network)) return undefined;
  const cardBytes = await quorum.fetch(decoded.value.body.card);
  if (cardBytes === undefined || cardBytes.length > cardBytesMax) return undefined;
  const read = cardObject.decode(cardBytes);
  if (!read.ok || checkCard(read.value, network, registries) !== undefined) return undefined;
  const invitation = decoded.value;
  const holds = checkInvitation(invitation, read.value, network) === undefined;
  return holds ? { card: read.value, cardBytes, invitation } : undefined;
}

/** Whether no later incarnation or generation was opened; undefined if too few nodes answer. */
async function newest({ quorum }: Engine, { body }: Card): Promise<boolean | undefined> {
  const next = await Promise.all([
    quorum.readSlot(incarnationPlace(body, body.incarnation + 1)),
    quorum.readSlot(generationPlace(body, body.generation + 1)),
  ]);
  if (next.some(({ type }) => type === 'voted')) return false;
  return next.every(({ type }) => type === 'free') ? true : undefined;
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
  const { device, name, card, address, identity, current } = found;
  return {
    device: idText('device', device),
    name,
    cardName: card.body.name,
    phrase: phraseOf(device),
    incarnation: card.body.incarnation,
    invitation: idText('invitation', address),
    identity: identity && idText('identity', identity),
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
