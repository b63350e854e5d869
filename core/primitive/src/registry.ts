/**
 * The registry: which storage nodes exist, with their vote keys, who keeps which object and which
 * slot, and who may write the next version.
 *
 * Objects are placed by seats: a node holds seats in proportion to its capacity (`place`). Slots go
 * to groups of r = 3f + 1 nodes that the registry assigns, disjoint; a slot belongs to a group by
 * hash. Versions form a chain, named by the address of the first one; `threshold` of the signers of
 * a version write the next one (`succession.ts`). A node has an id for its life and a vote key for
 * each version, which it destroys when it has closed that version (`handover.ts`).
 */

import { equal, isZero, keyOf } from './bytes.ts';
import {
  bytes32,
  list,
  object,
  oneOf,
  struct,
  text,
  u16,
  u32,
  u64,
  u8,
  variable,
  where,
  type Coder,
  type Obj,
} from './codec.ts';
import { address, hash } from './hash.ts';
import { kinds } from './kinds.ts';
import { limits } from './limits.ts';
import { suiteCoder, type Suite } from './suite.ts';

export interface RegistryNode {
  readonly suite: Suite;
  /** The digest of its identity key: `nodeId`. */
  readonly id: Uint8Array;
  /** The key that signs votes under this version of the registry. */
  readonly voteKey: Uint8Array;
  /** Where it is reached, for example `http://127.0.0.1:4610`. */
  readonly address: string;
  /** Bytes that it promises to keep. */
  readonly capacityBytes: number;
  /** Versions since it last named a vote key. Above 0 its vote key is stale and it cannot vote. */
  readonly missed: number;
}

export interface Registry {
  readonly network: Uint8Array;
  /** Address of version 1; zero in version 1 itself, which is named by its own address. */
  readonly first: Uint8Array;
  /** Address of the version before; zero in version 1. */
  readonly previous: Uint8Array;
  readonly version: number;
  /** Address of the closed set of signals that this version follows from; zero in version 1. */
  readonly closed: Uint8Array;
  /** Replicas of an object and nodes of a group; votes that certify; faulty nodes that a group survives. */
  readonly r: number;
  readonly q: number;
  readonly f: number;
  /** Objects that share the first so many bits of their address are placed together. */
  readonly bucketBits: number;
  /** Who may join: whom the signers name, or as many as the signals of room call for. */
  readonly admission: Admission;
  /** Capacity that earns a node one seat. The same in all versions. */
  readonly seatBytes: number;
  readonly nodes: readonly RegistryNode[];
  /** Whose seat each is, `emptySeat` if nobody's; a power of two of them. */
  readonly seats: readonly number[];
  /** Node indices, `r` in each group, no node in two. */
  readonly groups: readonly (readonly number[])[];
  /** Node indices, ascending: who writes the next version, and how many of them must. */
  readonly signers: readonly number[];
  readonly threshold: number;
}

export const admissions = { named: 0, signalled: 1 } as const;
export type Admission = (typeof admissions)[keyof typeof admissions];

/** A seat that nobody has. */
export const emptySeat = 0xffff;

export const registryNodeCoder: Coder<RegistryNode> = struct({
  suite: suiteCoder,
  id: bytes32,
  voteKey: variable(limits.publicKeyBytesMax),
  address: text(limits.nodeAddressBytesMax),
  capacityBytes: u64,
  missed: u8,
});

export const registry: Obj<Registry> = object(
  kinds.registry,
  limits.registryBytesMax,
  where(
    struct({
      network: bytes32,
      first: bytes32,
      previous: bytes32,
      version: u32,
      closed: bytes32,
      r: u8,
      q: u8,
      f: u8,
      bucketBits: u8,
      admission: oneOf([admissions.named, admissions.signalled]),
      seatBytes: u64,
      nodes: list(registryNodeCoder, limits.registryNodesMax, 1),
      seats: list(u16, limits.seatsMax, 1),
      groups: list<readonly number[]>(list(u16, limits.votesMax, 1), limits.registryNodesMax, 1),
      signers: list(u16, limits.registrySignersMax, 1),
      threshold: u8,
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

/** The node's id: the digest of the key that signs all that it says beside its votes. */
export function nodeId(suite: Suite, identityKey: Uint8Array): Uint8Array {
  return hash('storage-node', Uint8Array.of(suite), identityKey);
}

/** The name of a vote key, which stands for its node in one version. */
export function voterId(node: { readonly suite: Suite; readonly voteKey: Uint8Array }): Uint8Array {
  return hash('voter', Uint8Array.of(node.suite), node.voteKey);
}

/** The versions of one lineage that somebody knows. */
export interface Registries {
  readonly lineage: Uint8Array;
  readonly newest: Registry;
  readonly at: (version: number) => Registry | undefined;
}

/** These versions, of one lineage; the last one is the newest. */
export function registriesOf(...versions: readonly Registry[]): Registries {
  const newest = versions.at(-1);
  if (newest === undefined) throw new RangeError('registries: at least one version');
  const lineage = registryLineage(newest);
  if (versions.some((one) => !equal(registryLineage(one), lineage))) {
    throw new RangeError('registries: of one lineage');
  }
  const byVersion = new Map(versions.map((one) => [one.version, one]));
  return { lineage, newest, at: (version) => byVersion.get(version) };
}

/** The index of the node with this id, or -1. */
export function nodeIndex(value: Registry, id: Uint8Array): number {
  return value.nodes.findIndex((node) => equal(node.id, id));
}

/**
 * The indices of the nodes that keep the slot: the group that scores highest for it, so that a
 * group which is added takes only its share from each of the others.
 */
export function groupOf(value: Registry, slotKey: Uint8Array): readonly number[] {
  return value.groups[groupIndexOf(value, slotKey)]!;
}

/** The number of the slot's group. */
export function groupIndexOf(value: Registry, slotKey: Uint8Array): number {
  const { length } = value.groups;
  if (length === 1) return 0;
  const draw = hash('group', registryLineage(value), slotKey);
  return jump(new DataView(draw.buffer, draw.byteOffset), length);
}

/**
 * The last number below `count` at which the draws jump to a new maximum (after Lamping and Veach,
 * 2014, with integers only): number i is taken over with the chance 1/(i + 1), so it changes only
 * when a group is added at the end or taken away there.
 */
function jump(draw: DataView, count: number): number {
  let state = draw.getUint32(0) ^ draw.getUint32(4);
  let chosen = 0;
  for (let i = 1; i < count; i++) {
    state = mixed((state + 0x9e3779b9) | 0);
    // A 32-bit number is below 2^32 / (i + 1) in one of i + 1 cases.
    if ((state >>> 0) * (i + 1) < 0x100000000) chosen = i;
  }
  return chosen;
}

/** The finaliser of MurmurHash3: every bit of the input changes half of the output. */
function mixed(value: number): number {
  let mix = value;
  mix = Math.imul(mix ^ (mix >>> 16), 0x85ebca6b);
  mix = Math.imul(mix ^ (mix >>> 13), 0xc2b2ae35);
  return mix ^ (mix >>> 16);
}

/**
 * q > (r + f) / 2: two quorums of a group share an honest node. r = 3f + 1: a quorum can form. No
 * node stands twice, under whatever address: one signer must not count as several. Two sets of
 * signers share an honest one as long as fewer than a third of them are not.
 */
function wellFormed(value: Registry): boolean {
  return isChained(value) && hasQuorums(value) && hasNodes(value) && hasSigners(value);
}

function isChained({ version, first, previous, closed }: Registry): boolean {
  const isFirst = version === 1;
  return version >= 1 && [first, previous, closed].every((one) => isZero(one) === isFirst);
}

function hasQuorums({ r, q, f, bucketBits, seatBytes }: Registry): boolean {
  const votes = r === 3 * f + 1 && 2 * q > r + f && q <= r;
  const { bucketBitsMin, bucketBitsMax } = limits;
  return votes && bucketBits >= bucketBitsMin && bucketBits <= bucketBitsMax && seatBytes > 0;
}

function hasNodes({ r, nodes, seats, groups }: Registry): boolean {
  const members = groups.flat();
  const areDistinct = (all: readonly Uint8Array[]): boolean =>
    new Set(all.map(keyOf)).size === all.length;
  return (
    areDistinct(nodes.map(({ id }) => id)) &&
    areDistinct(nodes.map(voterId)) &&
    groups.every((group) => group.length === r) &&
    members.every((index) => index < nodes.length) &&
    new Set(members).size === members.length &&
    (seats.length & (seats.length - 1)) === 0 &&
    seats.every((owner) => owner === emptySeat || owner < nodes.length)
  );
}

function hasSigners({ nodes, signers, threshold }: Registry): boolean {
  const { length } = signers;
  const bad = Math.floor((length - 1) / 3);
  return (
    signers.every((index, i) => index < nodes.length && (i === 0 || signers[i - 1]! < index)) &&
    threshold <= length - bad &&
    2 * threshold > length + bad
  );
}
