/**
 * Fetching objects of 1 KiB from another node by their hash, which is checked: ours over HTTP against
 * Helia, the implementation of IPFS in this language, over TCP.
 *
 * Helia: two nodes in this process, connected over loopback, blocks in memory; the asking one knows
 * whom to ask. Its connection is encrypted (Noise), ours on loopback is not. Ours: a node in a process
 * of its own, its objects on disk; and four of them, of which the client asks two at once (f + 1), so
 * that an honest one is among them. Every object is fetched once, so nobody answers from memory of an
 * earlier one. Contenders take turns within every round; the clock is that on the wall.
 */

import { randomBytes } from 'node:crypto';
import { httpNode, installNative } from '@dsm/node';
import { address as addressOf, equal } from '@dsm/primitive';
import { quorum } from '@dsm/wallet';
import { startNodes, type NodeProcesses } from './node-processes.ts';
import { judge, spread, type Goal, type Line, type Options, type Report } from './report.ts';
import { rate } from './turns.ts';

export const question = 'How many objects of 1 KiB are fetched and verified per second?';

const rounds = 7;
const objectBytes = 1_024;
const modes = [
  { inFlight: 1, goal: { floor: 50, target: 200, better: 'higher' } },
  { inFlight: 16, goal: { floor: 40, target: 80, better: 'higher' } },
] as const satisfies readonly { readonly inFlight: number; readonly goal: Goal }[];

interface Source {
  readonly name: string;
  /** So many that a turn takes some tenths of a second. */
  readonly objectsPerTurn: number;
  /** Keeps the bytes there, and gives what fetches them from there once. */
  readonly keep: (bytes: Uint8Array) => Promise<() => Promise<Uint8Array>>;
}

interface HeliaPair {
  readonly put: (bytes: Uint8Array) => Promise<object>;
  readonly get: (name: object) => Promise<Uint8Array>;
  readonly stop: () => Promise<void>;
}

export async function run(report: Report, { peers }: Options): Promise<void> {
  installNative();
  const nodes = await startNodes(4, 'sqlite');
  const pair = peers ? await heliaPair() : undefined;
  try {
    const own = [oneNode(nodes), asked(nodes)];
    const all = pair === undefined ? own : [...own, helia(pair)];
    for (const { inFlight, goal } of modes) {
      const rates = await takeTurns(all, inFlight);
      for (const [i, { name }] of all.entries()) {
        const what = `${name}, ${inFlight} in flight`;
        report({ bench: 'fetch', what, ...spread(rates[i]!) });
      }
      if (pair === undefined) continue;
      for (const [i, { name }] of own.entries()) {
        report(compared(`${name}, ${inFlight} in flight`, rates[i]!, rates.at(-1)!, goal));
      }
    }
  } finally {
    await pair?.stop();
    await nodes.stop();
  }
}

function compared(
  what: string,
  own: readonly number[],
  theirs: readonly number[],
  goal: Goal,
): Line {
  const times = Math.round(spread(own.map((each, i) => each / theirs[i]!)).median * 10) / 10;
  return { bench: 'fetch, times as fast as Helia', what, times, ...judge(times, goal) };
}

/** Objects per second, for each source round by round; the first round warms up. */
async function takeTurns(sources: readonly Source[], inFlight: number): Promise<number[][]> {
  const rates = sources.map((): number[] => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [i, source] of sources.entries()) {
      const perSecond = await turn(source, inFlight);
      if (round > 0) rates[i]!.push(perSecond);
    }
  }
  return rates;
}

async function turn({ objectsPerTurn, keep }: Source, inFlight: number): Promise<number> {
  const fetches: (() => Promise<Uint8Array>)[] = [];
  for (let i = 0; i < objectsPerTurn; i += 64) {
    const some = Array.from({ length: Math.min(64, objectsPerTurn - i) }, () =>
      keep(randomBytes(objectBytes)),
    );
    fetches.push(...(await Promise.all(some)));
  }
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let i = next++; i < fetches.length; i = next++) {
      const { length } = await fetches[i]!();
      if (length !== objectBytes) throw new Error('not what was put there');
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: inFlight }, worker));
  return rate(objectsPerTurn, performance.now() - start);
}

/** As Helia asks: one node that has it. */
function oneNode({ nodes }: NodeProcesses): Source {
  const node = httpNode(nodes[0]!.address);
  return {
    name: 'DSM, one node',
    objectsPerTurn: 2_000,
    keep: async (bytes) => {
      await node.putObject(bytes);
      const address = addressOf(bytes);
      return async () => {
        const found = await node.getObject(address);
        if (found === undefined || !equal(addressOf(found), address))
          throw new Error('wrong bytes');
        return found;
      };
    },
  };
}

/** As a wallet asks. */
function asked({ registry, nodes }: NodeProcesses): Source {
  const { publish, fetch } = quorum(registry, nodes);
  return {
    name: 'DSM, two of four nodes asked',
    objectsPerTurn: 1_000,
    keep: async (bytes) => {
      await publish(bytes);
      const address = addressOf(bytes);
      return async () => (await fetch(address)) ?? new Uint8Array(0);
    },
  };
}

function helia({ put, get }: HeliaPair): Source {
  return {
    name: 'Helia, bitswap between two nodes',
    objectsPerTurn: 64,
    keep: async (bytes) => {
      const name = await put(bytes);
      return () => get(name);
    },
  };
}

async function heliaPair(): Promise<HeliaPair> {
  const module = new URL('../third-party/helia/pair.mjs', import.meta.url);
  const { pair } = (await import(module.href)) as { readonly pair: () => Promise<HeliaPair> };
  return pair();
}
