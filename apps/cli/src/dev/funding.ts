/** The demonstration, chapter 1: a network, a token, and wallets with something in them. */

import { formatAmount } from '../amount.ts';
import { acquaint, holding, type BalanceDocument, type Cast, type Paid } from './cast.ts';
import type { Cluster } from './cluster.ts';
import type { Teller } from './teller.ts';

export const minted = '1000.00';

export async function funding(
  cast: Cast,
  cluster: Cluster,
  { chapter, tell }: Teller,
): Promise<void> {
  const { mint, maya, cafe, bazaar, all } = cast;
  chapter(1, 'A network, and wallets with something in them');
  const { nodes } = cluster.network;
  tell(
    'network',
    { nodes },
    `${nodes.length} storage nodes run, each a process: ${nodes.join(' ')}`,
  );
  await Promise.all(
    all.map((one) =>
      one.good(`init --without-words --name ${one.name} --network`, cluster.networkPath),
    ),
  );
  const token = await mint.good<{ id: string; cap: string; decimals: number }>(
    'token issue ERA --decimals 2 --cap 1000000',
  );
  await mint.good(`token mint ERA ${minted}`);
  const cap = formatAmount(BigInt(token.cap), token.decimals);
  tell(
    'issued',
    { token: token.id, cap: token.cap, minted },
    `Mint has issued the token ERA (at most ${cap} ever) and minted ${minted} of it.`,
  );
  await Promise.all([maya, cafe, bazaar].map((one) => one.good(`token adopt ${token.id}`)));
  await Promise.all([cafe, bazaar].map((one) => one.good('limit set ERA 50')));
  await acquaint(mint, maya);
  await acquaint(cafe, maya);
  await acquaint(bazaar, maya);
  tell('met', {}, 'Maya has met Mint, Café and Bazaar once; that makes them contacts.');
  const paid = await mint.good<Paid>('pay Maya 100.00 ERA --over online');
  await maya.good('sync');
  tell('funded', { ...paid.payment }, `Mint has paid Maya ${paid.payment.decimal} ERA online.`);
  const purse = await maya.good<BalanceDocument>('load 40 ERA');
  tell(
    'loaded',
    { purse: purse.purse },
    `Maya has loaded ${shown(purse.purse)} ERA into her purse; that much she can pay offline.`,
  );
  for (const one of all) await tellBalance(cast, one.name, { chapter, tell });
}

/** A line about what a wallet holds, read back from it. */
export async function tellBalance({ all }: Cast, name: string, { tell }: Teller): Promise<bigint> {
  const one = all.find((candidate) => candidate.name === name);
  if (one === undefined) throw new RangeError(`nobody is called ${name}`);
  const balance = await holding(one);
  const { total = '0', online = '0', purse = '0', uncertified = '0' } = balance ?? {};
  const parts = [
    `${shown(online)} online`,
    ...(purse === '0' ? [] : [`${shown(purse)} in the purse`]),
    ...(uncertified === '0' ? [] : [`${shown(uncertified)} uncertified`]),
  ];
  tell(
    'balance',
    { wallet: name, total, online, purse, uncertified },
    `${name} holds ${shown(total)} ERA: ${parts.join(', ')}.`,
  );
  return BigInt(total);
}

/** An amount of ERA in people's form. */
export function shown(units: string): string {
  return formatAmount(BigInt(units), 2);
}
