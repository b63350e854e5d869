/** What every storage node must do, whether it is here or behind a wire. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  address as addressOf,
  limits,
  slotKey,
  slotState,
  slotWrite,
  verifyVote,
  type Registry,
  type SlotState,
  type SlotWrite,
} from '@dsm/primitive';
import { NodeError, type NodeApi, type NodeErrorCode } from '../node-api.ts';
import { askConformance } from './node-ask.ts';
import { filled, slotAuthor, type SlotAuthor } from './slot-author.ts';

export * from './slot-author.ts';

export interface NodeUnderTest {
  readonly node: NodeApi;
  /** A registry with one group, which contains the node at `index`. */
  readonly registry: Registry;
  readonly index: number;
  readonly close: () => Promise<void>;
}

/** Tests of the nodes that `make` makes: each new, empty and of the given capacity. */
export function nodeApiConformance(
  name: string,
  make: (capacityBytes: number) => Promise<NodeUnderTest>,
): void {
  const within = async (
    capacityBytes: number,
    body: (under: NodeUnderTest, author: SlotAuthor) => Promise<void>,
  ): Promise<void> => {
    const under = await make(capacityBytes);
    try {
      await body(under, slotAuthor(under.registry.network, 1));
    } finally {
      await under.close();
    }
  };
  const check: Check = (sentence, body, capacityBytes = 1 << 26) => {
    test(`${name}: ${sentence}`, () => within(capacityBytes, body));
  };
  objectConformance(check);
  askConformance(check);
  slotConformance(check);
  refusalConformance(check);
  capacityConformance(check);
}

export type Check = (
  sentence: string,
  body: (under: NodeUnderTest, author: SlotAuthor) => Promise<void>,
  capacityBytes?: number,
) => void;

function objectConformance(check: Check): void {
  check('an object comes back under its address, and nothing under another', async ({ node }) => {
    for (const length of [0, 1, 1_000, limits.objectBytesMax]) {
      const bytes = new Uint8Array(length).fill(7);
      assert.equal(await node.getObject(addressOf(bytes)), undefined);
      await node.putObject(bytes);
      assert.deepEqual(await node.getObject(addressOf(bytes)), bytes);
    }
    assert.equal(await node.getObject(filled(9)), undefined);
  });

  check('the same object again changes nothing, also at the same moment', async ({ node }) => {
    const bytes = new Uint8Array(500).fill(3);
    await Promise.all([node.putObject(bytes), node.putObject(bytes)]);
    const once = await node.health();
    await node.putObject(bytes);
    assert.deepEqual(await node.health(), once);
    assert.equal(once.objects, 1);
    assert.ok(once.usedBytes >= bytes.length);
  });

  check('what a caller does to its bytes does not reach the node', async ({ node }) => {
    const bytes = new Uint8Array(100).fill(1);
    const address = addressOf(bytes);
    const stored = node.putObject(bytes);
    bytes.fill(2);
    await stored;
    (await node.getObject(address))?.fill(3);
    assert.deepEqual(await node.getObject(address), new Uint8Array(100).fill(1));
  });

  check('an object above the limit is refused', async ({ node }) => {
    const bytes = new Uint8Array(limits.objectBytesMax + 1);
    await assert.rejects(node.putObject(bytes), coded('refused'));
    assert.equal((await node.health()).objects, 0);
  });
}

function slotConformance(check: Check): void {
  check(
    'a write is answered with a vote that verifies, and a read agrees',
    async (under, author) => {
      const { node } = under;
      const write = author.write(1, 10, { hint: filled(5) });
      const key = slotKey(write.place);
      assert.equal(await node.readSlot(key), undefined);
      const answer = await node.writeSlot(slotWrite.encode(write));
      const state = proven(under, answer);
      const { place, value, authorisation } = write;
      assert.deepEqual(state.place, place);
      assert.deepEqual(state.values, [{ value, authorisation, hints: [filled(5)] }]);
      assert.deepEqual(await node.readSlot(key), answer);
      assert.equal((await node.health()).slots, 1);
    },
  );

  check(
    'the vote stays on the first value, later ones are kept with proof',
    async (under, author) => {
      const { node } = under;
      const writes = [10, 20, 30, 40, 50].map((value) => author.write(1, value));
      for (const write of writes) {
        const state = proven(under, await node.writeSlot(slotWrite.encode(write)));
        assert.deepEqual(state.values[0]?.value, filled(10));
      }
      const state = proven(under, await node.readSlot(slotKey(author.place(1))));
      assert.deepEqual(
        state.values,
        writes
          .slice(0, limits.slotValuesMax)
          .map(({ value, authorisation }) => ({ value, authorisation, hints: [] })),
      );
      assert.equal((await node.health()).slots, 1);
    },
  );

  check('of different values at one moment, one is first for everybody', async (under, author) => {
    const { node } = under;
    const values = [10, 20, 30, 40];
    const answers = await Promise.all(
      values.map((value) => node.writeSlot(author.encoded(1, value))),
    );
    const [first] = answers.map((answer) => proven(under, answer).values[0]?.value);
    for (const answer of answers) assert.deepEqual(proven(under, answer).values[0]?.value, first);
    const state = proven(under, await node.readSlot(slotKey(author.place(1))));
    assert.deepEqual(state.values[0]?.value, first);
    assert.equal(state.values.length, values.length);
  });

  check('the same write again changes nothing; a hint is added once', async (under, author) => {
    const { node } = under;
    const write = author.write(1, 10);
    const answer = await node.writeSlot(slotWrite.encode(write));
    assert.deepEqual(await node.writeSlot(slotWrite.encode(write)), answer);
    for (const hint of [1, 2, 2, 3, 4, 5]) {
      await node.writeSlot(slotWrite.encode({ ...write, hint: filled(hint) }));
    }
    const { values } = proven(under, await node.readSlot(slotKey(write.place)));
    assert.equal(values.length, 1);
    assert.deepEqual(values[0]?.hints, [1, 2, 3, 4].map(filled));
    assert.deepEqual(values[0]?.authorisation, write.authorisation);
  });

  check('a slot of a longer list is written by its path', async (under, author) => {
    const others = [1, 2, 3, 4].map((n) => ({ key: filled(n), value: filled(n) }));
    const write = author.write(1, 10, { others });
    proven(under, await under.node.writeSlot(slotWrite.encode(write)));
  });
}

function refusalConformance(check: Check): void {
  check('what the writer has not signed is refused', async (under, author) => {
    const { node, registry } = under;
    const good = author.write(1, 10, { others: [{ key: filled(1), value: filled(1) }] });
    for (const [sentence, write] of forgeries(good, author, registry.network)) {
      const answer = node.writeSlot(slotWrite.encode(write));
      await assert.rejects(answer, coded('refused'), sentence);
      assert.equal(await node.readSlot(slotKey(write.place)), undefined, sentence);
    }
    proven(under, await node.writeSlot(slotWrite.encode(good)));
    for (const [sentence, write] of forgeries(author.write(1, 20), author, registry.network)) {
      await assert.rejects(node.writeSlot(slotWrite.encode(write)), coded('refused'), sentence);
    }
    const { values } = proven(under, await node.readSlot(slotKey(good.place)));
    assert.equal(values.length, 1);
    assert.equal((await node.health()).slots, 1);
  });

  check('bytes that are no slot write are refused', async ({ node }, author) => {
    const good = author.encoded(1, 10);
    const bad = [
      new Uint8Array(0),
      good.subarray(0, -1),
      Uint8Array.from([...good, 0]),
      good.with(0, 2),
      good.with(1, 0x11),
      new Uint8Array(30_000),
    ];
    for (const bytes of bad) await assert.rejects(node.writeSlot(bytes), coded('refused'));
    assert.equal((await node.health()).slots, 0);
  });
}

/** Writes that look like `good` and are not by its writer, or not for its value. */
function forgeries(
  good: SlotWrite,
  author: SlotAuthor,
  network: Uint8Array,
): readonly (readonly [string, SlotWrite])[] {
  const { authorisation } = good;
  const signature = authorisation.signature.with(9, authorisation.signature[9]! ^ 1);
  const other = slotAuthor(network, 2);
  const stranger = { ...other.write(1, 20), place: good.place };
  const abroad = slotAuthor(filled(99), 1).write(1, 20);
  const step = { side: 1, sibling: filled(8) } as const;
  const path = [...authorisation.path, step];
  return [
    ['a changed signature', { ...good, authorisation: { ...authorisation, signature } }],
    ['another writer', stranger],
    ['another network', abroad],
    ['another path', { ...good, authorisation: { ...authorisation, path } }],
    ['another body', { ...good, authorisation: { ...authorisation, body: filled(77) } }],
    ['another value', { ...good, value: filled(78) }],
    ['another position', { ...good, place: author.place(79) }],
    ['no signature', { ...good, authorisation: { ...authorisation, signature: filled(0) } }],
  ];
}

/** One part in so many of the capacity is not given to objects. */
const slotShare = 20;

function capacityConformance(check: Check): void {
  const small = 20_000;
  check(
    'a full node takes nothing new, says so, and still serves',
    async (under, author) => {
      const { node } = under;
      const object = new Uint8Array(1_000).fill(1);
      await node.putObject(object);
      const write = author.encoded(1, 10);
      const answer = await node.writeSlot(write);
      await assert.rejects(node.putObject(new Uint8Array(small)), coded('full'));
      await assert.rejects(async () => {
        for (let i = 0; i < 10; i++) await node.writeSlot(author.encoded(i + 2, 10));
      }, coded('full'));
      const { status, usedBytes, capacityBytes } = await node.health();
      assert.equal(status, 'full');
      assert.ok(usedBytes <= capacityBytes);
      assert.equal(capacityBytes, small);
      await node.putObject(object);
      assert.deepEqual(await node.getObject(addressOf(object)), object);
      assert.deepEqual(await node.writeSlot(write), answer);
      assert.deepEqual(await node.readSlot(slotKey(author.place(1))), answer);
      const later = proven(under, await node.writeSlot(author.encoded(1, 20)));
      assert.deepEqual(later.values[0]?.value, filled(10));
    },
    small,
  );

  check(
    'objects take the capacity but what is kept for slots, and no more, also at one moment',
    async ({ node }) => {
      const put = (i: number): Promise<void> => node.putObject(new Uint8Array(1_000).fill(i));
      const answers = await Promise.allSettled(Array.from({ length: 40 }, (_, i) => put(i)));
      // What is under way may be counted twice, so the last ones come alone.
      for (let i = 40; i < 60; i++) answers.push(...(await Promise.allSettled([put(i)])));
      const kept = answers.filter(({ status }) => status === 'fulfilled').length;
      const { usedBytes, objects } = await node.health();
      assert.equal(objects, kept);
      const each = usedBytes / kept;
      const forObjects = small - Math.floor(small / slotShare);
      assert.ok(usedBytes <= forObjects && usedBytes + each > forObjects);
      for (const answer of answers) {
        assert.ok(answer.status === 'fulfilled' || coded('full')(answer.reason));
      }
    },
    small,
  );
}

/** The state in `bytes`, once the node's vote on its first value has been verified. */
function proven({ registry, index }: NodeUnderTest, bytes: Uint8Array | undefined): SlotState {
  assert.ok(bytes !== undefined);
  const decoded = slotState.decode(bytes);
  assert.ok(decoded.ok);
  const { place, vote, values } = decoded.value;
  const slot = { key: slotKey(place), value: values[0]!.value };
  assert.ok(vote !== undefined);
  assert.equal(vote.version, registry.version);
  assert.ok(verifyVote(registry, index, slot, vote));
  return decoded.value;
}

function coded(code: NodeErrorCode): (error: unknown) => boolean {
  return (error) => error instanceof NodeError && error.code === code;
}
