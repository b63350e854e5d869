/**
 * What a node shows of its map under its newest ByteCommit. Where something has changed since, it
 * answers `later`: the next commit will show it.
 */

import {
  bucketOf,
  bucketPageCoder,
  bucketPath,
  proveSum,
  provenKeyCoder,
  subtree,
  type MapName,
  type SumEntry,
} from '@dsm/availability';
import { NodeError } from '@dsm/ports';
import { compare, encodeWith, equal, limits } from '@dsm/primitive';
import { commitTurn, isOf, type Commits } from './commits.ts';
import type { NodeMap } from './node-map.ts';
import type { Turns } from './turns.ts';

export interface Proofs {
  /** An encoded `ProvenKey`. */
  readonly prove: (map: MapName, key: Uint8Array) => Promise<Uint8Array>;
  /** An encoded `BucketPage`: the keys of a bucket after one of them. */
  readonly bucket: (
    map: MapName,
    bucket: number,
    after: Uint8Array | undefined,
  ) => Promise<Uint8Array>;
  /** The first page of the bucket where the byte lies; undefined if it lies behind them all. */
  readonly bucketAt: (map: MapName, point: number) => Promise<Uint8Array | undefined>;
}

export function proofsOf(
  commits: Commits,
  map: () => Promise<NodeMap | undefined>,
  inTurn: Turns,
): Proofs {
  /** Works on the map at a moment when it is what the newest commit says. */
  const under = <T>(work: (now: NodeMap, sequence: number) => Promise<T>): Promise<T> =>
    inTurn(commitTurn, async () => {
      const [now, newest] = [await map(), commits.newest()];
      if (now === undefined || newest === undefined) throw later('there is no ByteCommit yet');
      if (!isOf(now, newest)) throw later('the map is being read again');
      return work(now, newest.commit.sequence);
    });
  return {
    prove: (name, key) =>
      under(async (now, sequence) => {
        const known = new Map<number, readonly SumEntry[]>();
        const bucket = bucketOf(now.bucketBits, key);
        known.set(bucket, await committed(now, name, bucket));
        for (;;) {
          let wanted: number | undefined;
          const proof = proveSum(
            now.forest(name),
            (at) => {
              if (!known.has(at)) wanted = at;
              return known.get(at) ?? [];
            },
            key,
          );
          // A small map's proof may need the only key of another bucket.
          if (wanted !== undefined) known.set(wanted, await committed(now, name, wanted));
          else {
            const size = known.get(bucket)!.find((one) => equal(one.key, key))?.size;
            return encodeWith(provenKeyCoder, { sequence, size, proof });
          }
        }
      }),
    bucket: (name, bucket, after) =>
      under((now, sequence) => page(now, name, sequence, bucket, after)),
    bucketAt: (name, point) =>
      under(async (now, sequence) => {
        const found = now.forest(name).find(point);
        return found === undefined ? undefined : page(now, name, sequence, found.bucket, undefined);
      }),
  };
}

async function page(
  map: NodeMap,
  name: MapName,
  sequence: number,
  bucket: number,
  after: Uint8Array | undefined,
): Promise<Uint8Array> {
  if (bucket >= 2 ** map.bucketBits) throw new NodeError('refused', 'there is no such bucket');
  const all = await committed(map, name, bucket);
  const rest = after === undefined ? all : all.filter(({ key }) => compare(key, after) > 0);
  const entries = rest.slice(0, limits.pageKeysMax);
  const more = entries.length < rest.length ? 1 : 0;
  const path = bucketPath(map.forest(name), bucket);
  return encodeWith(bucketPageCoder, { sequence, bucket, entries, more, path });
}

/** The keys of a bucket if they are still those of the commit. */
async function committed(
  map: NodeMap,
  name: MapName,
  bucket: number,
): Promise<readonly SumEntry[]> {
  const entries = await map.entries(name, bucket);
  const { digest } = map.forest(name).at(map.bucketBits, bucket);
  if (!equal(subtree(entries, map.bucketBits).digest, digest)) throw later('the bucket changed');
  return entries;
}

function later(sentence: string): NodeError {
  return new NodeError('unreachable', sentence);
}
