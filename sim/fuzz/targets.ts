/** All targets, in the order of their names. */

import { installIdeal } from '../ideal.ts';
import { coderTargets } from './coder-targets.ts';
import { coreTargets } from './core-targets.ts';
import type { Target } from './target.ts';

export async function allTargets(): Promise<readonly Target[]> {
  installIdeal();
  const found = [...(await coderTargets()), ...(await coreTargets())];
  return found.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
