/** Version 1 of a registry, out of the nodes that somebody names. */

import {
  admissions,
  emptySeat,
  limits,
  zero32,
  type Admission,
  type Registry,
  type RegistryNode,
} from '@dsm/primitive';
import { seated, seatsFor } from './seating.ts';

export interface Genesis {
  readonly network: Uint8Array;
  /** In the order in which they form groups. */
  readonly nodes: readonly Omit<RegistryNode, 'missed'>[];
  /** Faulty nodes that a group survives: 1 for test networks and known operators, 4 for open ones. */
  readonly faulty?: number;
  readonly bucketBits?: number;
  readonly admission?: Admission;
  /** The most groups to form; nodes beside the groups keep objects and no slots. */
  readonly groupsMax?: number;
}

/** Deviation of load by buckets stays below two percent up to some hundred nodes. */
const usualBucketBits = 16;
/** The smallest node has so many seats, so that others can be told apart from it. */
const seatsOfSmallest = 4;

/** Undefined if there are too few nodes for one group. */
export function firstRegistry(genesis: Genesis): Registry | undefined {
  const { network, faulty: f = 1, bucketBits = usualBucketBits } = genesis;
  const nodes = genesis.nodes.map((node) => ({ ...node, missed: 0 }));
  const r = 3 * f + 1;
  if (nodes.length < r) return undefined;
  const smallest = Math.min(...nodes.map(({ capacityBytes }) => capacityBytes));
  const seatBytes = Math.max(1, Math.floor(smallest / seatsOfSmallest));
  const groupCount = Math.min(Math.floor(nodes.length / r), genesis.groupsMax ?? nodes.length);
  const signers = nodes.slice(0, limits.registrySignersMax).map((_, index) => index);
  return {
    network,
    first: zero32,
    previous: zero32,
    version: 1,
    closed: zero32,
    r,
    q: quorumOf(r, f),
    f,
    bucketBits,
    admission: genesis.admission ?? admissions.named,
    seatBytes,
    nodes,
    seats: nodes.reduce<readonly number[]>(
      (seats, { capacityBytes }, index) => seated(seats, index, seatsFor(capacityBytes, seatBytes)),
      [emptySeat],
    ),
    groups: Array.from({ length: groupCount }, (_, group) =>
      Array.from({ length: r }, (__, member) => group * r + member),
    ),
    signers,
    threshold: thresholdOf(signers.length),
  };
}

/** The least q above (r + f) / 2. */
export function quorumOf(r: number, f: number): number {
  return Math.floor((r + f) / 2) + 1;
}

/** The least number of signers of whom two sets share an honest one, with a third of them bad. */
export function thresholdOf(signers: number): number {
  return quorumOf(signers, Math.floor((signers - 1) / 3));
}
