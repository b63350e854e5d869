/**
 * The versions of the registry that a node knows, and under which of them it votes.
 *
 * The first one is given by whoever starts the node and bound to the engine before the first vote;
 * later ones follow by certified succession. Work under a version is counted, so that its end can
 * wait for it: `quiet` resolves when nothing is under way and nothing can begin.
 */

import {
  checkSuccession,
  registryAddress,
  type RegistryLink,
  type SuccessionRefusal,
} from '@dsm/availability';
import { NodeError, type Engine } from '@dsm/ports';
import {
  equal,
  nodeIndex,
  registriesOf,
  registryLineage,
  type Registries,
  type Registry,
} from '@dsm/primitive';
import { keepChain, readChain, type Chain } from './chain.ts';
import type { NodeKeys } from './keys.ts';
import type { During, Standing } from './slots.ts';
import { counted, turns } from './turns.ts';

export interface Versions {
  /** What the node knows, or undefined before it was told of any. */
  readonly known: () => Registries | undefined;
  /** The version that the node votes under, if it may vote now. */
  readonly standing: () => Standing | undefined;
  /** The last version that the node has opened, whether or not it votes there. */
  readonly open: () => number;
  /** Rejects with `later` between two versions. */
  readonly during: During;
  /** Writes the first registry down, if there is one. */
  readonly bound: () => Promise<Chain | undefined>;
  /** The next version, once its succession is certified; durable when this resolves. */
  readonly learn: (link: RegistryLink) => Promise<SuccessionRefusal | undefined>;
  /** The version before the first that is known. */
  readonly learnBefore: (before: Registry) => Promise<void>;
  /** Resolves when nothing is under way; only between versions. */
  readonly quiet: () => Promise<void>;
  /** The node has taken over what falls to it in this version. */
  readonly opened: (version: number) => Promise<void>;
}

export interface VersionParts {
  readonly engine: Engine;
  readonly network: Uint8Array;
  readonly keys: NodeKeys;
  readonly first: () => Registry | undefined;
}

/** What is known at a moment. */
interface Snapshot {
  readonly first: Registry | undefined;
  readonly chain: Chain | undefined;
  readonly voter: Uint8Array;
  readonly known: Registries | undefined;
  readonly standing: Standing | undefined;
}

export async function versionsOf(parts: VersionParts): Promise<Versions> {
  const { engine, keys, first } = parts;
  const inTurn = turns();
  let chain = await readChain(engine);
  let last: Snapshot | undefined;
  const now = (): Snapshot => {
    const given = first();
    const voter = keys.voter().publicKey;
    const isSame = last?.first === given && last?.chain === chain && last?.voter === voter;
    if (!isSame || last === undefined) last = snapshotOf(parts, given, chain, voter);
    return last;
  };
  const keep = async (next: Chain, link?: RegistryLink): Promise<void> => {
    await keepChain(engine, next, link);
    chain = next;
  };
  const bound: Versions['bound'] = async () => {
    if (chain !== undefined) return chain;
    return inTurn('chain', async () => {
      const { first: given, known } = now();
      if (chain !== undefined || given === undefined || known === undefined) return chain;
      const open = isOpenAtFirst(given, keys.id) ? given.version : 0;
      const link = { registry: given, succession: undefined };
      await keep({ registries: known, from: given.version, open }, link);
      return chain;
    });
  };
  const work = counted();
  return {
    known: () => now().known,
    standing: () => now().standing,
    open: () => chain?.open ?? 0,
    bound,
    during: async (run) => {
      // An engine is bound to the registry that is voted under, not to one that was only looked at.
      if (chain === undefined && now().standing !== undefined) await bound();
      const isBetween = chain !== undefined && chain.open !== chain.registries.newest.version;
      if (isBetween) throw new NodeError('unreachable', 'the node is between two versions');
      return work.count(() => run(now().standing));
    },
    quiet: work.over,
    learn: (link) =>
      inTurn('chain', async () => {
        const { registries, from, open } = known(chain);
        const { registry, succession } = link;
        if (registry.version <= registries.newest.version) return undefined;
        if (succession === undefined) return 'agreement';
        const refusal = checkSuccession(registries.newest, registry, succession);
        if (refusal !== undefined) return refusal;
        const all = registriesOf(...versionsIn(registries, from), registry);
        await keep({ registries: all, from, open }, link);
        return undefined;
      }),
    learnBefore: (before) =>
      inTurn('chain', async () => {
        const { registries, from, open } = known(chain);
        if (!equal(registryAddress(before), registries.at(from)!.previous)) {
          throw new RangeError('not the version before the first that is known');
        }
        const all = registriesOf(before, ...versionsIn(registries, from));
        const isFirst = open === 0 ? before.version : open;
        const link = { registry: before, succession: undefined };
        await keep({ registries: all, from: before.version, open: isFirst }, link);
      }),
    opened: (version) => inTurn('chain', () => keep({ ...known(chain), open: version })),
  };
}

function known(chain: Chain | undefined): Chain {
  if (chain === undefined) throw new RangeError('no registry is bound yet');
  return chain;
}

function versionsIn(registries: Registries, from: number): readonly Registry[] {
  const count = registries.newest.version - from + 1;
  return Array.from({ length: count }, (_, i) => registries.at(from + i)!);
}

/** In a later version than the first, a node of a group has something to take over. */
function isOpenAtFirst(registry: Registry, id: Uint8Array): boolean {
  const index = nodeIndex(registry, id);
  const isGrouped = registry.groups.some((group) => group.includes(index));
  return registry.version === 1 || !isGrouped || registry.nodes[index]!.missed > 0;
}

function snapshotOf(
  { network, keys }: VersionParts,
  first: Registry | undefined,
  chain: Chain | undefined,
  voter: Uint8Array,
): Snapshot {
  const known = knownOf(network, first, chain);
  if (known === undefined) return { first, chain, voter, known, standing: undefined };
  const { newest } = known;
  const open = chain?.open ?? (isOpenAtFirst(newest, keys.id) ? newest.version : 0);
  const standing = open === newest.version ? standingOf(known, keys.id, voter) : undefined;
  return { first, chain, voter, known, standing };
}

/** The engine is bound to its lineage, whatever the node is told at a later start. */
function knownOf(
  network: Uint8Array,
  first: Registry | undefined,
  chain: Chain | undefined,
): Registries | undefined {
  if (first === undefined) return chain?.registries;
  if (!equal(first.network, network)) return undefined;
  if (chain === undefined) return registriesOf(first);
  return equal(registryLineage(first), chain.registries.lineage) ? chain.registries : undefined;
}

/** Where the node stands in the newest version; undefined if it is not in it with its present key. */
function standingOf(
  registries: Registries,
  id: Uint8Array,
  voter: Uint8Array,
): Standing | undefined {
  const registry = registries.newest;
  const index = nodeIndex(registry, id);
  const node = registry.nodes[index];
  if (node === undefined || node.missed > 0) return undefined;
  if (!equal(node.voteKey, voter)) return undefined;
  return { network: registry.network, registries, registry, index };
}
