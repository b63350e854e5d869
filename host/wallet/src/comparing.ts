/** Comparing: two devices that meet show each other what third ones stated, and what differs. */

import { equal, evidence as evidenceObject, keyOf } from '@dsm/primitive';
import type { Message } from '@dsm/bilateral';
import { half as halfObject, halfOf, joinHalves } from './halves.ts';
import { settleReady, say, type Talk } from './talk.ts';
import { contradicted, raise } from './tripwire.ts';

/** Alarms that are shown to everybody who is met: newest, bounded. */
const alarmsShownMax = 16;

export async function sayMarks(talk: Talk, peer: Uint8Array): Promise<void> {
  const { model } = talk.engine;
  const alarms = [...model.alarms.values()].filter(({ device }) => !equal(device, peer));
  for (const { evidence } of alarms.slice(-alarmsShownMax)) {
    await say(talk, { type: 'evidence', evidence });
  }
  await say(talk, { type: 'marks', lines: model.marks.shown(peer) });
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
    const mine = await halfOf(talk.engine, mark);
    if (mine === undefined) continue;
    seen.add(keyOf(mark.device));
    await say(talk, { type: 'half', position: mark.position, half: halfObject.encode(mine) });
  }
}

export async function half(talk: Talk, said: Message & { type: 'half' }): Promise<void> {
  const mark = talk.engine.model.marks.at(said.position);
  const theirs = halfObject.decode(said.half);
  if (mark === undefined || !theirs.ok) return;
  const mine = await halfOf(talk.engine, mark);
  const claim = mine && (await joinHalves(talk.engine, mine, theirs.value));
  if (claim === undefined) return;
  const alarm = await raise(talk.engine, claim);
  if (alarm !== undefined) await say(talk, { type: 'evidence', evidence: alarm.evidence });
}

export async function evidence(talk: Talk, said: Message & { type: 'evidence' }): Promise<void> {
  const decoded = evidenceObject.decode(said.evidence);
  if (decoded.ok) await raise(talk.engine, decoded.value);
}
