/**
 * Slot writes at one storage node: the writer's signature checked, the vote signed, the row committed.
 *
 * One node, in this process and alone in its group, is asked in exchanges of 64 writes, two under way.
 * A step's signature stands under every slot that the step writes, so it is verified once for all of
 * them; the votes of a moment are signed together. Signed: everything is. In memory the engine is a
 * map; durable it is the segment log, with a sync for each group.
 */

import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NodeRequest } from '@dsm/availability';
import { memoryEngine } from '@dsm/memory';
import { installNative } from '@dsm/node';
import { rememberingSignatures } from '@dsm/portable';
import type { Engine } from '@dsm/ports';
import {
  concat,
  encodeWith,
  installSignatures,
  keyDigest,
  kinds,
  signatureContext,
  signatures,
  slotKey,
  slotListRoot,
  slotPath,
  slotWrite,
  statementDigest,
  u32,
  zero32,
  type KeyPair,
  type Registry,
} from '@dsm/primitive';
import { openSegmentLog } from '@dsm/segment-log';
import { secretsInMemory, storageNode, type StorageNode } from '@dsm/storage-node';
import { judge, spread, type Report } from './report.ts';

const goal = { floor: 3_000, target: 7_000, better: 'higher' } as const;
const network = new Uint8Array(32).fill(42);
const writesOfExchange = 64;
const exchangesOfRound = 8;
const rounds = 9;

export const question = 'How many slot writes does one node vote on per second?';

export async function run(report: Report): Promise<void> {
  installNative();
  installSignatures(rememberingSignatures(signatures()));
  const folder = await mkdtemp(join(tmpdir(), 'dsm-bench-'));
  const key = signatures().keyPair('ml-dsa-65', new Uint8Array(32).fill(9));
  try {
    const contenders: Contender[] = [];
    for (const slotsOfStep of [1, 8, 32]) {
      for (const isDurable of [false, true]) {
        const name = join(folder, `${slotsOfStep}-${isDurable}`);
        await mkdir(name);
        const engine = isDurable ? await openSegmentLog(name) : memoryEngine();
        contenders.push({ slotsOfStep, isDurable, node: await alone(engine), figures: [] });
      }
    }
    let step = 0;
    for (let round = 0; round < rounds; round++) {
      for (const contender of contenders) {
        const exchanges = Array.from({ length: exchangesOfRound }, () => {
          const requests: NodeRequest[] = [];
          while (requests.length < writesOfExchange) {
            requests.push(...writesOf(key, (step += 1), contender.slotsOfStep));
          }
          return requests;
        });
        contender.figures.push(await measured(contender.node, exchanges));
      }
    }
    for (const { slotsOfStep, isDurable, node, figures } of contenders) {
      const { median, p10, p90 } = spread(figures);
      const judged = slotsOfStep === 32 && !isDurable ? judge(median, goal) : {};
      const what = `signed, ${isDurable ? 'durable' : 'in memory'}, ${slotsOfStep} slots of a step`;
      report({ bench: 'slots', what, wallPerSecond: median, p10, p90, ...judged });
      await node.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Contender {
  readonly slotsOfStep: number;
  readonly isDurable: boolean;
  readonly node: StorageNode;
  readonly figures: number[];
}

/** Writes per second, two exchanges under way at a time. */
async function measured(
  node: StorageNode,
  exchanges: readonly (readonly NodeRequest[])[],
): Promise<number> {
  const queue = [...exchanges];
  const start = performance.now();
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const answers = await node.ask(next);
      if (!answers.every(({ type }) => type === 'ok')) throw new Error('a write was not taken');
    }
  };
  await Promise.all([work(), work()]);
  const count = exchanges.reduce((sum, { length }) => sum + length, 0);
  return Math.round((count / (performance.now() - start)) * 1_000);
}

/** One step's writes: as many slots, one signature. */
function writesOf(key: KeyPair, step: number, slots: number): readonly NodeRequest[] {
  const writer = keyDigest(1, key.publicKey);
  const places = Array.from({ length: slots }, (_, i) => ({
    kind: 1 as const,
    writer,
    position: concat(encodeWith(u32, step), encodeWith(u32, i), new Uint8Array(24)),
  }));
  const value = concat(encodeWith(u32, step), new Uint8Array(28));
  const list = places.map((place) => ({ key: slotKey(place), value }));
  const signature = signatures().sign(
    key.secretKey,
    statementDigest(value, slotListRoot(list)),
    signatureContext(kinds.signedStep, 1, network),
  );
  return places.map((place, i) => ({
    type: 'write-slot',
    write: slotWrite.encode({
      place,
      value,
      authorisation: {
        suite: 1,
        publicKey: key.publicKey,
        body: value,
        path: slotPath(list, i),
        signature,
        backing: undefined,
      },
      hint: undefined,
      certificate: undefined,
    }),
  }));
}

/** A node that is its whole group, so that every slot is its own. */
async function alone(engine: Engine): Promise<StorageNode> {
  let registry: Registry | undefined;
  const node = await storageNode({
    engine,
    registry: () => registry,
    network,
    suite: 1,
    secrets: secretsInMemory(new Uint8Array(32).fill(7)),
    capacityBytes: 8 * 2 ** 30,
  });
  registry = {
    network,
    first: zero32,
    previous: zero32,
    version: 1,
    closed: zero32,
    r: 1,
    q: 1,
    f: 0,
    bucketBits: 16,
    admission: 0,
    seatBytes: 1,
    nodes: [{ ...node.card, missed: 0 }],
    seats: [0],
    groups: [[0]],
    signers: [0],
    threshold: 1,
  };
  return node;
}
