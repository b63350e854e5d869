/** Every claim of seed 000 that can be executed, in its order. */

import type { Claim } from './claim.ts';
import { availability } from './availability.ts';
import { budgets } from './budgets.ts';
import { capacity } from './capacity.ts';
import { hubs } from './hubs.ts';
import { interference } from './interference.ts';
import { load } from './load.ts';
import { matching } from './matching.ts';
import { ordering } from './ordering.ts';
import { parallel } from './parallel.ts';
import { registry } from './registry.ts';
import { repair } from './repair.ts';
import { scheduler } from './scheduler.ts';

export const claims: readonly Claim[] = [
  interference,
  scheduler,
  matching,
  parallel,
  hubs,
  budgets,
  availability,
  capacity,
  registry,
  repair,
  ordering,
  load,
];
