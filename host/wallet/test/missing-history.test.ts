/** Missing history: lineage that is withheld, wrong, repeated or too deep ends in a named state, never in a crash. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { message as messageObject, type Message } from '@dsm/bilateral';
import { memoryTransport } from '@dsm/memory';
import type { Connection } from '@dsm/ports';
import type { Relationship, Wallet } from '../src/index.ts';
import { market } from './market.ts';

type Parts = Message & { readonly type: 'parts' };

/** One calls the other over a line that changes the lineage which the caller hands out. */
async function calledThrough<T>(
  caller: Wallet,
  called: Wallet,
  change: (said: Parts) => Parts,
  talk: (to: Relationship) => Promise<T>,
): Promise<T> {
  const transport = memoryTransport({});
  const listener = await transport.listen('here');
  const mine = await transport.connect('here');
  const { value } = await listener.connections[Symbol.asyncIterator]().next();
  const over = called.answer(value as Connection).then(
    () => undefined,
    () => undefined,
  );
  const relationship = await caller.meet({
    ...mine,
    send: (bytes) => {
      const decoded = messageObject.decode(bytes);
      const isParts = decoded.ok && decoded.value.type === 'parts';
      return mine.send(isParts ? messageObject.encode(change(decoded.value as Parts)) : bytes);
    },
  });
  try {
    return await talk(relationship);
  } finally {
    await relationship.close();
    await over;
  }
}

const none = (said: Parts): Parts => ({ ...said, parts: [] });
const spoilt = (said: Parts): Parts => ({
  ...said,
  parts: said.parts.map((part) => part.with(-40, part.at(-40)! ^ 1)),
});
const junk = (said: Parts): Parts => ({
  ...said,
  parts: said.parts.map((_, i) => new Uint8Array(200).fill(i)),
});
const repeated = (said: Parts): Parts => ({
  ...said,
  parts: Array.from({ length: 40 }, () => said.parts)
    .flat()
    .slice(0, 1_000),
});

test('an offline payment whose history is withheld or wrong is refused by name, and nothing is lost', async () => {
  for (const change of [none, spoilt, junk]) {
    const { maya, cafe } = await market();
    const before = await maya.balance('ERA');
    await assert.rejects(
      calledThrough(maya, cafe, change, (to) => to.pay({ ERA: 5n, over: 'offline' })),
      { code: 'refused', message: /certified back to its mint/ },
    );
    assert.deepEqual([await maya.balance('ERA'), await cafe.balance('ERA')], [before, 0n]);
    // The same note pays once the history is there.
    const paid = await calledThrough(
      maya,
      cafe,
      (said) => said,
      (to) => to.pay({ ERA: 5n, over: 'offline' }),
    );
    assert.equal(paid.finality, 'pair-final');
    await Promise.all([maya.close(), cafe.close()]);
  }
});

test('history that is repeated many times is as good as once', async () => {
  const { maya, cafe } = await market();
  const paid = await calledThrough(maya, cafe, repeated, (to) =>
    to.pay({ ERA: 5n, over: 'offline' }),
  );
  assert.equal(paid.finality, 'pair-final');
  assert.deepEqual((await cafe.verify()).faults, []);
});

test('an online payment without history is pending, says what lacks and from whom, and heals', async () => {
  for (const change of [none, spoilt, junk]) {
    const { maya, cafe } = await market();
    await calledThrough(maya, cafe, change, (to) => to.pay({ ERA: 50n, over: 'online' }));
    const [held] = cafe.history();
    assert.equal(held!.finality, 'pending');
    assert.match(held!.waiting, /the history of a note, from the payer/);
    assert.deepEqual(
      cafe.inbox().map(({ on, next }) => [on, next]),
      [['peer', 'sync']],
    );
    assert.equal(await cafe.balance('ERA'), 0n, 'it counts for nothing until then');
    await cafe.sync();
    assert.equal(cafe.history()[0]!.finality, 'certified', 'the nodes had it all');
    assert.equal(await cafe.balance('ERA'), 50n);
    await Promise.all([maya.close(), cafe.close()]);
  }
});

test('a notice of an issue that nobody has waits, and harms nothing', async () => {
  const { maya, cafe } = await market();
  await calledThrough(maya, cafe, none, async () => maya.mint('ERA', 9n, { to: 'Cafe' }));
  assert.equal(await cafe.balance('ERA'), 0n);
  await cafe.sync();
  assert.equal(await cafe.balance('ERA'), 9n, 'the nodes show what the issuer did not');
});
