/** The keys of a node: an identity for its life, and vote keys of which the former are gone. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { installNative } from '@dsm/node';
import { equal, keyOf, kinds, nodeId, verifyWorking, type Suite } from '@dsm/primitive';
import { filled } from '@dsm/ports/conformance';
import {
  freshSecrets,
  nodeKeys,
  secretsInMemory,
  type NodeSecrets,
  type SecretKeeper,
} from '../src/index.ts';
import { network } from './one-node.ts';

installNative();

/** A keeper that shows what it was given. */
function watched(seed: number): SecretKeeper & { readonly kept: NodeSecrets[] } {
  const inner = secretsInMemory(filled(seed));
  const kept: NodeSecrets[] = [];
  return {
    kept,
    read: inner.read,
    replace: async (next) => {
      kept.push({ ...next, identity: next.identity.slice(), voteSeed: next.voteSeed.slice() });
      await inner.replace(next);
    },
  };
}

test('the same secrets give the same keys, others give others, and the two keys are apart', async () => {
  const [one, same, other] = await Promise.all(
    [1, 1, 2].map((seed) => nodeKeys(1, secretsInMemory(filled(seed)))),
  );
  assert.ok(one !== undefined && same !== undefined && other !== undefined);
  assert.deepEqual(same.id, one.id);
  assert.deepEqual(same.voter().publicKey, one.voter().publicKey);
  assert.notEqual(keyOf(other.id), keyOf(one.id));
  assert.ok(!equal(other.voter().publicKey, one.voter().publicKey));
  assert.ok(!equal(one.voter().publicKey, one.identity.publicKey));
  assert.deepEqual(one.id, nodeId(1, one.identity.publicKey));
});

for (const suite of [1, 2] as const) {
  test(`in suite ${suite} both keys sign, for one network and kind`, async () => {
    const keys = await nodeKeys(suite, secretsInMemory(filled(3)));
    const digest = filled(9);
    for (const signer of [keys.identity, keys.voter()]) {
      const signature = signer.sign(kinds.vote, network, digest);
      const holds = (by: Suite, kind: typeof kinds.vote | typeof kinds.close, on: Uint8Array) =>
        verifyWorking(kind, by, on, signer.publicKey, digest, signature);
      assert.ok(holds(suite, kinds.vote, network));
      assert.ok(!holds(suite, kinds.close, network));
      assert.ok(!holds(suite, kinds.vote, filled(1)));
    }
  });
}

test('retiring moves on to the key that was named before, and the id stays', async () => {
  const keeper = watched(4);
  const keys = await nodeKeys(1, keeper);
  const { id } = keys;
  const seen = new Set([keyOf(keys.voter().publicKey)]);
  for (let generation = 1; generation <= 3; generation++) {
    const named = keys.nextVoteKey();
    await keys.retire();
    assert.deepEqual(keys.voter().publicKey, named);
    assert.deepEqual(keys.id, id);
    assert.equal(keeper.kept.at(-1)!.generation, generation);
    seen.add(keyOf(named));
  }
  assert.equal(seen.size, 4, 'no key comes twice');
  const reopened = await nodeKeys(1, keeper);
  assert.deepEqual(reopened.id, id);
  assert.deepEqual(reopened.voter().publicKey, keys.voter().publicKey);
});

test('nothing that is kept leads back to a retired key', async () => {
  const keeper = watched(5);
  const first = await keeper.read();
  const before = first.voteSeed.slice();
  const keys = await nodeKeys(1, keeper);
  const retired = keys.voter().publicKey;
  await keys.retire();
  const [kept] = keeper.kept;
  assert.ok(kept !== undefined);
  assert.deepEqual(kept.identity, first.identity);
  assert.ok(!equal(kept.voteSeed, before));
  assert.deepEqual(first.voteSeed, new Uint8Array(32), 'the former seed is wiped from memory');
  // Whoever takes what is kept now gets to this key and to later ones, never to the one before.
  const thief = await nodeKeys(1, keeper);
  const reached: Uint8Array[] = [];
  for (let i = 0; i < 5; i++) {
    reached.push(thief.voter().publicKey);
    await thief.retire();
  }
  assert.ok(!reached.some((key) => equal(key, retired)));
});

test('a key whose destruction did not become durable is still the one that votes', async () => {
  const inner = secretsInMemory(filled(6));
  let fails = true;
  const keeper: SecretKeeper = {
    read: inner.read,
    replace: async (next) => {
      if (fails) throw new Error('the disk is gone');
      await inner.replace(next);
    },
  };
  const keys = await nodeKeys(1, keeper);
  const present = keys.voter().publicKey;
  await assert.rejects(keys.retire());
  assert.deepEqual(keys.voter().publicKey, present);
  fails = false;
  const named = keys.nextVoteKey();
  await keys.retire();
  assert.deepEqual(keys.voter().publicKey, named);
});

test('secrets are made of exactly 32 bytes, and their parts are apart', () => {
  for (const length of [0, 31, 33]) {
    assert.throws(() => freshSecrets(new Uint8Array(length)), RangeError);
  }
  const { identity, voteSeed, generation } = freshSecrets(filled(7));
  assert.equal(generation, 0);
  assert.ok(!equal(identity, voteSeed));
  assert.ok(!equal(identity, filled(7)) && !equal(voteSeed, filled(7)));
});
