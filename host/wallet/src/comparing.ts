/** Comparing: two devices that meet show each other what third ones stated, and what differs. */

import { equal, evidence as evidenceObject, keyOf } from '@dsm/primitive';
import type { Message } from '@dsm/bilateral';
import { half as halfObject } from './rows.ts';
import { settleReady, say, type Talk } from './talk.ts';
import { completeHalf, contradicted, joinHalves, marksFor, raise } from './tripwire.ts';

/** Alarms that are shown to everybody who is met: newest, bounded. */
const alarmsShownMax = 16;

export async function sayMarks(talk: Talk, peer: Uint8Array): Promise<void> {
  const { model } = talk.engine;
  const alarms = [...model.alarms.values()].filter(({ device }) => !equal(device, peer));
  for (const { evidence } of alarms.slice(-alarmsShownMax)) {
    await say(talk, { type: 'evidence', evidence });
  }
  await say(talk, { type: 'marks', lines: marksFor(talk.engine, peer) });
}

/** What a side says first once it has accepted the other. */
export async function marks(talk: Talk, { lines }: Message & { type: 'marks' }): Promise<void> {
  // They are said once in a talk: whoever has said them has resumed.
  if (talk.peerResumed) return;
  talk.peerResumed = true;
  settleReady(talk);
  const seen = new Set<string>();
  for (const mark of contradicted(talk.engine, lines)) {
    // One proof is enough for each device: the first that can be joined convicts it.
    if (seen.has(keyOf(mark.device))) continue;
    seen.add(keyOf(mark.device));
    const half = await completeHalf(talk.engine, mark.half);
    await say(talk, { type: 'half', position: mark.position, half: halfObject.encode(half) });
  }
}

export async function half(talk: Talk, said: Message & { type: 'half' }): Promise<void> {
  const mine = talk.engine.model.marks.get(keyOf(said.position));
  const theirs = halfObject.decode(said.half);
  if (mine === undefined || !theirs.ok) return;
  const claim = await joinHalves(talk.engine, mine.half, theirs.value);
  if (claim === undefined) return;
  const alarm = await raise(talk.engine, claim);
  if (alarm !== undefined) await say(talk, { type: 'evidence', evidence: alarm.evidence });
}

export async function evidence(talk: Talk, said: Message & { type: 'evidence' }): Promise<void> {
  const decoded = evidenceObject.decode(said.evidence);
  if (decoded.ok) await raise(talk.engine, decoded.value);
}
