/**
 * The registry: which storage nodes exist, with their vote keys, and which group keeps which slot.
 *
 * Groups are assigned by the registry, disjoint, of r = 3f + 1 nodes each; a slot belongs to a
 * group by hash. A lineage of registries is named by the address of its first version.
 */

import { isZero, keyOf } from './bytes.ts';
import {
  bytes32,
  list,
  object,
  struct,
  text,
  u16,
  u32,
  u8,
  variable,
  where,
  type Obj,
} from './codec.ts';
import { address, hash } from './hash.ts';
import { kinds } from './kinds.ts';
import { limits } from './limits.ts';
import { suiteCoder, type Suite } from './suite.ts';

export interface RegistryNode {
  readonly suite: Suite;
  /** The key that signs votes under this version of the registry. */
  readonly voteKey: Uint8Array;
  /** Where it is reached, for example `http://127.0.0.1:4610`. */
  readonly address: string;
}

export interface Registry {
  readonly network: Uint8Array;
  /** Address of version 1; zero in version 1 itself, which is named by its own address. */
  readonly first: Uint8Array;
  readonly version: number;
  /** Replicas of an object and nodes of a group; votes that certify; faulty nodes that a group survives. */
  readonly r: number;
  readonly q: number;
  readonly f: number;
  readonly nodes: readonly RegistryNode[];
  /** Node indices, `r` in each group, no node in two. */
  readonly groups: readonly (readonly number[])[];
}

export const registry: Obj<Registry> = object(
  kinds.registry,
  limits.objectBytesMax,
  where(
    struct({
      network: bytes32,
      first: bytes32,
      version: u32,
      r: u8,
      q: u8,
      f: u8,
      nodes: list(
        struct({
          suite: suiteCoder,
          voteKey: variable(limits.publicKeyBytesMax),
          address: text(128),
        }),
        limits.registryNodesMax,
        1,
      ),
      groups: list<readonly number[]>(list(u16, limits.votesMax, 1), limits.registryNodesMax, 1),
    }),
    wellFormed,
  ),
);

/** Lineages that were computed: a registry is looked at for every vote, and never changes. */
const lineages = new WeakMap<Registry, Uint8Array>();

/** The name of the lineage that a registry belongs to. */
export function registryLineage(value: Registry): Uint8Array {
  const known = lineages.get(value);
  if (known !== undefined) return known;
  const lineage = isZero(value.first) ? address(registry.encode(value)) : value.first;
  lineages.set(value, lineage);
  return lineage;
}

/** The node's id: it stays while its vote key stays. */
export function nodeId(node: { readonly suite: Suite; readonly voteKey: Uint8Array }): Uint8Array {
  return hash('storage-node', Uint8Array.of(node.suite), node.voteKey);
}

/** The indices of the nodes that keep the slot. */
export function groupOf(value: Registry, slotKey: Uint8Array): readonly number[] {
  const draw = hash('group', registryLineage(value), slotKey);
  const number = new DataView(draw.buffer, draw.byteOffset).getUint32(0);
  return value.groups[number % value.groups.length]!;
}

/**
 * q > (r + f) / 2: two quorums of a group share an honest node. r = 3f + 1: a quorum can form. No
 * node stands twice, under whatever address: one signer must not count as several.
 */
function wellFormed({ version, first, r, q, f, nodes, groups }: Registry): boolean {
  if (version < 1 || (version === 1) !== isZero(first)) return false;
  if (r !== 3 * f + 1 || 2 * q <= r + f || q > r || r > limits.votesMax) return false;
  const members = groups.flat();
  const ids = new Set(nodes.map((node) => keyOf(nodeId(node))));
  return (
    ids.size === nodes.length &&
    groups.every((group) => group.length === r) &&
    members.every((index) => index < nodes.length) &&
    new Set(members).size === members.length
  );
}
