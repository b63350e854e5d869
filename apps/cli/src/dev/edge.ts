/** The demonstration, chapter 4: value set apart, paid without a network, and left by one alone. */

import { parseAmount } from '../amount.ts';
import { handOver, holding, type Cast } from './cast.ts';
import type { Cluster } from './cluster.ts';
import type { Device } from './device.ts';
import { shown } from './funding.ts';
import type { Teller } from './teller.ts';
import { expect, tellHandOver } from './telling.ts';

interface EdgeDocument {
  readonly mine: string;
  readonly theirs: string;
  readonly canPay: string;
  readonly canReceive: string;
  readonly escrows: readonly { readonly state: string }[];
}

const setApart = '10.00';
const coffee = '2.00';
const coffees = 3;
const paidUnits = parseAmount(coffee, 2) * BigInt(coffees);
const restUnits = parseAmount(setApart, 2) - paidUnits;

export async function edge(cast: Cast, cluster: Cluster, teller: Teller): Promise<void> {
  const { maya, cafe } = cast;
  const { chapter, tell } = teller;
  chapter(4, 'Maya sets value apart for Café: an edge, which pays without a network');
  const before = [await online(maya), await online(cafe)] as const;
  await fund(maya, tell);
  // The funding and its certificate come from the nodes: Café has to have both while they live.
  await cafe.good('sync');
  const { canReceive } = await cafe.good<EdgeDocument>('edge show Maya ERA');
  expect(canReceive === String(parseAmount(setApart, 2)), `Café can receive ${canReceive}`);
  const seen = `Café has synced, and can receive ${shown(canReceive)} ERA over the edge.`;
  tell('can-receive', { wallet: cafe.name, canReceive }, seen);
  await cluster.kill();
  tell('nodes-killed', {}, 'The five node processes were ended by SIGKILL once more.');
  for (let i = 1; i <= coffees; i++) {
    const handover = await handOver(maya, cafe, { amount: coffee, note: 'coffee', over: 'edge' });
    tellHandOver(handover, 'edge-final', tell);
  }
  await Promise.all([cluster.start(), maya.off()]);
  tell('nodes-started', {}, 'The five nodes run again; now Maya’s process is ended.');
  await leave(cafe, before[1], tell);
  await rest(maya, before[0], tell);
}

async function fund(maya: Device, tell: Teller['tell']): Promise<void> {
  const { exit, value, said, error } = await maya.run<EdgeDocument>(
    `edge fund Café ${setApart} ERA --yes`,
  );
  expect(exit === 0, `nothing was set apart: ${error?.message}`);
  expect(value?.canPay === String(parseAmount(setApart, 2)), `the edge has ${value?.canPay}`);
  const terms = said.map((line) => line.replace(/^- /, ''));
  const warning = terms.find((line) => line.startsWith('You cannot take'));
  expect(warning !== undefined, 'Maya was not told what she cannot take back alone');
  tell(
    'set-apart',
    { wallet: maya.name, mine: value?.mine, terms },
    `Maya has set ${shown(value?.mine ?? '0')} ERA apart for Café. She was told: “${warning}”`,
  );
}

/** The payee needs the nodes for it, and not the payer. */
async function leave(cafe: Device, before: bigint, tell: Teller['tell']): Promise<void> {
  const { canReceive } = await cafe.good<EdgeDocument>('edge show Maya ERA');
  expect(canReceive === String(restUnits), `Café sees a rest of ${canReceive}`);
  await cafe.good('edge exit Maya ERA');
  const gained = (await online(cafe)) - before;
  expect(gained === paidUnits, `Café has got ${gained}`);
  tell(
    'left',
    { wallet: cafe.name, gained, rest: canReceive },
    `Café has left the edge alone, while Maya is off: ${shown(String(gained))} ERA are notes of its ` +
      `own, certified; ${shown(canReceive)} ERA return to Maya.`,
  );
}

async function rest(maya: Device, before: bigint, tell: Teller['tell']): Promise<void> {
  const apart = await online(maya);
  await maya.good('sync');
  const { mine, escrows } = await maya.good<EdgeDocument>('edge show Café ERA');
  const states = escrows.map(({ state }) => state);
  expect(mine === '0' && states.join() === 'left', `the edge has ${mine} and is ${states.join()}`);
  const now = await online(maya);
  const returned = now - apart;
  expect(returned === restUnits, `Maya has got ${returned} back`);
  expect(before - now === paidUnits, `Maya has paid ${before - now}`);
  tell(
    'returned',
    { wallet: maya.name, returned, online: now },
    `Maya is on again and has synced: her rest of ${shown(String(returned))} ERA is back; ` +
      `she holds ${shown(String(now))} ERA online.`,
  );
}

async function online(one: Device): Promise<bigint> {
  return BigInt((await holding(one))?.online ?? '0');
}
