/** Routes: what a lock says of the way, what a relay keeps, and which path is the cheapest. */

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import fc from 'fast-check';
import { limits } from '@dsm/primitive';
import { installPortable } from '@dsm/portable';
import {
  amountMax,
  decodeHops,
  encodeHops,
  feeOf,
  findPath,
  invoice,
  noFee,
  onwards,
  type EdgeHint,
  type Hop,
} from '../src/index.ts';

before(() => installPortable());

type Edge = Omit<EdgeHint, 'token'>;

const id = (n: number): Uint8Array => new Uint8Array(32).fill(n);
const edge = (from: number, to: number, capacity: bigint, flat = 0n, perMillion = 0): Edge => ({
  from: id(from),
  to: id(to),
  capacity,
  fee: { flat, perMillion },
});
const names = (path: readonly Hop[] | undefined): unknown =>
  path?.map(({ device, amount }) => [device[0], amount]);

test('the rest of a route goes through its bytes, and nothing else does', () => {
  const hops = [1, 2, 3, 4].map((n) => ({ device: id(n), amount: BigInt(n) }));
  assert.deepEqual(decodeHops(encodeHops(hops)), hops);
  assert.deepEqual(decodeHops(encodeHops([])), []);
  assert.ok(encodeHops(hops).length <= limits.routeBytesMax);
  assert.equal(decodeHops(Uint8Array.of(0, 0)), undefined, 'an empty list has another form');
  assert.equal(decodeHops(encodeHops(hops).subarray(1)), undefined);
  const five = [...hops, { device: id(5), amount: 5n }];
  assert.equal(decodeHops(encodeHops(five)), undefined, 'the first hop is behind it already');
  assert.throws(() => encodeHops([...five, ...five]), RangeError);
});

test('a relay keeps its fee, in whole units rounded up', () => {
  const fee = { flat: 2n, perMillion: 10_000 };
  assert.equal(feeOf(noFee, 1_000n), 0n);
  assert.equal(feeOf(fee, 100n), 3n);
  assert.equal(feeOf(fee, 101n), 4n);
  const route = encodeHops([
    { device: id(7), amount: 100n },
    { device: id(8), amount: 90n },
  ]);
  const sent = onwards(103n, route, () => fee);
  assert.ok(typeof sent !== 'string');
  assert.deepEqual(names([sent.next]), [[7, 100n]]);
  assert.deepEqual(names(decodeHops(sent.route)), [[8, 90n]]);
  assert.equal(
    onwards(102n, route, () => fee),
    'route-fee',
  );
  assert.equal(
    onwards(103n, encodeHops([]), () => fee),
    'route-malformed',
  );
  assert.equal(
    onwards(103n, Uint8Array.of(1), () => fee),
    'route-malformed',
  );
  const nothing = encodeHops([{ device: id(7), amount: 0n }]);
  assert.equal(
    onwards(103n, nothing, () => noFee),
    'route-fee',
  );
});

test('the cheapest path is found, of two equals the shorter one', () => {
  const edges = [
    edge(1, 2, 200n),
    edge(2, 4, 200n, 5n),
    edge(1, 3, 200n),
    edge(3, 5, 200n, 1n),
    edge(5, 4, 200n, 1n),
  ];
  const wish = { from: id(1), to: id(4), amount: 100n };
  assert.deepEqual(names(findPath(edges, wish)), [
    [3, 102n],
    [5, 101n],
    [4, 100n],
  ]);
  const short = findPath([...edges, edge(2, 4, 200n, 2n)], wish);
  assert.deepEqual(names(short), [
    [2, 102n],
    [4, 100n],
  ]);
});

test('a path needs the capacity for the fees behind it, too', () => {
  const edges = [edge(1, 2, 104n), edge(2, 3, 100n, 5n)];
  const wish = { from: id(1), to: id(3), amount: 100n };
  assert.equal(findPath(edges, wish), undefined);
  assert.deepEqual(names(findPath([edge(1, 2, 105n), edges[1]!], wish)), [
    [2, 105n],
    [3, 100n],
  ]);
  const dear = [edge(1, 2, amountMax), edge(2, 3, amountMax, amountMax)];
  assert.equal(findPath(dear, wish), undefined, 'a fee beyond 128 bits');
});

test('a path has at most five hops', () => {
  const chain = Array.from({ length: 6 }, (_, i) => edge(i, i + 1, 10n));
  const wish = { from: id(0), to: id(5), amount: 1n };
  assert.equal(findPath(chain, wish)?.length, limits.hopsMax);
  assert.equal(findPath(chain, { ...wish, to: id(6) }), undefined);
});

test('whatever the edges, a path holds together and pays every fee', () => {
  const device = fc.integer({ min: 0, max: 6 });
  const someEdge = fc
    .tuple(device, device, fc.bigInt(0n, 40n), fc.bigInt(0n, 3n))
    .map(([from, to, capacity, flat]) => edge(from, to, capacity, flat));
  fc.assert(
    fc.property(fc.array(someEdge, { maxLength: 24 }), fc.bigInt(1n, 20n), (edges, amount) => {
      const path = findPath(edges, { from: id(0), to: id(6), amount });
      if (path === undefined) return;
      assert.ok(path.length <= limits.hopsMax);
      assert.deepEqual(names(path.slice(-1)), [[6, amount]]);
      const way = [0, ...path.map((hop) => hop.device[0]!)];
      assert.equal(new Set(way).size, way.length, 'nobody twice');
      for (const [i, hop] of path.entries()) {
        const kept = i === 0 ? 0n : path[i - 1]!.amount - hop.amount;
        const serves = edges.some(
          ({ from, to, capacity, fee }) =>
            from[0] === way[i] &&
            to[0] === way[i + 1] &&
            capacity >= hop.amount &&
            (i === 0 || feeOf(fee, hop.amount) === kept),
        );
        assert.ok(serves, 'no such edge');
      }
    }),
  );
});

test('an invoice goes through its bytes', () => {
  const asked = {
    network: id(1),
    device: id(2),
    hash: id(3),
    token: id(4),
    amount: 5n,
    memo: 'two coffees',
  };
  const bytes = invoice.encode(asked);
  assert.deepEqual(invoice.decode(bytes), { ok: true, value: asked });
  assert.equal(invoice.decode(bytes.subarray(1)).ok, false);
});
