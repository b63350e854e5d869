/** The storage plane for data of one's own: put, get, release, notes by topic, room for money. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  acceptanceCoder,
  acceptanceDigest,
  firstRegistry,
  offerDigest,
  subscription,
} from '@dsm/availability';
import { memoryEngine, memoryStore } from '@dsm/memory';
import { installNative } from '@dsm/node';
import { encodeWith, kinds } from '@dsm/primitive';
import { nodeKeys, secretsInMemory, storageNode } from '@dsm/storage-node';
import {
  createWallet,
  DsmError,
  localNetwork,
  networkId,
  type Network,
  type Wallet,
} from '../src/index.ts';

installNative();

const note = (text: string): Uint8Array => new TextEncoder().encode(text);

async function walletIn(network: Network, name = 'Ada'): Promise<Wallet> {
  return createWallet({ name, store: memoryStore(), network });
}

const isCode = (code: string) => (error: unknown) =>
  error instanceof DsmError && error.code === code;

test('bytes that were put are got by anybody, until their owner releases them', async () => {
  const network = await localNetwork({ nodes: 6 });
  const [ada, bob] = await Promise.all([walletIn(network), walletIn(network, 'Bob')]);
  const bytes = new Uint8Array(2_500_000).map((_, i) => i * 7);
  const { address, available } = await ada.storage.put(bytes);
  assert.ok(available && address.startsWith('obj1'));
  assert.deepEqual(await bob.storage.get(address), bytes);
  assert.equal(await bob.storage.available(address), true);
  await assert.rejects(bob.storage.get(address, 1_000), isCode('not-found'));
  await bob.storage.release(address);
  assert.deepEqual(await bob.storage.get(address), bytes);
  assert.ok((await ada.storage.release(address)) > 0);
  await assert.rejects(bob.storage.get(address), isCode('not-found'));
  assert.equal(
    network.storageNodes.reduce((sum, node) => sum + node.metrics().objects, 0),
    0,
  );
  await assert.rejects(ada.storage.get('obj1nothing'), isCode('usage'));
  await Promise.all([ada.close(), bob.close()]);
});

test('what both have put stays until both release it; what is for good stays', async () => {
  const network = await localNetwork({ nodes: 4 });
  const [ada, bob] = await Promise.all([walletIn(network), walletIn(network, 'Bob')]);
  const { address } = await ada.storage.put(note('together'));
  await bob.storage.put(note('together'));
  await ada.storage.release(address);
  assert.deepEqual(await ada.storage.get(address), note('together'));
  await bob.storage.release(address);
  await assert.rejects(ada.storage.get(address), isCode('not-found'));
  const kept = await ada.storage.put(note('for good'), { releasable: false });
  await ada.storage.release(kept.address);
  assert.deepEqual(await ada.storage.get(kept.address), note('for good'));
  await Promise.all([ada.close(), bob.close()]);
});

test('notes are found by topic, the newest of each writer', async () => {
  const network = await localNetwork({ nodes: 5 });
  const [ada, bob] = await Promise.all([walletIn(network), walletIn(network, 'Bob')]);
  await ada.storage.advertise('bakery', note('open'), 9);
  await bob.storage.advertise('bakery', note('closed'), 9);
  await ada.storage.advertise('bakery', note('open till six'), 9);
  const found = await bob.storage.find('bakery');
  const texts = found.map(({ body }) => new TextDecoder().decode(body));
  assert.deepEqual(texts.toSorted(), ['closed', 'open till six']);
  assert.deepEqual(await bob.storage.find('butcher'), []);
  await Promise.all([ada.close(), bob.close()]);
});

test('on a network that asks for pay, an offer that three operators accept pays for everything', async () => {
  const id = networkId('paid');
  let registry: Network['registry'] | undefined;
  const secrets = [1, 2, 3, 4].map((i) => secretsInMemory(new Uint8Array(32).fill(i)));
  const nodes = await Promise.all(
    secrets.map((keeper) =>
      storageNode({
        engine: memoryEngine(),
        registry: () => registry,
        network: id,
        suite: 1,
        secrets: keeper,
        capacityBytes: 1 << 26,
        admission: 'paid',
      }),
    ),
  );
  registry = firstRegistry({ network: id, nodes: nodes.map(({ card }) => card) })!;
  const network = { name: 'paid', registry, nodes };
  const ada = await walletIn(network);
  assert.equal((await ada.storage.put(note('unpaid'))).available, false);
  await assert.rejects(
    ada.storage.offer({ bytes: 1 << 20, until: 9, token: 'GOLD', price: 5n }),
    isCode('not-found'),
  );
  const token = await ada.issue({ ticker: 'GOLD', cap: 100n }).catch(() => undefined);
  assert.equal(token?.ticker, 'GOLD');
  const offer = await ada.storage.offer({ bytes: 1 << 20, until: 9, token: 'GOLD', price: 5n });
  const decoded = subscription.decode(offer);
  assert.ok(decoded.ok);
  const digest = offerDigest(decoded.value.offer);
  const acceptances = await Promise.all(
    secrets.map(async (keeper) => {
      const { id: node, identity } = await nodeKeys(1, keeper);
      const signature = identity.sign(kinds.subscription, id, acceptanceDigest(digest, node));
      return encodeWith(acceptanceCoder, {
        suite: identity.suite,
        identityKey: identity.publicKey,
        signature,
      });
    }),
  );
  await assert.rejects(ada.storage.subscribe(offer, [offer]), isCode('usage'));
  assert.equal(await ada.storage.subscribe(offer, acceptances.slice(0, 2)), 0);
  assert.equal(await ada.storage.subscribe(offer, acceptances), 4);
  const { address, available } = await ada.storage.put(note('paid'));
  assert.equal(available, true);
  assert.deepEqual(await ada.storage.get(address), note('paid'));
  // Slots are charged by the same offer: a mint is certified.
  await ada.mint('GOLD', 10n);
  assert.equal(await ada.balance('GOLD'), 10n);
  await assert.rejects(
    ada.storage.put(new Uint8Array(3_000_000)).then((put) => {
      if (!put.available) throw new DsmError('full', 'the quota is used up');
    }),
    isCode('full'),
  );
  await ada.close();
});
