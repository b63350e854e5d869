/** An offer that the network says again, late: it neither ends the next payment nor spoils its own. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { message } from '@dsm/bilateral';
import type { Faults } from '@dsm/memory';
import { market } from './market.ts';
import { call } from './world.ts';

function typeOf(bytes: Uint8Array): string {
  const decoded = message.decode(bytes);
  return decoded.ok ? decoded.value.type : 'none';
}

/** The first offer is said once more before the second one. */
const oldBeforeNew: Faults = () => {
  let old: Uint8Array | undefined;
  return (bytes) => {
    if (typeOf(bytes) !== 'offer') return [bytes];
    const before = old;
    old ??= bytes.slice();
    return before === undefined ? [bytes] : [before.slice(), bytes];
  };
};

/** The first offer is said once more after its commit, and acknowledgements come after what follows them. */
const oldAfterCommit: Faults = () => {
  let [old, ack]: (Uint8Array | undefined)[] = [];
  return (bytes) => {
    const type = typeOf(bytes);
    if (type === 'offer') old = bytes.slice();
    if (type === 'commit' && old !== undefined) return [bytes, old];
    if (type === 'ack') {
      ack = bytes.slice();
      return [];
    }
    if (type !== 'refuse' || ack === undefined) return [bytes];
    return [bytes, ack];
  };
};

for (const [name, faults] of Object.entries({ oldBeforeNew, oldAfterCommit })) {
  test(`an old offer that comes again declines nothing (${name})`, async () => {
    const { maya, cafe } = await market();
    const { relationship, over } = await call(maya, cafe, { faults });
    const toCafe = await relationship;
    for (const amount of [1n, 2n]) {
      const { finality } = await toCafe.pay({ ERA: amount, over: 'offline' });
      assert.equal(finality, 'pair-final');
    }
    await toCafe.close();
    await over;
    const taken = cafe.history().map(({ amount }) => amount);
    assert.deepEqual(taken, [1n, 2n]);
  });
}
