/**
 * The same transfers as in `stream.ts`, durable on both sides.
 *
 * Two real file stores, which write two copies each and sync both. The payer's run is durable, with its
 * signature, before its commit leaves; the payee's absorption is durable before its ack leaves. Rows are
 * as many and as large as a wallet's, the payee's mark with the payer's card among them. Several runs are in
 * flight, each of another stream; commits that are asked for while a disk is busy share a transaction
 * and a sync. A transfer counts once the payer has the ack of its run. The rate is by the clock on the wall.
 *
 * The last lines are two whole wallets with the SDK's `stream`, one stream over a line in memory: each
 * decision there waits for the disk before the next one is taken.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  bytes32,
  concat,
  encodeWith,
  installHash,
  installSignatures,
  signedStep,
  u64,
  utf8,
  type SignedStep,
} from '@dsm/primitive';
import { device, relationship, type Absorbed, type Appended } from '@dsm/bilateral';
import { fileStore, nativeHash, nativeSignatures } from '@dsm/node';
import type { Store, Write } from '@dsm/ports';
import { judge, spread, type Report } from './report.ts';
import {
  hearAck,
  hearTicks,
  layTicks,
  settleRuns,
  stateRun,
  streams,
  takeRun,
  type Streams,
} from './stream-pair.ts';
import { streamingWallets } from './stream-wallets.ts';

const goal = { floor: 40_000, target: 150_000, better: 'higher' } as const;
const relationships = 1_000;
const runsOfBurst = 16;
const rounds = 5;
const goalInFlight = 16;
const transfersOfRound = 65_536;
/** A card is a root signature, two keys and a name; beside the step it is the larger part of a mark. */
const cardBytes = 11_200;
const escrowBytes = 320;
const citationBytes = 5_500;
const paymentBytes = 420;

export const question = 'How many signed transfers of a stream per second, durable on both sides?';

export async function run(report: Report): Promise<void> {
  const bench = 'stream-durable';
  installHash(nativeHash);
  installSignatures(nativeSignatures);
  const folder = await mkdtemp(join(tmpdir(), 'dsm-bench-'));
  const opened: Durable[] = [];
  try {
    for (const [ticksOfRun, inFlight] of [
      [256, 1],
      [256, 4],
      [256, goalInFlight],
      [1_024, goalInFlight],
    ] as const) {
      opened.push(await durable(join(folder, `${ticksOfRun} ${inFlight}`), ticksOfRun, inFlight));
    }
    for (const ticksOfRun of [256, 1_024]) {
      opened.push(await streamingWallets(join(folder, `sdk ${ticksOfRun}`), ticksOfRun));
    }
    const figures = opened.map((): number[] => []);
    for (let round = 0; round <= rounds; round++) {
      for (const [i, each] of opened.entries()) figures[i]!.push(await each.round());
    }
    for (const [i, { name, isGoal }] of opened.entries()) {
      const { median, p10, p90 } = spread(figures[i]!.slice(1));
      const judged = isGoal ? judge(median, goal) : {};
      report({ bench, what: name, wallPerSecond: median, p10, p90, ...judged });
    }
  } finally {
    for (const { close } of opened) await close();
    await rm(folder, { recursive: true });
  }
}

export interface Durable {
  readonly name: string;
  readonly isGoal: boolean;
  /** Transfers per second in one round. */
  readonly round: () => Promise<number>;
  readonly close: () => Promise<void>;
}

async function durable(folder: string, ticksOfRun: number, inFlight: number): Promise<Durable> {
  const stores = [await fileStore(join(folder, 'a')), await fileStore(join(folder, 'b'))] as const;
  const all = streams(relationships, ticksOfRun);
  const bursts = Math.max(1, Math.round(transfersOfRound / (ticksOfRun * runsOfBurst * inFlight)));
  let first = 0;
  const round = async (): Promise<number> => {
    const start = performance.now();
    const workers = Array.from({ length: inFlight }, async (_, n) => {
      for (let i = 0; i < bursts; i++) {
        const at = (first + i * inFlight + n) % relationships;
        await burst(all, stores, at, ticksOfRun);
      }
    });
    await Promise.all(workers);
    first += bursts * inFlight;
    const transfers = bursts * inFlight * runsOfBurst * ticksOfRun;
    return Math.round((transfers * 1_000) / (performance.now() - start));
  };
  return {
    name: `over an escrow, runs of ${ticksOfRun}; signed, durable on both sides, ${inFlight} in flight`,
    isGoal: ticksOfRun === 256 && inFlight === goalInFlight,
    round,
    close: async () => {
      await Promise.all(stores.map((store) => store.close()));
    },
  };
}

async function burst(
  all: Streams,
  [mine, theirs]: readonly [Store, Store],
  at: number,
  ticksOfRun: number,
): Promise<void> {
  let newest: Absorbed | undefined;
  for (let n = 0; n < runsOfBurst; n++) {
    const ticks = layTicks(all, at, ticksOfRun);
    const stated = stateRun(all, at);
    await mine.commit(payerRows(all, at, stated.change, stated.signed));
    hearTicks(all, at, ticks);
    const { change, ack } = takeRun(all, at, stated.commit);
    await theirs.commit(payeeRows(all, at, change));
    hearAck(all, at, ack);
    newest = change;
  }
  const { signed } = settleRuns(all, newest!);
  await theirs.commit([
    row('own step', at, newest!.relationship.theirs.index, signedStep.encode(signed)),
  ]);
}

function payerRows(
  { lines }: Streams,
  at: number,
  { run, ...change }: Appended,
  signed: SignedStep,
): Write[] {
  const { index } = change.relationship.mine;
  return [
    ...moved(change),
    ...run.entries.map((bytes) => row('entry', at, index, bytes)),
    { key: concat(utf8('escrow'), lines[at]!.id), value: new Uint8Array(escrowBytes) },
    row('payment', at, 0, new Uint8Array(paymentBytes)),
    row('run', at, index, signedStep.encode(signed)),
    row('open', at, index, Uint8Array.of(1)),
  ];
}

function payeeRows({ lines }: Streams, at: number, { absorbed, ...change }: Absorbed): Write[] {
  const { index } = change.relationship.theirs;
  const { claim } = absorbed.run;
  const theirs = signedStep.encode(claim.signed);
  const own = { step: absorbed.step, slots: [], signature: new Uint8Array(0), further: [] };
  return [
    ...moved(change),
    ...claim.entries.map((bytes) => row('entry', at, index, bytes)),
    { key: concat(utf8('escrow'), lines[at]!.id), value: new Uint8Array(citationBytes) },
    row('payment', at, 0, new Uint8Array(paymentBytes)),
    row('run', at, index, concat(theirs, signedStep.encode(own))),
    row('mark', at, index, concat(theirs, new Uint8Array(cardBytes))),
  ];
}

function moved({
  leaves,
  relationship: on,
  device: of,
}: Pick<Appended, 'leaves' | 'relationship' | 'device'>): Write[] {
  return [
    ...leaves.map((leaf) => ({ key: concat(utf8('leaf'), leaf.key), value: leaf.after })),
    { key: concat(utf8('relationship'), on.key), value: relationship.encode(on) },
    { key: utf8('device'), value: device.encode(of) },
  ];
}

function row(table: string, at: number, index: number, value: Uint8Array): Write {
  const lane = encodeWith(bytes32, new Uint8Array(32).fill(at % 256, 0, 16).fill(at >> 8, 16));
  return { key: concat(utf8(table), lane, encodeWith(u64, index)), value };
}
