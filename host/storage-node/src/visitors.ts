/**
 * Who is here: connections and requests, counted by address.
 *
 * Requests are paid from a bucket of tokens that fills with time. An address whose bucket is full
 * again is forgotten, so what is remembered is bounded by who came lately, and by `addressesMax`.
 */

import { isIPv6 } from 'node:net';
import type { HttpLimits } from './http-limits.ts';

export interface Visitors {
  /** Counts a connection until the answer is called; undefined if the address has too many. */
  readonly enter: (address: string) => (() => void) | undefined;
  /** The same of a request that is under way. */
  readonly begin: (address: string) => (() => void) | undefined;
  /** Takes tokens; how many seconds are to be waited for them, 0 if none. */
  readonly spend: (address: string, tokens: number) => number;
}

interface Bucket {
  tokens: number;
  at: number;
}

/** `now` is in milliseconds and never goes back. */
export function visitors(bounds: HttpLimits, now: () => number): Visitors {
  const { connectionsByAddressMax, requestsByAddressMax, addressesMax } = bounds;
  const { burstMax, requestsPerSecond } = bounds;
  const connections = countedBy(connectionsByAddressMax);
  const requests = countedBy(requestsByAddressMax);
  const buckets = new Map<string, Bucket>();
  const bucketOf = (key: string): Bucket => {
    const bucket = buckets.get(key) ?? { tokens: burstMax, at: now() };
    const at = now();
    bucket.tokens = Math.min(
      burstMax,
      bucket.tokens + ((at - bucket.at) / 1_000) * requestsPerSecond,
    );
    bucket.at = at;
    return bucket;
  };
  /** The map is in order of last use: those in front have waited longest. */
  const forget = (): void => {
    const fullAfterMs = (burstMax / requestsPerSecond) * 1_000;
    for (const [key, { at }] of buckets) {
      if (buckets.size <= addressesMax && now() - at < fullAfterMs) return;
      buckets.delete(key);
    }
  };
  return {
    enter: (address) => connections(keyOf(address)),
    begin: (address) => requests(keyOf(address)),
    spend: (address, tokens) => {
      const key = keyOf(address);
      const bucket = bucketOf(key);
      buckets.delete(key);
      buckets.set(key, bucket);
      if (buckets.size > addressesMax) forget();
      if (bucket.tokens < 1) return Math.ceil((1 - bucket.tokens) / requestsPerSecond);
      // What has been done already may lead into debt, which time pays.
      bucket.tokens = Math.max(bucket.tokens - tokens, -burstMax);
      return 0;
    },
  };
}

/** Counts under each key, up to `max`, until the answer is called. */
function countedBy(max: number): (key: string) => (() => void) | undefined {
  const counts = new Map<string, number>();
  return (key) => {
    const before = counts.get(key) ?? 0;
    if (before >= max) return undefined;
    counts.set(key, before + 1);
    return () => {
      const left = counts.get(key)! - 1;
      if (left === 0) counts.delete(key);
      else counts.set(key, left);
    };
  };
}

/** Whoever has one address of an IPv6 network has 2⁶⁴ of them. */
function keyOf(address: string): string {
  const plain = address.startsWith('::ffff:') ? address.slice(7) : address;
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = plain.split('%')[0]!.split('::');
  const groups = head === '' ? [] : head.split(':');
  const missing =
    tail === undefined ? 0 : 8 - groups.length - (tail === '' ? 0 : tail.split(':').length);
  const all = [
    ...groups,
    ...Array.from({ length: missing }, () => '0'),
    ...(tail ?? '').split(':'),
  ];
  return all.slice(0, 4).join(':');
}
