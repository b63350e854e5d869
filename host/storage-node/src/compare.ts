/**
 * What a node answers to whoever compares it with another one: digests of ranges, symbols, lists.
 *
 * A comparison is anybody's to ask for, so its work is bounded: digests are kept until a bucket
 * changes, symbols are made for one asker at a time, range by range, with a turn for others in
 * between, and those made last are kept.
 */

import {
  addressPageCoder,
  encodeRanges,
  encoder,
  rangeBits,
  rangeContent,
  rangeCount,
  rangeDigest,
  rangeDigestBytes,
  rangeSymbolsCoder,
  rangesIn,
  sharedBuckets,
  symbolBytes,
  type Common,
  type NodeRequest,
} from '@dsm/availability';
import { NodeError, type Engine } from '@dsm/ports';
import {
  compare,
  concat,
  encodeWith,
  hash,
  keyOf,
  limits,
  nodeIndex,
  type Registries,
} from '@dsm/primitive';
import { prefixOf, type NodeMap } from './node-map.ts';
import { shelves } from './rows.ts';

type Asked<T extends NodeRequest['type']> = Extract<NodeRequest, { readonly type: T }>;

export interface Comparison {
  readonly ranges: (request: Asked<'ranges'>) => Promise<Uint8Array>;
  readonly symbols: (request: Asked<'symbols'>) => Promise<Uint8Array>;
  readonly list: (request: Asked<'list'>) => Promise<Uint8Array>;
}

export interface ComparisonParts {
  readonly engine: Engine;
  readonly map: () => Promise<NodeMap | undefined>;
  readonly registries: () => Registries | undefined;
  readonly id: Uint8Array;
}

/** A comparison goes no further: whoever needs more symbols lists. */
export const symbolsMax = 65_536;
/** Comparisons of which something is kept. */
const keptMax = 8;
/** Askers who may wait for symbols. */
const waitingMax = 4;

/** What one comparison is about. */
interface Part {
  readonly map: NodeMap;
  readonly shared: Uint8Array;
  /** Of each range, as of a revision of the map. */
  contents: { readonly revision: number; readonly of: readonly Uint8Array[] } | undefined;
}

interface MadeSymbols {
  readonly keys: number;
  readonly set: Uint8Array;
  /** From the first one on. */
  readonly symbols: Uint8Array;
}

export function comparisonOf({ engine, map, registries, id }: ComparisonParts): Comparison {
  const parts = kept<Part>();
  const made = kept<MadeSymbols>();
  let waiting = 0;
  let making: Promise<void> = Promise.resolve();
  const partOf = async (common: Common): Promise<Part> => {
    const now = await map();
    const registry = registries()?.at(common.version);
    if (now === undefined || registry === undefined) {
      throw new NodeError('unreachable', 'this version of the registry is not known here yet');
    }
    return parts(nameOf(common), () =>
      inLine(async () => ({
        map: now,
        shared: sharedBuckets(registry, nodeIndex(registry, id), common),
        contents: undefined,
      })),
    );
  };
  /** One after the other, with a turn for everybody else in between. */
  const inLine = <T>(work: () => Promise<T>): Promise<T> => {
    const result = making.then(work);
    making = result.then(turnOfOthers, turnOfOthers);
    return result;
  };
  /** Whoever would wait too long is told to come later. */
  const inShortLine = async <T>(work: () => Promise<T>): Promise<T> => {
    if (waiting >= waitingMax) throw new NodeError('unreachable', 'others are being served');
    waiting += 1;
    return inLine(work).finally(() => {
      waiting -= 1;
    });
  };
  return {
    ranges: async ({ nonce, ...common }) => {
      const part = await partOf(common);
      await part.map.refresh(1);
      const contents = contentsKept(part) ?? (await inLine(() => contentsOf(part)));
      return encodeRanges(contents.map((content) => rangeDigest(nonce, content)));
    },
    symbols: async ({ ranges, nonce, from, count, ...common }) => {
      if (count < 1 || count > limits.symbolsBatchMax || from + count > symbolsMax) {
        throw new NodeError('refused', 'there are no such symbols');
      }
      const part = await partOf(common);
      const name = nameOf(common) + keyOf(ranges) + keyOf(nonce);
      const make = (): Promise<MadeSymbols> =>
        inShortLine(() => symbolsOf(engine, part, ranges, nonce, 2 * (from + count)));
      const isEnough = (one: MadeSymbols): boolean =>
        one.symbols.length >= (from + count) * symbolBytes;
      const { keys, set, symbols } = await made(name, make, isEnough);
      const slice = symbols.slice(from * symbolBytes, (from + count) * symbolBytes);
      return encodeWith(rangeSymbolsCoder, { keys, set, batch: { from, symbols: slice } });
    },
    list: async ({ range, after, ...common }) => {
      if (range >= rangeCount) throw new NodeError('refused', 'there is no such range');
      const part = await partOf(common);
      const addresses: Uint8Array[] = [];
      let more: 0 | 1 = 0;
      for await (const key of keysOf(engine, part, range)) {
        if (after !== undefined && compare(key, after) <= 0) continue;
        if (addresses.length === limits.pageKeysMax) {
          more = 1;
          break;
        }
        addresses.push(key);
      }
      return encodeWith(addressPageCoder, { addresses, more });
    },
  };
}

function nameOf({ version, peer, absent }: Common): string {
  return [version, peer, ...absent].join(' ');
}

function contentsKept({ map, contents }: Part): readonly Uint8Array[] | undefined {
  return contents?.revision === map.revision() ? contents.of : undefined;
}

async function contentsOf(part: Part): Promise<readonly Uint8Array[]> {
  const { map } = part;
  const width = 2 ** (map.bucketBits - rangeBits);
  const revision = map.revision();
  const of = Array.from({ length: rangeCount }, (_, range) =>
    rangeContent(digestsOf(part, range * width, (range + 1) * width)),
  );
  part.contents = { revision, of };
  return of;
}

function* digestsOf(
  { map, shared }: Part,
  from: number,
  end: number,
): Generator<readonly [number, Uint8Array]> {
  for (let bucket = from; bucket < end; bucket++) {
    if (shared[bucket] === 1) yield [bucket, map.current(1, bucket).digest];
  }
}

/** The symbols of a union of sets are those of the sets, XORed: so one range after the other is read. */
async function symbolsOf(
  engine: Engine,
  part: Part,
  ranges: Uint8Array,
  nonce: Uint8Array,
  wanted: number,
): Promise<MadeSymbols> {
  const count = Math.min(Math.max(wanted, 512), symbolsMax);
  const symbols = new Uint8Array(count * symbolBytes);
  let set: Uint8Array = new Uint8Array(32);
  let keys = 0;
  for (const range of rangesIn(ranges)) {
    const all: Uint8Array[] = [];
    for await (const key of keysOf(engine, part, range)) all.push(key);
    const bytes = concat(...all);
    keys += all.length;
    set = hash('ranges', set, bytes);
    const more = encoder(bytes, nonce).symbols(0, count);
    for (let i = 0; i < more.length; i++) symbols[i]! ^= more[i]!;
    await turnOfOthers();
  }
  return { keys, set: set.slice(0, rangeDigestBytes), symbols };
}

async function* keysOf(
  engine: Engine,
  { map, shared }: Part,
  range: number,
): AsyncGenerator<Uint8Array> {
  const shift = 24 - map.bucketBits;
  const listed = engine.entries(shelves.objects, prefixOf(rangeBits, range), rangeBits);
  for await (const { key } of listed) {
    const bucket = ((key[0]! << 16) | (key[1]! << 8) | key[2]!) >> shift;
    if (shared[bucket] === 1) yield key;
  }
}

function turnOfOthers(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 0);
  });
}

/** The last few things that were made, by name; made again if what is kept is not enough. */
function kept<T>(): (
  name: string,
  make: () => Promise<T>,
  isEnough?: (one: T) => boolean,
) => Promise<T> {
  const all = new Map<string, T>();
  return async (name, make, isEnough = () => true) => {
    const known = all.get(name);
    const found = known !== undefined && isEnough(known) ? known : await make();
    all.delete(name);
    all.set(name, found);
    const [oldest] = all.keys();
    if (all.size > keptMax && oldest !== undefined) all.delete(oldest);
    return found;
  };
}
