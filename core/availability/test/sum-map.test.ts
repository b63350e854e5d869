/**
 * The root of a sum map depends on its set alone; a proof shows one size or absence, and the sum; a
 * map that claims a sum which is not that of its sizes has keys without proof.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  bucketOf,
  emptySubtree,
  evaluateSum,
  forest,
  join,
  keysUnder,
  leafOf,
  proveSum,
  subtree,
  sumProofCoder,
  sumProofRefusals,
  type Forest,
  type Subtree,
  type SumEntry,
  type SumProof,
  type SumProofRefusal,
} from '@dsm/availability';
import { compare, concat, decodeWith, encodeWith, equal, hash } from '@dsm/primitive';
import fc from 'fast-check';
import { installPortable } from '@dsm/portable';

installPortable();

const bits = 8;

/** Keys that share long prefixes often: few different bytes, most of them zero. */
const keys: fc.Arbitrary<Uint8Array> = fc
  .tuple(fc.constantFrom(0, 1, 0x80, 0xff), fc.nat(3), fc.nat(31), fc.nat(255))
  .map(([first, second, at, byte]) => {
    const key = new Uint8Array(32);
    key[0] = first;
    key[1] = second;
    key[at] = key[at]! ^ byte;
    return key;
  });
const sets: fc.Arbitrary<readonly SumEntry[]> = fc
  .array(fc.tuple(keys, fc.nat(1_000_000)), { maxLength: 24 })
  .map((pairs) => sorted(pairs.map(([at, size]) => ({ key: at, size }))));

test('the root and the sum are those of the definition, whatever came before', () => {
  fc.assert(
    fc.property(sets, sets, (before, after) => {
      const top = forest(bits);
      for (const entries of [before, after, before, []]) {
        fill(top, entries);
        assert.deepEqual(top.root(), defined(entries, 0));
      }
      assert.deepEqual(top.root(), emptySubtree);
    }),
  );
});

test('a bucket that changes changes the root as if all were made anew', () => {
  fc.assert(
    fc.property(sets, fc.array(sets, { maxLength: 4 }), fc.nat(8), (start, more, depth) => {
      const top = forest(bits);
      let entries = start;
      fill(top, entries);
      for (const next of more) {
        const bucket = bucketOf(bits, next[0]?.key ?? new Uint8Array(32));
        const own = inBucket(next, bucket);
        entries = sorted([...entries.filter(({ key }) => bucketOf(bits, key) !== bucket), ...own]);
        top.set(bucket, subtree(own, bits));
        const prefix = bucket >> (bits - depth);
        const below = entries.filter(({ key }) => bucketOf(bits, key) >> (bits - depth) === prefix);
        assert.deepEqual(top.at(depth, prefix), defined(below, depth));
        assert.deepEqual(top.root(), defined(entries, 0));
        const first = below[0] && bucketOf(bits, below[0].key);
        assert.equal(top.occupied(depth, prefix), first);
      }
    }),
  );
});

test('one proof gives the root and the sum with every size of its key, and what comes before', () => {
  fc.assert(
    fc.property(sets, keys, fc.option(fc.nat(1_000), { nil: undefined }), (entries, key, size) => {
      const proof = proofOf(entries, key);
      const at = entries.findIndex((entry) => equal(entry.key, key));
      const now = entries[at]?.size;
      const after = sorted([
        ...entries.filter((_, i) => i !== at),
        ...(size === undefined ? [] : [{ key, size }]),
      ]);
      for (const [value, set] of [[now, entries] as const, [size, after] as const]) {
        const { digest: root, sum } = defined(set, 0);
        const lower = set.filter((entry) => compare(entry.key, key) < 0);
        const before = lower.reduce((all, entry) => all + entry.size, 0);
        assert.deepEqual(evaluateSum(proof, key, value), { ok: true, root, sum, before });
      }
      assert.deepEqual(proofOf(after, key), proof);
    }),
    { numRuns: 300 },
  );
});

test('another size or presence gives another root', () => {
  fc.assert(
    fc.property(sets, keys, fc.nat(1_000_000), (entries, key, size) => {
      const there = entries.find((entry) => equal(entry.key, key))?.size;
      const wrong = there === undefined ? [size] : [undefined, there + 1];
      const { digest } = defined(entries, 0);
      for (const value of wrong) {
        const found = evaluateSum(proofOf(entries, key), key, value);
        assert.ok(found.ok && !equal(found.root, digest));
      }
    }),
  );
});

test('a proof is one byte string, and every other is refused or is another proof', () => {
  fc.assert(
    fc.property(
      sets,
      keys,
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (entries, key, at, flip) => {
        const proof = proofOf(entries, key);
        const bytes = encodeWith(sumProofCoder, proof);
        assert.deepEqual(decodeWith(sumProofCoder, bytes), proof);
        const spoilt = bytes.slice();
        spoilt[at % bytes.length]! ^= flip;
        const decoded = decodeWith(sumProofCoder, spoilt);
        if (decoded === undefined) return;
        assert.deepEqual(encodeWith(sumProofCoder, decoded), spoilt);
        const size = entries.find((entry) => equal(entry.key, key))?.size;
        const found = evaluateSum(decoded, key, size);
        const { digest, sum } = defined(entries, 0);
        assert.ok(!found.ok || !equal(found.root, digest) || found.sum !== sum);
      },
    ),
    { numRuns: 500 },
  );
});

test('bytes that are no proof are refused', () => {
  const proof = encodeWith(sumProofCoder, proofOf(manyEntries(40), manyEntries(40)[3]!.key));
  for (const bad of [
    new Uint8Array(0),
    proof.slice(0, -1),
    concat(proof, Uint8Array.of(0)),
    Uint8Array.of(1, 0x40, 0),
    Uint8Array.of(0, 2),
  ]) {
    assert.equal(decodeWith(sumProofCoder, bad), undefined);
  }
});

const side = leafOf({ key: new Uint8Array(32).fill(0xff), size: 5 });
const both = join(leafOf({ key: new Uint8Array(32).fill(0xf0), size: 5 }), side);
const key = new Uint8Array(32).fill(1);
const other = { key: key.with(31, 0), size: 1 };
const huge: Subtree = { ...both, sum: Number.MAX_SAFE_INTEGER };

const bad: Readonly<Record<SumProofRefusal, SumProof>> = {
  deep: { siblings: Array.from({ length: 256 }, () => both), other: undefined },
  'zero-digest': { siblings: [emptySubtree, both], other: undefined },
  'off-path': { siblings: [both], other: { key: key.with(0, 0x80), size: 1 } },
  covered: { siblings: [both], other: { key, size: 1 } },
  collapsed: { siblings: [both, side], other: undefined },
  overflow: { siblings: [both, huge], other },
};

for (const [refusal, proof] of Object.entries(bad)) {
  test(`${refusal}: ${sumProofRefusals[refusal as SumProofRefusal]}`, () => {
    for (const size of [undefined, 1]) {
      assert.deepEqual(evaluateSum(proof, key, size), { ok: false, refusal });
    }
  });
}

test('no rule of a proof refuses too much', () => {
  for (const proof of [
    { siblings: Array.from({ length: 255 }, () => both), other: undefined },
    { siblings: [undefined, both], other: undefined },
    { siblings: [both], other },
    { siblings: [both, side], other },
    { siblings: [{ ...both, sum: Number.MAX_SAFE_INTEGER - 2 }], other },
  ]) {
    assert.ok(evaluateSum(proof, key, 1).ok);
  }
  const last = { siblings: [{ ...both, sum: Number.MAX_SAFE_INTEGER - 2 }], other };
  assert.deepEqual(evaluateSum(last, key, 2), { ok: false, refusal: 'overflow' });
});

test('a sum that is inflated anywhere but in a size leaves keys without proof', () => {
  const entries = manyEntries(20);
  const proofs = entries.map((entry) => proofOf(entries, entry.key));
  let lies = 0;
  for (const liar of entries) {
    // At every branch above the key its side is said to hold more, and all above is made of that.
    for (let depth = 0; depth < 9; depth++) {
      const forged = inflated(entries, 0, liar.key, depth);
      if (forged === undefined) continue;
      lies += 1;
      for (const [i, { key: of, size }] of entries.entries()) {
        const found = proofs[i]!.siblings.map((_, at) =>
          evaluateSum(retold(proofs[i]!, entries, of, liar.key, depth, at), of, size),
        );
        const holds = found.some(
          (one) => one.ok && equal(one.root, forged.digest) && one.sum === forged.sum,
        );
        // With the lie only those have a proof to whom all of it is one side of a branch.
        const apart = sharedBits(of, liar.key);
        assert.equal(holds, apart <= depth && apart < proofs[i]!.siblings.length);
      }
    }
  }
  assert.ok(lies > 50);
});

test('each byte of the sum lies in one bucket', () => {
  const entries = manyEntries(30).map((entry, i) => ({ ...entry, size: i }));
  const top = forest(bits);
  fill(top, entries);
  const { sum } = top.root();
  for (let point = 0; point < sum; point++) {
    const found = top.find(point)!;
    const own = inBucket(entries, found.bucket);
    const lower = entries.filter((entry) => bucketOf(bits, entry.key) < found.bucket);
    assert.equal(lower.reduce((all, { size }) => all + size, 0) + found.point, point);
    assert.ok(found.point < own.reduce((all, { size }) => all + size, 0));
  }
  assert.equal(top.find(sum), undefined);
  assert.equal(top.find(-1), undefined);
});

test('what is no map is a fault of the caller', () => {
  const top = forest(bits);
  const two = manyEntries(2);
  assert.throws(() => subtree(two.toReversed(), 0), RangeError);
  assert.throws(() => subtree([two[0]!, two[0]!], 0), RangeError);
  assert.throws(() => leafOf({ key: new Uint8Array(31), size: 0 }), RangeError);
  assert.throws(() => leafOf({ key: two[0]!.key, size: -1 }), RangeError);
  assert.throws(() => leafOf({ key: two[0]!.key, size: 2 ** 53 }), RangeError);
  assert.throws(() => join(huge, both), RangeError);
  assert.throws(() => top.set(256, emptySubtree), RangeError);
  assert.throws(() => top.at(9, 0), RangeError);
  assert.throws(() => forest(25), RangeError);
  assert.throws(() => evaluateSum(bad.deep, new Uint8Array(31), 0), RangeError);
  assert.throws(() => evaluateSum(bad.deep, key, 0.5), RangeError);
  assert.throws(() => evaluateSum(bad.deep, key, -1), RangeError);
});

/** The definition of docs/spec/sum-map.md, with nothing but the hash. */
function defined(entries: readonly SumEntry[], depth: number): Subtree {
  if (entries.length === 0) return { digest: new Uint8Array(32), sum: 0 };
  const sum = entries.reduce((all, { size }) => all + size, 0);
  if (entries.length === 1) {
    const digest = hash('sum-leaf', entries[0]!.key, number(sum));
    return { digest: digest.with(31, digest[31]! | 1), sum };
  }
  const [left, right] = halves(entries, depth).map((half) => defined(half, depth + 1));
  return branch(left!, right!);
}

function branch(left: Subtree, right: Subtree): Subtree {
  const sums = [left.sum, right.sum].map(number);
  const digest = hash('sum-node', left.digest, sums[0]!, right.digest, sums[1]!);
  return { digest: digest.with(31, digest[31]! & 0xfe), sum: left.sum + right.sum };
}

function number(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}

function halves(
  entries: readonly SumEntry[],
  depth: number,
): readonly [readonly SumEntry[], readonly SumEntry[]] {
  const bit = ({ key: of }: SumEntry): number => (of[depth >> 3]! >> (7 - (depth % 8))) & 1;
  return [entries.filter((entry) => bit(entry) === 0), entries.filter((entry) => bit(entry) === 1)];
}

/** The subtree in which the branch at depth `liesAt` says more of the side of `at` than is there. */
function inflated(
  entries: readonly SumEntry[],
  depth: number,
  at: Uint8Array,
  liesAt: number,
): Subtree | undefined {
  if (entries.length < 2) return undefined;
  const sides = halves(entries, depth);
  const own = (at[depth >> 3]! >> (7 - (depth % 8))) & 1;
  const made = sides.map((half) => defined(half, depth + 1));
  const below = depth === liesAt ? more(made[own]!) : inflated(sides[own]!, depth + 1, at, liesAt);
  if (below === undefined) return undefined;
  return own === 0 ? branch(below, made[1]!) : branch(made[0]!, below);
}

function more(one: Subtree): Subtree {
  return { ...one, sum: one.sum + 1_000 };
}

/** The proof of a key with the side at `at` told as the liar tells it, or with a sum inflated there. */
function retold(
  proof: SumProof,
  entries: readonly SumEntry[],
  of: Uint8Array,
  liar: Uint8Array,
  depth: number,
  at: number,
): SumProof {
  const honest = proof.siblings[at] ?? emptySubtree;
  const below = entries.filter((entry) => sharedBits(entry.key, liar) > at);
  const isLiars = sharedBits(of, liar) === at && at < depth;
  const side = isLiars ? (inflated(below, at + 1, liar, depth) ?? honest) : more(honest);
  return { ...proof, siblings: proof.siblings.with(at, side) };
}

function sharedBits(a: Uint8Array, b: Uint8Array): number {
  const at = a.findIndex((byte, i) => byte !== b[i]);
  return at < 0 ? 256 : at * 8 + Math.clz32(a[at]! ^ b[at]!) - 24;
}

function proofOf(entries: readonly SumEntry[], of: Uint8Array): SumProof {
  const top = forest(bits);
  fill(top, entries);
  return proveSum(top, (bucket) => inBucket(entries, bucket), of);
}

function fill(top: Forest, entries: readonly SumEntry[]): void {
  for (let bucket = 0; bucket < 2 ** bits; bucket++) {
    top.set(bucket, subtree(inBucket(entries, bucket), bits));
  }
}

function inBucket(entries: readonly SumEntry[], bucket: number): readonly SumEntry[] {
  return entries.filter((entry) => entry.key[0] === bucket);
}

function sorted(entries: readonly SumEntry[]): readonly SumEntry[] {
  const ordered = entries.toSorted((a, b) => compare(a.key, b.key));
  return ordered.filter((entry, i) => i === 0 || compare(ordered[i - 1]!.key, entry.key) !== 0);
}

function manyEntries(count: number): readonly SumEntry[] {
  return sorted(
    Array.from({ length: count }, (_, i) => ({
      key: hash('mark', Uint8Array.of(i)),
      size: 100 + i,
    })),
  );
}

test('a digest tells how many keys are below it', () => {
  assert.equal(keysUnder(emptySubtree.digest), 0);
  assert.equal(keysUnder(side.digest), 1);
  assert.equal(keysUnder(both.digest), 2);
});
