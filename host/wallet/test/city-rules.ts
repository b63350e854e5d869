/** What must hold in every city, whoever cheats: asked while it lives and once it is quiet. */

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { counted, dice, foundedCity, losses, settled, turn, type City } from './city.ts';

export interface Size {
  readonly honest: number;
  readonly cheats: number;
  readonly turns: number;
  readonly seed: number;
}

export async function cityHolds(t: TestContext, size: Size): Promise<void> {
  const city = await foundedCity(size.honest, size.cheats);
  const roll = dice(size.seed);
  for (let n = 1; n <= size.turns; n++) {
    await turn(city, roll);
    if (n % Math.ceil(size.turns / 4) === 0) await assertBounded(city);
  }
  await assertBounded(city);
  await settled(city);
  await assertSettled(city);
  t.diagnostic(said('done', city.acts));
  t.diagnostic(said('refused', city.refusals));
  t.diagnostic(`${losses(city).length} payments were lost to cheats, each with evidence`);
}

/**
 * At any moment: what the nodes would still let be spent, and what honest devices call final, was
 * minted. Beyond that they hold only what they took offline, within their limits.
 */
async function assertBounded(city: City): Promise<void> {
  const { spendable, honestFinal } = await counted(city);
  const supply = city.minted - city.burnt;
  assert.ok(spendable <= supply, `${spendable} can be spent of ${supply}`);
  assert.ok(honestFinal <= supply, `${honestFinal} are final of ${supply}`);
  for (const { wallet, isCheat } of city.citizens) {
    if (isCheat) continue;
    const limit = wallet.offlineLimit('ERA');
    const open = wallet
      .history()
      .filter(({ direction, finality }) => direction === 'in' && finality === 'pair-final');
    const sum = open.reduce((all, { amount }) => all + amount, 0n);
    const from = open.map(({ peer, amount }) => `${amount} from ${peer}`);
    assert.ok(sum <= limit, `${from.join(', ')}: no more than ${limit} is allowed`);
  }
}

/** Once all is quiet nothing is open, and whoever lost something can prove who did it. */
async function assertSettled(city: City): Promise<void> {
  const { honestOpen, honestFinal, spendable } = await counted(city);
  const supply = city.minted - city.burnt;
  assert.equal(honestOpen, 0n, 'everything is certified or lost');
  assert.ok(honestFinal <= supply);
  assert.ok(spendable <= supply);
  const cheats = new Set(
    city.citizens.filter(({ isCheat }) => isCheat).map(({ wallet }) => wallet.id.device),
  );
  for (const { of, payment } of losses(city)) {
    const convicted = of.alarms().some(({ device }) => device === payment.device);
    assert.ok(
      convicted,
      `${payment.peer} is proved to have spent ${payment.id} elsewhere, ${payment.over}: ${payment.waiting}`,
    );
    assert.ok(cheats.has(payment.device), 'an honest device costs nobody anything');
  }
  for (const { wallet, isCheat } of city.citizens) {
    if (isCheat) continue;
    for (const { culprit, device } of wallet.alarms()) {
      assert.ok(cheats.has(device), `${culprit} is honest`);
    }
  }
}

function said(what: string, counts: ReadonlyMap<string, number>): string {
  const lines = [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `${what}: ${lines.map(([name, n]) => `${name} ${n}`).join(', ')}`;
}
