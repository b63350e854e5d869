/** Objects end without a clock: by a version of the registry, or by the word of their owner. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  claimsCoder,
  objectClasses,
  release,
  releaseDigest,
  usualTerms,
  withoutEnd,
  type Terms,
} from '@dsm/availability';
import { installNative } from '@dsm/node';
import { NodeError } from '@dsm/ports';
import { filled } from '@dsm/ports/conformance';
import {
  address as addressOf,
  keyDigest,
  kinds,
  reader,
  signatureContext,
  signatures,
} from '@dsm/primitive';
import { objectRefusals } from '../src/objects.ts';
import { network, oneNode } from './one-node.ts';

installNative();

const object = new Uint8Array(300).fill(3);
const address = addressOf(object);
const owners = [1, 2].map((i) => signatures().keyPair('ml-dsa-65', filled(i)));
const ownerDigest = (i: number): Uint8Array => keyDigest(1, owners[i]!.publicKey);

function releaseBy(i: number, changes: { readonly network?: Uint8Array } = {}): Uint8Array {
  const { publicKey, secretKey } = owners[i]!;
  const digest = releaseDigest(changes.network ?? network, address);
  const context = signatureContext(kinds.release, 1, network);
  const signature = signatures().sign(secretKey, digest, context);
  return release.encode({ address, suite: 1, publicKey, signature });
}

async function claims(
  node: Awaited<ReturnType<typeof oneNode>>['node'],
): Promise<readonly Terms[]> {
  const [answer] = await node.ask([{ type: 'terms', address }]);
  assert.equal(answer?.type, 'ok');
  return claimsCoder.read(reader(answer.type === 'ok' ? answer.body : new Uint8Array(0)));
}

const until = (version: number, owner?: Uint8Array): Terms => ({
  class: objectClasses.receipt,
  until: version,
  owner,
});

test('an object without terms is kept without an end and nobody can release it', async () => {
  const { node } = await oneNode(1 << 20);
  await node.putObject(object);
  assert.deepEqual(await claims(node), [usualTerms]);
  await node.ask([{ type: 'release', bytes: releaseBy(0) }]);
  assert.equal(await node.sweep(withoutEnd - 1), 0);
  assert.deepEqual(await node.getObject(address), object);
});

test('an object goes when its last claim is over, and its room with it', async () => {
  const { node } = await oneNode(1 << 20);
  await node.ask([
    { type: 'put', terms: until(3), bytes: object },
    { type: 'put', terms: until(5, ownerDigest(0)), bytes: object },
  ]);
  assert.equal((await claims(node)).length, 2);
  assert.equal(await node.sweep(5), 0);
  assert.equal(await node.sweep(6), 1);
  assert.equal(await node.getObject(address), undefined);
  assert.equal(node.metrics().usedBytes, 0);
});

test('owners release their own claims only, and the last one the object', async () => {
  const { node } = await oneNode(1 << 20);
  await node.ask([
    { type: 'put', terms: until(withoutEnd, ownerDigest(0)), bytes: object },
    { type: 'put', terms: until(withoutEnd, ownerDigest(1)), bytes: object },
  ]);
  await node.ask([{ type: 'release', bytes: releaseBy(0) }]);
  assert.deepEqual(await claims(node), [until(withoutEnd, ownerDigest(1))]);
  await node.ask([{ type: 'release', bytes: releaseBy(0) }]);
  assert.deepEqual(await node.getObject(address), object);
  await node.ask([{ type: 'release', bytes: releaseBy(1) }]);
  assert.equal(await node.getObject(address), undefined);
});

test('a release of another network, or of nobody, is refused', async () => {
  const { node } = await oneNode(1 << 20);
  await node.ask([{ type: 'put', terms: until(9, ownerDigest(0)), bytes: object }]);
  const other = releaseBy(0, { network: filled(7) });
  for (const bytes of [other, other.subarray(1), new Uint8Array(0)]) {
    const [answer] = await node.ask([{ type: 'release', bytes }]);
    assert.deepEqual(answer, { type: 'refused', sentence: objectRefusals.release });
  }
  assert.deepEqual(await node.getObject(address), object);
});

test('beyond the limit of claims the longest lasts, and nobody’s object ends by being claimed', async () => {
  const { node } = await oneNode(1 << 20);
  for (let i = 0; i < 20; i++) {
    await node.ask([{ type: 'put', terms: until(i, filled(i + 1)), bytes: object }]);
  }
  const all = await claims(node);
  assert.equal(all.length, 8);
  assert.equal(Math.max(...all.map((one) => one.until)), 19);
  assert.equal(await node.sweep(19), 0);
  assert.equal(await node.sweep(20), 1);
});

test('the space of slots is kept free of objects', async () => {
  const { node } = await oneNode(100_000);
  const put = async (i: number): Promise<boolean> => {
    try {
      await node.putObject(new Uint8Array(5_000).fill(i));
      return true;
    } catch (error) {
      assert.ok(error instanceof NodeError && error.code === 'full');
      return false;
    }
  };
  let kept = 0;
  while (await put(kept)) kept += 1;
  const { usedBytes, capacityBytes } = node.metrics();
  assert.ok(usedBytes <= capacityBytes * 0.95 && usedBytes + 5_128 > capacityBytes * 0.95);
});
