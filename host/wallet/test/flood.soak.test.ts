/** A million well-formed messages from one peer, while another relationship trades. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kindsOf } from './flood-kinds.ts';
import { assertBounded, flood, floodScene, tradeOn } from './flooding.ts';

const messages = 1_000_000;

test(`${messages} messages of all kinds, and 21 payments of somebody else`, async (t) => {
  const all = await floodScene();
  const sources = [...kindsOf(all).values()];
  const mixed = (n: number): Uint8Array => sources[n % sources.length]!(n);
  const [{ most, reasons, talks }] = await Promise.all([
    flood(all, mixed, messages),
    tradeOn(all, 21),
  ]);
  t.diagnostic(`${talks} talks; the most that was held: ${JSON.stringify(most)}`);
  assertBounded(most);
  assert.ok(reasons.slice(0, -1).every((reason) => reason === 'flood'));
  const { cafe } = all.market;
  assert.ok(cafe.contact('Maya').contact().floods >= talks - 1);
  assert.deepEqual((await cafe.verify()).faults, []);
});
