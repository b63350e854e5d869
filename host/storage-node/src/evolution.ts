/**
 * Registry evolution at a node: the chain that it serves, what it signs as a signer, and the change
 * from one version to the next, which goes on by itself once a successor is certified.
 */

import {
  checkSignal,
  checkSuccession,
  registryPiece,
  signal as signalObject,
  succession,
  votePage,
  type Intent,
  type SignedByteCommit,
  type VotePage,
} from '@dsm/availability';
import { NodeError, type Engine } from '@dsm/ports';
import {
  encodeWith,
  equal,
  limits,
  nodeId,
  nodeIndex,
  registryLineage,
  type Registry,
} from '@dsm/primitive';
import { catchUp, changeOf, closeBytes } from './version-change.ts';
import { linkBytes, readLink } from './chain.ts';
import type { NodeKeys } from './keys.ts';
import { askOne, fetchObject, type Dial } from './peers.ts';
import { signerOf, type Proof, type SignerService } from './signing.ts';
import { counted } from './turns.ts';
import type { Versions } from './versions.ts';
import { groupWith, pageOf } from './vote-map.ts';

export interface Evolution extends Pick<
  SignerService,
  'signal' | 'relayed' | 'record' | 'endorse' | 'commit'
> {
  readonly piece: (version: number, offset: number) => Promise<Uint8Array | undefined>;
  readonly succeed: (asked: Proof) => Promise<void>;
  readonly closeOf: (version: number) => Promise<Uint8Array | undefined>;
  readonly votes: (
    version: number,
    group: number,
    after: Uint8Array | undefined,
  ) => Promise<Uint8Array>;
  /** Learns what followed meanwhile and goes on with the change; resolves when it is over. */
  readonly go: () => Promise<void>;
  /** True if q nodes of every group of the newest version have opened it. */
  readonly mayLeave: () => Promise<boolean>;
  /** Certificates of two successors of one version that were shown: the chain has forked. */
  readonly forks: () => number;
  /** Resolves when nothing of the change is under way; the node is closed. */
  readonly over: () => Promise<void>;
}

export interface EvolutionParts {
  readonly engine: Engine;
  readonly keys: NodeKeys;
  readonly versions: Versions;
  readonly address: () => string;
  readonly capacityBytes: number;
  readonly intent: () => Intent;
  readonly admits: (id: Uint8Array) => boolean;
  readonly commits: (version: number) => Promise<readonly SignedByteCommit[]>;
  /** An object that is kept here. */
  readonly object: (address: Uint8Array) => Promise<Uint8Array | undefined>;
  readonly dial: Dial | undefined;
  readonly pause: (attempt: number) => Promise<void>;
  readonly isClosed: () => boolean;
  /** Told of a change that failed for another reason than silence. */
  readonly onError: (error: unknown) => void;
}

export const evolutionRefusals = {
  proof: 'the bytes are no certificate of a successor of this version',
  fork: 'another successor of this version is certified: the registry chain has forked',
  version: 'this node has not closed that version, or has no group in it',
} as const;

export function evolutionOf(parts: EvolutionParts): Evolution {
  const { engine, versions, onError } = parts;
  const dial = parts.dial ?? unreachable;
  const object = async (registry: Registry, at: Uint8Array): Promise<Uint8Array | undefined> =>
    (await parts.object(at)) ?? fetchObject(dial, registry, at);
  const signer = signerOf({ ...parts, dial, object });
  const change = changeOf({ ...parts, dial });
  let forks = 0;
  const work = counted();
  const go = (): Promise<void> =>
    work.count(async () => {
      await catchUp(versions, dial);
      await change.go();
    });
  const nudge = oneAtATime(async () => {
    await go();
    await parts.pause(nudgePause);
  }, onError);
  const succeed = async ({ closed, shown }: Proof): Promise<void> => {
    const decoded = succession.decode(shown);
    if (!decoded.ok) throw refused('proof');
    const claim = decoded.value;
    let chain = await versions.bound();
    if (chain !== undefined && claim.version > chain.registries.newest.version) {
      await catchUp(versions, dial);
      chain = await versions.bound();
    }
    const old = chain?.registries.at(claim.version);
    if (old === undefined) throw refused('proof');
    const { registry } = await signer.follows(old, closed);
    const known = chain!.registries.at(old.version + 1);
    if (known !== undefined) {
      const link = await readLink(engine, known.version);
      if (link?.succession !== undefined && equal(link.succession.value, claim.value)) return;
      if (checkSuccession(old, registry, claim) !== undefined) throw refused('proof');
      forks += 1;
      throw refused('fork');
    }
    if ((await versions.learn({ registry, succession: claim })) !== undefined) {
      throw refused('proof');
    }
    work.count(change.go).catch(onError);
  };
  return {
    ...signer,
    succeed,
    forks: () => forks,
    piece: (version, offset) => pieceOf(parts, version, offset),
    closeOf: async (version) => {
      const bytes = await closeBytes(engine, version);
      if (bytes !== undefined || version < versions.open()) return bytes;
      // Whoever asks for it knows of a next version.
      nudge();
      throw later();
    },
    votes: async (version, group, after) => {
      const page = await pageFor(parts, version, group, after);
      return encodeWith(votePage, page);
    },
    go,
    over: work.over,
    mayLeave: async () => {
      const newest = versions.known()?.newest;
      return newest !== undefined && hasOpened(dial, newest);
    },
  };
}

/** How long, in attempts, before strangers may make the node look for a next version again. */
const nudgePause = 5;

/** Starts the work unless it is under way. */
function oneAtATime(work: () => Promise<void>, onError: (error: unknown) => void): () => void {
  let isRunning = false;
  return () => {
    if (isRunning) return;
    isRunning = true;
    work()
      .catch(onError)
      .finally(() => {
        isRunning = false;
      });
  };
}

async function pieceOf(
  { engine, versions }: EvolutionParts,
  version: number,
  offset: number,
): Promise<Uint8Array | undefined> {
  const newest = (await versions.bound())?.registries.newest.version ?? 0;
  const asked = version === 0 ? newest : version;
  const bytes = asked === 0 || asked > newest ? undefined : await linkBytes(engine, asked);
  if (bytes === undefined || offset >= bytes.length) return undefined;
  // An answer has room for an object and its frame.
  const piece = bytes.subarray(offset, offset + limits.objectBytesMax);
  return encodeWith(registryPiece, { version: asked, total: bytes.length, bytes: piece });
}

async function pageFor(
  { engine, keys, versions }: EvolutionParts,
  version: number,
  asking: number,
  after: Uint8Array | undefined,
): Promise<VotePage> {
  const known = versions.known();
  const [registry, next] = [known?.at(version), known?.at(version + 1)];
  if (registry === undefined || next === undefined) throw later();
  if ((await closeBytes(engine, version)) === undefined) {
    throw version < versions.open() ? refused('version') : later();
  }
  const group = groupWith(registry, nodeIndex(registry, keys.id));
  if (group === undefined || asking >= next.groups.length) throw refused('version');
  return pageOf(engine, { registry, group, next, asking, after });
}

/** A node that signals for a version, or a later one, has opened it. */
async function hasOpened(dial: Dial, registry: Registry): Promise<boolean> {
  const asked = new Map<number, Promise<boolean>>();
  for (const index of registry.groups.flat()) asked.set(index, isOpenAt(dial, registry, index));
  for (const group of registry.groups) {
    const open = await Promise.all(group.map((index) => asked.get(index)!));
    if (open.filter(Boolean).length < registry.q) return false;
  }
  return true;
}

async function isOpenAt(dial: Dial, registry: Registry, index: number): Promise<boolean> {
  const { id, address } = registry.nodes[index]!;
  try {
    const body = await askOne(dial(address), { type: 'signal' });
    const decoded = body === undefined ? undefined : signalObject.decode(body);
    if (decoded?.ok !== true) return false;
    const { suite, identityKey, version } = decoded.value.signal;
    const isIts = equal(nodeId(suite, identityKey), id) && version >= registry.version;
    const lineage = registryLineage(registry);
    return isIts && checkSignal(decoded.value, registry.network, lineage, version) === undefined;
  } catch (error) {
    if (error instanceof NodeError) return false;
    throw error;
  }
}

function unreachable(address: string): never {
  throw new NodeError('unreachable', `this node has no way to ${address}`);
}

function later(): NodeError {
  return new NodeError('unreachable', 'the node is between two versions of the registry');
}

function refused(reason: keyof typeof evolutionRefusals): NodeError {
  return new NodeError('refused', evolutionRefusals[reason]);
}
