/** Routes: payments over two, three and five hops, what relays keep, and what is refused. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  closeAll,
  connect,
  copyOfLine,
  holdings,
  quiet,
  sum,
  until,
} from './line.ts';

for (const hops of [2, 3, 5]) {
  test(`a payment over ${hops} hops: the recipient gets all of it, each relay its fee`, async () => {
    const line = await copyOfLine(hops + 1);
    await connect(line);
    const before = holdings(line);
    const [payer, recipient] = [line.wallets[0]!, line.wallets.at(-1)!];
    const text = await recipient.invoice({ ERA: 20n, note: 'two coffees' });
    const route = await payer.payInvoice(text, { maxFee: 10n });
    assert.equal(route.state, 'paid');
    assert.equal(route.role, 'payer');
    assert.equal(route.fee, BigInt(hops - 1));
    assert.equal(route.hops.length, hops);
    assert.equal(route.note, 'two coffees');
    const got = await until(recipient, (one) => one?.state === 'paid' && one.waiting === '');
    assert.equal(got?.amount, 20n);
    assert.equal(got?.finality, 'edge-final');
    for (const relay of line.wallets.slice(1, -1)) {
      const kept = await until(relay, (one) => one?.state === 'paid' && one.waiting === '');
      assert.equal(kept?.role, 'relay');
      assert.equal(kept?.fee, 1n);
    }
    await quiet();
    const gains = holdings(line).map((held, i) => held - before[i]!);
    const relays = gains.slice(1, -1);
    assert.deepEqual(
      gains,
      [-20n - BigInt(hops - 1), ...relays.map(() => 1n), 20n],
      'conservation over all wallets',
    );
    assert.equal(sum(gains), 0n);
    const [paid] = recipient.history({ contact: line.wallets.at(-2)!.id.name }).slice(-1);
    assert.equal(paid?.amount, 20n);
    assert.equal(paid?.note, 'two coffees');
    assert.equal(paid?.finality, 'edge-final');
    await closeAll(line);
  });
}
