/** Streams between two wallets: paid, bounded, refused, broken, both ways at once, beside other things. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  verifyReceipt,
  networkId,
  type Stream,
  type StreamStatus,
  type Wallet,
} from '../src/index.ts';
import { connected } from './cut-flows.ts';
import { market, met, opened, type Market } from './market.ts';
import { networkName } from './network-name.ts';
import { call } from './world.ts';

type Every = NonNullable<Parameters<ReturnType<Wallet['contact']>['stream']>[0]['every']>;

/** Maya has set 500 apart for the cafe, and the cafe takes as much unsigned as it is told to. */
async function funded(unsignedMax = 1_000n): Promise<Market> {
  const all = await market();
  const { maya, cafe } = all;
  await met(maya, cafe, (toCafe) => toCafe.fund('ERA', 500n));
  await cafe.setUnsignedMax('ERA', unsignedMax);
  return all;
}

async function streaming(
  { maya, cafe }: Market,
  every: Every,
  use: (stream: Stream) => Promise<void>,
): Promise<void> {
  await met(maya, cafe, async (toCafe) => use(await toCafe.stream({ token: 'ERA', every })));
}

function statuses(wallet: Wallet): StreamStatus[] {
  const all: StreamStatus[] = [];
  wallet.on('stream', (status) => all.push(status));
  return all;
}

/** Everything that was said is there. */
async function settled(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1_000 && !holds(); turn++) {
    await new Promise<void>((resolve) => setTimeout(resolve, 1));
  }
  assert.ok(holds());
}

test('many transfers become one payment on each side, signed at the interval', async () => {
  const all = await funded();
  const { maya, cafe } = all;
  const seen = statuses(cafe);
  const absorbed = cafe.contacts()[0]!.absorbed;
  const first = [maya.history().length, cafe.history().length];
  await streaming(all, { count: 10 }, async (stream) => {
    for (let i = 0; i < 35; i++) await stream.send(BigInt((i % 3) + 1));
    assert.deepEqual(stream.sent, { amount: 69n, transfers: 35 });
    await stream.close();
    assert.deepEqual(stream.signed, { amount: 69n, transfers: 35 });
    assert.equal(stream.exposure, 0n);
    assert.equal(stream.left, 431n);
  });
  for (const [i, wallet] of [maya, cafe].entries()) {
    const [payment, ...others] = wallet.history().slice(first[i]);
    assert.equal(others.length, 0);
    const { amount, transfers, finality, over } = payment!;
    assert.deepEqual([amount, transfers, finality, over], [69n, 35, 'edge-final', 'edge']);
  }
  const { state, total, signed, unsigned, transfers, left } = seen.at(-1)!;
  assert.deepEqual(
    [state, total, signed, unsigned, transfers, left],
    ['ended', 69n, 69n, 0n, 35, 431n],
  );
  assert.equal(cafe.contact('Maya').edge('ERA').mine, 69n);
  assert.equal(maya.contact('Cafe').edge('ERA').mine, 431n);
  // Four runs: ten, ten, ten, five.
  assert.equal(cafe.contacts()[0]!.absorbed - absorbed, 4);
  assert.deepEqual((await maya.verify()).faults, []);
  assert.deepEqual((await cafe.verify()).faults, []);
  assert.deepEqual([...maya.outbox(), ...cafe.inbox()], []);
});

test('the receipt of a stream is that of its newest run, complete with the payee’s step', async () => {
  const all = await funded();
  await streaming(all, { count: 4 }, async (stream) => {
    for (let i = 0; i < 12; i++) await stream.send(1n);
    await stream.close();
  });
  for (const wallet of [all.maya, all.cafe]) {
    const { bytes, payment } = await wallet.receipt(wallet.history().at(-1)!.id);
    assert.equal(payment.amount, 12n);
    const report = verifyReceipt(bytes, networkId(networkName));
    assert.deepEqual([report.ok, report.complete], [true, true]);
  }
});

test('a stream that goes on is one payment; another note, or another payment, begins the next', async () => {
  const all = await funded();
  const before = [all.maya.history().length, all.cafe.history().length];
  await met(all.maya, all.cafe, async (toCafe) => {
    for (const note of ['water', 'water', 'light', '', 'edge', '']) {
      if (note === 'edge') {
        await toCafe.pay({ ERA: 7n, over: 'edge' });
        continue;
      }
      const stream = await toCafe.stream({ token: 'ERA', note });
      for (const amount of [1n, 2n]) await stream.send(amount);
      assert.equal(stream.exposure, 3n);
      await stream.flush();
      assert.equal(stream.exposure, 0n);
      await stream.close();
    }
  });
  const expected = [
    [6n, 4, 'water'],
    [3n, 2, 'light'],
    [3n, 2, ''],
    [7n, 0, ''],
    [3n, 2, ''],
  ];
  for (const [i, wallet] of [all.maya, all.cafe].entries()) {
    const rows = wallet.history().slice(before[i]);
    assert.deepEqual(
      rows.map(({ amount, transfers, note }) => [amount, transfers, note]),
      expected,
    );
  }
});

test('an interval may be an amount or bytes, and is never later than the payee’s bound', async () => {
  const runs = async (unsignedMax: bigint, every: Every): Promise<number> => {
    const all = await funded(unsignedMax);
    const before = all.cafe.contacts()[0]!.absorbed;
    await streaming(all, every, async (stream) => {
      for (let i = 0; i < 20; i++) await stream.send(5n);
      await stream.close();
    });
    assert.equal(all.cafe.history().at(-1)!.amount, 100n);
    return all.cafe.contacts()[0]!.absorbed - before;
  };
  assert.equal(await runs(1_000n, { amount: 25n }), 4);
  assert.equal(await runs(1_000n, { bytes: 10 }), 2);
  assert.equal(await runs(50n, {}), 2);
  // Whatever comes while one run is signed is signed with the next.
  assert.ok((await runs(0n, {})) >= 10);
});

test('the payee sees the unsigned part, and never more of it than it takes', async () => {
  const all = await funded(12n);
  const seen = statuses(all.cafe);
  await streaming(all, { count: 1_000 }, async (stream) => {
    for (let i = 0; i < 40; i++) {
      await stream.send(2n);
      if (i === 2) await settled(() => seen.at(-1)?.unsigned === 6n);
    }
    await stream.close();
  });
  assert.ok(seen.every(({ unsigned }) => unsigned <= 12n));
  assert.equal(seen.at(-1)!.signed, 80n);
});

test('a bound is for one contact, or for all, or as much as the offline limit', async () => {
  const { cafe, stalls, network, maya } = await market();
  assert.equal(cafe.unsignedMax('ERA'), cafe.offlineLimit('ERA'));
  await cafe.setUnsignedMax('ERA', 7n);
  await cafe.setUnsignedMax('ERA', 3n, 'Maya');
  const shown = (wallet: Wallet): bigint[] => [
    wallet.unsignedMax('ERA'),
    wallet.unsignedMax('ERA', 'Maya'),
  ];
  assert.deepEqual(shown(cafe), [7n, 3n]);
  await cafe.close();
  const again = await opened(network, stalls.cafe);
  assert.deepEqual(shown(again), [7n, 3n]);
  await again.setUnsignedMax('ERA', undefined, 'Maya');
  assert.deepEqual(shown(again), [7n, 7n]);
  await assert.rejects(again.setUnsignedMax('ERA', -1n), /the bound is an amount/);
  await Promise.all([maya.close(), again.close()]);
});

test('what a stream refuses: no edge, no line, too much, nothing, two over one escrow', async () => {
  const all = await funded();
  const { maya, cafe, bazaar } = all;
  await assert.rejects(maya.contact('Cafe').stream({ token: 'ERA' }), /is not connected/);
  await met(maya, bazaar, async (toBazaar) => {
    await assert.rejects(toBazaar.stream({ token: 'ERA' }), /fund an edge first/);
  });
  await met(maya, cafe, async (toCafe) => {
    await assert.rejects(toCafe.stream({ token: 'ERA', every: { count: 0 } }), /an interval is/);
    const stream = await toCafe.stream({ token: 'ERA' });
    await assert.rejects(toCafe.stream({ token: 'ERA' }), /a stream over this escrow is open/);
    await assert.rejects(stream.send(0n), /is 1 to/);
    await assert.rejects(stream.send(501n), /500 left in the escrow/);
    await stream.send(500n);
    await assert.rejects(stream.send(1n), /0 left in the escrow/);
    await stream.close();
    await assert.rejects(stream.send(1n), /the stream is closed/);
  });
  assert.equal(cafe.history().at(-1)!.amount, 500n);
});

test('a payee that takes only certified payments, or left the escrow, takes no stream', async () => {
  const all = await funded();
  const { maya, cafe } = all;
  await cafe.contact('Maya').setMinimumFinality('certified');
  await met(maya, cafe, async (toCafe) => {
    await assert.rejects(toCafe.stream({ token: 'ERA' }), /only certified is taken/);
    await cafe.contact('Maya').setMinimumFinality('edge-final');
    await (await connected(cafe, 'Maya')).exit('ERA');
    await assert.rejects(toCafe.stream({ token: 'ERA' }), /left|fund an edge first/);
  });
});

test('a line that ends forgets what is unsigned, on both sides, and keeps what is signed', async () => {
  const all = await funded();
  const { maya, cafe } = all;
  const seen = statuses(cafe);
  const { relationship, cut } = await call(maya, cafe);
  const stream = await (await relationship).stream({ token: 'ERA', every: { count: 8 } });
  for (let i = 0; i < 20; i++) await stream.send(1n);
  await settled(() => seen.at(-1)?.transfers === 20);
  await cut();
  await assert.rejects(stream.send(1n), /go on from what is signed/);
  assert.deepEqual(stream.signed, { amount: 16n, transfers: 16 });
  assert.equal(seen.at(-1)!.state, 'ended');
  assert.deepEqual([seen.at(-1)!.total, seen.at(-1)!.unsigned], [16n, 0n]);
  await streaming(all, {}, async (next) => {
    assert.deepEqual(next.signed, { amount: 16n, transfers: 16 });
    for (let i = 16; i < 20; i++) await next.send(1n);
    await next.close();
  });
  assert.equal(cafe.contact('Maya').edge('ERA').mine, 20n);
  assert.equal(maya.contact('Cafe').edge('ERA').mine, 480n);
});

test('both directions stream at once, and payments go on meanwhile', async () => {
  const all = await funded();
  const { maya, cafe } = all;
  await met(maya, cafe, (toCafe) => toCafe.pay({ ERA: 100n, over: 'online' }));
  await met(maya, cafe, async (toCafe) => {
    const toMaya = await connected(cafe, 'Maya');
    await toMaya.fund('ERA', 60n);
    await maya.setUnsignedMax('ERA', 100n);
    const [there, back] = await Promise.all([
      toCafe.stream({ token: 'ERA', every: { count: 7 } }),
      toMaya.stream({ token: 'ERA', every: { count: 5 } }),
    ]);
    const flow = async (stream: Stream): Promise<void> => {
      for (let i = 0; i < 60; i++) {
        await stream.send(1n);
        if (i % 16 === 0) await new Promise<void>((resolve) => setTimeout(resolve, 1));
      }
      await stream.close();
    };
    const paid = (async () => {
      assert.equal((await toCafe.pay({ ERA: 3n, over: 'offline' })).finality, 'pair-final');
      assert.equal((await toCafe.pay({ ERA: 2n, over: 'edge' })).finality, 'edge-final');
    })();
    await Promise.all([flow(there), flow(back), paid]);
  });
  const { mine, theirs } = maya.contact('Cafe').edge('ERA');
  assert.deepEqual([mine, theirs], [500n - 62n + 60n, 62n]);
  assert.deepEqual((await maya.verify()).faults, []);
  assert.deepEqual((await cafe.verify()).faults, []);
});

test('other relationships go on while one streams', async () => {
  const all = await funded();
  const { maya, cafe, bazaar } = all;
  await met(maya, cafe, async (toCafe) => {
    const stream = await toCafe.stream({ token: 'ERA', every: { count: 3 } });
    const flow = (async () => {
      for (let i = 0; i < 100; i++) await stream.send(1n);
      await stream.close();
    })();
    const paid = await met(maya, bazaar, (toBazaar) => toBazaar.pay({ ERA: 4n, over: 'offline' }));
    assert.equal(paid.finality, 'pair-final');
    await flow;
  });
  assert.equal(cafe.contact('Maya').edge('ERA').mine, 100n);
});

test('a payment that is offered is not overtaken by a stream for ever', async () => {
  const all = await funded();
  await met(all.maya, all.cafe, async (toCafe) => {
    const stream = await toCafe.stream({ token: 'ERA', every: { count: 1 } });
    let isPaid = false;
    const paid = toCafe.pay({ ERA: 3n, over: 'offline' }).then(() => (isPaid = true));
    while (!isPaid && stream.left > 0n) await stream.send(1n);
    assert.ok(stream.left > 400n, `${stream.left} left`);
    await paid;
  });
});

test('closing the line politely ends its streams first', async () => {
  const all = await funded();
  await met(all.maya, all.cafe, async (toCafe) => {
    const stream = await toCafe.stream({ token: 'ERA' });
    for (let i = 0; i < 5; i++) await stream.send(1n);
  });
  assert.equal(all.cafe.contact('Maya').edge('ERA').mine, 5n);
});
