/**
 * Introducing: a relationship with a device that is off, begun by this side alone.
 *
 *     drawn and durable · object at the nodes · advertisement in the inbox, by a key of its own
 *
 * The secret is kept before anybody hears of it, and the same introduction is said until the other
 * side has answered on either lane: through the nodes, to a newer invitation, or over a connection.
 */

import {
  address,
  equal,
  isZero,
  keyDigest,
  keyOf,
  kinds,
  relationshipKey,
  signatures,
  sizes,
  suites,
  zero32,
  type Card,
  type Suite,
} from '@dsm/primitive';
import { openRelationship, type Message } from '@dsm/bilateral';
import {
  inboxTopic,
  introducedSecret,
  introduction as introductionObject,
  introductionDigest,
} from '@dsm/identity';
import { advertise } from './advertising.ts';
import { contactView } from './contacts.ts';
import type { OpenIntroduction } from './directory-rows.ts';
import { putRelationship, type Engine } from './engine.ts';
import { DsmError } from './errors.ts';
import { newestInvitation, type Found } from './finding.ts';
import { signAs, type Keys } from './keys.ts';
import { draft, putContact, putIntroduction, type Introduced } from './model.ts';
import type { ContactRow } from './rows.ts';
import { seal } from './sealed.ts';
import { meetCard } from './succession.ts';
import { isBricked } from './tripwire.ts';

/** Versions of the registry for which a listing or an introduction is left. */
export const listedVersions = 16;

/** Make the contact and the relationship durable. Nothing is said yet. */
export async function beginIntroduction(
  engine: Engine,
  found: Found,
  options: { readonly name?: string; readonly lookedUp: string },
): Promise<ContactRow> {
  const { model } = engine;
  const { device, card, cardBytes, invitation } = found;
  if (equal(device, model.device.id)) {
    throw new DsmError('refused', 'a device does not introduce itself to itself');
  }
  return engine.exclusive(async () => {
    const known = model.contacts.get(keyOf(device));
    if (known?.agreed === 1) return known;
    if (isBricked(model, device)) {
      throw new DsmError('fork', 'there is evidence that this device told two histories');
    }
    const contact = await meetCard(engine, card, cardBytes, options.name);
    if (contact === undefined) {
      throw new DsmError('refused', 'this card is of an earlier incarnation of a known device');
    }
    if (contact.blocked === 1) throw new DsmError('blocked', `${contact.name} is blocked here`);
    const { kemKey, laneKey } = invitation.body;
    const inbox = inboxTopic(model.device.network, kemKey);
    return drawn(engine, contact, card, { kemKey, inbox, laneKey }, options.lookedUp);
  });
}

/** A way to the other side: the key to seal to, where it looks, and the key that writes its lane. */
interface Way {
  readonly kemKey: Uint8Array;
  /** Of zeros: it looks nowhere, the words are said over a connection alone. */
  readonly inbox: Uint8Array;
  readonly laneKey: Uint8Array;
}

/** A relationship whose secret this device draws, and the words that tell the other side of it. */
export async function drawn(
  engine: Engine,
  contact: ContactRow,
  { body }: Card,
  { kemKey, inbox, laneKey }: Way,
  lookedUp: string,
): Promise<ContactRow> {
  const { model, keys, entropy } = engine;
  const { device } = contact;
  const random = entropy.bytes(32);
  const secret = introducedSecret(random, model.device.id, device);
  const { incarnation, suite, workingKey, since } = body;
  const mine = laneKeyOf(keys, model.device.suite, relationshipKey(secret));
  const peer = { device, incarnation, suite, workingKey, since };
  const on = openRelationship(model.device, peer, secret, { mine, theirs: laneKey });
  const said: Said = {
    relationship: on.key,
    drawn: random,
    via: inbox,
    receiverLaneKey: laneKey,
    incarnation,
  };
  const open: OpenIntroduction = {
    ...said,
    inbox,
    sealed: sealedTo(engine, kemKey, device, said),
    writer: entropy.bytes(sizes[suites[1].working].seed),
    until: 0,
  };
  const row = { ...contact, secret, ciphertext: undefined, agreed: 1, relationship: on.key };
  const change = draft();
  putContact(change, model, row);
  putRelationship(change, model, { ...on, bricked: isBricked(model, device) ? 1 : 0 });
  const before = model.introductions.get(keyOf(device));
  putIntroduction(change, model, {
    device,
    since: incarnation,
    byMe: 1,
    byThem: 0,
    name: lookedUp === '' ? (before?.name ?? '') : lookedUp,
    via: zero32,
    owed: undefined,
    open,
  });
  await engine.commit(change);
  return row;
}

export function laneKeyOf(keys: Keys, suite: Suite, of: Uint8Array): Uint8Array {
  return keyDigest(suite, keys.lane(of).publicKey);
}

/** What stays of an introduction, however it is sealed. */
type Said = Pick<
  OpenIntroduction,
  'relationship' | 'drawn' | 'via' | 'receiverLaneKey' | 'incarnation'
>;

/** The introduction, readable for whoever has the secret of this KEM key. */
function sealedTo(
  engine: Engine,
  kemKey: Uint8Array,
  receiver: Uint8Array,
  { relationship, drawn: random, via, receiverLaneKey, incarnation }: Said,
): Uint8Array {
  const { model, keys } = engine;
  const { suite, network } = model.device;
  const laneKey = model.relationships.get(keyOf(relationship))?.mineWriter;
  const said = {
    receiver,
    incarnation,
    via,
    drawn: random,
    laneKey: laneKey ?? laneKeyOf(keys, suite, relationship),
    receiverLaneKey,
  };
  const digest = introductionDigest(said);
  const signature = signAs(keys.working(), kinds.introduction, suite, network, digest);
  const { card } = model.row;
  const bytes = introductionObject.encode({ ...said, card, membership: undefined, signature });
  const sealed = seal(engine, kemKey, bytes);
  if (sealed === undefined) throw new DsmError('integrity', 'the KEM key is none');
  return sealed;
}

/** Leave what was begun where the other side will look. False if too few nodes answer. */
export async function sayIntroduction(engine: Engine, device: Uint8Array): Promise<boolean> {
  const open = engine.model.introductions.get(keyOf(device))?.open;
  if (open === undefined || isZero(open.inbox)) return true;
  const { available } = await engine.quorum.publish(open.sealed);
  if (!available) return false;
  const until = engine.registries.newest.version + listedVersions;
  // Suite 1 for everybody: the key proves nothing about who uses it.
  const pair = signatures().keyPair(suites[1].working, open.writer);
  const said = { topic: open.inbox, body: address(open.sealed), until };
  try {
    await advertise(engine, { suite: 1, pair }, said);
  } catch (error) {
    if (!(error instanceof DsmError)) throw error;
    // An inbox that is full is no lack of nodes: the next round tries again, or finds a newer one.
    return error.code === 'refused';
  }
  await engine.exclusive(() => changeOpen(engine, device, open, { ...open, until }));
  return true;
}

/** Unless something else has become of the introduction meanwhile. */
async function changeOpen(
  engine: Engine,
  device: Uint8Array,
  before: OpenIntroduction,
  open: OpenIntroduction | undefined,
): Promise<void> {
  const now = engine.model.introductions.get(keyOf(device));
  if (now?.open !== before) return;
  const change = draft();
  putIntroduction(change, engine.model, { ...now, open });
  await engine.commit(change);
}

/** One round with the nodes for everything that was begun and is not answered. */
export async function sayIntroductions(engine: Engine): Promise<boolean> {
  const { model, registries } = engine;
  let online = true;
  for (const row of model.introductions.values()) {
    const { device, open } = row;
    if (open === undefined) continue;
    if (isAnswered(engine, open)) {
      await engine.exclusive(() => answeredBy(engine, row));
      continue;
    }
    await toNewest(engine, device, open);
    const now = model.introductions.get(keyOf(device))?.open;
    const lapses = now !== undefined && now.until < registries.newest.version + listedVersions / 2;
    if (lapses) online = (await sayIntroduction(engine, device)) && online;
  }
  return online;
}

/** The other side has made a new invitation: the inbox of the old one is not read any more. */
async function toNewest(engine: Engine, device: Uint8Array, open: OpenIntroduction): Promise<void> {
  const newest = await newestInvitation(engine, device);
  if (newest === undefined) return;
  const { kemKey } = newest.invitation.body;
  const inbox = inboxTopic(engine.model.device.network, kemKey);
  if (equal(inbox, open.inbox)) return;
  const sealed = sealedTo(engine, kemKey, device, open);
  await engine.exclusive(() =>
    changeOpen(engine, device, open, { ...open, inbox, sealed, until: 0 }),
  );
}

/** Whoever writes on the relationship, or has absorbed of it, has taken the introduction. */
function isAnswered({ model }: Engine, { relationship }: OpenIntroduction): boolean {
  const on = model.relationships.get(keyOf(relationship));
  return on !== undefined && (on.theirs.index > 0 || on.absorbed.index > 0);
}

/** Nothing more is to be said about it. */
export async function answeredBy(engine: Engine, row: Introduced): Promise<void> {
  const change = draft();
  putIntroduction(change, engine.model, { ...row, open: undefined });
  await engine.commit(change);
  const contact = engine.model.contacts.get(keyOf(row.device));
  if (contact !== undefined) engine.emit('contact', contactView(engine.model, contact));
}

/** The same introduction for a connection: sealed to the card of who is at its other end. */
export function introductionFor(
  engine: Engine,
  device: Uint8Array,
  { body }: Card,
): (Message & { type: 'introduce' }) | undefined {
  const open = engine.model.introductions.get(keyOf(device))?.open;
  if (open === undefined) return undefined;
  return { type: 'introduce', sealed: sealedTo(engine, body.kemKey, device, open) };
}
