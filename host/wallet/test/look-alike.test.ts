/** Adopting is knowing: what a token shows of itself, and what it could be mistaken for. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ascii } from '@dsm/primitive';
import { installNative } from '@dsm/node';
import { createWallet, localNetwork, memory, type Wallet } from '@dsm/wallet';
import { skeleton } from '../src/look-alike.ts';

installNative();

test('texts that people confuse have one skeleton, and others have their own', () => {
  const alike = [
    ['ERA', 'era'],
    ['G0LD', 'GOLD'],
    ['BlLL', 'BILL'],
    ['1NCH', 'INCH'],
    ['U5D', 'USD'],
    ['MERN', 'MEM'],
    ['VVIN', 'WIN'],
    ['Еra Соin', 'Era Coin'],
    ['Éra  coin', 'Era Coin'],
  ] as const;
  for (const [one, other] of alike) assert.equal(skeleton(one), skeleton(other), `${one} ${other}`);
  const different = ['ERA', 'USD', 'EUR', 'GOLD', 'GELD', 'WIN', 'BILL', 'BALL'];
  assert.equal(new Set(different.map(skeleton)).size, different.length);
});

async function pair(): Promise<{
  readonly honest: Wallet;
  readonly eve: Wallet;
  readonly maya: Wallet;
}> {
  const network = await localNetwork({ nodes: 4 });
  const make = (name: string): Promise<Wallet> => createWallet({ name, store: memory(), network });
  return { honest: await make('Honest'), eve: await make('Eve'), maya: await make('Maya') };
}

test('a look-alike of a token that is taken is adopted only if that is meant', async () => {
  const { honest, eve, maya } = await pair();
  const { id } = await honest.issue({ ticker: 'GOLD', name: 'Gold of Honest', cap: 100n });
  await maya.adopt(id);
  const wrong = [
    ['ticker', { ticker: 'GOLD', name: 'Better gold', cap: 5n }],
    ['letters', { ticker: 'G0LD', name: 'Zero gold', cap: 5n }],
    ['letters', { ticker: 'gold', name: 'Small gold', cap: 5n }],
    ['name', { ticker: 'XAU', name: 'GoId of Honest', cap: 5n }],
  ] as const;
  for (const [what, policy] of wrong) {
    const token = await eve.issue(policy);
    const { warnings } = await maya.inspect(token.id);
    assert.deepEqual(
      warnings.map((warning) => [warning.what, warning.token]),
      [[what, id]],
    );
    await assert.rejects(maya.adopt(token.id), { code: 'look-alike', message: new RegExp(id) });
    // Looking keeps nothing, and refusing adopts nothing.
    assert.deepEqual(
      maya.tokens().map((known) => known.id),
      [id],
    );
  }
  const { id: meant } = await eve.issue({ ticker: 'GOLD', name: 'Meant', cap: 5n });
  assert.equal((await maya.adopt(meant, { lookAlike: true })).adopted, true);
  assert.equal((await maya.adopt(meant)).id, meant, 'what is adopted is not doubted again');
  const { id: other } = await eve.issue({ ticker: 'TIN', name: 'Tin', cap: 5n });
  assert.deepEqual((await maya.inspect(other)).warnings, []);
});

test('inspecting shows issuers, form, cap, anchors and who may hold it, before anything is kept', async () => {
  const { honest, eve, maya } = await pair();
  const issuers = [await honest.issuerKey(), await eve.issuerKey(), await maya.issuerKey()];
  const { id } = await honest.issue({
    ticker: 'CARD',
    name: 'Club card',
    form: 'credential',
    cap: 40n,
    burn: true,
    issuers,
    allowed: [maya.id.device, honest.id.device],
    anchors: [{ label: 'terms', bytes: ascii('be kind') }],
    suites: [1],
  });
  const details = await maya.inspect(id);
  assert.equal(details.info.form, 'credential');
  assert.equal(details.info.adopted, false);
  assert.equal(details.info.issuer, true, 'before it is adopted, too');
  assert.ok(id.endsWith(details.shortId));
  assert.deepEqual(new Set(details.issuers.map(({ key }) => key)), new Set(issuers));
  assert.deepEqual(
    details.issuers.flatMap(({ name }) => name ?? []),
    ['Maya'],
  );
  assert.deepEqual([details.threshold, details.bad, details.burn], [2, 0, true]);
  assert.deepEqual([details.depthMax, details.receiptsMax, details.suites], [8, 64, [1]]);
  assert.deepEqual(new Set(details.allowed), new Set([maya.id.device, honest.id.device]));
  assert.deepEqual(
    details.anchors.map(({ label }) => label),
    ['allow-list', 'terms'],
  );
  assert.deepEqual(maya.tokens(), []);
  await assert.rejects(maya.inspect('CARD'), { code: 'not-found' });
});
