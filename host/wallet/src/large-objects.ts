/**
 * Bytes of any size on the storage plane: in chunks, a few at a time, resumable.
 *
 * A chunk that q nodes can show to hold (by a digest under a fresh nonce) is not sent again, so an
 * upload that broke off goes on where it was. A reader gets verified chunks in their order and holds
 * no more than a few of them.
 */

import { chunkSize, chunksOf, manifest, type Manifest, type Terms } from '@dsm/availability';
import { address as addressOf, limits } from '@dsm/primitive';
import type { Quorum } from './quorum.ts';

/** How far a long work has come, in chunks and bytes. */
export interface Progress {
  readonly done: number;
  readonly of: number;
  readonly bytes: number;
}

export interface LargeOptions {
  readonly terms?: Terms;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
}

/** Chunks under way at a time: bounds memory, and what a slow node can hold back. */
const underWayMax = 4;

export interface PublishedWhole {
  /** Of the bytes, or of their manifest. */
  readonly address: Uint8Array;
  /** True if q nodes keep every part. */
  readonly available: boolean;
}

export async function publishWhole(
  quorum: Quorum,
  bytes: Uint8Array,
  options: LargeOptions = {},
): Promise<PublishedWhole> {
  const { signal } = options;
  if (bytes.length <= limits.objectBytesMax) {
    const { available } = await quorum.publish(bytes, signal, options.terms);
    return { address: addressOf(bytes), available };
  }
  const chunks = chunksOf(bytes);
  if (chunks.length > limits.chunksMax) {
    throw new RangeError(`at most ${limits.chunksMax} chunks of ${limits.objectBytesMax} bytes`);
  }
  let [done, sent] = [0, 0];
  let isComplete = true;
  const send = async (chunk: Uint8Array): Promise<void> => {
    if (signal?.aborted === true) {
      isComplete = false;
      return;
    }
    const isThere = await quorum.possessed(chunk, signal);
    const available = isThere || (await quorum.publish(chunk, signal, options.terms)).available;
    if (!available) isComplete = false;
    done += 1;
    sent += chunk.length;
    options.onProgress?.({ done, of: chunks.length, bytes: sent });
  };
  await eachOf(chunks, send);
  const list = manifest.encode({
    size: bytes.length,
    chunks: chunks.map((chunk) => addressOf(chunk)),
  });
  // The manifest comes last: who finds it finds all that it names.
  const { available } = isComplete
    ? await quorum.publish(list, signal, options.terms)
    : { available: false };
  return { address: addressOf(list), available };
}

/** The verified chunks in order; ends with an error if one of them cannot be had. */
export async function* fetchChunks(
  quorum: Quorum,
  of: Manifest,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, undefined> {
  const ahead: Promise<Uint8Array | undefined>[] = [];
  const ask = (index: number): void => {
    const address = of.chunks[index];
    if (address === undefined) return;
    const asked = quorum.fetch(address, signal);
    // It is awaited in its turn; until then its failure is nobody's.
    asked.catch(() => {});
    ahead.push(asked);
  };
  for (let i = 0; i < underWayMax; i++) ask(i);
  for (let i = 0; i < of.chunks.length; i++) {
    const chunk = await ahead.shift()!;
    if (chunk?.length !== chunkSize(of, i)) {
      throw new MissingChunk(i, of.chunks.length, chunk === undefined);
    }
    ask(i + underWayMax);
    yield chunk;
  }
  return undefined;
}

/** A chunk that no node hands out, or that is not what the manifest promises. */
export class MissingChunk extends Error {
  constructor(index: number, count: number, isAbsent: boolean) {
    const what = isAbsent
      ? 'cannot be fetched from any node'
      : 'has another size than its manifest';
    super(`chunk ${index + 1} of ${count} ${what}`);
    this.name = 'MissingChunk';
  }
}

/** Bytes of any size by their address, or undefined if they are not there; at most `max` of them. */
export async function fetchWhole(
  quorum: Quorum,
  address: Uint8Array,
  max: number,
  signal?: AbortSignal,
): Promise<Uint8Array | undefined> {
  const first = await quorum.fetch(address, signal);
  if (first === undefined) return undefined;
  const decoded = manifest.decode(first);
  if (!decoded.ok) return first.length <= max ? first : undefined;
  const { size } = decoded.value;
  if (size > max) return undefined;
  const whole = new Uint8Array(size);
  let at = 0;
  try {
    for await (const chunk of fetchChunks(quorum, decoded.value, signal)) {
      whole.set(chunk, at);
      at += chunk.length;
    }
  } catch (error) {
    if (error instanceof MissingChunk) return undefined;
    throw error;
  }
  return whole;
}

async function eachOf<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  let next = 0;
  const run = async (): Promise<void> => {
    while (next < all.length) {
      const one = all[next]!;
      next += 1;
      await work(one);
    }
  };
  await Promise.all(Array.from({ length: underWayMax }, run));
}
