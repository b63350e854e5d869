/** A vote leaves only after its slot is durable, and a restart keeps what was counted. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordSize } from '@dsm/availability';
import { memoryEngine, memoryEnginePlace } from '@dsm/memory';
import { NodeError, StoreError, type NodeErrorCode, type Engine } from '@dsm/ports';
import { address as addressOf, slotKey, slotState } from '@dsm/primitive';
import { installNative } from '@dsm/node';
import { slotAuthor } from '@dsm/ports/conformance';
import { network, oneNode } from './one-node.ts';

installNative();

const capacity = 1 << 20;
const author = slotAuthor(network, 1);
const object = new Uint8Array(700).fill(4);

test('a restart keeps objects, slots, votes and the exact count of what is used', async () => {
  const place = memoryEnginePlace();
  const before = await oneNode(capacity, memoryEngine({ place }));
  await before.node.putObject(object);
  const answer = await before.node.writeSlot(author.encoded(1, 10));
  await before.node.writeSlot(author.encoded(2, 10));
  const forked = await before.node.writeSlot(author.encoded(2, 20));
  const metrics = before.node.metrics();
  await before.node.close();

  const { node } = await oneNode(capacity, memoryEngine({ place }));
  assert.deepEqual(node.metrics(), { ...metrics, slotConflicts: 0 });
  assert.deepEqual([metrics.objects, metrics.slots, metrics.slotConflicts], [1, 2, 1]);
  assert.deepEqual(await node.getObject(addressOf(object)), object);
  assert.deepEqual(await node.writeSlot(author.encoded(1, 10)), answer);
  assert.deepEqual(await node.readSlot(slotKey(author.place(2))), forked);
  const other = slotState.decode(await node.writeSlot(author.encoded(1, 20)));
  assert.ok(other.ok);
  assert.deepEqual(other.value.values[0]?.value, author.write(1, 10).value);
});

test('what is counted as used is what lies in the engine', async () => {
  const place = memoryEnginePlace();
  const { node } = await oneNode(capacity, memoryEngine({ place }));
  assert.equal(node.metrics().usedBytes, 0);
  await Promise.all([
    ...[1, 2, 3].map((fill) => node.putObject(new Uint8Array(fill * 100).fill(fill))),
    ...[10, 20, 30, 40, 50].map((value) => node.writeSlot(author.encoded(1, value))),
    ...[10, 10].map((value) => node.writeSlot(author.encoded(2, value))),
  ]);
  const counted = [place.shelves[1]!, place.shelves[2]!];
  const records = counted.flatMap(({ records: all }) => [...all.values()]);
  const bytes = records.reduce((sum, { value }) => sum + recordSize(value.length), 0);
  assert.equal(records.length, 5);
  assert.equal(node.metrics().usedBytes, bytes);
});

test('no vote leaves, by write or read, before it is durable', async () => {
  const gate = heldEngine();
  const { node } = await oneNode(capacity, gate.engine);
  await node.writeSlot(author.encoded(9, 10));
  gate.hold();
  const said: string[] = [];
  const say = (what: string) => (): void => void said.push(what);
  const over = Promise.all([
    node.writeSlot(author.encoded(1, 10)).then(say('write')),
    node.writeSlot(author.encoded(1, 10)).then(say('same')),
    node.readSlot(slotKey(author.place(1))).then(say('read')),
    node.putObject(object).then(say('object')),
    node.putObject(object).then(say('same object')),
  ]);
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  assert.deepEqual(said, []);
  assert.equal(gate.asked(), 2);
  gate.open();
  await over;
  assert.deepEqual(new Set(said), new Set(['object', 'read', 'same', 'same object', 'write']));
});

test('a commit that the disk has no room for counts nothing, and the node goes on', async () => {
  let isFull = false;
  const { node } = await oneNode(capacity, memoryEngine({ isFull: () => isFull }));
  await node.putObject(object);
  await node.writeSlot(author.encoded(9, 10));
  const before = node.metrics();
  isFull = true;
  await assert.rejects(node.putObject(new Uint8Array(9)), coded('full'));
  await assert.rejects(node.writeSlot(author.encoded(1, 10)), coded('full'));
  assert.deepEqual(node.metrics(), before);
  assert.equal(await node.readSlot(slotKey(author.place(1))), undefined);
  isFull = false;
  const answer = slotState.decode(await node.writeSlot(author.encoded(1, 20)));
  assert.ok(answer.ok);
  assert.deepEqual(answer.value.values[0]?.value, author.write(1, 20).value);
});

test('after a commit of unknown outcome the node says nothing more', async () => {
  const place = memoryEnginePlace();
  const inner = memoryEngine({ place });
  let isLost = false;
  const whileWhole = async <T>(answer: () => Promise<T>): Promise<T> => {
    const found = await answer();
    if (isLost) throw new StoreError('lost', 'the disk failed');
    return found;
  };
  const engine: Engine = {
    ...inner,
    commit: (writes) => whileWhole(() => inner.commit(writes)),
    get: (shelf, key) => whileWhole(() => inner.get(shelf, key)),
  };
  const { node } = await oneNode(capacity, engine);
  await node.putObject(object);
  isLost = true;
  await assert.rejects(node.writeSlot(author.encoded(1, 10)), coded('unreachable'));
  await assert.rejects(node.writeSlot(author.encoded(1, 20)), coded('unreachable'));
  await assert.rejects(node.readSlot(slotKey(author.place(1))), coded('unreachable'));
  await assert.rejects(node.getObject(addressOf(object)), coded('unreachable'));
});

test('closing ends what is under way; a closed node does not answer', async () => {
  const place = memoryEnginePlace();
  const { node } = await oneNode(capacity, memoryEngine({ place }));
  const stored = node.putObject(object);
  await Promise.all([node.close(), stored]);
  await assert.rejects(node.putObject(object), coded('unreachable'));
  await assert.rejects(node.health(), coded('unreachable'));
  await node.close();
  const again = await oneNode(capacity, memoryEngine({ place }));
  assert.deepEqual(await again.node.getObject(addressOf(object)), object);
});

/** An engine whose commits show at once and are answered only when the gate opens. */
function heldEngine(): {
  readonly engine: Engine;
  /** Holds back what is asked for from here on, and counts it. */
  readonly hold: () => void;
  readonly open: () => void;
  readonly asked: () => number;
} {
  const inner = memoryEngine();
  const gate = Promise.withResolvers<void>();
  let asked = 0;
  let isHeld = false;
  const commit: Engine['commit'] = async (writes) => {
    await inner.commit(writes);
    if (!isHeld) return;
    asked += 1;
    await gate.promise;
  };
  const hold = (): void => {
    isHeld = true;
  };
  return { engine: { ...inner, commit }, hold, open: gate.resolve, asked: () => asked };
}

function coded(code: NodeErrorCode): (error: unknown) => boolean {
  return (error) => error instanceof NodeError && error.code === code;
}
