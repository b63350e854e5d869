/** A bucket with its path shows root, sum and place of its bytes; what is left out or made up is seen. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  bucketOf,
  bucketPageCoder,
  bucketPath,
  bucketRefusals,
  decodeBucketPage,
  emptySubtree,
  evaluateBucket,
  forest,
  leafOf,
  subtree,
  type BucketPath,
  type BucketRefusal,
  type Forest,
  type SumEntry,
} from '@dsm/availability';
import { compare, encodeWith, hash } from '@dsm/primitive';
import { installPortable } from '@dsm/portable';

installPortable();

const bits = 8;

function entriesOf(count: number, from = 0): readonly SumEntry[] {
  return Array.from({ length: count }, (_, i) => ({
    key: hash('seal', Uint8Array.of((from + i) >> 8, from + i)),
    size: 100 + i,
  })).toSorted((a, b) => compare(a.key, b.key));
}

function within(all: readonly SumEntry[], bucket: number): readonly SumEntry[] {
  return all.filter(({ key }) => bucketOf(bits, key) === bucket);
}

function mapOf(all: readonly SumEntry[]): Forest {
  const top = forest(bits);
  for (let bucket = 0; bucket < 2 ** bits; bucket++) {
    top.set(bucket, subtree(within(all, bucket), bits));
  }
  return top;
}

test('every bucket of a map shows its root and its sum, and where its bytes begin', () => {
  for (const count of [1, 2, 3, 17, 400]) {
    const all = entriesOf(count);
    const top = mapOf(all);
    let before = 0;
    for (let bucket = 0; bucket < 2 ** bits; bucket++) {
      const own = within(all, bucket);
      const shown = evaluateBucket(bits, bucket, own, bucketPath(top, bucket));
      if (count === 1 && own.length === 0) {
        assert.deepEqual(shown, { ok: false, refusal: 'unbound' });
        continue;
      }
      const sum = own.reduce((total, { size }) => total + size, 0);
      const { digest: root, sum: whole } = top.root();
      assert.deepEqual(shown, { ok: true, root, sum: whole, before, within: sum });
      before += sum;
    }
  }
});

test('the empty map is shown by any bucket', () => {
  const shown = evaluateBucket(bits, 9, [], bucketPath(forest(bits), 9));
  assert.deepEqual(shown, { ok: true, root: emptySubtree.digest, sum: 0, before: 0, within: 0 });
});

test('a bucket below the first or beyond the last one is none', () => {
  for (const bucket of [-1, 2 ** bits]) {
    const shown = evaluateBucket(bits, bucket, [], bucketPath(forest(bits), 0));
    assert.deepEqual(shown, { ok: false, refusal: 'bucket' });
  }
});

test('a key that is left out, added or of another size gives another root', () => {
  const all = entriesOf(400);
  const top = mapOf(all);
  const bucket = bucketOf(bits, all[200]!.key);
  const own = within(all, bucket);
  const path = bucketPath(top, bucket);
  const rootOf = (entries: readonly SumEntry[]): Uint8Array => {
    const shown = evaluateBucket(bits, bucket, entries, path);
    assert.ok(shown.ok);
    return shown.root;
  };
  assert.deepEqual(rootOf(own), top.root().digest);
  const [first, ...rest] = own;
  assert.notDeepEqual(rootOf(rest), top.root().digest);
  assert.notDeepEqual(rootOf([{ ...first!, size: first!.size + 1 }, ...rest]), top.root().digest);
});

test('a sum that is claimed beside the sizes leaves no bucket below it with a path', () => {
  const all = entriesOf(400);
  const honest = mapOf(all);
  const bucket = 77;
  const { digest, sum } = honest.at(bits, bucket);
  // The cheat says that the bucket holds a thousand bytes more than its keys come to.
  const cheat = mapOf(all);
  cheat.set(bucket, { digest, sum: sum + 1_000 });
  const root = cheat.root();
  assert.equal(root.sum, honest.root().sum + 1_000);
  const shown = evaluateBucket(bits, bucket, within(all, bucket), bucketPath(cheat, bucket));
  assert.ok(shown.ok && compare(shown.root, root.digest) !== 0);
  const beside = evaluateBucket(bits, 3, within(all, 3), bucketPath(cheat, 3));
  assert.ok(beside.ok && compare(beside.root, root.digest) === 0, 'others do not see it');
});

test('each refusal', () => {
  const all = entriesOf(400);
  const top = mapOf(all);
  const bucket = bucketOf(bits, all[0]!.key);
  const own = within(all, bucket);
  const path = bucketPath(top, bucket);
  const big = { ...own[0]!, size: Number.MAX_SAFE_INTEGER };
  const zero = { digest: new Uint8Array(32), sum: 5 };
  const lone: BucketPath = Array.from({ length: bits }, (_, i) =>
    i === 0 ? leafOf(entriesOf(1)[0]!) : undefined,
  );
  const cases: readonly (readonly [BucketRefusal, ...Parameters<typeof evaluateBucket>])[] = [
    ['bucket', bits, 256, [], path],
    ['order', bits, bucket, [own[0]!, own[0]!], path],
    ['key', bits, bucket ^ 1, own, path],
    ['path', bits, bucket, own, path.slice(1)],
    ['path', bits, bucket, own, [zero, ...path.slice(1)]],
    ['overflow', bits, bucket, [big], path],
    ['unbound', bits, bucket, [], lone],
  ];
  for (const [refusal, ...given] of cases) {
    assert.deepEqual(evaluateBucket(...given), { ok: false, refusal }, refusal);
  }
  assert.deepEqual(
    new Set(cases.map(([refusal]) => refusal)),
    new Set(Object.keys(bucketRefusals)),
  );
});

test('a page comes back from its bytes; cut or with more behind it is none', () => {
  const all = entriesOf(40);
  const path = bucketPath(mapOf(all), 3);
  const page = { sequence: 7, bucket: 3, entries: within(all, 3), more: 0, path } as const;
  const bytes = encodeWith(bucketPageCoder, page);
  assert.deepEqual(decodeBucketPage(bytes), page);
  assert.equal(decodeBucketPage(bytes.subarray(1)), undefined);
  assert.equal(decodeBucketPage(Uint8Array.of(...bytes, 0)), undefined);
});
