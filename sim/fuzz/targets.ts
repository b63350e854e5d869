/** All targets, in the order of their names. */

import { installIdeal } from '../ideal.ts';
import { coderTargets } from './coder-targets.ts';
import { coreTargets } from './core-targets.ts';
import { corpora } from './corpus.ts';
import { httpTargets } from './http-targets.ts';
import { scheduleTargets } from './schedule-targets.ts';
import { planSample, storeTargets } from './store-targets.ts';
import { textTargets } from './text-targets.ts';
import { talkTargets } from './talk-target.ts';
import type { Target } from './target.ts';

export async function allTargets(): Promise<readonly Target[]> {
  installIdeal();
  const coders = (await coderTargets()).map((one) =>
    one.name === 'wallet/registry-plan.planCoder' ? { ...one, samples: planSample() } : one,
  );
  const found = [
    ...coders,
    ...(await coreTargets()),
    ...(await textTargets()),
    ...(await storeTargets()),
    ...(await httpTargets()),
    ...scheduleTargets(),
    ...(await talkTargets(corpora().includes('wallet/session.answer'))),
  ];
  return found.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
