/** The demonstration, chapter 8: the merchants go online, and everything adds up. */

import { parseAmount } from '../amount.ts';
import type { Cast, PaymentDocument } from './cast.ts';
import { minted, shown, tellBalance } from './funding.ts';
import type { Teller } from './teller.ts';
import { expect } from './telling.ts';

interface SyncDocument {
  readonly certified: number;
  readonly conflicted: number;
}

export async function settling(cast: Cast, { chapter, tell }: Teller): Promise<void> {
  const { cafe, bazaar, all } = cast;
  chapter(8, 'The merchants go online, and everything adds up');
  for (const one of [cafe, bazaar]) {
    // A conflict is an answer here, and no failure, although its exit code is not 0.
    await one.run<SyncDocument>('sync');
    const history = await one.good<readonly PaymentDocument[]>('history Maya');
    const states = history.map(
      ({ decimal, note, finality }) => `${decimal} for ${note} ${finality}`,
    );
    tell(
      'synced',
      { wallet: one.name, history },
      `${one.name} has synced; from Maya it has: ${states.join(', ')}.`,
    );
  }
  let sum = 0n;
  for (const one of all) sum += await tellBalance(cast, one.name, { chapter, tell });
  expect(sum === parseAmount(minted, 2), `${shown(sum.toString())} is not ${minted}`);
  const line = `Together that is ${shown(sum.toString())} ERA, exactly what was minted: the money `;
  tell('sum', { sum }, `${line}spent twice counts once, and whoever came second has the evidence.`);
}
