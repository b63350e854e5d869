/**
 * The top of a sum map: a tree over the roots of all buckets, and nothing of what is in them.
 *
 * Digests lie in memory only for occupied buckets and what is above them, in typed arrays; a bucket
 * that changes makes its path stale, and each stale path is hashed once, when somebody asks. With
 * 2^16 buckets that is 6 MB at most, however many objects there are.
 */

import { emptySubtree, join, type Subtree } from './sum-map.ts';

export interface Forest {
  readonly bucketBits: number;
  /** The bucket now holds this subtree, of the depth `bucketBits`. */
  readonly set: (bucket: number, subtree: Subtree) => void;
  /** The whole map: its root, and the sum of everything in it. */
  readonly root: () => Subtree;
  /** The subtree of all keys whose first `depth` bits are `prefix`; depth 0 to `bucketBits`. */
  readonly at: (depth: number, prefix: number) => Subtree;
  /** The first bucket below that prefix that is not empty. */
  readonly occupied: (depth: number, prefix: number) => number | undefined;
  /** Where byte `point` of the sum lies: the bucket, and how far into it. */
  readonly find: (point: number) => { readonly bucket: number; readonly point: number } | undefined;
}

/**
 * Place 1 is the whole, and below place i stand 2i and 2i + 1; so the buckets stand last. A place has
 * a record if something is below it.
 */
interface Places {
  readonly records: Uint32Array;
  readonly stale: Uint8Array;
  digests: Uint8Array;
  sums: Float64Array;
  used: number;
  readonly free: number[];
}

export function forest(bucketBits: number): Forest {
  if (!Number.isInteger(bucketBits) || bucketBits < 0 || bucketBits > 24) {
    throw new RangeError(`bucketBits: ${bucketBits} is not in 0…24`);
  }
  const buckets = 2 ** bucketBits;
  const places: Places = {
    records: new Uint32Array(2 * buckets),
    stale: new Uint8Array(buckets),
    digests: new Uint8Array(32 * 16),
    sums: new Float64Array(16),
    used: 1,
    free: [],
  };
  const placeOf = (depth: number, prefix: number): number => {
    const count = 2 ** depth;
    if (!(depth >= 0 && depth <= bucketBits && prefix >= 0 && prefix < count)) {
      throw new RangeError(`no subtree has ${depth} bits with the number ${prefix}`);
    }
    return count + prefix;
  };
  return {
    bucketBits,
    set: (bucket, subtree) => {
      const place = placeOf(bucketBits, bucket);
      put(places, place, subtree);
      for (let above = place >> 1; above > 0 && places.stale[above] === 0; above >>= 1) {
        places.stale[above] = 1;
      }
    },
    root: () => fresh(places, 1),
    at: (depth, prefix) => fresh(places, placeOf(depth, prefix)),
    occupied: (depth, prefix) => {
      let place = placeOf(depth, prefix);
      if (fresh(places, place) === emptySubtree) return undefined;
      while (place < buckets) place = places.records[2 * place] === 0 ? 2 * place + 1 : 2 * place;
      return place - buckets;
    },
    find: (point) => {
      const { sum } = fresh(places, 1);
      if (!(point >= 0 && point < sum)) return undefined;
      let rest = point;
      let place = 1;
      while (place < buckets) {
        place *= 2;
        const left = sumAt(places, place);
        if (rest < left) continue;
        rest -= left;
        place += 1;
      }
      return { bucket: place - buckets, point: rest };
    },
  };
}

/** The subtree at a place, after hashing whatever is stale below it. */
function fresh(places: Places, place: number): Subtree {
  if (places.stale[place] === 1) {
    put(places, place, join(fresh(places, 2 * place), fresh(places, 2 * place + 1)));
    places.stale[place] = 0;
  }
  const record = places.records[place]!;
  if (record === 0) return emptySubtree;
  return {
    digest: places.digests.slice(record * 32, record * 32 + 32),
    sum: places.sums[record]!,
  };
}

function sumAt(places: Places, place: number): number {
  return places.sums[places.records[place]!]!;
}

function put(places: Places, place: number, { digest, sum }: Subtree): void {
  let record = places.records[place]!;
  if (digest.every((byte) => byte === 0)) {
    if (record !== 0) places.free.push(record);
    places.records[place] = 0;
    return;
  }
  if (record === 0) {
    record = places.free.pop() ?? added(places);
    places.records[place] = record;
  }
  places.digests.set(digest, record * 32);
  places.sums[record] = sum;
}

function added(places: Places): number {
  if (places.used === places.sums.length) {
    const digests = new Uint8Array(places.digests.length * 2);
    digests.set(places.digests);
    places.digests = digests;
    const sums = new Float64Array(places.sums.length * 2);
    sums.set(places.sums);
    places.sums = sums;
  }
  return places.used++;
}
