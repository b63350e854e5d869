/** Votes are signed together, however many wait, and each slot gets the vote on its own value. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryEngine } from '@dsm/memory';
import { installNative } from '@dsm/node';
import { filled, registryOf } from '@dsm/ports/conformance';
import { address, verifyVote, type Slot, type SlotVote } from '@dsm/primitive';
import { ballotOf } from '../src/ballot.ts';
import { nodeKeys, secretsInMemory } from '../src/keys.ts';
import { network } from './one-node.ts';

installNative();

test('more slots at once than one signature serves are all voted on', async () => {
  const keys = await nodeKeys(1, secretsInMemory(filled(1)));
  const card = { suite: 1 as const, id: keys.id, voteKey: keys.voter().publicKey };
  const registry = registryOf(network, [card], 0);
  const ballot = ballotOf(memoryEngine(), keys);
  const slots = Array.from({ length: 600 }, (_, i): Slot => {
    const digest = address(Uint8Array.of(i, i >> 8));
    return { key: digest, value: digest.toReversed() };
  });
  const votes = await Promise.all(
    slots.map((slot) => ballot(registry, slot, (vote) => ({ writes: [], answer: vote }))),
  );
  for (const [i, vote] of votes.entries()) {
    assert.ok(verifyVote(registry, 0, slots[i]!, vote), `slot ${i}`);
    assert.ok(!verifyVote(registry, 0, slots[(i + 1) % slots.length]!, vote));
  }
  const roots = new Set(votes.map(({ signature }: SlotVote) => signature.toBase64()));
  assert.equal(roots.size, 3);
});
