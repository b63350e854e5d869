/** Bytes of any size: in chunks, resumed where they broke off, verified piece by piece. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manifest, wholeAddress } from '@dsm/availability';
import { installNative } from '@dsm/node';
import { NodeError, type NodeApi } from '@dsm/ports';
import { address as addressOf, limits } from '@dsm/primitive';
import { fetchWhole, publishWhole, type Progress } from '../src/large-objects.ts';
import { quorum } from '../src/quorum.ts';
import { cluster } from './quorum-cluster.ts';

installNative();

const chunk = limits.objectBytesMax;
const large = Uint8Array.from({ length: 3 * chunk + 17 }, (_, i) => (i * 31 + (i >> 13)) & 255);

test('what fits one object is one; what does not has a manifest, and comes back', async () => {
  const { registry, nodes } = await cluster(6);
  const plane = quorum(registry, nodes);
  for (const bytes of [large.subarray(0, 100), large.subarray(0, chunk), large]) {
    const { address, available } = await publishWhole(plane, bytes);
    assert.equal(available, true);
    assert.deepEqual(address, wholeAddress(bytes));
    assert.deepEqual(await fetchWhole(plane, address, large.length), Uint8Array.from(bytes));
  }
});

test('more than the reader allows is not fetched', async () => {
  const { registry, nodes } = await cluster();
  const plane = quorum(registry, nodes);
  const { address } = await publishWhole(plane, large);
  assert.equal(await fetchWhole(plane, address, large.length - 1), undefined);
  assert.equal(await fetchWhole(plane, addressOf(new Uint8Array(1)), 10), undefined);
});

test('an upload that broke off sends only what is missing, and its manifest last', async () => {
  const { registry, nodes } = await cluster();
  let puts = 0;
  let fails = true;
  const counted = nodes.map((node): NodeApi => {
    const putObject: NodeApi['putObject'] = async (bytes) => {
      if (fails && bytes.length < chunk) throw new NodeError('unreachable', 'cut off');
      puts += 1;
      await node.putObject(bytes);
    };
    return { ...node, putObject };
  });
  const plane = quorum(registry, counted);
  const progress: Progress[] = [];
  const first = await publishWhole(plane, large, { onProgress: (one) => progress.push(one) });
  assert.equal(first.available, false);
  assert.equal(await plane.fetch(first.address), undefined);
  await Promise.all(nodes.map((node) => node.health()));
  assert.equal(progress.at(-1)?.done, 4);
  assert.equal(progress.at(-1)?.bytes, large.length);
  fails = false;
  puts = 0;
  const second = await publishWhole(plane, large);
  assert.equal(second.available, true);
  assert.ok(puts <= 2 * registry.r, `${puts} puts: the last chunk and the manifest`);
  assert.deepEqual(await fetchWhole(plane, second.address, large.length), large);
});

test('a manifest that promises other chunks is worth nothing', async () => {
  const { registry, nodes } = await cluster();
  const plane = quorum(registry, nodes);
  const part = large.subarray(0, chunk);
  await plane.publish(part);
  await plane.publish(large.subarray(0, 5));
  const chunks = [addressOf(part), addressOf(large.subarray(0, 5))];
  const lying = manifest.encode({ size: chunk + 6, chunks });
  await plane.publish(lying);
  assert.equal(await fetchWhole(plane, addressOf(lying), 3 * chunk), undefined);
  assert.throws(() => manifest.encode({ size: 3 * chunk, chunks }), RangeError);
});
