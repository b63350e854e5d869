/**
 * Spin: two small models in Promela, and the explorer over the core on the same bounds. Each program
 * counts the states that can be reached; the numbers must be the same.
 *
 * The models are one process with one loop of guarded steps, so Spin adds no state of its own. Without
 * partial-order reduction, and with a stack that is deep enough, it stores every state once.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bounds } from '../explore/bounds.ts';
import { search } from '../explore/engine.ts';
import type { Checked } from './quint.ts';
import { run } from './tool.ts';

const models = [
  { file: 'slot.pml', bound: 'common-slot' },
  { file: 'trade.pml', bound: 'common-trade' },
] as const;

export async function compareCounts(): Promise<Checked> {
  const figures: Record<string, number> = {};
  const findings: string[] = [];
  for (const { file, bound } of models) {
    const counted = await spinCount(join(import.meta.dirname, 'spin', file));
    if (typeof counted === 'string') {
      findings.push(`${file}: ${counted}`);
      continue;
    }
    const found = search(bounds[bound]!.open(), { store: 'exact' });
    figures[`${bound}: states that Spin stores`] = counted;
    figures[`${bound}: states of the core`] = found.distinct;
    if (found.violation !== undefined) findings.push(`${bound}: ${found.violation.what}`);
    else if (found.distinct !== counted) {
      findings.push(
        `${bound}: the core has ${found.distinct} states and the Promela model ${counted}`,
      );
    }
  }
  return { figures, findings };
}

/** How many states Spin stores of a model, or what is wrong with it. */
async function spinCount(file: string): Promise<number | string> {
  const folder = mkdtempSync(join(tmpdir(), 'dsm-spin-'));
  try {
    const made = await run('spin', ['-a', file], folder);
    if (made.code !== 0) return `spin ends with ${made.code}: ${made.output.slice(0, 400)}`;
    const built = await run('gcc', ['-O1', '-DSAFETY', '-DNOREDUCE', '-o', 'pan', 'pan.c'], folder);
    if (built.code !== 0) return `gcc ends with ${built.code}: ${built.output.slice(0, 400)}`;
    const { output } = await run(join(folder, 'pan'), ['-m1000000', '-b'], folder);
    const states = /(\d+) states, stored/.exec(output)?.[1];
    if (states === undefined) return `no count in: ${output.slice(0, 400)}`;
    return output.includes('errors: 0') ? Number(states) : 'Spin finds an error';
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
