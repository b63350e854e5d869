/** Every claim of seed 000 that can be executed, in its order. */

import type { Claim } from './claim.ts';
import { budgets } from './budgets.ts';
import { hubs } from './hubs.ts';
import { interference } from './interference.ts';
import { matching } from './matching.ts';
import { scheduler } from './scheduler.ts';

export const claims: readonly Claim[] = [interference, scheduler, matching, hubs, budgets];
