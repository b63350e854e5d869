/**
 * Engines: how many values become durable per second, how many are read, what they take.
 *
 * Puts count when they are durable: 64 are in flight, or batches of 64 go one after the other. Values
 * are new and random, keys as well. Gets are of random keys that were put in this run, 64 in flight, from
 * the cache of the system. Contenders take turns of half a second; the first round warms up. Space is that
 * of all blocks on the disk after closing, against the bytes of the values. The memory of an object is measured
 * in a process of its own, with a million objects of 1 KiB: what the process needs more than before.
 */

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { nativeHash } from '@dsm/node';
import { installHash } from '@dsm/primitive';
import { keeperNames, keepers, type Keeper, type KeyValue } from './engine-contenders.ts';
import type { MemoryFigures } from './engine-memory.ts';
import { judge, spread, type Goal, type Report } from './report.ts';

export const question = 'How many values does an engine make durable, and what does it take?';

const inFlight = 64;
const turnMs = 500;
const rounds = 7;

const overLmdb: Goal = { floor: 3, target: 6, better: 'higher' };
const overFiles: Goal = { floor: 40, target: 90, better: 'higher' };
const amplification: Goal = { floor: 1.2, target: 1.08, better: 'lower' };
const memory: Goal = { floor: 110, target: 32, better: 'lower' };

export async function run(report: Report): Promise<void> {
  installHash(nativeHash);
  for (const valueBytes of [1_024, 65_536]) await ofSize(report, valueBytes);
  const figures = await memoryFigures();
  const what = 'segment log, a million objects of 1 KiB, bytes of memory for each';
  const { bytesOfObject, residentOfObject, reopenMs } = figures;
  report({
    bench: 'engine memory',
    what,
    bytes: bytesOfObject,
    resident: residentOfObject,
    reopenMs,
    ...judge(bytesOfObject, memory),
  });
}

interface Work {
  readonly name: 'put' | 'batch' | 'get';
  /** Does it once, and gives how many values that were. */
  readonly once: (keeper: Keeper, values: Values) => Promise<number>;
  readonly inFlight: number;
}

const works: readonly Work[] = [
  {
    name: 'put',
    inFlight,
    once: async (keeper, values) => {
      const item = values.next();
      await keeper.put(item);
      values.kept(item);
      return 1;
    },
  },
  {
    name: 'batch',
    inFlight: 1,
    once: async (keeper, values) => {
      const items = Array.from({ length: inFlight }, values.next);
      await keeper.batch(items);
      items.forEach(values.kept);
      return items.length;
    },
  },
  {
    name: 'get',
    inFlight,
    once: async (keeper, values) => {
      const value = await keeper.get(values.known());
      if (value?.length !== values.bytes) throw new Error(`${keeper.name} lost a value`);
      return 1;
    },
  },
];

async function ofSize(report: Report, valueBytes: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'dsm-bench-'));
  const all = await keepers(folder);
  try {
    const values = all.map(() => valuesOf(valueBytes));
    for (const work of works) await reportWork(report, work, all, values);
    for (const { close } of all) await close();
    await reportSpace(report, all, values);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function reportWork(
  report: Report,
  work: Work,
  all: readonly Keeper[],
  values: readonly Values[],
): Promise<void> {
  const rates = all.map((): number[] => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [i, keeper] of all.entries()) {
      const rate = await turn(work, keeper, values[i]!);
      if (round > 0) rates[i]!.push(rate);
    }
  }
  const spreads = rates.map(spread);
  const log = spreads[0]!.median;
  for (const [i, { name }] of all.entries()) {
    const { median, p10, p90 } = spreads[i]!;
    const times = Math.round((log / median) * 10) / 10;
    const goal = work.name === 'put' && values[i]!.bytes === 1_024 ? goalOver(name) : undefined;
    report({
      bench: `engine ${work.name} ${values[i]!.bytes}`,
      what: `${name}, ${values[i]!.bytes} bytes, ${described(work)}`,
      wallPerSecond: Math.round(median),
      p10: Math.round(p10),
      p90: Math.round(p90),
      logIsTimesAsFast: times,
      ...(goal === undefined ? {} : judge(times, goal)),
    });
  }
}

function described({ name }: Work): string {
  if (name === 'put') return `durable puts, ${inFlight} in flight`;
  if (name === 'batch') return `durable batches of ${inFlight}, one after the other`;
  return `gets, ${inFlight} in flight`;
}

function goalOver(name: string): Goal | undefined {
  if (name === keeperNames.lmdb) return overLmdb;
  return name === keeperNames.files ? overFiles : undefined;
}

/** Values per second in one turn. */
async function turn(work: Work, keeper: Keeper, values: Values): Promise<number> {
  let count = 0;
  const start = performance.now();
  const lane = async (): Promise<void> => {
    while (performance.now() - start < turnMs) {
      const done = await work.once(keeper, values);
      count += done;
    }
  };
  await Promise.all(Array.from({ length: work.inFlight }, lane));
  return (count * 1_000) / (performance.now() - start);
}

async function reportSpace(
  report: Report,
  all: readonly Keeper[],
  values: readonly Values[],
): Promise<void> {
  for (const [i, { name, folder }] of all.entries()) {
    const { bytes, count } = values[i]!;
    const times = Math.round(((await blocksOf(folder)) / (count() * bytes)) * 1_000) / 1_000;
    const isJudged = name === keeperNames.log && bytes === 1_024;
    report({
      bench: `engine space ${bytes}`,
      what: `${name}, ${bytes} bytes, on the disk for each byte of a value`,
      times,
      ...(isJudged ? judge(times, amplification) : {}),
    });
  }
}

/** What the files of a folder take on the disk. */
async function blocksOf(folder: string): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(folder)) bytes += (await stat(join(folder, name))).blocks * 512;
  return bytes;
}

interface Values {
  readonly bytes: number;
  readonly next: () => KeyValue;
  readonly kept: (item: KeyValue) => void;
  /** The key of some value that was kept. */
  readonly known: () => Uint8Array;
  readonly count: () => number;
}

function valuesOf(bytes: number): Values {
  const keys: Uint8Array[] = [];
  const random = randomBytes(bytes + 65_536);
  let at = 0;
  return {
    bytes,
    next: () => {
      at = (at + 61) % 65_536;
      return { key: randomBytes(32), value: random.subarray(at, at + bytes) };
    },
    kept: ({ key }) => {
      keys.push(key);
    },
    known: () => keys[Math.floor(Math.random() * keys.length)]!,
    count: () => keys.length,
  };
}

async function memoryFigures(): Promise<MemoryFigures> {
  const program = fileURLToPath(new URL('engine-memory.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', program]);
  return JSON.parse(stdout) as MemoryFigures;
}
