/** What two nodes share is the same for both, whoever is absent; a digest of a range tells sets apart. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  addressPageCoder,
  decodeAddressPage,
  decodeRanges,
  decodeRangeSymbols,
  encodeRanges,
  firstRegistry,
  holders,
  maskOf,
  nobody,
  rangeContent,
  rangeCount,
  rangeDigest,
  rangeOf,
  rangesIn,
  rangeSymbolsCoder,
  sharedBuckets,
  spillMax,
  tableOf,
} from '@dsm/availability';
import { encodeWith, hash, type Registry } from '@dsm/primitive';
import { installPortable } from '@dsm/portable';
import fc from 'fast-check';

installPortable();

const registry: Registry = firstRegistry({
  network: new Uint8Array(32),
  bucketBits: 8,
  nodes: Array.from({ length: 9 }, (_, i) => ({
    suite: 1 as const,
    id: new Uint8Array(32).fill(i + 1),
    voteKey: new Uint8Array(10).fill(i + 1),
    address: `node:${i}`,
    capacityBytes: 1_000,
  })),
})!;
const absentees = fc
  .uniqueArray(fc.nat(8), { maxLength: 4 })
  .map((all) => all.toSorted((a, b) => a - b));

test('holders are the first r that are there, of the first r + e', () => {
  fc.assert(
    fc.property(fc.nat(255), absentees, (bucket, absent) => {
      const order = tableOf(registry).replicas(bucket);
      assert.equal(order.length, registry.r + spillMax);
      const there = order.filter((index) => !absent.includes(index));
      assert.deepEqual(holders(registry, bucket, new Set(absent)), there.slice(0, registry.r));
    }),
  );
});

test('two nodes agree on what they share; what is beside is what no peer shares', () => {
  fc.assert(
    fc.property(fc.nat(8), fc.nat(8), absentees, (a, b, absent) => {
      const common = { version: 1, absent };
      const shared = sharedBuckets(registry, a, { ...common, peer: b });
      assert.deepEqual(shared, sharedBuckets(registry, b, { ...common, peer: a }));
      const own = sharedBuckets(registry, a, { ...common, peer: a });
      const beside = sharedBuckets(registry, a, { ...common, peer: nobody });
      for (const [bucket, isOwn] of own.entries()) {
        assert.equal(beside[bucket], 1 - isOwn);
        assert.ok(shared[bucket]! <= isOwn);
      }
      if (absent.includes(a)) assert.ok(own.every((one) => one === 0));
    }),
    { numRuns: 40 },
  );
});

test('two nodes share the buckets that both hold, whoever is absent', () => {
  fc.assert(
    fc.property(fc.nat(8), fc.nat(8), absentees, (a, b, absent) => {
      const shared = sharedBuckets(registry, a, { version: 1, peer: b, absent });
      for (const [bucket, isShared] of shared.entries()) {
        const holding = holders(registry, bucket, new Set(absent));
        assert.equal(isShared, holding.includes(a) && holding.includes(b) ? 1 : 0);
      }
    }),
    { numRuns: 40 },
  );
});

test('a node that is not of the version keeps everything beside', () => {
  const beside = sharedBuckets(registry, -1, { version: 1, peer: nobody, absent: [] });
  assert.ok(beside.every((one) => one === 1));
});

test('a mask names ranges, and an address falls into one of them', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(rangeCount - 1)), (ranges) => {
      assert.deepEqual(
        rangesIn(maskOf(ranges)),
        ranges.toSorted((a, b) => a - b),
      );
    }),
  );
  assert.deepEqual(
    [0, 3, 4, 255].map((first) => rangeOf(Uint8Array.of(first))),
    [0, 0, 1, 63],
  );
});

test('digests differ where contents do, under every nonce; nothing has the digest of zeros', () => {
  const digest = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);
  const one = rangeContent([[7, digest(2)]]);
  const others = [rangeContent([[7, digest(4)]]), rangeContent([[8, digest(2)]])];
  const nonce = hash('seal', Uint8Array.of(1));
  for (const other of others) {
    assert.notDeepEqual(rangeDigest(nonce, one), rangeDigest(nonce, other));
  }
  assert.notDeepEqual(rangeDigest(nonce, one), rangeDigest(hash('seal', nonce), one));
  assert.deepEqual(rangeDigest(nonce, rangeContent([[7, digest(0)]])), new Uint8Array(8));
  const all = Array.from({ length: rangeCount }, (_, i) =>
    rangeDigest(nonce, hash('seal', Uint8Array.of(i))),
  );
  assert.deepEqual(decodeRanges(encodeRanges(all)), all);
  assert.equal(decodeRanges(encodeRanges(all).slice(1)), undefined);
});

test('symbols and pages come back from their bytes; what is malformed is none', () => {
  const symbols = {
    keys: 9,
    set: new Uint8Array(8).fill(3),
    batch: { from: 4, symbols: new Uint8Array(80).fill(7) },
  };
  const bytes = encodeWith(rangeSymbolsCoder, symbols);
  assert.deepEqual(decodeRangeSymbols(bytes), symbols);
  assert.equal(decodeRangeSymbols(bytes.slice(1)), undefined);
  const addresses = [1, 2].map((fill) => new Uint8Array(32).fill(fill));
  const page = encodeWith(addressPageCoder, { addresses, more: 1 });
  assert.deepEqual(decodeAddressPage(page), { addresses, more: 1 });
  const falling = page.slice();
  falling.set(page.subarray(2, 34), 34);
  assert.equal(decodeAddressPage(falling), undefined);
});
