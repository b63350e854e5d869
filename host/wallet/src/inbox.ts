/**
 * The inbox of an invitation: strangers introduce themselves, and whoever wants fills it with garbage.
 *
 * What is there is judged once and remembered by its address; the cheapest check comes first. There
 * is a bound on what one round looks at, and on strangers who have never said anything. A flood ends
 * with a new invitation, which has another inbox.
 */

import {
  cardDevice,
  equal,
  isZero,
  keyDigest,
  keyOf,
  relationshipKey,
  type Card,
} from '@dsm/primitive';
import { openRelationship } from '@dsm/bilateral';
import {
  checkIntroduction,
  inboxTopic,
  introducedSecret,
  introduction as introductionObject,
  placeOfIntroduction,
  type Introduction,
} from '@dsm/identity';
import type { KemKeyPair } from '@dsm/ports';
import { findAdverts } from './advertising.ts';
import { contactView } from './contacts.ts';
import { judgedMax } from './directory-rows.ts';
import { putRelationship, type Engine } from './engine.ts';
import { laneKeyOf } from './introducing.ts';
import { owedTo } from './recalling.ts';
import { hasCardLeft } from './belonging.ts';
import { draft, putContact, putDirectory, putIntroduction } from './model.ts';
import type { ContactRow } from './rows.ts';
import { unseal } from './sealed.ts';
import { isSuccession, meetCard } from './succession.ts';
import { isBricked } from './tripwire.ts';

/** Bounds of what strangers can make a wallet do and keep. */
export const inboxLimits = {
  /** Objects that one round fetches. */
  lookedAtMax: 512,
  /** Bytes of a sealed introduction. */
  sealedBytesMax: 132_500,
  /** Contacts who introduced themselves and have said nothing since. */
  strangersMax: 256,
} as const;

/** What became of an introduction. `later`: it cannot be judged yet. */
export type Taken = 'taken' | 'known' | 'bad' | 'later';

/** Judge what is new in the inbox. Answers how many contacts have come. */
export async function readInbox(
  engine: Engine,
  isTalking: (device: Uint8Array) => boolean,
): Promise<number> {
  const { model, kem, quorum } = engine;
  const own = model.directory.invitation;
  if (own === undefined) return 0;
  const pair = kem.keyPair(own.seed);
  const adverts = await findAdverts(engine, inboxTopic(model.device.network, pair.publicKey));
  const judged = new Set(model.directory.judged.map(keyOf));
  const fresh = adverts.filter(({ body }) => body.length === 32 && !judged.has(keyOf(body)));
  let came = 0;
  for (const { body } of inAnyOrder(engine, fresh).slice(0, inboxLimits.lookedAtMax)) {
    const bytes = await quorum.fetch(body);
    // Who introduces himself puts the object there first: what nobody has may still come.
    if (bytes === undefined) continue;
    const outcome = await engine.exclusive(async () => {
      const said = opened(engine, [pair], bytes);
      const taken = said === undefined ? 'bad' : await takeIntroduction(engine, said, isTalking);
      if (taken !== 'later') await remember(engine, own.address, body, taken === 'bad');
      return taken;
    });
    if (outcome === 'taken') came += 1;
  }
  return came;
}

/** So that what cannot be fetched does not stand before the others for ever. */
function inAnyOrder<T>({ entropy }: Engine, all: readonly T[]): readonly T[] {
  const from =
    all.length === 0 ? 0 : new DataView(entropy.bytes(4).buffer).getUint32(0) % all.length;
  return [...all.slice(from), ...all.slice(0, from)];
}

/** Unless there is another invitation by now, whose inbox is another one. */
async function remember(
  engine: Engine,
  invitation: Uint8Array,
  body: Uint8Array,
  isBad: boolean,
): Promise<void> {
  const { directory } = engine.model;
  if (directory.invitation === undefined || !equal(directory.invitation.address, invitation))
    return;
  const change = draft();
  putDirectory(change, engine.model, {
    ...directory,
    judged: [...directory.judged, body].slice(-judgedMax),
    bad: Math.min(directory.bad + (isBad ? 1 : 0), 0xffff_ffff),
  });
  await engine.commit(change);
}

/** The introduction in sealed bytes, or undefined if there is none for these keys. */
export function opened(
  { aead }: Pick<Engine, 'aead'>,
  pairs: readonly KemKeyPair[],
  bytes: Uint8Array,
): Introduction | undefined {
  if (bytes.length > inboxLimits.sealedBytesMax) return undefined;
  const plain = unseal(aead, pairs, bytes);
  const decoded = plain === undefined ? undefined : introductionObject.decode(plain);
  return decoded?.ok === true ? decoded.value : undefined;
}

/** Check an introduction and begin its relationship. */
export async function takeIntroduction(
  engine: Engine,
  said: Introduction,
  isTalking: (device: Uint8Array) => boolean,
): Promise<Taken> {
  const { model, registries } = engine;
  const checked = checkIntroduction(said, model.device, registries);
  if (!checked.ok) return checked.card === 'succession' ? 'later' : 'bad';
  const { device, card } = checked;
  const secret = introducedSecret(said.drawn, device, model.device.id);
  if (model.relationships.has(keyOf(relationshipKey(secret)))) return 'known';
  const writer = ownWriter(engine, said);
  if (writer === undefined) return 'bad';
  // What the former incarnation has delivered comes first, and a talk ends as it began.
  if (isSuccession(engine, card) || isTalking(device)) return 'later';
  const place = placeFor(engine, card);
  if (place === 'refuse') return 'bad';
  const isStranger = model.contacts.get(keyOf(device))?.agreed !== 1;
  if (isStranger && strangersIn(engine) >= inboxLimits.strangersMax) return 'later';
  const contact = await meetCard(engine, card, said.card, undefined);
  if (contact === undefined) return 'bad';
  await establish(engine, contact, said, { card, secret, writer, place });
  return 'taken';
}

/** Where the introduced relationship belongs; nowhere for whoever is blocked or convicted here. */
function placeFor({ model }: Engine, card: Card): 'write' | 'listen' | 'refuse' {
  const device = cardDevice(card);
  const { incarnation } = card.body;
  const known = model.contacts.get(keyOf(device));
  if (known?.blocked === 1 || isBricked(model, device) || hasCardLeft(model, card)) return 'refuse';
  const row = model.introductions.get(keyOf(device));
  const standing = {
    agreed: known?.agreed === 1,
    since: row?.since ?? 0,
    byMe: row?.byMe === 1,
    byThem: row?.byThem === 1,
  };
  return placeOfIntroduction(standing, incarnation, device, model.device.id);
}

/**
 * The key that writes the own lane: of the invitation, or a working key. What was begun with an earlier
 * incarnation goes on with the working key of this one, which the introducer learns with its card.
 */
function ownWriter(
  { model, keys }: Engine,
  { incarnation, via, receiverLaneKey }: Introduction,
): Uint8Array | undefined {
  const { suite } = model.device;
  if (incarnation !== model.device.incarnation) {
    const isEarlier = incarnation < model.device.incarnation;
    return isEarlier ? keyDigest(suite, keys.working().publicKey) : undefined;
  }
  const isMine =
    keys.byDigest(receiverLaneKey) !== undefined ||
    (!isZero(via) && equal(laneKeyOf(keys, suite, via), receiverLaneKey));
  return isMine ? receiverLaneKey : undefined;
}

interface Beginning {
  readonly card: Card;
  readonly secret: Uint8Array;
  readonly writer: Uint8Array;
  readonly place: 'write' | 'listen';
}

async function establish(
  engine: Engine,
  contact: ContactRow,
  said: Introduction,
  { card, secret, writer, place }: Beginning,
): Promise<void> {
  const { model } = engine;
  const { device } = contact;
  const { incarnation, suite, workingKey, since } = card.body;
  const peer = { device, incarnation, suite, workingKey, since };
  const on = openRelationship(model.device, peer, secret, { mine: writer, theirs: said.laneKey });
  const former = said.incarnation < model.device.incarnation ? 1 : 0;
  const before = model.introductions.get(keyOf(device));
  // Whatever was begun with an earlier incarnation of it ends here, but for what is owed to it.
  const same = before !== undefined && incarnation <= before.since ? before : undefined;
  const { byMe, owed, open } = same ?? { byMe: 0, owed: owedTo(engine, contact), open: undefined };
  const { via } = said;
  const name = before?.name ?? '';
  const change = draft();
  putRelationship(change, model, { ...on, former });
  putIntroduction(change, model, {
    device,
    since: incarnation,
    byMe,
    byThem: 1,
    name,
    via,
    owed,
    open,
  });
  const row: ContactRow =
    place === 'listen'
      ? contact
      : { ...contact, secret, ciphertext: undefined, agreed: 1, relationship: on.key };
  putContact(change, model, row);
  await engine.commit(change);
  engine.emit('contact', contactView(model, row));
}

/** Contacts who introduced themselves and have never written anything. */
export function strangersIn({ model }: Engine): number {
  let strangers = 0;
  for (const { device, byThem } of model.introductions.values()) {
    const contact = model.contacts.get(keyOf(device));
    if (byThem === 0 || contact?.relationship === undefined) continue;
    const on = model.relationships.get(keyOf(contact.relationship));
    if (on?.theirs.index === 0) strangers += 1;
  }
  return strangers;
}
