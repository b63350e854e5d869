/** An audit finds what a node claims and has not, hides, makes up or says twice; an honest one passes. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  byteCommit,
  byteCommitStatement,
  bucketPageCoder,
  decodeBucketPage,
  provenKeyCoder,
  type NodeAnswer,
  type NodeRequest,
  type SignedByteCommit,
} from '@dsm/availability';
import { installNative } from '@dsm/node';
import type { NodeApi } from '@dsm/ports';
import { filled, slotAuthor } from '@dsm/ports/conformance';
import { address, checkEvidence, encodeWith, kinds } from '@dsm/primitive';
import { nodeKeys, secretsInMemory } from '@dsm/storage-node';
import { audit, quorum, type AuditOptions, type AuditRecord } from '../src/index.ts';
import { network, objectOf, storageWorld, type StorageWorld } from './storage-world.ts';

installNative();

const entropy = {
  bytes: (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length)),
};

/** Six nodes with some objects and slots; the first four vote. */
async function filledWorld(count = 60): Promise<StorageWorld> {
  const world = await storageWorld();
  const registry = world.registry();
  const storage = quorum(registry, registry.nodes.map(world.reach));
  for (let i = 0; i < count; i++) assert.ok((await storage.publish(objectOf(i))).available);
  const author = slotAuthor(network, 3);
  for (const position of [1, 2]) await storage.writeSlot(author.write(position, 9));
  return world;
}

async function audited(
  world: StorageWorld,
  index: number,
  options: Partial<AuditOptions> = {},
): Promise<AuditRecord> {
  const { reach } = world;
  const { nodeId: node } = world.nodes[index]!;
  return audit({ node, registry: world.registry(), reach, entropy, samples: 24, ...options });
}

/** What the node says instead of the truth, request by request. */
function lying(
  say: (request: NodeRequest, honest: NodeApi) => Promise<NodeAnswer | undefined>,
): (honest: NodeApi) => NodeApi {
  return (honest) => ({
    ...honest,
    ask: (requests) =>
      Promise.all(
        requests.map(async (one) => (await say(one, honest)) ?? (await honest.ask([one]))[0]!),
      ),
  });
}

/** A commit of the node at `index` that says something else, signed by it. */
async function resigned(
  index: number,
  signed: SignedByteCommit,
  change: Partial<SignedByteCommit['commit']>,
): Promise<SignedByteCommit> {
  const keys = await nodeKeys(1, secretsInMemory(filled(100 + index)));
  const commit = { ...signed.commit, ...change };
  const statement = byteCommitStatement(commit, signed);
  const signature = keys.identity.sign(kinds.byteCommit, network, statement);
  return { ...signed, commit, signature };
}

/** What an honest node would state, and has shown to nobody. */
async function unsaid(world: StorageWorld, index: number): Promise<SignedByteCommit> {
  for (let i = 0; i < 6; i++) world.away.add(i);
  const signed = (await world.nodes[index]!.commitBytes())!;
  world.away.clear();
  return signed;
}

function said(signed: SignedByteCommit): NodeAnswer {
  return { type: 'ok', body: byteCommit.encode(signed) };
}

test('an honest node passes, again and again, also while others are away', async () => {
  const world = await filledWorld();
  await world.nodes[0]!.commitBytes();
  const first = await audited(world, 0);
  assert.equal(first.outcome, 'passed');
  assert.ok(first.samples.filter(({ outcome }) => outcome === 'passed').length > 20);
  assert.ok(first.samples.every(({ outcome }) => outcome === 'passed' || outcome === 'later'));
  await world.nodes[0]!.putObject(objectOf(900));
  await world.nodes[0]!.commitBytes();
  world.away.add(2);
  const second = await audited(world, 0, { before: first.commit! });
  assert.equal(second.outcome, 'passed');
  assert.equal(second.commit!.commit.sequence, 1);
});

test('a node without ByteCommit, or away, is silent; one of no registry is a fault of the caller', async () => {
  const world = await filledWorld(5);
  assert.equal((await audited(world, 0)).outcome, 'silent');
  await world.nodes[0]!.commitBytes();
  world.away.add(0);
  assert.equal((await audited(world, 0)).outcome, 'silent');
  await assert.rejects(audited(world, 1, { node: filled(9) }), RangeError);
});

test('a node that has dropped an object is found missing it', async () => {
  const world = await filledWorld(12);
  await world.nodes[1]!.commitBytes();
  const gone = new Set<string>();
  world.lies.set(
    1,
    lying(async (request) => {
      if (request.type !== 'get' && request.type !== 'possess') return undefined;
      gone.add(request.type);
      return { type: 'absent' };
    }),
  );
  assert.equal((await audited(world, 1)).outcome, 'missing');
  assert.equal(gone.size, 2);
});

test('a node that keeps hashes and lengths but no bytes answers wrongly', async () => {
  const world = await filledWorld(12);
  await world.nodes[1]!.commitBytes();
  for (const type of ['get', 'possess'] as const) {
    world.lies.set(
      1,
      lying(async (request) =>
        request.type === type ? { type: 'ok', body: new Uint8Array(32) } : undefined,
      ),
    );
    assert.equal((await audited(world, 1)).outcome, 'wrong', type);
  }
});

test('bytes that are only claimed are drawn like real ones', async () => {
  const world = await filledWorld(30);
  const honest = await unsaid(world, 5);
  const { objectsUsed } = honest.commit;
  const inflated = await resigned(5, honest, { objectsUsed: 3 * objectsUsed });
  world.lies.set(
    5,
    lying(async (request, node) => {
      if (request.type === 'byte-commit') return said(inflated);
      // The best that it can show for a byte that is nowhere: some bucket.
      if (request.type !== 'bucket-at') return undefined;
      return (await node.ask([{ ...request, point: request.point % objectsUsed }]))[0];
    }),
  );
  assert.equal((await audited(world, 5)).outcome, 'false-used');
});

test('so are bytes of slots', async () => {
  const world = await filledWorld(4);
  const honest = await unsaid(world, 5);
  const inflated = await resigned(5, honest, { slotsUsed: 1_000_000 });
  world.lies.set(
    5,
    lying(async (request) => (request.type === 'byte-commit' ? said(inflated) : undefined)),
  );
  assert.equal((await audited(world, 5)).outcome, 'false-used');
});

test('a bucket with a key less, a size more, or of another commit is no proof', async () => {
  const world = await filledWorld(200);
  await world.nodes[0]!.commitBytes();
  const cheats: readonly ((page: NonNullable<ReturnType<typeof decodeBucketPage>>) => object)[] = [
    ({ entries }) => ({ entries: entries.slice(1) }),
    ({ entries }) => ({ entries: entries.map((one) => ({ ...one, size: one.size + 1 })) }),
    ({ path }) => ({ path: path.with(0, undefined) }),
  ];
  for (const cheat of cheats) {
    world.lies.set(
      0,
      lying(async (request, node) => {
        if (request.type !== 'bucket-at' || request.map !== 1) return undefined;
        const [answer] = await node.ask([request]);
        const page = answer?.type === 'ok' ? decodeBucketPage(answer.body) : undefined;
        if (page === undefined) return answer;
        const body = encodeWith(bucketPageCoder, { ...page, ...cheat(page) });
        return { type: 'ok', body };
      }),
    );
    assert.equal((await audited(world, 0)).outcome, 'false-used');
  }
});

test('a node that hides what it keeps is found when another holder lists it', async () => {
  const world = await filledWorld(60);
  const honest = await unsaid(world, 5);
  const empty = new Uint8Array(32);
  const hiding = await resigned(5, honest, { objectsRoot: empty, objectsUsed: 0 });
  world.lies.set(
    5,
    lying(async (request) => {
      if (request.type === 'byte-commit') return said(hiding);
      if (request.type !== 'prove') return undefined;
      const none = { sequence: 0, size: undefined, proof: { siblings: [], other: undefined } };
      return { type: 'ok', body: encodeWith(provenKeyCoder, none) };
    }),
  );
  const record = await audited(world, 5);
  assert.equal(record.outcome, 'false-used');
});

test('what a node lacks and does not claim is no fault of it', async () => {
  const world = await filledWorld(60);
  await world.loseDisk(4);
  await world.nodes[4]!.commitBytes();
  assert.equal((await audited(world, 4)).outcome, 'lacking');
});

test('who lists what nobody has accuses nobody', async () => {
  const world = await filledWorld(0);
  await world.nodes[0]!.commitBytes();
  for (let i = 1; i < 6; i++) {
    world.lies.set(
      i,
      lying(async (request, node) => {
        if (request.type !== 'list') return undefined;
        const made = Uint8Array.from({ length: 32 }, (_, at) =>
          at === 0 ? request.range << 2 : 7,
        );
        const { body } = (await node.ask([request]))[0] as { body: Uint8Array };
        return { type: 'ok', body: Uint8Array.of(0, 1, ...made, body.at(-1)!) };
      }),
    );
  }
  const record = await audited(world, 0);
  assert.equal(record.outcome, 'passed');
});

test('two commits at one position: shown to two auditors, or to one after the other', async () => {
  const world = await filledWorld(10);
  const one = (await world.nodes[1]!.commitBytes())!;
  const other = await resigned(1, one, { slotsUsed: one.commit.slotsUsed + 1 });
  world.lies.set(
    1,
    lying(async (request) => (request.type === 'byte-commit' ? said(other) : undefined)),
  );
  // The slot has the first one already: the node itself, or an auditor, wrote it there.
  const bySlot = await audited(world, 1);
  const byMemory = await audited(world, 1, { before: one });
  for (const record of [bySlot, byMemory]) {
    assert.equal(record.outcome, 'forked-commit');
    const judged = checkEvidence(record.evidence!, network, () => false, undefined);
    assert.deepEqual(judged, { ok: true, culprit: { type: 'node', id: world.nodes[1]!.nodeId } });
  }
});

test('a commit of another node, one with a broken signature, or one from before is none', async () => {
  const world = await filledWorld(10);
  const first = (await world.nodes[1]!.commitBytes())!;
  const second = (await world.nodes[1]!.commitBytes())!;
  const others = (await world.nodes[2]!.commitBytes())!;
  const broken = { ...second, signature: second.signature.map((byte) => byte ^ 1) };
  for (const shown of [others, broken, first]) {
    world.lies.set(
      1,
      lying(async (request) => (request.type === 'byte-commit' ? said(shown) : undefined)),
    );
    assert.equal((await audited(world, 1, { before: second })).outcome, 'wrong');
  }
});

test('a gap in the chain is seen', async () => {
  const world = await filledWorld(10);
  const first = (await world.nodes[1]!.commitBytes())!;
  const second = (await world.nodes[1]!.commitBytes())!;
  const unlinked = await resigned(1, second, { previous: filled(5) });
  world.lies.set(
    1,
    lying(async (request) =>
      request.type === 'byte-commit' && request.sequence === undefined ? said(unlinked) : undefined,
    ),
  );
  assert.equal((await audited(world, 1, { before: first })).outcome, 'wrong');
});

test('a node that fetches from others when it is asked passes as long as these live', async () => {
  const world = await filledWorld(40);
  await world.nodes[0]!.commitBytes();
  const sources = [1, 2, 3, 4, 5];
  // It has thrown everything away but its map.
  world.lies.set(
    0,
    lying(async (request) => {
      if (request.type !== 'get' && request.type !== 'possess' && request.type !== 'has') {
        return undefined;
      }
      for (const index of sources) {
        const [answer] = await world
          .reached(index)
          .ask([request])
          .catch(() => []);
        if (answer?.type === 'ok') return answer;
      }
      return { type: 'absent' };
    }),
  );
  const held = async (at: Uint8Array): Promise<Uint8Array | undefined> =>
    Array.from({ length: 40 }, (_, i) => objectOf(i)).find((bytes) =>
      address(bytes).every((byte, i) => byte === at[i]),
    );
  assert.equal((await audited(world, 0, { held })).outcome, 'passed');
  for (const index of sources) world.away.add(index);
  assert.equal((await audited(world, 0, { held })).outcome, 'missing');
});

test('answers that are no answers are wrong, and end nothing', async () => {
  const world = await filledWorld(20);
  await world.nodes[0]!.commitBytes();
  for (const type of ['bucket-at', 'prove'] as const) {
    world.lies.set(
      0,
      lying(async (request) =>
        request.type === type ? { type: 'ok', body: filled(1) } : undefined,
      ),
    );
    const { outcome, samples } = await audited(world, 0);
    if (type === 'bucket-at') assert.equal(outcome, 'wrong');
    else assert.ok(samples.every((one) => one.outcome !== 'false-used'));
  }
  world.lies.set(0, (honest) => ({ ...honest, ask: () => Promise.resolve([]) }));
  assert.equal((await audited(world, 0)).outcome, 'silent');
});
