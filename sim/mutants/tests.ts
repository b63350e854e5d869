/** The tests of the core that run within minutes, and which files changed since a revision. */

import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';

export const root: string = join(import.meta.dirname, '..', '..');

/** Every test file of the core but the long runs. */
export function coreTests(): readonly string[] {
  return found('core/*/test/**/*.test.ts').filter((file) => !file.endsWith('.soak.test.ts'));
}

export function coreSources(): readonly string[] {
  return found('core/*/src/**/*.ts');
}

function found(glob: string): readonly string[] {
  return globSync(glob, { cwd: root })
    .map((file) => file.replaceAll('\\', '/'))
    .toSorted();
}

/** Files that differ from a revision, the ones that Git does not know yet included. */
export function changedSince(base: string): ReadonlySet<string> {
  return new Set([
    ...lines('diff', '--name-only', base),
    ...lines('ls-files', '--others', '--exclude-standard'),
  ]);
}

function lines(...args: readonly string[]): readonly string[] {
  const { status, stdout, stderr } = spawnSync('git', args, { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`);
  return stdout.split('\n').filter((line) => line !== '');
}
