/**
 * `npm run primitives [-- --long] [-- --seed N] [-- --json]`: the two implementations of every
 * primitive are asked the same and must answer the same.
 *
 * The known answers (Wycheproof, ACVP, BLAKE3, and our own small set) are tests of the packages
 * host/portable and host/node; this is the volume between them.
 */

import { parseArgs } from 'node:util';
import { installNative } from '@dsm/node';
import { lineOf, type Result } from '../result.ts';
import {
  compareAeads,
  compareHashes,
  compareKems,
  compareSignatures,
  type Compared,
} from './compare.ts';

interface Comparison {
  readonly name: string;
  /** Cases of the quick run; the long one has twenty times as many. */
  readonly count: number;
  readonly run: (seed: number, count: number) => Compared;
}

const comparisons: readonly Comparison[] = [
  { name: 'blake3', count: 20_000, run: compareHashes },
  {
    name: 'ml-dsa-65',
    count: 2_000,
    run: (seed, count) => compareSignatures('ml-dsa-65', seed, count),
  },
  {
    name: 'slh-dsa-sha2-128f',
    count: 256,
    run: (seed, count) => compareSignatures('slh-dsa-sha2-128f', seed, count),
  },
  {
    name: 'slh-dsa-sha2-128s',
    count: 512,
    run: (seed, count) => compareSignatures('slh-dsa-sha2-128s', seed, count),
  },
  { name: 'ml-kem-768', count: 250, run: compareKems },
  { name: 'xchacha20-poly1305', count: 10_000, run: compareAeads },
];

const usage = 'usage: npm run primitives [-- --long] [-- --seed N] [-- --json]\n';

process.exitCode = main(process.argv.slice(2));

function main(args: readonly string[]): number {
  const options = optionsOf(args);
  if (options === undefined) {
    process.stderr.write(usage);
    return 2;
  }
  if (options.help) {
    process.stdout.write(usage);
    return 0;
  }
  installNative();
  const start = performance.now();
  const done = comparisons.map(({ name, count, run }) => {
    const compared = run(options.seed, options.long ? count * 20 : count);
    const { cases, taken, findings } = compared;
    process.stderr.write(
      `${name}: ${cases} answers compared, ${taken} of them yes, ${findings.length} differ\n`,
    );
    return { name, ...compared };
  });
  const result = resultOf(options, done, (performance.now() - start) / 1_000);
  process.stdout.write(options.json ? `${lineOf(result)}\n` : `${sentenceOf(result)}\n`);
  return result.ok ? 0 : 1;
}

interface Options {
  readonly long: boolean;
  readonly json: boolean;
  readonly help: boolean;
  readonly seed: number;
}

function optionsOf(args: readonly string[]): Options | undefined {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        long: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
        seed: { type: 'string', default: '1' },
      },
    });
    const seed = Number(values.seed);
    return Number.isSafeInteger(seed) ? { ...values, seed } : undefined;
  } catch {
    return undefined;
  }
}

function resultOf(
  { long, seed }: Options,
  done: readonly (Compared & { readonly name: string })[],
  seconds: number,
): Result {
  const findings = done.flatMap((one) => one.findings);
  return {
    tool: 'primitives',
    part: long ? 'long' : 'quick',
    command: `npm run primitives --${long ? ' --long' : ''} --seed ${seed}`,
    // A comparison in which nothing is ever valid compares nothing.
    ok: findings.length === 0 && done.every(({ taken }) => taken > 0),
    bound:
      'the portable and the native implementation of each primitive (of the AEAD: a second opinion made of OpenSSL’s ChaCha20-Poly1305) on valid and on damaged input',
    seconds,
    figures: Object.fromEntries(
      done.map(({ name, cases }) => [`${name}, answers compared`, cases]),
    ),
    findings,
    uncovered: ['side channels: no figure says how long an answer takes'],
  };
}

function sentenceOf({ findings, figures, seconds }: Result): string {
  const cases = Object.values(figures).reduce<number>((sum, each) => sum + Number(each), 0);
  const lines = findings.map((finding) => `differs: ${finding}`);
  lines.push(`${cases} answers compared in ${seconds.toFixed(1)} s, ${findings.length} differ`);
  return lines.join('\n');
}
