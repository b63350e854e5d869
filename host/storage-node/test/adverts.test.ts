/** Advertisements: found by topic, one for each writer, gone with a version of the registry. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  advertisement,
  advertisementDigest,
  advertisementKey,
  foundCoder,
  type Advertisement,
  type NodeAnswer,
} from '@dsm/availability';
import { memoryEngine } from '@dsm/memory';
import { installNative } from '@dsm/node';
import { filled, registryOf } from '@dsm/ports/conformance';
import {
  keyDigest,
  kinds,
  limits,
  reader,
  registryLineage,
  signatureContext,
  signatures,
  type KeyPair,
  type Registry,
} from '@dsm/primitive';
import { advertRefusals } from '../src/adverts.ts';
import { secretsInMemory } from '../src/keys.ts';
import { storageNode, type StorageNode } from '../src/node.ts';
import { network, oneNode } from './one-node.ts';

installNative();

const topic = filled(77);
const writers = [1, 2, 3].map((i) => signatures().keyPair('ml-dsa-65', filled(i)));

type Said = Pick<Advertisement, 'topic' | 'sequence' | 'until' | 'body'>;

function advertBy(by: KeyPair, changes: Partial<Said> = {}, of = network): Uint8Array {
  const said = { topic, sequence: 1, until: 9, body: filled(1), ...changes };
  const context = signatureContext(kinds.advertisement, 1, of);
  const signature = signatures().sign(by.secretKey, advertisementDigest(of, said), context);
  return advertisement.encode({ ...said, suite: 1, publicKey: by.publicKey, signature });
}

async function say(node: StorageNode, bytes: Uint8Array): Promise<NodeAnswer> {
  const [answer] = await node.ask([{ type: 'advertise', bytes }]);
  assert.ok(answer);
  return answer;
}

async function found(node: StorageNode, after?: Uint8Array): Promise<readonly Uint8Array[]> {
  const [answer] = await node.ask([{ type: 'find', topic, after }]);
  assert.equal(answer?.type, 'ok');
  return foundCoder.read(reader(answer.type === 'ok' ? answer.body : new Uint8Array(0)));
}

const refusal = (reason: keyof typeof advertRefusals): NodeAnswer => ({
  type: 'refused',
  sentence: advertRefusals[reason],
});

test('advertisements of one topic are listed, each writer’s newest only', async () => {
  const { node } = await oneNode(1 << 22);
  const [ada, bob] = writers;
  const first = advertBy(ada!);
  assert.equal((await say(node, first)).type, 'ok');
  assert.equal((await say(node, advertBy(bob!))).type, 'ok');
  await say(node, advertBy(bob!, { topic: filled(78) }));
  assert.equal((await found(node)).length, 2);
  const newer = advertBy(ada!, { sequence: 2, body: filled(2) });
  await say(node, newer);
  const bodies = (await found(node)).map((bytes) => {
    const decoded = advertisement.decode(bytes);
    assert.ok(decoded.ok);
    return decoded.value.body;
  });
  assert.deepEqual(new Set(bodies.map(String)), new Set([filled(1), filled(2)].map(String)));
  // The one that was replaced takes no room any more.
  assert.equal(node.metrics().objects, 3);
  assert.deepEqual(await say(node, first), refusal('stale'));
  assert.equal((await say(node, newer)).type, 'ok');
});

test('pages go on behind what was seen', async () => {
  const { node } = await oneNode(1 << 24);
  const many = Array.from({ length: 20 }, (_, i) =>
    signatures().keyPair('ml-dsa-65', filled(i + 100)),
  );
  for (const by of many) await say(node, advertBy(by));
  const page = await found(node);
  assert.equal(page.length, 16);
  const last = advertisement.decode(page.at(-1)!);
  assert.ok(last.ok);
  const writer = keyDigest(last.value.suite, last.value.publicKey);
  const rest = await found(node, advertisementKey(topic, writer));
  assert.equal(rest.length, 4);
  assert.equal(new Set([...page, ...rest].map(String)).size, 20);
});

test('what is not signed, has ended, or is one too many is refused', async () => {
  const { node, registry } = await oneNode(1 << 26);
  const [ada] = writers;
  assert.deepEqual(await say(node, advertBy(ada!, {}, filled(7))), refusal('advert'));
  assert.deepEqual(await say(node, new Uint8Array(9)), refusal('advert'));
  const past = advertBy(ada!, { until: registry.version - 1 });
  assert.deepEqual(await say(node, past), refusal('ended'));
  for (let i = 0; i < limits.advertisementsMax; i++) {
    const by = signatures().keyPair('ml-dsa-65', filled(i & 255).with(0, i >> 8));
    assert.equal((await say(node, advertBy(by))).type, 'ok');
  }
  const oneMore = signatures().keyPair('ml-dsa-65', filled(9).with(1, 200));
  assert.deepEqual(await say(node, advertBy(oneMore)), refusal('crowded'));
});

test('what has ended makes room for others in a topic that is full', async () => {
  let registry: Registry | undefined;
  const node = await storageNode({
    engine: memoryEngine(),
    registry: () => registry,
    network,
    suite: 1,
    secrets: secretsInMemory(filled(11)),
    capacityBytes: 1 << 26,
  });
  const first = registryOf(network, [node.card], 0);
  registry = first;
  for (let i = 0; i < limits.advertisementsMax; i++) {
    const by = signatures().keyPair('ml-dsa-65', filled(i & 255).with(0, i >> 8));
    const until = first.version + (i < 3 ? 0 : 1);
    assert.equal((await say(node, advertBy(by, { until }))).type, 'ok');
  }
  const later = { version: first.version + 1, previous: filled(5), first: registryLineage(first) };
  registry = { ...first, ...later };
  for (const seed of [200, 201, 202]) {
    const by = signatures().keyPair('ml-dsa-65', filled(9).with(1, seed));
    assert.equal((await say(node, advertBy(by))).type, 'ok');
  }
  const oneMore = signatures().keyPair('ml-dsa-65', filled(9).with(1, 203));
  assert.deepEqual(await say(node, advertBy(oneMore)), refusal('crowded'));
});
