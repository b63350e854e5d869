/**
 * A node's map: two Merkle-sum forests, of its objects and of its slots, each key with the size that
 * capacity counts. Their sums are exactly what the node uses.
 *
 * In memory there is one digest for each occupied bucket and what is above them, whatever the number
 * of objects; buckets that changed are read again when somebody asks. The forests stand still at the
 * newest ByteCommit, so that its proofs can be served; what was read since stands beside them.
 *
 * Bucket digests are kept in the engine, by slices, so a node that starts reads again only the
 * slices that changed since they were saved (changes.ts).
 */

import {
  bucketOf,
  forest,
  keysUnder,
  recordSize,
  subtree,
  type Forest,
  type MapName,
  type Subtree,
  type SumEntry,
} from '@dsm/availability';
import type { Engine, EngineWrite } from '@dsm/ports';
import { bytes32, decodeWith, encodeWith, equal, list, struct, u16, u64 } from '@dsm/primitive';
import { mapped, slices, type Changes } from './changes.ts';
import { named, shelves } from './rows.ts';

export interface NodeMap {
  readonly bucketBits: number;
  /** The forest as of the newest ByteCommit. */
  readonly forest: (map: MapName) => Forest;
  /** Reads every bucket that has changed. */
  readonly refresh: (map: MapName) => Promise<void>;
  /** Another number whenever a bucket has been read anew. */
  readonly revision: () => number;
  /** The bucket as of the last refresh. */
  readonly current: (map: MapName, bucket: number) => Subtree;
  /** The keys of the bucket as they stand now, in order. */
  readonly entries: (map: MapName, bucket: number) => Promise<readonly SumEntry[]>;
  /** Moves the forests to the last refresh. `writes` keep that, `undo` takes it back. */
  readonly advance: () => { readonly writes: readonly EngineWrite[]; readonly undo: () => void };
}

const names: readonly MapName[] = [1, 2];

interface Half {
  readonly forest: Forest;
  /** Buckets that were read since the forest moved. */
  readonly ahead: Map<number, Subtree>;
  /** Slices whose rows say less than the forest. */
  readonly unsaved: Set<number>;
}

/** The map of what `changes` knows; everything must be written through its engine. */
export async function nodeMap(changes: Changes, bucketBits: number): Promise<NodeMap> {
  const { engine } = changes;
  const head = await engine.get(shelves.named, headKey());
  const isSaved = head !== undefined && equal(head, Uint8Array.of(bucketBits));
  const halves = new Map<MapName, Half>();
  for (const map of names) {
    const half = { forest: forest(bucketBits), ahead: new Map(), unsaved: new Set<number>() };
    const isLoaded = isSaved && (await load(engine, map, half.forest));
    // What an engine held before it had a map, or under other buckets, is read once in whole.
    if (!isLoaded && engine.totals(mapped[map]).records > 0) changes.all(mapped[map]);
    halves.set(map, half);
  }
  const halfOf = (map: MapName): Half => halves.get(map)!;
  const read = async (map: MapName, bits: number, prefix: number): Promise<readonly SumEntry[]> => {
    const found: SumEntry[] = [];
    const listed = engine.entries(mapped[map], prefixOf(bits, prefix), bits);
    for await (const { key, size } of listed) found.push({ key, size: recordSize(size) });
    return found;
  };
  let revision = 0;
  return {
    bucketBits,
    revision: () => revision,
    forest: (map) => halfOf(map).forest,
    entries: (map, bucket) => read(map, bucketBits, bucket),
    refresh: async (map) => {
      const { ahead } = halfOf(map);
      const shelf = mapped[map];
      const put = (bucket: number, entries: readonly SumEntry[]): void => {
        ahead.set(bucket, subtree(entries, bucketBits));
        revision += 1;
      };
      for (let slice = 0; slice < slices; slice++) {
        const changed = changes.within(shelf, slice, bucketBits);
        if (changed.length <= apartMax) {
          for (const bucket of changed) {
            const place = { shelf, bits: bucketBits, bucket };
            put(bucket, await changes.still(place, () => read(map, bucketBits, bucket)));
          }
          continue;
        }
        // Where much has changed, one look at the slice is cheaper than one at each bucket.
        const place = { shelf, bits: sliceBits, bucket: slice };
        const all = await changes.still(place, () => read(map, sliceBits, slice));
        const byBucket = Map.groupBy(all, ({ key }) => bucketOf(bucketBits, key));
        for (const bucket of changed) put(bucket, byBucket.get(bucket) ?? []);
      }
    },
    current: (map, bucket) => {
      const half = halfOf(map);
      return half.ahead.get(bucket) ?? half.forest.at(bucketBits, bucket);
    },
    advance: () => {
      const moved = names.map((map) => ({ map, ...advanced(halfOf(map), bucketBits) }));
      const bits = { shelf: shelves.named, key: headKey(), value: Uint8Array.of(bucketBits) };
      const saved = names.flatMap((map) => saving(map, halfOf(map), changes));
      return {
        writes: [bits, ...saved.flatMap(({ writes }) => writes)],
        undo: () => {
          for (const { undo } of moved) undo();
          for (const { undo } of saved) undo();
        },
      };
    },
  };
}

const sliceBits = 8;
/** So many buckets of a slice are read one by one. */
const apartMax = 8;

/** The first bytes of all addresses in a bucket. */
export function prefixOf(bucketBits: number, bucket: number): Uint8Array {
  const first = bucket * 2 ** (24 - bucketBits);
  return Uint8Array.of(first >> 16, first >> 8, first);
}

function advanced(half: Half, bucketBits: number): { readonly undo: () => void } {
  const read = [...half.ahead];
  const before = read.map(([bucket]) => [bucket, half.forest.at(bucketBits, bucket)] as const);
  for (const [bucket, subtreeNow] of read) {
    half.forest.set(bucket, subtreeNow);
    half.unsaved.add(sliceOf(bucketBits, bucket));
  }
  half.ahead.clear();
  return {
    undo: () => {
      for (const [bucket, subtreeThen] of before) half.forest.set(bucket, subtreeThen);
      for (const [bucket, subtreeNow] of read) {
        if (!half.ahead.has(bucket)) half.ahead.set(bucket, subtreeNow);
      }
    },
  };
}

interface Saving {
  readonly writes: readonly EngineWrite[];
  readonly undo: () => void;
}

/** Rows for the slices that differ from theirs. One that is changing again is left marked. */
function saving(map: MapName, half: Half, changes: Changes): readonly Saving[] {
  const shelf = mapped[map];
  const ready = [...half.unsaved].filter((slice) => changes.isClean(shelf, slice));
  return ready.map((slice) => {
    half.unsaved.delete(slice);
    const value = encodeWith(sliceCoder, sliceRow(half.forest, slice));
    const row = { shelf: shelves.named, key: sliceKey(map, slice), value };
    return {
      writes: [row, changes.unmark(shelf, slice)],
      undo: () => void half.unsaved.add(slice),
    };
  });
}

interface SavedBucket {
  /** Within its slice. */
  readonly offset: number;
  readonly digest: Uint8Array;
  readonly sum: number;
}

const sliceCoder = list<SavedBucket>(struct({ offset: u16, digest: bytes32, sum: u64 }), 4_096);

function sliceKey(map: MapName, slice: number): Uint8Array {
  return named(`map ${map} ${slice}`);
}

const headKey = (): Uint8Array => named('map');

function sliceOf(bucketBits: number, bucket: number): number {
  return bucket >> (bucketBits - 8);
}

function sliceRow(top: Forest, slice: number): readonly SavedBucket[] {
  const width = 2 ** (top.bucketBits - 8);
  const row: SavedBucket[] = [];
  for (let offset = 0; offset < width; offset++) {
    const { digest, sum } = top.at(top.bucketBits, slice * width + offset);
    if (keysUnder(digest) > 0) row.push({ offset, digest, sum });
  }
  return row;
}

/** False if a row cannot be read. */
async function load(engine: Engine, map: MapName, top: Forest): Promise<boolean> {
  const width = 2 ** (top.bucketBits - 8);
  for (let slice = 0; slice < slices; slice++) {
    const bytes = await engine.get(shelves.named, sliceKey(map, slice));
    const row = bytes === undefined ? [] : decodeWith(sliceCoder, bytes);
    if (row === undefined) return false;
    for (const { offset, digest, sum } of row) {
      if (offset < width) top.set(slice * width + offset, { digest, sum });
    }
  }
  return true;
}
