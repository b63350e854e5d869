/** A node's map proves exactly what it uses, and its ByteCommits are one chain, whatever happens. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  byteCommit,
  byteCommitDigest,
  byteCommitHolds,
  byteCommitPlace,
  byteCommitWrite,
  decodeBucketPage,
  decodeProvenKey,
  evaluateBucket,
  evaluateSum,
  follows,
  recordSize,
  usedBytes,
  type NodeAnswer,
  type NodeRequest,
  type SignedByteCommit,
} from '@dsm/availability';
import { memoryEngine } from '@dsm/memory';
import { installNative } from '@dsm/node';
import type { NodeApi } from '@dsm/ports';
import { slotAuthor } from '@dsm/ports/conformance';
import { address, checkEvidence, keyOf, registriesOf, slotKey, slotState } from '@dsm/primitive';
import { fewNodes, network, objectOf, type FewNodes } from './few-nodes.ts';

installNative();

const author = slotAuthor(network, 1);

async function asked(node: NodeApi, request: NodeRequest): Promise<NodeAnswer> {
  const [answer] = await node.ask([request]);
  return answer!;
}

async function body(node: NodeApi, request: NodeRequest): Promise<Uint8Array> {
  const answer = await asked(node, request);
  assert.ok(answer.type === 'ok', `${request.type}: ${answer.type}`);
  return answer.body;
}

async function commitOf(nodes: FewNodes, index = 0): Promise<SignedByteCommit> {
  const signed = await nodes.node(index).commitBytes();
  assert.ok(signed !== undefined);
  return signed;
}

/** Puts objects until there is no room, so that the node's own commits do not become objects here. */
async function filledUp(node: NodeApi): Promise<number> {
  for (let count = 0; ; count++) {
    const isFull = await node.putObject(objectOf(count)).then(
      () => false,
      () => true,
    );
    if (isFull) return count;
  }
}

test('a ByteCommit says exactly what capacity counts, and its roots prove it', async () => {
  const nodes = await fewNodes({ capacityBytes: 100_000 });
  const node = nodes.node(0);
  await node.writeSlot(author.encoded(1, 10));
  const count = await filledUp(node);
  const { usedBytes: used } = node.metrics();
  const signed = await commitOf(nodes);
  const { commit } = signed;
  assert.equal(usedBytes(commit), used);
  assert.ok(byteCommitHolds(signed, network));
  assert.deepEqual(await body(node, { type: 'byte-commit', sequence: undefined }), encoded(signed));
  for (let i = 0; i < count + 10; i++) {
    const key = address(objectOf(i));
    const said = decodeProvenKey(await body(node, { type: 'prove', map: 1, key }))!;
    assert.equal(said.size, i < count ? recordSize(objectOf(i).length) : undefined);
    const shown = evaluateSum(said.proof, key, said.size);
    assert.ok(shown.ok);
    assert.deepEqual([shown.root, shown.sum], [commit.objectsRoot, commit.objectsUsed]);
  }
  const key = slotKey(author.place(1));
  const slot = decodeProvenKey(await body(node, { type: 'prove', map: 2, key }))!;
  const shown = evaluateSum(slot.proof, key, slot.size);
  assert.ok(shown.ok && slot.size === commit.slotsUsed);
  assert.deepEqual(shown.root, commit.slotsRoot);
});

test('every byte that is used lies in the bucket that the node shows for it', async () => {
  const nodes = await fewNodes({ capacityBytes: 200_000 });
  const node = nodes.node(0);
  const count = await filledUp(node);
  const { commit } = await commitOf(nodes);
  const seen = new Set<string>();
  for (let point = 0; point < commit.objectsUsed;) {
    const page = decodeBucketPage(await body(node, { type: 'bucket-at', map: 1, point }))!;
    const shown = evaluateBucket(8, page.bucket, page.entries, page.path);
    assert.ok(shown.ok);
    assert.deepEqual([shown.root, shown.sum], [commit.objectsRoot, commit.objectsUsed]);
    assert.equal(shown.before, point);
    for (const { key } of page.entries) seen.add(keyOf(key));
    point += shown.within;
  }
  assert.equal(seen.size, count);
  const behind = await asked(node, { type: 'bucket-at', map: 1, point: commit.objectsUsed });
  assert.equal(behind.type, 'absent');
});

test('what changed since the ByteCommit is shown by the next one', async () => {
  // Too small for its own commits.
  const nodes = await fewNodes({ capacityBytes: 3_000 });
  const node = nodes.node(0);
  await node.putObject(objectOf(1));
  assert.equal(
    (await asked(node, { type: 'bucket', map: 1, bucket: 0, after: undefined })).type,
    'later',
  );
  const first = await commitOf(nodes);
  await node.putObject(objectOf(2));
  const [old, fresh] = [address(objectOf(1)), address(objectOf(2))];
  assert.equal((await asked(node, { type: 'prove', map: 1, key: old })).type, 'ok');
  assert.equal((await asked(node, { type: 'prove', map: 1, key: fresh })).type, 'later');
  const again = { type: 'bucket', map: 1, bucket: fresh[0]!, after: undefined } as const;
  assert.equal((await asked(node, again)).type, 'later');
  assert.equal(
    (await asked(node, { type: 'bucket', map: 1, bucket: 256, after: undefined })).type,
    'refused',
  );
  const second = await commitOf(nodes);
  assert.ok(follows(second.commit, first.commit));
  assert.equal((await asked(node, { type: 'prove', map: 1, key: fresh })).type, 'ok');
});

test('ByteCommits stand as objects and in the slot of their node, who is the only writer', async () => {
  const nodes = await fewNodes();
  const made = [await commitOf(nodes), await commitOf(nodes), await commitOf(nodes)];
  for (const signed of made) {
    const { sequence, node } = signed.commit;
    const place = byteCommitPlace(signed, node, sequence);
    let kept = 0;
    for (let i = 0; i < 4; i++) {
      const bytes = await nodes.node(i).readSlot(slotKey(place));
      const state = slotState.decode(bytes!);
      assert.ok(state.ok && state.value.vote !== undefined);
      assert.deepEqual(state.value.values[0]!.value, byteCommitDigest(signed.commit));
      const [hint] = state.value.values[0]!.hints;
      assert.deepEqual(hint, address(encoded(signed)));
      kept += (await nodes.node(i).getObject(hint!)) === undefined ? 0 : 1;
    }
    assert.equal(kept, 4);
  }
});

test('what other nodes did not take is written when they are back', async () => {
  const nodes = await fewNodes();
  for (const index of [1, 2]) nodes.away.add(index);
  const first = await commitOf(nodes);
  const key = slotKey(byteCommitPlace(first, first.commit.node, 0));
  assert.equal(await nodes.node(1).readSlot(key), undefined);
  await nodes.restart(0);
  nodes.away.clear();
  await commitOf(nodes);
  assert.notEqual(await nodes.node(1).readSlot(key), undefined);
});

test('after a crash a node says the same at a position or nothing', async () => {
  let isFull = false;
  const nodes = await fewNodes({
    capacityBytes: 3_000,
    engineOf: (place, index) => memoryEngine({ place, isFull: () => isFull && index === 0 }),
  });
  await nodes.node(0).putObject(objectOf(1));
  const first = await commitOf(nodes);
  isFull = true;
  await assert.rejects(nodes.node(0).commitBytes());
  isFull = false;
  assert.deepEqual(await nodes.node(0).byteCommits(5), [first]);
  assert.deepEqual(
    (await asked(nodes.node(0), { type: 'byte-commit', sequence: 1 })).type,
    'absent',
  );
  const page = await asked(nodes.node(0), { type: 'bucket-at', map: 1, point: 0 });
  assert.equal(page.type, 'ok', 'proofs are still those of the commit that stands');
  const second = await commitOf(nodes);
  await nodes.restart(0);
  assert.deepEqual(await nodes.node(0).byteCommits(5), [first, second]);
  const third = await commitOf(nodes);
  assert.ok(follows(third.commit, second.commit));
});

test('two commits at one position convict the node, and nobody else can make one', async () => {
  const nodes = await fewNodes();
  const first = await commitOf(nodes);
  // The same node with an empty disk: what the rule about lost disks excludes.
  await nodes.restart(0, memoryEngine());
  await nodes.node(0).putObject(objectOf(9));
  const other = await commitOf(nodes);
  assert.equal(other.commit.sequence, 0);
  const place = byteCommitPlace(first, first.commit.node, 0);
  const claim = {
    type: 'commits',
    place,
    first: byteCommitWrite(first),
    second: byteCommitWrite(other),
  } as const;
  const judged = checkEvidence(claim, network, () => false, registriesOf(nodes.registry));
  assert.deepEqual(judged, { ok: true, culprit: { type: 'node', id: first.commit.node } });
  const forged = { ...first, commit: { ...first.commit, objectsUsed: 1 } };
  assert.equal(byteCommitHolds(forged, network), false);
  const stranger = { ...other, commit: { ...other.commit, node: nodes.node(1).nodeId } };
  assert.equal(byteCommitHolds(stranger, network), false);
});

function encoded(signed: SignedByteCommit): Uint8Array {
  return byteCommit.encode(signed);
}
