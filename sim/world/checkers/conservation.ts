/**
 * Conservation: what honest devices hold once all is quiet, counted from their stores, was issued; and
 * where nobody cheats or loses a phone, all that was issued and not burnt is there. No note is in two
 * stores.
 */

import { isHonest } from '../heal.ts';
import { isBeyondAssumption } from '../keeper.ts';
import { ticker } from '../prepared.ts';
import type { Watch } from '../watch.ts';
import type { World } from '../world.ts';
import { isDoubtful } from './final.ts';
import { notesIn } from './rows.ts';

export function conserved(world: World): Watch {
  return {
    name: 'conservation',
    end: () => {
      const sum = inNotes(world) + inEscrows(world);
      const burnt = BigInt(world.sometimes.get('something was burnt') ?? 0);
      const tried = BigInt(world.sometimes.get('burn') ?? 0);
      const isDoubted = isDoubtful(world);
      if (sum > world.minted - (isDoubted ? 0n : burnt)) {
        world.tell('conservation', `${sum} are held of ${world.minted} issued, ${burnt} burnt`);
      }
      if (isDoubted || isBeyondAssumption(world)) return;
      world.happened('all that was issued was counted');
      if (sum >= world.minted - tried) return;
      world.tell(
        'conservation',
        `${world.minted} were issued, at most ${tried} burnt, ${sum} are left`,
      );
    },
  };
}

function honest(world: World): World['devices'] {
  return world.devices.filter(
    ({ index, wallet }) => isHonest(world, index) && wallet !== undefined,
  );
}

function inNotes(world: World): bigint {
  let sum = 0n;
  const owners = new Map<string, string>();
  for (const { place, name } of honest(world)) {
    for (const { id, amount, isVoid, isEscrow } of notesIn(place)) {
      if (isVoid || isEscrow) continue;
      const other = owners.get(id);
      if (other !== undefined) {
        world.tell('conservation', `one note is in the stores of ${name} and ${other}`);
      }
      owners.set(id, name);
      sum += amount;
    }
  }
  return sum;
}

/** The payer's side counts an escrow, as long as nobody has left it. */
function inEscrows(world: World): bigint {
  return honest(world)
    .flatMap(({ wallet }) => wallet!.edges())
    .filter(({ token }) => token.ticker === ticker)
    .flatMap(({ escrows }) => escrows)
    .filter(({ direction, state }) => direction === 'out' && state === 'open')
    .reduce((sum, { amount }) => sum + amount, 0n);
}
