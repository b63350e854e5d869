/** What every storage node must do with many requests at once. */

import assert from 'node:assert/strict';
import { usualTerms, type NodeAnswer, type NodeRequest } from '@dsm/availability';
import { address as addressOf, hash, limits, slotKey } from '@dsm/primitive';
import type { Check } from './node-api.ts';
import { filled } from './slot-author.ts';

const put = (bytes: Uint8Array): NodeRequest => ({ type: 'put', terms: usualTerms, bytes });
const get = (bytes: Uint8Array): NodeRequest => ({ type: 'get', address: addressOf(bytes) });
const object = (i: number, length = 200): Uint8Array => {
  const bytes = new Uint8Array(length);
  new DataView(bytes.buffer).setUint32(0, i);
  return bytes;
};
const ok = (body: Uint8Array): NodeAnswer => ({ type: 'ok', body });
const done = ok(new Uint8Array(0));

export function askConformance(check: Check): void {
  check('of requests asked together, each is answered in its place', async ({ node }, author) => {
    assert.deepEqual(await node.ask([]), []);
    const [first, second] = [object(1), object(2)];
    assert.deepEqual(await node.ask([put(first), put(second), put(first)]), [done, done, done]);
    const nonce = filled(4);
    const answers = await node.ask([
      get(second),
      get(object(3)),
      { type: 'has', address: addressOf(first) },
      { type: 'has', address: filled(9) },
      { type: 'possess', nonce, address: addressOf(first) },
      { type: 'possess', nonce, address: filled(9) },
      { type: 'read-slot', key: slotKey(author.place(1)) },
      { type: 'write-slot', write: filled(1) },
      get(first),
    ]);
    assert.equal(answers[7]?.type, 'refused');
    assert.deepEqual(answers.toSpliced(7, 1), [
      ok(second),
      { type: 'absent' },
      ok(Uint8Array.of(0, 0, 0, 200)),
      { type: 'absent' },
      ok(hash('possess', nonce, first)),
      { type: 'absent' },
      { type: 'absent' },
      ok(first),
    ]);
    assert.deepEqual(await node.getObject(addressOf(second)), second);
  });

  check(
    'slots that are asked together are written and read as one by one',
    async (under, author) => {
      const { node } = under;
      const places = Array.from({ length: limits.slotsMax }, (_, i) => i + 1);
      const written = await node.ask(
        places.map((i) => ({ type: 'write-slot', write: author.encoded(i, 10) })),
      );
      const read = await node.ask(
        places.map((i) => ({ type: 'read-slot', key: slotKey(author.place(i)) })),
      );
      assert.ok(written.every(({ type }) => type === 'ok'));
      assert.deepEqual(read, written);
      assert.deepEqual(ok(await node.writeSlot(author.encoded(3, 10))), written[2]);
      assert.equal((await node.health()).slots, places.length);
    },
  );
  bounds(check);
}

function bounds(check: Check): void {
  check(
    'more is asked at once than fits into one exchange, by number and by bytes',
    async ({ node }) => {
      const many = Array.from({ length: 2 * limits.framesMax + 7 }, (_, i) => object(i));
      assert.ok((await node.ask(many.map(put))).every(({ type }) => type === 'ok'));
      assert.deepEqual(await node.ask(many.map(get)), many.map(ok));
      const large = Array.from({ length: 20 }, (_, i) => object(i, limits.objectBytesMax));
      assert.ok((await node.ask(large.map(put))).every(({ type }) => type === 'ok'));
      assert.deepEqual(await node.ask(large.map(get)), large.map(ok));
    },
  );

  check(
    'what a caller does to its bytes while they are asked does not reach the node',
    async (under) => {
      const bytes = object(1);
      const asked = under.node.ask([put(bytes)]);
      bytes.fill(9);
      await asked;
      assert.deepEqual(await under.node.getObject(addressOf(object(1))), object(1));
    },
  );

  check(
    'where there is no room for one, the others are answered all the same',
    async ({ node }) => {
      const answers = await node.ask([put(object(1)), put(object(2, 19_000)), get(object(1))]);
      assert.deepEqual([answers[0], answers[1]], [done, { type: 'full' }]);
      assert.deepEqual(await node.ask([get(object(1))]), [ok(object(1))]);
    },
    18_000,
  );
}
