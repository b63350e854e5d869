/**
 * Greeting: cards are exchanged, the secret of a new relationship is agreed, and whatever was left
 * unanswered is said again.
 *
 * Whoever has introduced himself through the nodes says so again; whoever came back without the secret
 * begins a new relationship. Both come before the marks, after which a talk stays with its relationship.
 */

import {
  card as cardObject,
  cardDevice,
  checkCard,
  equal,
  keyDigest,
  keyOf,
  kinds,
  relationshipKey,
  workingKeyDigest,
  zero32,
  type Card,
} from '@dsm/primitive';
import { introducedSecret } from '@dsm/identity';
import {
  agreedSecret,
  agreementDigest,
  agreementMac,
  encapsulates,
  openRelationship,
  verifyAgreement,
  type Message,
} from '@dsm/bilateral';
import { sayChallenge } from './attesting.ts';
import { marks, sayMarks } from './comparing.ts';
import { sayEarlierRuns } from './earlier.ts';
import { putRelationship, type Engine } from './engine.ts';
import { keyToTell } from './fresh-keys.ts';
import { cardAt, cardsOf } from './cards.ts';
import { DsmError, errorCodes, type ErrorCode } from './errors.ts';
import { moved } from './flood.ts';
import { opened, takeIntroduction } from './inbox.ts';
import { answeredBy, drawn, introductionFor } from './introducing.ts';
import { signAs } from './keys.ts';
import { owedTo } from './recalling.ts';
import { hasCardLeft } from './belonging.ts';
import { sayMembership } from './membership.ts';
import { awaitsVersion } from './registry-talk.ts';
import { draft, putContact, putIntroduction, type Introduced } from './model.ts';
import type { ContactRow } from './rows.ts';
import { rest, restsFrom } from './resting.ts';
import { isSuccession, meetCard } from './succession.ts';
import { settleReady, contactOf, giveUp, relationshipOf, say, type Talk } from './talk.ts';
import { sayOpenRuns, sayWants } from './trading.ts';
import { isBricked } from './tripwire.ts';

export async function hello(talk: Talk, said: Message & { type: 'hello' }): Promise<void> {
  const { card: bytes } = said;
  const { engine } = talk;
  const { model } = engine;
  if (talk.peer !== undefined) return;
  const decoded = cardObject.decode(bytes);
  if (!decoded.ok) return giveUp(talk, 'integrity', 'what came is no identity card');
  const card = decoded.value;
  const refusal = checkCard(card, model.device.network, engine.registries);
  if (refusal !== undefined) return unheld(talk, said, refusal);
  const unmet = whyUnmet(engine, card);
  if (unmet !== undefined) return giveUp(talk, ...unmet);
  const device = cardDevice(card);
  const isStranger = model.contacts.get(keyOf(device))?.agreed !== 1;
  if (isStranger && model.row.phase !== 0) return restsFrom(talk);
  return accepted(talk, card, bytes);
}

async function accepted(talk: Talk, card: Card, bytes: Uint8Array): Promise<void> {
  const { engine, options } = talk;
  const contact = await meetCard(engine, card, bytes, options.name);
  if (contact === undefined) {
    return giveUp(
      talk,
      'refused',
      'this card is older than the one that is known of the device, or does not follow it',
    );
  }
  if (contact.blocked === 1) return giveUp(talk, 'blocked', `${contact.name} is blocked here`);
  talk.peer = { device: contact.device, card };
  if (engine.model.row.phase !== 0) return rest(talk);
  await sayMembership(talk);
  if (contact.agreed !== 1) return sendAgreement(talk, contact);
  await sayIntroduced(talk);
  await resume(talk, contact);
}

/** Why this device does not meet whoever shows the card. */
function whyUnmet(engine: Engine, card: Card): [ErrorCode, string] | undefined {
  const { model } = engine;
  const device = cardDevice(card);
  if (equal(device, model.device.id)) return ['refused', 'a device does not meet itself'];
  if (isSuccession(engine, card)) {
    return [
      'pending',
      'this device was restored: sync with the nodes first, they may keep what it sent before',
    ];
  }
  // Whoever was met before still settles what is old; a stranger has nothing to settle.
  if (model.contacts.get(keyOf(device))?.agreed === 1) return undefined;
  if (isBricked(model, device)) {
    return ['fork', 'there is evidence that this device told two histories'];
  }
  return hasCardLeft(model, card)
    ? ['refused', 'its owner’s device tree has taken this device out']
    : undefined;
}

/** What this side has begun alone, until the other has answered. */
async function sayIntroduced(talk: Talk): Promise<void> {
  const { engine, peer } = talk;
  const said = introductionFor(engine, peer!.device, peer!.card);
  if (said !== undefined) await say(talk, said);
}

/** A card that may rest on a version of the registry still to come is looked at again then. */
async function unheld(
  talk: Talk,
  said: Message & { type: 'hello' },
  refusal: string,
): Promise<void> {
  if (awaitsVersion(talk)) talk.waitingHello = said;
  else await giveUp(talk, 'integrity', `the identity card does not hold: ${refusal}`);
}

/** The lower device encapsulates, keeps the secret, then says the ciphertext; the same one again. */
async function sendAgreement(talk: Talk, contact: ContactRow): Promise<void> {
  const { engine, peer } = talk;
  const { id, suite, network } = engine.model.device;
  if (!encapsulates(id, contact.device)) return;
  let row = contact;
  if (row.ciphertext === undefined) {
    const fresh = engine.kem.encapsulate(peer!.card.body.kemKey);
    if (fresh === undefined) return giveUp(talk, 'integrity', 'the card has no usable KEM key');
    const { ciphertext } = fresh;
    row = { ...row, ciphertext, secret: agreedSecret(fresh.secret, ciphertext, id, row.device) };
    const change = draft();
    putContact(change, engine.model, row);
    await engine.commit(change);
  }
  const ciphertext = row.ciphertext!;
  const laneKey = laneKeyFor(engine, row.secret!);
  const digest = agreementDigest({ ciphertext, laneKey }, id, row.device);
  const signature = signAs(engine.keys.working(), kinds.message, suite, network, digest);
  await say(talk, { type: 'agree', ciphertext, laneKey, signature });
}

/** Digest of the key that writes the deliveries of this device's lane in the relationship of a secret. */
function laneKeyFor({ keys, model }: Engine, secret: Uint8Array): Uint8Array {
  return keyDigest(model.device.suite, keys.lane(relationshipKey(secret)).publicKey);
}

export async function agree(talk: Talk, said: Message & { type: 'agree' }): Promise<void> {
  const { engine, peer } = talk;
  const contact = contactOf(talk);
  if (contact === undefined || peer === undefined) return;
  const { ciphertext, laneKey, signature } = said;
  const me = engine.model.device.id;
  if (encapsulates(me, peer.device)) return;
  if (!verifyAgreement(peer.card, said, peer.device, me, signature)) return;
  const again = contact.agreed === 1 && isSame(contact.ciphertext, ciphertext);
  if (contact.agreed === 1 && !again) {
    const place = begunBeside(talk);
    if (place !== 'again') return place === 'lost' ? secretLost(talk) : undefined;
  }
  const shared = engine.keys.kem().decapsulate(ciphertext);
  if (shared === undefined) return;
  const secret = agreedSecret(shared, ciphertext, peer.device, me);
  const mine = laneKeyFor(engine, secret);
  const mac = agreementMac(secret, ciphertext, mine);
  if (again) return say(talk, { type: 'agreed', laneKey: mine, mac });
  const row = await establish(talk, { ...contact, secret, ciphertext }, laneKey);
  await say(talk, { type: 'agreed', laneKey: mine, mac });
  await resume(talk, row);
}

function isSame(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && equal(a, b);
}

/**
 * What an agreement beside one that stands means. Who has not read yet that this side has introduced
 * itself goes on with that; a later incarnation than the one that agreed may have lost the secret.
 */
function begunBeside({ engine, peer }: Talk): 'introduced' | 'again' | 'lost' {
  const row = engine.model.introductions.get(keyOf(peer!.device));
  if (row?.open !== undefined) return 'introduced';
  return peer!.card.body.incarnation > (row?.since ?? 0) ? 'again' : 'lost';
}

/** The other side begins a relationship by itself: said before its marks, or not taken. */
export async function introduced(
  talk: Talk,
  { sealed }: Message & { type: 'introduce' },
): Promise<void> {
  const { engine, peer } = talk;
  const { model, keys, aead } = engine;
  const said = talk.peerResumed ? undefined : opened({ aead }, keys.kems(), sealed);
  if (said === undefined || peer === undefined) return;
  const card = cardObject.decode(said.card);
  if (!card.ok || !equal(cardDevice(card.value), peer.device)) return;
  const taken = await takeIntroduction(engine, said, () => false);
  if (taken === 'bad') return secretLost(talk);
  if (taken === 'later') return giveUp(talk, 'pending', 'this device cannot take strangers now');
  const secret = introducedSecret(said.drawn, peer.device, model.device.id);
  const key = relationshipKey(secret);
  const laneKey = model.relationships.get(keyOf(key))!.mineWriter;
  await say(talk, { type: 'agreed', laneKey, mac: agreementMac(secret, key, laneKey) });
  if (taken === 'taken') moved(talk);
  if (!talk.resumed) await resume(talk, contactOf(talk)!);
}

/** A copy, or a backup from before the two first met, has nothing to go on with. */
function secretLost(talk: Talk): Promise<void> {
  const sentence =
    'these two devices agreed on a secret before, and one of them has lost it: it must come as a new device';
  return giveUp(talk, 'refused', sentence);
}

/**
 * The peer goes on as if there were a secret. Whoever encapsulates waits for the answer to it; the
 * other would have one, had it not lost it.
 */
export async function goesOn(talk: Talk, said: Message & { type: 'marks' }): Promise<void> {
  const { engine, peer } = talk;
  const { id, incarnation } = engine.model.device;
  const contact = contactOf(talk);
  const lost = contact?.agreed !== 1 && !encapsulates(id, peer!.device);
  if (!lost || contact === undefined) return marks(talk, said);
  if (incarnation === 0) return secretLost(talk);
  // This device came back without it: it begins again.
  const { kemKey } = peer!.card.body;
  const way = { kemKey, inbox: zero32, laneKey: workingKeyDigest(peer!.card) };
  const row = await drawn(engine, contact, peer!.card, way, '');
  await sayIntroduced(talk);
  await resume(talk, row);
  return marks(talk, said);
}

export async function agreed(
  talk: Talk,
  { laneKey, mac }: Message & { type: 'agreed' },
): Promise<void> {
  const contact = contactOf(talk);
  if (contact?.secret === undefined) return;
  const begun = talk.engine.model.introductions.get(keyOf(contact.device));
  if (begun?.open !== undefined) return introductionAnswered(talk, begun, { laneKey, mac });
  if (contact.ciphertext === undefined) return;
  const expected = agreementMac(contact.secret, contact.ciphertext, laneKey);
  if (contact.agreed === 1 || !equal(mac, expected)) return;
  await resume(talk, await establish(talk, contact, laneKey));
}

async function introductionAnswered(
  talk: Talk,
  row: Introduced,
  { laneKey, mac }: Pick<Message & { type: 'agreed' }, 'laneKey' | 'mac'>,
): Promise<void> {
  const { engine } = talk;
  const { drawn: random, relationship } = row.open!;
  const secret = introducedSecret(random, engine.model.device.id, row.device);
  if (!equal(mac, agreementMac(secret, relationship, laneKey))) return;
  await answeredBy(engine, row);
  moved(talk);
}

/** The relationship stands: both know its secret. */
async function establish(talk: Talk, contact: ContactRow, theirs: Uint8Array): Promise<ContactRow> {
  const { engine, peer } = talk;
  const { model } = engine;
  const { incarnation, suite, workingKey, since } = peer!.card.body;
  const other = { device: contact.device, incarnation, suite, workingKey, since };
  const writers = { mine: laneKeyFor(engine, contact.secret!), theirs };
  const on = openRelationship(model.device, other, contact.secret!, writers);
  const row = { ...contact, agreed: 1, relationship: on.key };
  const change = draft();
  putContact(change, model, row);
  putRelationship(change, model, { ...on, bricked: isBricked(model, contact.device) ? 1 : 0 });
  const before = model.introductions.get(keyOf(contact.device));
  if (incarnation > 0 || before !== undefined) {
    const { device } = contact;
    const name = before?.name ?? '';
    putIntroduction(change, model, {
      device,
      since: incarnation,
      byMe: 0,
      byThem: 0,
      name,
      via: zero32,
      owed: owedTo(engine, model.contacts.get(keyOf(device))!),
      open: undefined,
    });
  }
  await engine.commit(change);
  moved(talk);
  return row;
}

/** Say what is old. The talk is ready once the other side has got that far, too. */
async function resume(talk: Talk, contact: ContactRow): Promise<void> {
  // Before the marks, which make the other side ready: it may part as soon as it is.
  await sayChallenge(talk);
  await sayMarks(talk, contact.device);
  await sayFormerCards(talk);
  await sayOpenRuns(talk);
  await sayEarlierRuns(talk);
  await sayWants(talk);
  await sayFreshKey(talk);
  talk.resumed = true;
  settleReady(talk);
}

/** Runs that were signed before a change of keys need the card of their time: the peer may have missed it. */
async function sayFormerCards(talk: Talk): Promise<void> {
  const { engine, peer } = talk;
  const { model } = engine;
  const { id, incarnation } = model.device;
  const open = [...model.relationships.values()]
    .filter((on) => equal(on.peer.device, peer!.device))
    .flatMap((on) => model.open.get(keyOf(on.key)) ?? [])
    .filter(({ row }) => row.acked === 0);
  const first = Math.min(...open.map(({ row }) => row.step.seq));
  const oldest = cardAt(engine, id, { incarnation, seq: first })?.body.generation;
  for (const card of oldest === undefined ? [] : cardsOf(engine, id).slice(0, -1)) {
    if (card.body.incarnation !== incarnation || card.body.generation < oldest!) continue;
    await say(talk, { type: 'card', card: cardObject.encode(card) });
  }
}

/** What the peer seals from now on, it seals to this. */
async function sayFreshKey(talk: Talk): Promise<void> {
  const on = relationshipOf(talk);
  if (on !== undefined) await say(talk, { type: 'fresh', key: await keyToTell(talk.engine, on) });
}

/** The other side does not want to talk. */
export function turnedDown(talk: Talk, { code, why }: Message & { type: 'refuse' }): void {
  const known = Object.hasOwn(errorCodes, code) ? (code as ErrorCode) : 'refused';
  talk.ready.reject(new DsmError(known, why));
}
