/** All checkers of a world, each with a memory of its own. */

import type { Watch } from '../watch.ts';
import type { World } from '../world.ts';
import { conserved } from './conservation.ts';
import { forksConvict } from './convicted.ts';
import { enginesKeep } from './engine.ts';
import { finalStays } from './final.ts';
import { honestStandFree } from './honest.ts';
import { persistBeforeSend } from './persist.ts';
import { secretsStay } from './secrets.ts';
import { nothingStuck } from './stuck.ts';
import { votes } from './votes.ts';

export function checkers(world: World): readonly Watch[] {
  return [
    persistBeforeSend(world),
    votes(world),
    enginesKeep(world),
    finalStays(world),
    honestStandFree(world),
    secretsStay(world),
    forksConvict(world),
    conserved(world),
    nothingStuck(world),
  ];
}
