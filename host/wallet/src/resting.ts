/**
 * Resting: what a restored wallet hears and says before its first sync.
 *
 * It does not know what its device wrote after the backup was made, and the device may still be alive.
 * So it writes nothing: no entry, no step, no agreement. It says its old card to known contacts, shows
 * them what others have stated, consents to what they offer, keeps what they commit to it, and says
 * that it has that. A consent names a root and a step that this device had when the backup was made:
 * the device itself could have given the same one then, and no two consents contradict each other. What
 * it says besides is not signed at all.
 */

import { entry, equal, isZero, keyOf, zero32 } from '@dsm/primitive';
import { ackMac, explain, headOfOffer, type Message, type Relationship } from '@dsm/bilateral';
import { sayMarks } from './comparing.ts';
import { worldFor } from './engine.ts';
import { absorbedRun } from './flood.ts';
import { askMissing, offer } from './hearing.ts';
import { heldOf } from './held-rows.ts';
import { heldRunsMax, hold, judgeHeld } from './held-runs.ts';
import { heldView } from './held-view.ts';
import { checkNotOver } from './phase.ts';
import { giveUp, relationshipOf, say, settleReady, type Talk } from './talk.ts';

const behind =
  'this device was restored and does not know the newest of what passed between the two: it must sync first';
const waits =
  'this device was restored: what you committed to it waits for its first sync, and nothing is consented to before';

/** Only whoever this device agreed with before is listened to. */
export function restsFrom(talk: Talk): Promise<void> {
  const sentence =
    'this device was restored: before its first sync it meets only contacts that its backup knows';
  return giveUp(talk, 'needs-restore', sentence);
}

/** Begin to listen. */
export async function rest(talk: Talk): Promise<void> {
  await sayMarks(talk, talk.peer!.device);
  talk.resumed = true;
  settleReady(talk);
}

/** What is done with a message; true if the usual way of hearing it may go on. */
export async function heardAtRest(talk: Talk, said: Message): Promise<boolean> {
  checkNotOver(talk.engine.model.row);
  if (said.type === 'offer') await offerAtRest(talk, said);
  if (said.type === 'commit') await commitAtRest(talk, said);
  if (said.type === 'stream' || said.type === 'remint') {
    await say(talk, { type: 'refuse', head: zero32, code: 'needs-restore', why: waits });
  }
  return heeded.has(said.type);
}

/** What teaches without anything being written on a lane, a chain or a card. */
const heeded: ReadonlySet<Message['type']> = new Set([
  'registry',
  'hello',
  'want',
  'parts',
  'refuse',
  'marks',
  'half',
  'evidence',
  'end',
]);

async function offerAtRest(talk: Talk, said: Message & { type: 'offer' }): Promise<void> {
  const { engine } = talk;
  const on = relationshipOf(talk);
  if (on === undefined) return;
  const why = await reasonAgainst(talk, on, said);
  if (why === undefined) return offer(talk, said);
  const head = headOfOffer(on, said, await worldFor(engine, on, said));
  await say(talk, { type: 'refuse', head, code: 'needs-restore', why });
}

/** Why nothing is consented to: the view that a consent shows would not be the one that counts. */
async function reasonAgainst(
  { engine }: Talk,
  on: Relationship,
  { entries }: Message & { type: 'offer' },
): Promise<string | undefined> {
  if (heldOf(engine.model, on.key).length > 0) return waits;
  const first = entry.decode(entries[0] ?? new Uint8Array(0));
  if (!first.ok) return undefined;
  const { index, absorbed } = first.value;
  const known = engine.model.tails.get(keyOf(on.key))?.has(keyOf(absorbed)) === true;
  const isFormer = on.former === 1 && !known;
  return index > on.theirs.index + 1 || !(known || isFormer) ? behind : undefined;
}

async function commitAtRest(talk: Talk, said: Message & { type: 'commit' }): Promise<void> {
  const { engine } = talk;
  const on = relationshipFor(talk, said);
  if (on === undefined) return;
  const { cause } = said.signed.step;
  const about = cause.type === 'append' ? cause.head : zero32;
  const verdict = await judgeHeld(engine, on, said);
  if (verdict.type === 'already-accepted') return acknowledge(talk, on, about);
  if (verdict.type !== 'accepted') {
    const [code, why] = explain(verdict);
    const isBehind = verdict.type === 'pending' || code === 'absorbed';
    const refusal = isBehind ? { code: 'needs-restore', why: behind } : { code, why };
    return say(talk, { type: 'refuse', head: about, ...refusal });
  }
  if (heldOf(engine.model, on.key).length >= heldRunsMax) {
    return say(talk, { type: 'refuse', head: about, code: 'needs-restore', why: waits });
  }
  const given = said.countersignature ?? talk.consented;
  const row = await hold(engine, on, verdict.value, given);
  talk.consented = undefined;
  absorbedRun(talk, row.gifts.length > 0);
  await acknowledge(talk, on, about);
  for (const payment of heldView(engine.model, row)) engine.emit('payment', payment);
  await askMissing(talk, said);
}

async function acknowledge(talk: Talk, on: Relationship, head: Uint8Array): Promise<void> {
  if (isZero(head)) return;
  await say(talk, { type: 'ack', head, mac: ackMac(on, head) });
}

/** The relationship that the run names, the talk’s or an earlier one with the same device. */
function relationshipFor(
  talk: Talk,
  { signed }: Message & { type: 'commit' },
): Relationship | undefined {
  const { cause } = signed.step;
  const now = relationshipOf(talk);
  if (now === undefined || cause.type !== 'append') return undefined;
  const on = talk.engine.model.relationships.get(keyOf(cause.relationship));
  return on !== undefined && equal(on.peer.device, now.peer.device) ? on : undefined;
}
