/** One story over a wire that misbehaves: three talks, then a clean meeting, then the reckoning. */

import { seededFaults, type FaultRates } from '@dsm/memory';
import type { Wallet } from '../src/index.ts';
import { settleAndJudge } from './cut-flows.ts';
import { statements } from './statements.ts';
import { call, copyWorld, networkIn, walletIn, type World } from './world.ts';

export const wires: Readonly<Record<string, FaultRates>> = {
  'loses messages': { drop: 150 },
  'repeats and swaps': { duplicate: 300, reorder: 300 },
  'cuts and changes': { truncate: 60, flip: 100 },
  'does everything': { drop: 60, duplicate: 150, reorder: 150, truncate: 30, flip: 50 },
};

/** Answers how many of the three talks went through as if nothing had happened. */
export async function oneWire(from: World, seed: number, rates: FaultRates): Promise<number> {
  const world = copyWorld(from);
  const said = statements();
  const network = await networkIn(world);
  const open = (name: string): Promise<Wallet> =>
    walletIn(network, world.devices.get(name)!, name, { statements: said });
  const [maya, cafe] = [await open('maya'), await open('cafe')];
  let paid = 0;
  for (let talk = 0; talk < 3; talk++) {
    const faults = seededFaults(`${seed} ${talk}`, rates);
    const { relationship, cut } = await call(maya, cafe, { faults, statements: said });
    const spent = relationship.then((toCafe) =>
      Promise.all([
        toCafe.pay({ ERA: 1n, over: 'offline' }),
        cafe.contact('Maya').connected()
          ? cafe.contact('Maya').pay({ ERA: 2n, over: 'offline' })
          : undefined,
      ]),
    );
    const outcome = spent.then(
      () => 'paid',
      () => 'failed',
    );
    // A lost message is waited for by nobody but people: the line is cut once all is quiet.
    if ((await Promise.race([outcome, quiet()])) === 'paid') paid += 1;
    await cut();
    await outcome;
  }
  await settleAndJudge(maya, cafe, {}, said);
  return paid;
}

/** Long enough for everything that is under way within this process. */
function quiet(): Promise<'quiet'> {
  return new Promise((resolve) => setTimeout(() => resolve('quiet'), 150));
}
