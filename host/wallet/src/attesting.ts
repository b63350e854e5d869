/**
 * Attesting: peers ask each other for a signature by the thing that they are sealed to.
 *
 * The question follows the greeting if the peer’s card names a key, or showed one before. The answer is
 * prepared beside the talk, which waits for nothing: a chip may take a second and a person longer. What
 * comes of it is remembered and shown. No rule of value looks at it.
 */

import {
  attestation as attestationObject,
  attestationChallenge,
  attestationKeyDigest,
  type Attestation,
} from '@dsm/identity';
import {
  bindingLevels,
  cardDigest,
  equal,
  keyOf,
  type Card,
  type CardBinding,
} from '@dsm/primitive';
import { attestMac, type Message } from '@dsm/bilateral';
import { checkAttestation } from '@dsm/portable';
import { bindingView, putPinned } from './binding-view.ts';
import { DsmError } from './errors.ts';
import { draft } from './model.ts';
import type { PinnedRow } from './pinned-rows.ts';
import { contactOf, deferred, relationshipOf, say, type Deferred, type Talk } from './talk.ts';
import { idText } from './text.ts';

/** What a talk knows of questions to the peer and of the peer’s. */
export interface Attesting {
  /** The question that is open, and who waits for its answer. */
  asked:
    | { readonly nonce: Uint8Array; readonly card: Uint8Array; readonly done: Deferred<void> }
    | undefined;
  /** The card that this side showed in this talk. */
  readonly shown: Card;
  /** Questions that were answered, and the answer that is being prepared. */
  answers: number;
  preparing: Promise<void>;
}

/** A chip is slow: a peer that asks again and again is not answered. */
const answersMax = 4;

export function newAttesting(shown: Card): Attesting {
  return { asked: undefined, shown, answers: 0, preparing: Promise.resolve() };
}

/** Ask, if there is anything to expect. */
export async function sayChallenge(talk: Talk): Promise<void> {
  const { engine, peer } = talk;
  if (peer === undefined) return;
  const isExpected =
    peer.card.body.binding.key !== undefined || engine.model.pinned.has(keyOf(peer.device));
  if (isExpected) await ask(talk);
}

async function ask(talk: Talk): Promise<Deferred<void>> {
  const { asked } = talk.attesting;
  if (asked !== undefined) return asked.done;
  const done = deferred<void>();
  const nonce = talk.engine.entropy.bytes(32);
  // The peer may change its keys while it answers: the answer is about the card of now.
  const card = cardDigest(talk.peer!.card.body);
  talk.attesting.asked = { nonce, card, done };
  await say(talk, { type: 'challenge', nonce, card });
  return done;
}

/** Ask now, and wait for what comes of it. */
export async function challengeNow(talk: Talk): Promise<void> {
  if (relationshipOf(talk) === undefined) throw gone();
  const done = await ask(talk);
  await done.promise;
}

export function challenge(talk: Talk, said: Message & { type: 'challenge' }): void {
  const { attesting, engine, peer } = talk;
  const on = relationshipOf(talk);
  const isMine = [attesting.shown, engine.model.card].some(({ body }) =>
    equal(cardDigest(body), said.card),
  );
  if (on === undefined || peer === undefined || !isMine || attesting.answers >= answersMax) return;
  attesting.answers += 1;
  const asked = engine.model.device.id;
  const question = { nonce: said.nonce, asker: peer.device, asked, card: said.card };
  attesting.preparing = attesting.preparing
    .then(async () => {
      const attestation = await answerOf(talk, question);
      const mac = attestMac(on, said.nonce, asked, attestation);
      await say(talk, { type: 'attest', attestation, mac });
    })
    // A thing that is locked, or a person who says no, is no answer: the peer counts that.
    .catch(() => undefined);
}

async function answerOf(
  { engine }: Talk,
  question: Parameters<typeof attestationChallenge>[0],
): Promise<Uint8Array | undefined> {
  const { level, attestor } = engine.binding;
  if (attestor === undefined) return undefined;
  const proof = await attestor.attest(attestationChallenge(question, level));
  return attestationObject.encode({ level, key: attestor.key, proof });
}

export async function attest(talk: Talk, said: Message & { type: 'attest' }): Promise<void> {
  const { attesting, engine, peer } = talk;
  const on = relationshipOf(talk);
  const { asked } = attesting;
  if (on === undefined || peer === undefined || asked === undefined) return;
  const expected = attestMac(on, asked.nonce, peer.device, said.attestation);
  // Somebody else's words, or the answer to an older question: still nothing is known.
  if (!equal(said.mac, expected)) return;
  attesting.asked = undefined;
  const question = {
    nonce: asked.nonce,
    asker: engine.model.device.id,
    asked: peer.device,
    card: asked.card,
  };
  await remember(talk, await judged(said.attestation, question));
  asked.done.resolve();
}

/** What was shown: a key, or a reason why not. */
type Shown = ShownKey | { readonly why: string };

interface ShownKey {
  readonly key: Uint8Array;
  readonly level: 0 | 1 | 2 | 3;
}

async function judged(
  bytes: Uint8Array | undefined,
  question: Parameters<typeof attestationChallenge>[0],
): Promise<Shown> {
  if (bytes === undefined) return { why: 'it says that it has no key' };
  const decoded = attestationObject.decode(bytes);
  if (!decoded.ok) return { why: `its answer cannot be read: ${decoded.refusal}` };
  const attestation: Attestation = decoded.value;
  const refusal = await checkAttestation(
    attestation,
    attestationChallenge(question, attestation.level),
  );
  if (refusal !== undefined) return { why: `its answer does not hold: ${refusal}` };
  const level = bindingLevels.indexOf(attestation.level) as 0 | 1 | 2 | 3;
  return { key: attestationKeyDigest(attestation.key), level };
}

async function remember(talk: Talk, shown: Shown): Promise<void> {
  const { engine, peer } = talk;
  const { model, clock } = engine;
  const contact = contactOf(talk);
  if (contact === undefined) return;
  const before = model.pinned.get(keyOf(contact.device));
  const row = nextRow(before, peer!.card, shown, clock.now());
  if (row === undefined) return;
  const was = bindingView(model, contact);
  const to = draft();
  putPinned(to, model, { ...row, device: contact.device });
  await engine.commit(to);
  const binding = bindingView(model, contact);
  const isAnother = before !== undefined && !equal(before.key, row.key);
  if (was.state === binding.state && was.why === binding.why && !isAnother) return;
  const device = idText('device', contact.device);
  engine.emit('binding', { contact: contact.name, device, before: was.state, binding });
}

/**
 * The key that counts is the one that the card names if it was certified anew, or the one that was
 * shown first. Nothing is remembered of who never named a key nor showed one.
 */
function nextRow(
  before: PinnedRow | undefined,
  { body: { binding } }: Card,
  shown: Shown,
  now: number,
): Omit<PinnedRow, 'device'> | undefined {
  const key = before?.key ?? binding.key;
  if ('why' in shown) {
    if (key === undefined) return undefined;
    return changed(before, { key, level: binding.level, why: shown.why, other: undefined }, now);
  }
  const fault = faultOf(before, binding, shown);
  if (fault !== undefined) return changed(before, { ...fault, level: binding.level }, now);
  const since = before?.state === 1 && equal(before.key, shown.key) ? before.since : now;
  const settled = { why: '', other: undefined, shownAt: now, unanswered: 0 };
  return { ...settled, key: shown.key, level: shown.level, state: 1, since };
}

/** Why a key that has signed is not the one that counts; undefined if it is. */
function faultOf(
  before: PinnedRow | undefined,
  named: CardBinding,
  shown: ShownKey,
): Pick<PinnedRow, 'key' | 'why' | 'other'> | undefined {
  if (named.key !== undefined && equal(named.key, shown.key)) {
    if (named.level === shown.level) return undefined;
    const why = 'it signs as another kind of thing than its card names';
    return { key: shown.key, why, other: undefined };
  }
  const key = before?.key ?? named.key;
  if (key === undefined || equal(key, shown.key)) return undefined;
  const wasShown = before !== undefined && before.shownAt > 0;
  const why = wasShown ? 'it shows another key than before' : 'its card names another key';
  return { key, why, other: shown.key };
}

function changed(
  before: PinnedRow | undefined,
  now: Pick<PinnedRow, 'key' | 'level' | 'why' | 'other'>,
  at: number,
): Omit<PinnedRow, 'device'> {
  const since = before?.state === 2 ? before.since : at;
  return { ...now, state: 2, since, shownAt: before?.shownAt ?? 0, unanswered: 0 };
}

/** The talk is over: a question that was left open is counted where answers were given before. */
export async function endAttesting(talk: Talk): Promise<void> {
  const { asked } = talk.attesting;
  if (asked === undefined) return;
  asked.done.reject(gone());
  const { engine } = talk;
  const { model } = engine;
  const contact = contactOf(talk);
  const row = contact === undefined ? undefined : model.pinned.get(keyOf(contact.device));
  if (row === undefined) return;
  await engine.exclusive(async () => {
    const to = draft();
    const unanswered = Math.min(row.unanswered + 1, 0xffff_ffff);
    putPinned(to, model, { ...model.pinned.get(keyOf(row.device))!, unanswered });
    await engine.commit(to);
  });
}

function gone(): DsmError {
  return new DsmError('unreachable', 'the connection ended before the contact had answered');
}
