/**
 * From nothing to the first payment on the screen: `git clone`, `npm start`.
 *
 * The clone is of this repository, from the disk, so the network is in the figure only for the
 * packages that `npm start` installs, by npm's own cache as far as it has them. The demonstration
 * is ended as soon as it has told of a payment.
 */

import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { judge, type Report } from './report.ts';

export const question = 'How long does it take from the clone to the first trade on the screen?';

const goal = { floor: 90, target: 90, better: 'lower' } as const;
const patienceMs = 600_000;
const repository = fileURLToPath(new URL('../../', import.meta.url));

export async function run(report: Report): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'dsm-clone-'));
  try {
    const start = performance.now();
    const cloned = spawnSync('git', ['clone', '--quiet', repository, folder]);
    if (cloned.status !== 0) throw new Error(`git clone: ${cloned.stderr.toString()}`);
    const clonedAt = performance.now();
    const seen = await firstPayment(folder);
    const seconds = rounded(performance.now() - start);
    report({
      bench: 'clone',
      what: 'git clone from the disk, npm start until the first payment',
      seconds,
      ...judge(seconds, goal),
      cloneSeconds: rounded(clonedAt - start),
      seen,
    });
  } finally {
    await rm(folder, { recursive: true, maxRetries: 10 });
  }
}

const rounded = (ms: number): number => Math.round(ms / 100) / 10;

/** The line that tells of it. Whatever was started is ended then. */
async function firstPayment(cwd: string): Promise<string> {
  const stdio = ['ignore', 'pipe', 'inherit'] as const;
  const shell = process.platform === 'win32';
  const detached = !shell;
  const child = spawn('npm', ['start', '--silent'], { cwd, stdio: [...stdio], shell, detached });
  const ended = new Promise<void>((resolve) => {
    child.on('exit', () => resolve());
  });
  const end = (): void => {
    // The whole group: npm, its Node and whatever that has started.
    if (child.pid !== undefined) process.kill(detached ? -child.pid : child.pid, 'SIGTERM');
  };
  const timer = setTimeout(end, patienceMs);
  try {
    for await (const line of createInterface({ input: child.stdout! })) {
      if (!/\bpaid\b/.test(line)) continue;
      end();
      return line.trim();
    }
    throw new Error('npm start ended without a payment');
  } finally {
    clearTimeout(timer);
    await ended;
  }
}
