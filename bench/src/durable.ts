/**
 * Entries of lanes, made durable with their steps and signatures.
 *
 * One device appends runs of 64 memos of 64 bytes, each run covered by one step with a delivery slot
 * and one ML-DSA-65 signature. A run is committed twice, as a wallet does it: first its statement
 * (a row for each entry, relationship, device, leaf and run), and, once that is durable, its signature. The
 * file store writes two copies and syncs both. Commits that are asked for while the disk is busy
 * share a transaction and a sync: with several relationships in flight the sync is shared, with one
 * in flight it is not. An entry counts once its signature is durable. Nothing goes to a node.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  concat,
  encodeWith,
  installHash,
  installSignatures,
  kinds,
  signedStep,
  u64,
  utf8,
} from '@dsm/primitive';
import { append, device, relationship, type Appended } from '@dsm/bilateral';
import { fileStore, nativeHash, nativeSignatures } from '@dsm/node';
import { memoryStore } from '@dsm/memory';
import type { Store, Write } from '@dsm/ports';
import { encodeOperation } from '@dsm/protocols';
import { keep, pair, type Party } from './pair.ts';
import { judge, spread, type Report } from './report.ts';
import { sign } from './trade.ts';

const goal = { floor: 5_000, target: 30_000, better: 'higher' } as const;
const relationships = 64;
const entriesOfRun = 64;
const runsOfRound = 128;
const rounds = 9;
const goalInFlight = 16;

export const question = 'How many signed entries of lanes become durable per second?';

export async function run(report: Report): Promise<void> {
  installHash(nativeHash);
  installSignatures(nativeSignatures);
  const folder = await mkdtemp(join(tmpdir(), 'dsm-bench-'));
  const opened: Lanes[] = [];
  try {
    for (const inFlight of [1, 4, goalInFlight, relationships]) {
      const store = await fileStore(join(folder, String(inFlight)));
      opened.push(lanes(`signed, durable, ${inFlight} in flight`, store, inFlight));
    }
    opened.push(lanes('signed, in memory', memoryStore(), goalInFlight));
    const figures = await measured(opened);
    for (const [i, { name, inFlight, isDurable }] of opened.entries()) {
      const { median, p10, p90 } = spread(figures[i]!);
      const judged = inFlight === goalInFlight && isDurable ? judge(median, goal) : {};
      const what = `${name}, one signature for ${entriesOfRun} entries`;
      report({ bench: 'durable', what, wallPerSecond: median, p10, p90, ...judged });
    }
  } finally {
    for (const { close } of opened) await close();
    await rm(folder, { recursive: true });
  }
}

/** Entries per second of each, round by round; they take turns, and the first round warms up. */
async function measured(opened: readonly Lanes[]): Promise<readonly number[][]> {
  const figures = opened.map((): number[] => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [i, each] of opened.entries()) figures[i]!.push(await each.round());
  }
  return figures.map((of) => of.slice(1));
}

interface Lanes {
  readonly name: string;
  readonly inFlight: number;
  readonly isDurable: boolean;
  /** Entries per second in one round. */
  readonly round: () => Promise<number>;
  readonly close: () => Promise<void>;
}

function lanes(name: string, store: Store, inFlight: number): Lanes {
  const [me] = pair(1, relationships);
  const text = 'an operation that has, as a whole, sixty-four bytes of memo';
  const operation = encodeOperation({ type: 'memo', text });
  const operations = Array.from({ length: entriesOfRun }, () => operation);
  const round = async (): Promise<number> => {
    let left = runsOfRound;
    const worker = async (first: number): Promise<void> => {
      for (let at = first; left > 0; at = (at + inFlight) % relationships) {
        left -= 1;
        await appendDurably(me, at, operations, store);
      }
    };
    const start = performance.now();
    await Promise.all(Array.from({ length: inFlight }, (_, first) => worker(first)));
    return Math.round((runsOfRound * entriesOfRun * 1_000) / (performance.now() - start));
  };
  return { name, inFlight, isDurable: !name.includes('memory'), round, close: store.close };
}

async function appendDurably(
  me: Party,
  at: number,
  operations: readonly Uint8Array[],
  store: Store,
): Promise<void> {
  const verdict = append(me.device, me.relationships[at]!, operations, me.world);
  if (verdict.type !== 'accepted') throw new Error(`append: ${verdict.type}`);
  const change = verdict.value;
  keep(me, at, change);
  await store.commit([...stated(change), runRow(change, new Uint8Array(0))]);
  await store.commit([runRow(change, sign(me, kinds.signedStep, change.run.statement))]);
}

/** The rows of a statement: as many and as large as a wallet's. */
function stated(change: Appended): Write[] {
  const { mine, key } = change.relationship;
  const first = mine.index - change.run.entries.length + 1;
  return [
    ...change.run.entries.map((bytes, i) => row('entry', mine.start, key, first + i, bytes)),
    ...change.leaves.map((leaf) => ({ key: concat(utf8('leaf'), leaf.key), value: leaf.after })),
    { key: concat(utf8('relationship'), key), value: relationship.encode(change.relationship) },
    { key: utf8('device'), value: device.encode(change.device) },
  ];
}

function runRow(
  { relationship: { mine, key }, run: { step, slots } }: Appended,
  signature: Uint8Array,
): Write {
  const value = signedStep.encode({ step, slots, signature, further: [] });
  return row('run', mine.start, key, mine.index, value);
}

/** All lanes of `pair` have one start; the relationship's key tells them apart. */
function row(
  table: string,
  start: Uint8Array,
  relationship: Uint8Array,
  index: number,
  value: Uint8Array,
): Write {
  const lane = start.map((byte, i) => byte ^ relationship[i]!);
  return { key: concat(utf8(table), lane, encodeWith(u64, index)), value };
}
