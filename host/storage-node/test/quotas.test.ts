/** Room for money: a node admits what its own and other operators' acceptances stand behind. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  acceptanceDigest,
  charge,
  chargeDigest,
  offerDigest,
  recordSize,
  subscription,
  subscriptionRefusals,
  usualTerms,
  type NodeAnswer,
  type Offer,
} from '@dsm/availability';
import { memoryEngine, memoryEnginePlace } from '@dsm/memory';
import { installNative } from '@dsm/node';
import { filled, registryOf, slotAuthor } from '@dsm/ports/conformance';
import {
  address as addressOf,
  compare,
  kinds,
  registryLineage,
  signatureContext,
  signatures,
  slotKey,
  zero32,
  type Registry,
} from '@dsm/primitive';
import { nodeKeys, secretsInMemory, type NodeKeys } from '../src/keys.ts';
import { storageNode, type StorageNode } from '../src/node.ts';
import { quotaRefusals } from '../src/quotas.ts';
import { network } from './one-node.ts';

installNative();

const payer = signatures().keyPair('ml-dsa-65', filled(201));
const stranger = signatures().keyPair('ml-dsa-65', filled(202));
const object = new Uint8Array(1_000).fill(8);

interface Scene {
  readonly node: StorageNode;
  readonly registry: Registry;
  readonly operators: readonly NodeKeys[];
  readonly place: ReturnType<typeof memoryEnginePlace>;
}

async function scene(place = memoryEnginePlace()): Promise<Scene> {
  const operators = await Promise.all(
    [1, 2, 3, 4].map((i) => nodeKeys(1, secretsInMemory(filled(i)))),
  );
  const cards = operators.map((keys) => ({
    suite: 1 as const,
    id: keys.id,
    voteKey: keys.voter().publicKey,
  }));
  const registry = registryOf(network, cards, 1);
  const node = await storageNode({
    engine: memoryEngine({ place }),
    registry: () => registry,
    network,
    suite: 1,
    secrets: secretsInMemory(filled(1)),
    capacityBytes: 1 << 22,
    admission: 'paid',
  });
  return { node, registry, operators, place };
}

const offerOf = (registry: Registry, changes: Partial<Offer> = {}): Offer => ({
  network,
  lineage: registryLineage(registry),
  suite: 1,
  publicKey: payer.publicKey,
  bytes: 3_000,
  until: 5,
  token: filled(5),
  price: 10n,
  nonce: filled(6),
  ...changes,
});

function subscriptionBy(
  { operators }: Scene,
  offer: Offer,
  accepting: readonly number[],
  by = payer,
): Uint8Array {
  const digest = offerDigest(offer);
  const sign = signatureContext(kinds.offer, 1, network);
  const acceptances = accepting
    .map((i) => operators[i]!)
    .toSorted((a, b) => compare(a.id, b.id))
    .map(({ id, identity }) => ({
      suite: 1 as const,
      identityKey: identity.publicKey,
      signature: identity.sign(kinds.subscription, network, acceptanceDigest(digest, id)),
    }));
  const signature = signatures().sign(by.secretKey, digest, sign);
  return subscription.encode({ offer, signature, acceptances });
}

function chargeBy(offer: Uint8Array, keys: readonly Uint8Array[], by = payer): Uint8Array {
  const context = signatureContext(kinds.charge, 1, network);
  const signature = signatures().sign(by.secretKey, chargeDigest({ offer, keys }), context);
  return charge.encode({ offer, suite: 1, publicKey: by.publicKey, keys, signature });
}

const put = async (node: StorageNode, bytes: Uint8Array): Promise<NodeAnswer['type']> => {
  const [answer] = await node.ask([{ type: 'put', terms: usualTerms, bytes }]);
  return answer!.type;
};

async function subscribed(at: Scene, offer: Offer): Promise<void> {
  const bytes = subscriptionBy(at, offer, [0, 1, 2]);
  assert.deepEqual(await at.node.ask([{ type: 'subscribe', bytes }]), [
    { type: 'ok', body: new Uint8Array(0) },
  ]);
}

test('nothing is kept for nothing; a charged object is, once, until the quota is used up', async () => {
  const at = await scene();
  const offer = offerOf(at.registry);
  assert.equal(await put(at.node, object), 'unpaid');
  await subscribed(at, offer);
  assert.equal(await put(at.node, object), 'unpaid');
  const objects = [object, object.with(0, 1), object.with(0, 2)];
  const bytes = chargeBy(
    offerDigest(offer),
    objects.map((one) => addressOf(one)),
  );
  await at.node.ask([{ type: 'charge', bytes }]);
  assert.equal(await put(at.node, objects[0]!), 'ok');
  assert.equal(await put(at.node, objects[0]!), 'ok');
  assert.equal(await put(at.node, objects[1]!), 'ok');
  // Two objects of 1,128 bytes leave 744.
  assert.ok(3 * recordSize(object.length) > offer.bytes);
  assert.equal(await put(at.node, objects[2]!), 'unpaid');
  // Shown again, it is the same subscription, as much of it used.
  await subscribed(at, offer);
  assert.equal(await put(at.node, objects[2]!), 'unpaid');
});

test('what is used is remembered over a restart', async () => {
  const at = await scene();
  const offer = offerOf(at.registry);
  await subscribed(at, offer);
  const objects = [object, object.with(0, 1), object.with(0, 2)];
  const bytes = chargeBy(
    offerDigest(offer),
    objects.map((one) => addressOf(one)),
  );
  await at.node.ask([{ type: 'charge', bytes }]);
  await put(at.node, objects[0]!);
  await at.node.close();
  const again = await scene(at.place);
  await again.node.ask([{ type: 'charge', bytes }]);
  assert.equal(await put(again.node, objects[1]!), 'ok');
  assert.equal(await put(again.node, objects[2]!), 'unpaid');
});

test('a slot costs, too', async () => {
  const at = await scene();
  const author = slotAuthor(network, 1);
  const write = author.encoded(1, 10);
  const [before] = await at.node.ask([{ type: 'write-slot', write }]);
  assert.equal(before?.type, 'unpaid');
  const offer = offerOf(at.registry, { bytes: 100_000 });
  await subscribed(at, offer);
  const bytes = chargeBy(offerDigest(offer), [slotKey(author.place(1))]);
  await at.node.ask([{ type: 'charge', bytes }]);
  const [after] = await at.node.ask([{ type: 'write-slot', write }]);
  assert.equal(after?.type, 'ok');
});

test('each rule of a subscription is refused by its own sentence', async () => {
  const at = await scene();
  const good = offerOf(at.registry);
  const refusal = async (bytes: Uint8Array): Promise<string | undefined> => {
    const [answer] = await at.node.ask([{ type: 'subscribe', bytes }]);
    return answer?.type === 'refused' ? answer.sentence : undefined;
  };
  const by = (offer: Offer, who: readonly number[]): Uint8Array => subscriptionBy(at, offer, who);
  assert.equal(
    await refusal(by({ ...good, network: filled(1) }, [0, 1, 2])),
    subscriptionRefusals.network,
  );
  assert.equal(
    await refusal(by({ ...good, lineage: filled(1) }, [0, 1, 2])),
    subscriptionRefusals.network,
  );
  assert.equal(await refusal(by({ ...good, until: 0 }, [0, 1, 2])), subscriptionRefusals.ended);
  assert.equal(await refusal(by(good, [0, 1])), subscriptionRefusals.operators);
  assert.equal(await refusal(by(good, [1, 2, 3])), subscriptionRefusals.here);
  assert.equal(
    await refusal(subscriptionBy(at, good, [0, 1, 2], stranger)),
    subscriptionRefusals.payer,
  );
  const decoded = subscription.decode(by(good, [0, 1, 2]));
  assert.ok(decoded.ok);
  const other = subscription.decode(by({ ...good, bytes: 1 }, [0, 1, 2]));
  assert.ok(other.ok);
  const moved = subscription.encode({ ...decoded.value, acceptances: other.value.acceptances });
  assert.equal(await refusal(moved), subscriptionRefusals.acceptance);
  assert.equal(await refusal(new Uint8Array(3)), quotaRefusals.subscription);
});

test('nobody charges another’s quota; a registered node may repair', async () => {
  const at = await scene();
  const offer = offerOf(at.registry);
  await subscribed(at, offer);
  const keys = [addressOf(object)];
  for (const bytes of [
    chargeBy(offerDigest(offer), keys, stranger),
    chargeBy(filled(3), keys),
    chargeBy(zero32, keys),
    new Uint8Array(2),
  ]) {
    const [answer] = await at.node.ask([{ type: 'charge', bytes }]);
    assert.deepEqual(answer, { type: 'refused', sentence: quotaRefusals.charge });
    assert.equal(await put(at.node, object), 'unpaid');
  }
  const { identity } = at.operators[2]!;
  const said = { offer: zero32, keys };
  const bytes = charge.encode({
    ...said,
    suite: 1,
    publicKey: identity.publicKey,
    signature: identity.sign(kinds.charge, network, chargeDigest(said)),
  });
  await at.node.ask([{ type: 'charge', bytes }]);
  assert.equal(await put(at.node, object), 'ok');
});
