/**
 * The first nodes of every bucket, drawn when they are asked for and then looked up.
 *
 * A node or a wallet places many objects under one registry. There are at most 2^20 buckets, so all
 * answers fit into a few megabytes, and an object costs one look.
 */

import { emptySeat } from '@dsm/primitive';
import { checkBucket, permInto } from './perm.ts';
import type { Rendezvous } from './rendezvous.ts';

export interface ReplicaTable {
  /** How many nodes each bucket has in the table: as many as were asked for, or all holders. */
  readonly width: number;
  /** Those of all buckets, `width` for each; right only at a place that `at` has given. */
  readonly nodes: Uint16Array;
  /** Where in `nodes` the bucket begins. */
  readonly at: (bucket: number) => number;
  /** The nodes of a bucket, as a list. */
  readonly replicas: (bucket: number) => readonly number[];
}

export function replicaTable(view: Rendezvous, count: number): ReplicaTable {
  const width = Math.min(count, view.holders.length);
  const buckets = 2 ** view.bucketBits;
  const nodes = new Uint16Array(buckets * width);
  const drawn = new Uint8Array(buckets);
  const at = (bucket: number): number => {
    if (drawn[bucket] !== 1) {
      checkBucket(view, bucket);
      permInto(view, bucket, width, nodes, bucket * width);
      drawn[bucket] = 1;
    }
    return bucket * width;
  };
  return {
    width,
    nodes,
    at,
    replicas: (bucket) => {
      const from = at(bucket);
      return Array.from({ length: width }, (_, i) => nodes[from + i]!);
    },
  };
}

/** The buckets of which the node is among the first `count`, ascending. */
export function bucketsOf(
  view: Rendezvous,
  node: number,
  count: number,
  table: ReplicaTable = replicaTable(view, count),
): Uint32Array {
  if (node < 0 || node >= emptySeat) throw new RangeError(`node: ${node} is no index`);
  const found: number[] = [];
  for (let bucket = 0; bucket < 2 ** view.bucketBits; bucket++) {
    const from = table.at(bucket);
    for (let i = from; i < from + Math.min(count, table.width); i++) {
      if (table.nodes[i] === node) found.push(bucket);
    }
  }
  return Uint32Array.from(found);
}
