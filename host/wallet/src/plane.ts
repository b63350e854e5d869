/**
 * The storage plane as a wallet sees it: the newest version of the registry that it knows, the
 * versions before, and a way to every node.
 *
 * A version is followed by its certified successor, whoever hands it out, and older ones by their
 * addresses. Where an answer is too thin, the wallet looks for a newer version and asks again; an
 * object that the nodes of the newest version lack may still be with those of the one before.
 */

import { linkFollows, registryAddress, type RegistryLink } from '@dsm/availability';
import type { NodeApi } from '@dsm/ports';
import {
  equal,
  keyOf,
  registryLineage,
  type Registries,
  type Registry,
  type RegistryNode,
} from '@dsm/primitive';

import type { Network } from './api.ts';
import { DsmError } from './errors.ts';
import { fetchLink } from '@dsm/storage-node';
import { gather } from './quorum-gather.ts';
import { quorum, type Quorum, type QuorumOptions } from './quorum.ts';

export interface Plane extends Quorum {
  readonly registries: Registries;
  /** Learns the versions that have followed; answers how many. */
  readonly follow: () => Promise<number>;
  /** Takes links that somebody else has handed out, oldest first; answers how many were new. */
  readonly take: (links: readonly RegistryLink[]) => Promise<number>;
  /** Learns an older version, back from the oldest that is known. True if it is known then. */
  readonly learn: (version: number) => Promise<boolean>;
  /** The link of a version that is known, for others. */
  readonly link: (version: number) => RegistryLink | undefined;
}

export interface PlaneOptions extends QuorumOptions {
  /** What was learned before, in any order. */
  readonly links?: readonly RegistryLink[];
  /** Keeps a link durably. */
  readonly keep?: (link: RegistryLink) => Promise<void>;
}

type Chain = Pick<Plane, 'registries' | 'follow' | 'take' | 'learn' | 'link'>;
type WayTo = (node: RegistryNode) => NodeApi | undefined;

export function planeOf(network: Network, options: PlaneOptions = {}): Plane {
  const wayTo = ways(network);
  const chain = chainOf(network.registry, wayTo, options);
  const { registries, follow } = chain;
  const planes = new Map<Registry, Quorum>();
  const planeOfVersion = (registry: Registry): Quorum => {
    const made = planes.get(registry) ?? quorum(registry, registry.nodes.map(wayTo), options);
    planes.set(registry, made);
    return made;
  };
  const newest = (): Quorum => planeOfVersion(registries.newest);
  /** Asks again if the answer was too thin and there is a newer version. */
  const again = async <T>(
    work: (by: Quorum) => Promise<T>,
    isThin: (answer: T) => boolean,
  ): Promise<T> => {
    const answer = await work(newest());
    return isThin(answer) && (await follow()) > 0 ? work(newest()) : answer;
  };
  return {
    ...chain,
    publish: (bytes, signal, terms) =>
      again(
        (by) => by.publish(bytes, signal, terms),
        ({ available }) => !available,
      ),
    ask: (index, request) => newest().ask(index, request),
    fetch: async (address, signal) => {
      const found = await newest().fetch(address, signal);
      const before = registries.at(registries.newest.version - 1);
      if (found !== undefined || before === undefined) return found;
      return planeOfVersion(before).fetch(address, signal);
    },
    available: (address, signal) => newest().available(address, signal),
    copies: (address, signal) => newest().copies(address, signal),
    possessed: (bytes, signal) => newest().possessed(bytes, signal),
    writeSlot: (write, signal) =>
      again(
        (by) => by.writeSlot(write, signal),
        ({ type }) => type === 'undecided',
      ),
    readSlot: (place, signal) =>
      again(
        (by) => by.readSlot(place, signal),
        ({ type }) => type === 'undecided',
      ),
  };
}

/** What is known of the registry's history, and how more of it is learned. */
function chainOf(first: Registry, wayTo: WayTo, { links: kept = [], keep }: PlaneOptions): Chain {
  const { links, registries, oldest } = knownFrom(first, kept);
  const add = async (link: RegistryLink): Promise<void> => {
    await keep?.(link);
    links.set(link.registry.version, link);
  };
  const take = async (some: readonly RegistryLink[]): Promise<number> => {
    let taken = 0;
    for (const link of some) {
      if (!linkFollows(registries.newest, link)) continue;
      await add(link);
      taken += 1;
    }
    return taken;
  };
  return {
    registries,
    take,
    link: (version) => links.get(version),
    follow: async () => {
      for (let followed = 0; ; followed++) {
        const { newest } = registries;
        const link = await linkFrom(newest, wayTo, newest.version + 1, (one) =>
          linkFollows(newest, one),
        );
        // Two may follow at a time: what one has learned the other need not.
        if (link === undefined || (await take([link])) === 0) return followed;
      }
    },
    learn: async (version) => {
      while (oldest().version > version) {
        const { version: known, previous } = oldest();
        const link = await linkFrom(registries.newest, wayTo, known - 1, ({ registry }) =>
          equal(registryAddress(registry), previous),
        );
        if (link === undefined) return false;
        await add(link);
      }
      return links.has(version);
    },
  };
}

interface Known {
  readonly links: Map<number, RegistryLink>;
  readonly registries: Registries;
  readonly oldest: () => Registry;
}

/** The chain through `first` that the links make; others are of another history and are left out. */
function knownFrom(first: Registry, some: readonly RegistryLink[]): Known {
  const links = new Map<number, RegistryLink>([
    [first.version, { registry: first, succession: undefined }],
  ]);
  const byVersion = new Map(some.map((link) => [link.registry.version, link]));
  for (let next = byVersion.get(first.version + 1); next !== undefined;) {
    if (!linkFollows(links.get(next.registry.version - 1)!.registry, next)) break;
    links.set(next.registry.version, next);
    next = byVersion.get(next.registry.version + 1);
  }
  for (let last = first, before = byVersion.get(first.version - 1); before !== undefined;) {
    if (!equal(registryAddress(before.registry), last.previous)) break;
    links.set(before.registry.version, before);
    last = before.registry;
    before = byVersion.get(last.version - 1);
  }
  const of = (version: number): Registry => links.get(version)!.registry;
  const registries: Registries = {
    lineage: registryLineage(first),
    get newest() {
      return of(Math.max(...links.keys()));
    },
    at: (version) => links.get(version)?.registry,
  };
  return { links, registries, oldest: () => of(Math.min(...links.keys())) };
}

/** A way to each node: as the network gives it, or dialled by its address. */
function ways({ registry, nodes, dial }: Network): WayTo {
  const given = new Map(
    registry.nodes.map(({ id, address }, i) => [keyOf(id), { address, node: nodes[i] }]),
  );
  const dialled = new Map<string, NodeApi>();
  return ({ id, address }) => {
    const way = given.get(keyOf(id));
    if (way?.node !== undefined && way.address === address) return way.node;
    const node = dialled.get(address) ?? dial?.(address);
    if (node !== undefined) dialled.set(address, node);
    return node ?? way?.node;
  };
}

/** The link of a version from the nodes of one group: at most f of them withhold it. */
async function linkFrom(
  { nodes, groups, f }: Registry,
  wayTo: WayTo,
  version: number,
  holds: (link: RegistryLink) => boolean,
): Promise<RegistryLink | undefined> {
  const [found] = await gather({
    of: groups[version % groups.length]!,
    width: f + 1,
    ask: async (index) => {
      const node = wayTo(nodes[index]!);
      const link = node === undefined ? undefined : await fetchLink(node, version);
      return link !== undefined && holds(link) ? link : undefined;
    },
    isEnough: (all) => all.length > 0,
    signal: undefined,
  });
  return found;
}

/** Refuses a network whose registry is of another lineage than what the wallet has lived by. */
export function checkLineage(network: Network, links: readonly RegistryLink[]): void {
  const lineage = registryLineage(network.registry);
  if (links.every(({ registry }) => equal(registryLineage(registry), lineage))) return;
  throw new DsmError('usage', 'the network file names another registry than this wallet’s');
}
