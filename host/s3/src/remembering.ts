/**
 * A shelf that remembers what it has read: stretches of segments, the latest ones, in bounded memory.
 *
 * Segments never change, so nothing that is remembered becomes wrong. Reads are widened to whole
 * blocks, because records that were written together are read together (an upload, a repair), and a
 * request to a far server costs the same for a hundred bytes as for many thousands.
 */

import type { SegmentShelf } from '@dsm/segment-log';

export interface RememberingOptions {
  /** Bytes of a block: what is fetched at least. */
  readonly blockBytes?: number;
  /** Bytes of all blocks that are kept. */
  readonly bytesMax?: number;
}

export const rememberingDefaults = { blockBytes: 65_536, bytesMax: 33_554_432 } as const;

export function remembering<S extends SegmentShelf>(
  shelf: S,
  { blockBytes = rememberingDefaults.blockBytes, ...rest }: RememberingOptions = {},
): S {
  const { bytesMax = rememberingDefaults.bytesMax } = rest;
  const blocksMax = Math.floor(bytesMax / blockBytes);
  if (blocksMax < 1) throw new RangeError('there must be room for one block');
  const sizes = new Map<string, number>();
  const blocks = new Map<string, Promise<Uint8Array>>();

  const sizeOf = async (name: string): Promise<number | undefined> => {
    if (!sizes.has(name)) {
      for (const on of await shelf.list()) sizes.set(on.name, on.size);
    }
    return sizes.get(name);
  };
  const block = (name: string, number: number, size: number): Promise<Uint8Array> => {
    const at = `${name}/${number}`;
    const start = number * blockBytes;
    const known = blocks.get(at) ?? shelf.get(name, start, Math.min(blockBytes, size - start));
    // The latest to be asked for stands last; what fails is not kept.
    blocks.delete(at);
    blocks.set(at, known);
    known.catch(() => blocks.delete(at));
    for (const oldest of blocks.keys()) {
      if (blocks.size <= blocksMax) break;
      blocks.delete(oldest);
    }
    return known;
  };
  const forget = (name: string): void => {
    sizes.delete(name);
    for (const at of blocks.keys()) if (at.startsWith(`${name}/`)) blocks.delete(at);
  };
  return {
    ...shelf,
    get: async (name, offset, length) => {
      const size = await sizeOf(name);
      const first = Math.floor(offset / blockBytes);
      const last = Math.floor((offset + length - 1) / blockBytes);
      // What is not there or is longer than all that may be kept is the shelf's own affair.
      if (
        size === undefined ||
        length === 0 ||
        offset + length > size ||
        last - first >= blocksMax
      ) {
        return shelf.get(name, offset, length);
      }
      const numbers = Array.from({ length: last - first + 1 }, (_, i) => first + i);
      const found = await Promise.all(numbers.map((number) => block(name, number, size)));
      const from = offset - first * blockBytes;
      return Uint8Array.from(Buffer.concat(found).subarray(from, from + length));
    },
    remove: async (name) => {
      forget(name);
      await shelf.remove(name);
      forget(name);
    },
  };
}
