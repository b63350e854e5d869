/** A flood of well-formed messages: bounded work and queues, a typed end, and nobody else is harmed. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { absorbedRun, acted, isFlood, newest, repeatedRun, talkLimits } from '../src/flood.ts';
import type { Talk } from '../src/talk.ts';
import { assertBounded, flood, floodScene, tradeOn } from './flooding.ts';
import { kindsOf } from './flood-kinds.ts';
import { met, paid } from './market.ts';

const scene = floodScene();

test('each kind of message, said again and again, ends the talk with the reason and leaves nothing', async (t) => {
  const all = await scene;
  const { cafe } = all.market;
  for (const [kind, source] of kindsOf(all)) {
    await t.test(kind, async () => {
      const rows = rowsOf(all.market.stalls.cafe.place.rows);
      const before = cafe.contact('Maya').contact().floods;
      const { reasons, most } = await flood(all, source, 600);
      assertBounded(most);
      assert.deepEqual(reasons.slice(0, 2), ['flood', 'flood']);
      assert.equal(cafe.contact('Maya').contact().floods, before + 2, 'each is shown');
      assert.deepEqual(rowsOf(all.market.stalls.cafe.place.rows), rows, 'nothing is kept of it');
    });
  }
});

test('20,000 messages of all kinds: another relationship completes its trades meanwhile', async () => {
  const all = await scene;
  const sources = [...kindsOf(all).values()];
  const mixed = (n: number): Uint8Array => sources[n % sources.length]!(n);
  const [{ most, reasons, talks }] = await Promise.all([
    flood(all, mixed, 20_000),
    tradeOn(all, 12),
  ]);
  assertBounded(most);
  assert.ok(talks > 60, `${talks} talks`);
  assert.ok(reasons.slice(0, -1).every((reason) => reason === 'flood'));
});

test('who has flooded can still pay: a talk begins with a fresh allowance', async () => {
  const { market } = await scene;
  const { maya, cafe, bazaar } = market;
  assert.equal((await paid(maya, cafe, 1n, 'offline')).finality, 'pair-final');
  assert.ok(cafe.contact('Maya').contact().floods > 0);
  await cafe.block('Maya', true);
  await assert.rejects(met(maya, cafe), { code: 'blocked' });
  await cafe.block('Maya', false);
  assert.deepEqual([cafe.alarms(), bazaar.alarms()], [[], []]);
});

test('what moves renews the allowance, and nothing that can be repeated moves', () => {
  const talk = { idle: 0, emptyRuns: 0, repeated: 0 } as Talk;
  const say = (count: number): boolean[] => Array.from({ length: count }, () => isFlood(talk));
  assert.ok(say(talkLimits.idleMessagesMax).every((flood) => !flood));
  assert.ok(isFlood(talk));
  repeatedRun(talk, 4);
  assert.equal(isFlood(talk), false, 'a known run is said again, once');
  say(talkLimits.idleMessagesMax - 1);
  repeatedRun(talk, 4);
  repeatedRun(talk, 3);
  assert.ok(isFlood(talk), 'and again: that moves nothing');
  for (let n = 0; n < talkLimits.emptyRunsMax; n++) absorbedRun(talk, false);
  assert.equal(isFlood(talk), false);
  absorbedRun(talk, false);
  assert.ok(isFlood(talk), 'runs that give nothing are bounded, too');
  absorbedRun(talk, true);
  assert.equal(isFlood(talk), false, 'one that gives makes up for one that did not');
  absorbedRun(talk, false);
  assert.ok(isFlood(talk));
  acted(talk);
  assert.equal(isFlood(talk), false, 'the owner acts: answers are no flood');
});

test('of what waits, the newest that fit are kept', () => {
  const sizes = [5, 1, 2, 3];
  const size = (n: number): number => n;
  assert.deepEqual(newest(sizes, size, 4, 100), [5, 1, 2, 3]);
  assert.deepEqual(newest(sizes, size, 2, 100), [2, 3]);
  assert.deepEqual(newest(sizes, size, 4, 6), [1, 2, 3]);
  assert.deepEqual(newest(sizes, size, 4, 5), [2, 3]);
  assert.deepEqual(newest(sizes, size, 4, 2), []);
  assert.deepEqual(newest([], size, 4, 2), []);
});

/** Names of the rows and their sizes; a contact's row counts its floods in place. */
function rowsOf(rows: ReadonlyMap<string, readonly [Uint8Array, Uint8Array]>): object {
  return Object.fromEntries([...rows].map(([name, [, value]]) => [name, value.length]));
}
