/**
 * Earlier relationships with one device: not written any more, still listened to.
 *
 * Two introductions that crossed, or a device that came back without its secrets, leave more than one
 * relationship. A talk writes on the newest; what was written before on another one is said again
 * there, judged by its own lane and acknowledged under its own key. Whoever has lost the secret of one is
 * told it (recalling.ts).
 */

import { equal, keyOf } from '@dsm/primitive';
import { ackMac, type Message, type Relationship } from '@dsm/bilateral';
import { readRun, type Engine } from './engine.ts';
import { moved } from './flood.ts';
import { isTooLate } from './leaving.ts';
import { draft, putIntroduction, putRun } from './model.ts';
import { appendRun, takeParcel } from './online.ts';
import { recallOperation } from './recalling.ts';
import { relationshipOf, say, type Talk } from './talk.ts';
import { sayRun } from './trading.ts';

/** Relationships with the other side of the talk beside the one that both write to. */
function earlier(talk: Talk): readonly Relationship[] {
  const now = relationshipOf(talk);
  return [...talk.engine.model.relationships.values()].filter(
    ({ key, peer }) =>
      now !== undefined && equal(peer.device, now.peer.device) && !equal(key, now.key),
  );
}

/** Say again what the other side has not acknowledged there. */
export async function sayEarlierRuns(talk: Talk): Promise<void> {
  for (const on of earlier(talk)) {
    for (const at of talk.engine.model.open.get(keyOf(on.key)) ?? []) {
      if (at.row.acked === 0) await sayRun(talk, on, at);
    }
  }
}

/** A run of a relationship other than the talk’s. True if it was one, whatever became of it. */
export async function heardEarlierRun(
  talk: Talk,
  said: Message & { type: 'commit' },
): Promise<boolean> {
  const { engine } = talk;
  const { cause } = said.signed.step;
  const now = relationshipOf(talk);
  if (now === undefined || cause.type !== 'append' || equal(cause.relationship, now.key)) {
    return false;
  }
  const on = earlier(talk).find(({ key }) => equal(key, cause.relationship));
  if (on === undefined) return true;
  if (isTooLate(engine, on, said)) return true;
  const isNew = await takeParcel(engine, on.key, { commit: said, policies: [], parts: [] });
  if (isNew) moved(talk);
  const kept = await readRun(engine, on.theirs.start, cause.index);
  if (kept !== undefined && equal(kept.head, cause.head)) {
    await say(talk, { type: 'ack', head: cause.head, mac: ackMac(on, cause.head) });
  }
  return true;
}

/** An acknowledgement of a run of another relationship. True if it was one. */
export async function heardEarlierAck(
  talk: Talk,
  { head, mac }: Message & { type: 'ack' },
): Promise<boolean> {
  const { model, commit } = talk.engine;
  for (const on of earlier(talk)) {
    const at = model.open.get(keyOf(on.key))?.find(({ row }) => equal(row.head, head));
    if (at === undefined) continue;
    if (!equal(mac, ackMac(on, head))) return true;
    const to = draft();
    putRun(to, model, on, { index: at.index, row: { ...at.row, acked: 1 } });
    await commit(to);
    moved(talk);
    return true;
  }
  return false;
}

/** Tell who has lost the secret of an earlier one; it is written and no longer owed in one commit. */
export async function sayRecalls(engine: Engine): Promise<void> {
  const { model } = engine;
  for (const { device } of model.introductions.values()) {
    await engine.exclusive(async () => {
      const row = model.introductions.get(keyOf(device));
      const to = model.contacts.get(keyOf(device))?.relationship;
      if (row?.owed === undefined || to === undefined) return;
      const on = model.relationships.get(keyOf(to));
      if (on === undefined || on.bricked !== 0) return;
      const paid = { ...row, owed: undefined };
      await appendRun(engine, to, [recallOperation(row.owed)], true, (change) => {
        putIntroduction(change, model, paid);
      });
    });
  }
}
