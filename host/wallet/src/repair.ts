/**
 * Repair (seed 000, definitions 20 and 21, theorem 6): whoever reaches the nodes copies objects to
 * where they should be. The agent has no authority: it moves bytes whose hash is their address, and
 * a node believes it no more than any other client.
 *
 * Nothing is kept of a repair: whoever starts it again goes on where it ended, because what was
 * copied does not differ any more. When the registry changes meanwhile, only the target moves.
 */

import type { Entropy, NodeApi } from '@dsm/ports';
import { equal, type Registries, type Registry, type RegistryNode } from '@dsm/primitive';
import { copies, copyMissing } from './repair-copy.ts';
import { findDeficits, type Finding, type Search } from './repair-find.ts';
import { peer, type Peer, type Traffic } from './repair-peer.ts';

export interface RepairOptions {
  /** What is known of the registry, also if it changes meanwhile. */
  readonly registries: () => Registries;
  readonly reach: (node: RegistryNode) => NodeApi | undefined;
  readonly entropy: Entropy;
  /** Let others stand in for nodes that do not answer; the default is to wait for them. */
  readonly replace?: boolean;
  /** The id of a node: only what it shares with others is repaired. */
  readonly only?: Uint8Array;
  readonly budget?: Partial<RepairBudget>;
  readonly onProgress?: (progress: RepairProgress) => void;
  readonly signal?: AbortSignal;
}

export interface RepairBudget {
  /** Bytes of objects on their way at a time: 4 MiB unless told. */
  readonly bytesInFlight: number;
  /** Waited for before so many bytes are moved: not at all unless told. */
  readonly pace: (bytes: number) => Promise<void>;
}

export interface RepairProgress {
  /** Version of the registry that is the target. */
  readonly version: number;
  readonly phase: 'comparing' | 'copying' | 'done';
  /** Objects that are not everywhere where they should be. */
  readonly found: number;
  readonly copied: number;
  readonly bytes: number;
}

/** Objects with too few copies on nodes that answer. */
export interface Deficits {
  readonly belowQ: number;
  readonly belowR: number;
}

export interface RepairReport extends RepairProgress {
  readonly before: Deficits;
  readonly after: Deficits;
  /** By bucket, the objects that still have fewer than r copies. */
  readonly buckets: ReadonlyMap<number, number>;
  /** Pairs of nodes that were compared, and those that could not be: then more may be missing. */
  readonly compared: number;
  readonly uncompared: number;
  /** Ids of nodes that do not answer, and of those that handed out other bytes than they should. */
  readonly silent: readonly Uint8Array[];
  readonly wrong: readonly Uint8Array[];
  readonly traffic: Readonly<Traffic>;
}

const usualBytesInFlight = 4 * 1_048_576;

export async function repair(options: RepairOptions): Promise<RepairReport> {
  const state: State = {
    options,
    traffic: { sent: 0, received: 0 },
    copied: 0,
    bytes: 0,
    wrong: new Map(),
    before: undefined,
  };
  for (;;) {
    const { newest } = options.registries();
    const { copied } = state;
    const { report, isCut } = await pass(state, newest);
    const isSame = options.registries().newest === newest;
    const isMore = isCut && state.copied > copied;
    if ((isSame && !isMore) || options.signal?.aborted === true) return report;
  }
}

interface State {
  readonly options: RepairOptions;
  readonly traffic: Traffic;
  copied: number;
  bytes: number;
  readonly wrong: Map<string, Uint8Array>;
  /** What was missing at the start. */
  before: Deficits | undefined;
}

interface Pass {
  readonly report: RepairReport;
  /** There was more to find than is looked at in one pass. */
  readonly isCut: boolean;
}

/** One attempt under one version of the registry; ends early when there is a newer one. */
async function pass(state: State, registry: Registry): Promise<Pass> {
  const { options } = state;
  const { registries, entropy, replace = false, signal, budget } = options;
  const isOver = (): boolean => signal?.aborted === true || registries().newest !== registry;
  const peers = peersOf(state, registry);
  // Who does not answer a question that costs nothing is not asked others.
  const zero = new Uint8Array(32);
  await Promise.all(peers.map((one) => one.ask([{ type: 'has', address: zero }])));
  const silent = peers.slice(0, registry.nodes.length).filter((one) => one.isSilent());
  const { only: id } = options;
  const only = id === undefined ? undefined : peers.findIndex(({ node }) => equal(node.id, id));
  const search: Search = {
    registry,
    peers,
    absent: replace ? silent.map(({ index }) => index) : [],
    only,
    nonce: entropy.bytes(32),
    isOver,
  };
  const tell = (phase: RepairProgress['phase'], found: number): RepairProgress => {
    const { copied, bytes } = state;
    const progress = { version: registry.version, phase, found, copied, bytes };
    options.onProgress?.(progress);
    return progress;
  };
  tell('comparing', 0);
  const { findings, compared, uncompared, isCut } = await findDeficits(search);
  const missing = findings.filter((one) => isMissing(registry, one));
  state.before ??= deficits(registry, missing);
  tell('copying', missing.length);
  await copyMissing(
    {
      search,
      bytesInFlight: budget?.bytesInFlight ?? usualBytesInFlight,
      pace: budget?.pace ?? atOnce,
      onCopied: (bytes) => {
        state.copied += 1;
        state.bytes += bytes;
        tell('copying', missing.length);
      },
      onWrong: (index) => {
        const { id } = peers[index]!.node;
        state.wrong.set(String(index), id);
      },
      isOver,
      full: new Set(),
    },
    findings,
  );
  const left = findings.filter((one) => copies(one) < registry.r && copies(one) > 0);
  const report: RepairReport = {
    ...tell('done', missing.length),
    before: state.before,
    after: deficits(registry, left),
    buckets: byBucket(left),
    compared,
    uncompared,
    silent: peers.filter((one) => one.isSilent()).map(({ node }) => node.id),
    wrong: [...state.wrong.values()],
    traffic: { ...state.traffic },
  };
  return { report, isCut };
}

/** The nodes of the version, then those that were in the one before and are no more. */
function peersOf({ options, traffic }: State, registry: Registry): readonly Peer[] {
  const { registries, reach } = options;
  const before = registries().at(registry.version - 1)?.nodes ?? [];
  const left = before.filter(({ id }) => !registry.nodes.some((one) => equal(one.id, id)));
  return [...registry.nodes, ...left].map((node, index) => peer(index, node, reach(node), traffic));
}

function isMissing({ r }: Registry, finding: Finding): boolean {
  return copies(finding) < r || [...finding.has.values()].includes(false);
}

function deficits({ q, r }: Registry, findings: readonly Finding[]): Deficits {
  const below = (count: number): number =>
    findings.filter((one) => copies(one) < count && copies(one) > 0).length;
  return { belowQ: below(q), belowR: below(r) };
}

function byBucket(findings: readonly Finding[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const { bucket } of findings) counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
  return counts;
}

function atOnce(): Promise<void> {
  return Promise.resolve();
}
