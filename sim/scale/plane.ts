/**
 * A storage plane as values: a registry, and for each of its nodes what it keeps. Placement, sizes,
 * admission and addresses are those of the core; what is left out is everything that makes a node a
 * program, which host/wallet/test/storage-theorems.test.ts has.
 */

import { admits, firstRegistry, placement, recordSize } from '@dsm/availability';
import {
  address,
  encodeWith,
  equal,
  hash,
  keyOf,
  nodeId,
  signatures,
  u32,
  type Admission,
  type KeyPair,
  type Registry,
  type RegistryNode,
} from '@dsm/primitive';
import { network } from './party.ts';

export interface PlaneNode {
  readonly capacityBytes: number;
  usedBytes: number;
  readonly kept: Map<string, Uint8Array>;
  isAway: boolean;
}

/** Nodes are found by their id, whatever their index in a version. */
export type Plane = Map<string, PlaneNode>;

export function identityOf(number: number): KeyPair {
  return signatures().keyPair('ml-dsa-65', hash('storage-node', encodeWith(u32, number)));
}

export function voterOf(number: number, version: number): KeyPair {
  const seed = hash('voter', encodeWith(u32, number), encodeWith(u32, version));
  return signatures().keyPair('ml-dsa-65', seed);
}

export interface Shape {
  readonly count: number;
  readonly capacityBytes: (number: number) => number;
  readonly bucketBits?: number;
  readonly admission?: Admission;
}

/** Version 1 of nodes 0 to below `count`, in one group of r = 4. */
export function registryOf({ count, capacityBytes, ...rest }: Shape): Registry {
  const nodes = Array.from({ length: count }, (_, number) => ({
    suite: 1 as const,
    id: nodeId(1, identityOf(number).publicKey),
    voteKey: voterOf(number, 1).publicKey,
    address: `node:${number}`,
    capacityBytes: capacityBytes(number),
  }));
  return firstRegistry({ network, nodes, groupsMax: 1, ...rest })!;
}

export function planeOf(registry: Registry): Plane {
  return new Map(registry.nodes.map((node) => [keyOf(node.id), emptyNode(node)]));
}

export function emptyNode({ capacityBytes }: RegistryNode): PlaneNode {
  return { capacityBytes, usedBytes: 0, kept: new Map(), isAway: false };
}

export function nodeAt(plane: Plane, registry: Registry, index: number): PlaneNode {
  return plane.get(keyOf(registry.nodes[index]!.id))!;
}

/** Definition 18: kept if it is there already or there is room; false if not. */
export function admitted(node: PlaneNode, name: string, bytes: Uint8Array): boolean {
  if (node.kept.has(name)) return true;
  const size = recordSize(bytes.length);
  if (!admits(node.usedBytes, size, node.capacityBytes)) return false;
  node.kept.set(name, bytes);
  node.usedBytes += size;
  return true;
}

/** Definition 15: to every replica; with `spills`, to one that stands in for each that is full. */
export function publish(
  plane: Plane,
  registry: Registry,
  bytes: Uint8Array,
  spills: boolean,
): number {
  const at = address(bytes);
  const { replicas, spill } = placement(registry, at);
  const name = keyOf(at);
  const copies = replicas.filter((index) => admitted(nodeAt(plane, registry, index), name, bytes));
  if (!spills) return copies.length;
  let missing = replicas.length - copies.length;
  for (const index of spill) {
    if (missing > 0 && admitted(nodeAt(plane, registry, index), name, bytes)) missing -= 1;
  }
  return replicas.length - missing;
}

export interface Fetched {
  readonly copies: number;
  readonly asked: number;
  readonly bytes: Uint8Array | undefined;
}

/** Definition 16: what the replicas serve, of which only bytes with the right address count. */
export function fetched(
  plane: Plane,
  registry: Registry,
  at: Uint8Array,
  serve: (node: PlaneNode, name: string) => Uint8Array | undefined = served,
): Fetched {
  const { replicas } = placement(registry, at);
  const name = keyOf(at);
  const copies = replicas
    .map((index) => serve(nodeAt(plane, registry, index), name))
    .filter((bytes) => bytes !== undefined && equal(address(bytes), at));
  return { copies: copies.length, asked: new Set(replicas).size, bytes: copies[0] };
}

export function served({ isAway, kept }: PlaneNode, name: string): Uint8Array | undefined {
  return isAway ? undefined : kept.get(name);
}

/** Object number `n`, of so many bytes. */
export function objectOf(n: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  new DataView(bytes.buffer).setUint32(0, n);
  return bytes;
}
