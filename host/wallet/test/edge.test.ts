/** Edges: ten and ten become seven and thirteen; paid to the end, topped up, crossed, left. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits, registriesOf } from '@dsm/primitive';
import { NodeError } from '@dsm/ports';
import { networkId, verifyReceipt, type Edge, type Wallet } from '../src/index.ts';
import { market, met, opened, type Market } from './market.ts';
import { networkName } from './network-name.ts';
import { connected } from './cut-flows.ts';

const balances = ({ mine, theirs }: Edge): readonly bigint[] => [mine, theirs];
const sum = (wallet: Wallet): bigint => wallet.balances()[0]!.total;

/** Maya and the cafe have funded ten each. */
async function tens(): Promise<Market> {
  const all = await market();
  const { maya, cafe } = all;
  await met(maya, cafe, (toCafe) => toCafe.pay({ ERA: 50n, over: 'online' }));
  await met(maya, cafe, async (toCafe) => {
    await toCafe.fund('ERA', 10n);
    await (await connected(cafe, 'Maya')).fund('ERA', 10n);
  });
  return all;
}

test('ten and ten become seven and thirteen, without a network', async () => {
  const { maya, cafe, network } = await tens();
  assert.deepEqual(balances(maya.contact('Cafe').edge('ERA')), [10n, 10n]);
  assert.deepEqual(balances(cafe.contact('Maya').edge('ERA')), [10n, 10n]);
  for (const node of network.storageNodes) await node.close();
  const paid = await met(maya, cafe, (toCafe) => toCafe.pay({ ERA: 3n, over: 'edge' }));
  assert.equal(paid.finality, 'edge-final');
  assert.equal(paid.over, 'edge');
  assert.equal(paid.waiting, '');
  assert.ok(paid.wireBytes > 3_000 && paid.wireBytes < 8_000, `${paid.wireBytes} bytes`);
  const [mine, theirs] = [maya.contact('Cafe').edge('ERA'), cafe.contact('Maya').edge('ERA')];
  assert.deepEqual(balances(mine), [7n, 13n]);
  assert.deepEqual(balances(theirs), [13n, 7n]);
  assert.deepEqual([mine.canPay, mine.canReceive], [7n, 10n]);
  assert.equal(mine.finality, 'edge-final');
  const [got] = cafe.history().slice(-1);
  assert.deepEqual([got!.amount, got!.finality, got!.over], [3n, 'edge-final', 'edge']);
  assert.equal(sum(maya) + sum(cafe), 1_000n);
  assert.equal(cafe.balances()[0]!.edges, 13n);
  assert.deepEqual([...cafe.inbox(), ...maya.outbox()], []);
});

test('the edge is used by itself when its rest suffices, and says why when it does not', async () => {
  const { maya, cafe } = await tens();
  await met(maya, cafe, async (toCafe) => {
    assert.equal((await toCafe.pay({ ERA: 10n })).over, 'edge');
    assert.equal((await toCafe.pay({ ERA: 1n })).over, 'offline');
    await assert.rejects(toCafe.pay({ ERA: 1n, over: 'edge' }), (error: Error) => {
      assert.match(error.message, /0 left in the edge with Cafe: fund more first/);
      return (error as Error & { code: string }).code === 'insufficient-funds';
    });
  });
});

test('topped up, a payment empties the older escrow and goes on over the next', async () => {
  const { maya, cafe, network, stalls } = await tens();
  await maya.contact('Cafe').fund('ERA', 5n);
  await cafe.sync();
  const paid = await met(maya, cafe, (toCafe) =>
    toCafe.pay({ ERA: 12n, over: 'edge', note: 'both' }),
  );
  assert.equal(paid.amount, 12n);
  assert.equal(paid.finality, 'edge-final');
  const edge = maya.contact('Cafe').edge('ERA');
  assert.deepEqual(
    edge.escrows.filter(({ direction }) => direction === 'out').map(({ rest }) => rest),
    [0n, 3n],
  );
  assert.equal(cafe.history().at(-1)!.amount, 12n);
  await Promise.all([maya.close(), cafe.close()]);
  const again = await opened(network, stalls.maya);
  assert.deepEqual(again.contact('Cafe').edge('ERA'), edge);
  assert.equal(again.history().at(-1)!.amount, 12n);
});

test('both pay at once, and neither waits for the other', async () => {
  const { maya, cafe } = await tens();
  await met(maya, cafe, async (toCafe) => {
    const toMaya = await connected(cafe, 'Maya');
    await Promise.all([
      toCafe.pay({ ERA: 1n, over: 'edge' }),
      toMaya.pay({ ERA: 2n, over: 'edge' }),
      toCafe.pay({ ERA: 3n, over: 'edge' }),
      toMaya.pay({ ERA: 4n, over: 'edge' }),
    ]);
  });
  assert.deepEqual(balances(maya.contact('Cafe').edge('ERA')), [12n, 8n]);
  assert.deepEqual(balances(cafe.contact('Maya').edge('ERA')), [8n, 12n]);
});

test('a peer that is off gets the payment through the nodes', async () => {
  const { maya, cafe } = await tens();
  const paid = await maya.contact('Cafe').pay({ ERA: 4n, over: 'edge' });
  assert.equal(paid.finality, 'edge-final');
  await cafe.sync();
  assert.deepEqual(balances(cafe.contact('Maya').edge('ERA')), [14n, 6n]);
  assert.equal(cafe.history().at(-1)!.finality, 'edge-final');
});

test('the payee leaves alone, and the rest comes back to the payer alone', async () => {
  const { maya, cafe } = await tens();
  await met(maya, cafe, (toCafe) => toCafe.pay({ ERA: 3n, over: 'edge' }));
  const after = await cafe.contact('Maya').exit('ERA');
  assert.deepEqual(balances(after), [10n, 0n]);
  assert.equal(cafe.history().at(-1)!.finality, 'certified');
  assert.deepEqual(
    after.escrows.map(({ direction, state }) => [direction, state]),
    [
      ['out', 'open'],
      ['in', 'left'],
    ],
  );
  await maya.sync();
  assert.deepEqual(balances(maya.contact('Cafe').edge('ERA')), [0n, 10n]);
  assert.equal(maya.history().at(-1)!.finality, 'certified');
  assert.equal(sum(maya) + sum(cafe), 1_000n);
  assert.equal(maya.balances()[0]!.online, 1_000n - 63n - 50n - 3n);
  // What came out of the edge goes on like any other note.
  const online = cafe.balances()[0]!.online;
  const back = await cafe.contact('Maya').pay({ ERA: online, over: 'online' });
  assert.equal(back.finality, 'certified');
  await maya.sync();
  assert.deepEqual((await maya.verify()).faults, []);
  assert.deepEqual((await cafe.verify()).faults, []);
});

test('over a connection the payer learns of an exit at once', async () => {
  const { maya, cafe } = await tens();
  await met(maya, cafe, async () => {
    const toMaya = await connected(cafe, 'Maya');
    await toMaya.exit('ERA');
  });
  assert.equal(maya.contact('Cafe').edge('ERA').canPay, 0n);
  assert.equal(sum(maya), 950n);
  assert.equal(maya.balances()[0]!.edges, 0n);
});

test('a payment that comes after the exit is shown as what it is, and is the payer’s again', async () => {
  const { maya, cafe } = await tens();
  await met(maya, cafe, (toCafe) => toCafe.pay({ ERA: 2n, over: 'edge' }));
  await cafe.contact('Maya').exit('ERA');
  await met(maya, cafe, (toCafe) => toCafe.pay({ ERA: 5n, over: 'edge' }));
  const late = cafe.history().at(-1)!;
  assert.equal(late.finality, 'conflicted');
  assert.match(late.waiting, /after you had left the edge/);
  await maya.sync();
  assert.deepEqual(
    maya
      .history()
      .slice(-2)
      .map(({ finality }) => finality),
    ['certified', 'conflicted'],
  );
  assert.match(maya.history().at(-1)!.waiting, /it is yours again/);
  assert.equal(sum(maya), 948n);
  assert.equal(sum(maya) + sum(cafe), 1_000n);
  assert.deepEqual([...maya.outbox(), ...cafe.inbox(), ...maya.alarms(), ...cafe.alarms()], []);
});

test('what each side can get back alone is said before funding; limits refuse more', async () => {
  const { maya } = await market();
  const toCafe = maya.contact('Cafe');
  const terms = toCafe.fundTerms('ERA', 20n);
  assert.ok(terms.some((line) => /You cannot take the rest back alone/.test(line)));
  assert.ok(
    terms.some((line) => /lost without a backup.*held for ever: at most 20 ERA/.test(line)),
  );
  await toCafe.setEdgeLimit('ERA', 25n);
  assert.ok(toCafe.fundTerms('ERA', 20n).some((line) => /limit .* is 25 ERA/.test(line)));
  assert.equal((await toCafe.fund('ERA', 20n)).limit, 25n);
  await assert.rejects(toCafe.fund('ERA', 6n), { code: 'over-limit' });
  await assert.rejects(toCafe.fund('ERA', 0n), { code: 'usage' });
  await toCafe.setEdgeLimit('ERA', undefined);
  await assert.rejects(toCafe.fund('ERA', 5_000n), { code: 'insufficient-funds' });
  for (let n = 1; n < limits.escrowsMax; n++) await toCafe.fund('ERA', 1n);
  await assert.rejects(toCafe.fund('ERA', 1n), { code: 'refused' });
  assert.equal(maya.edges().length, 1);
});

test('without the nodes nothing is funded for certain, and sync goes on', async () => {
  const { maya, cafe, network } = await market();
  const node = network.nodes as unknown as { writeSlot: unknown }[];
  const kept = node.map(({ writeSlot }) => writeSlot);
  for (const one of node) one.writeSlot = () => Promise.reject(new NodeError('unreachable', 'off'));
  await assert.rejects(maya.contact('Cafe').fund('ERA', 10n), { code: 'pending' });
  const edge = maya.contact('Cafe').edge('ERA');
  assert.deepEqual([edge.canPay, edge.mine, edge.finality], [0n, 10n, 'pending']);
  assert.equal(edge.escrows[0]!.state, 'pending');
  await assert.rejects(maya.contact('Cafe').pay({ ERA: 1n, over: 'edge' }), {
    code: 'insufficient-funds',
  });
  for (const [i, one] of node.entries()) one.writeSlot = kept[i];
  await maya.sync();
  assert.equal(maya.contact('Cafe').edge('ERA').canPay, 10n);
  await cafe.sync();
  assert.equal(cafe.contact('Maya').edge('ERA').canReceive, 10n);
});

test('the receipt of an edge payment holds, and says what total it states', async () => {
  const { maya, cafe, network } = await tens();
  await met(maya, cafe, (toCafe) => toCafe.pay({ ERA: 3n, over: 'edge', note: 'tea' }));
  for (const wallet of [maya, cafe]) {
    const { bytes } = await wallet.receipt(wallet.history().at(-1)!.id);
    const report = verifyReceipt(bytes, networkId(networkName), registriesOf(network.registry));
    assert.equal(report.ok, true);
    assert.deepEqual(
      report.totals.map(({ total, note }) => [total, note]),
      [[3n, 'tea']],
    );
  }
});

test('a funding that the payee never heard of is paid over at the first meeting, without the nodes', async () => {
  const { maya, cafe, network } = await market();
  await maya.contact('Cafe').fund('ERA', 10n);
  for (const node of network.storageNodes) await node.close();
  const paid = await met(maya, cafe, (toCafe) => toCafe.pay({ ERA: 3n, over: 'edge' }));
  assert.equal(paid.finality, 'edge-final');
  assert.equal(cafe.history().at(-1)!.finality, 'edge-final');
});

test('a payee that heard of a funding before it was certified asks the payer', async () => {
  const { maya, cafe, network, stalls } = await market();
  await maya.close();
  const dead = await opened(
    {
      ...network,
      nodes: network.nodes.map(() => ({ ...network.nodes[0]!, writeSlot: unreachable })),
    },
    stalls.maya,
  );
  await met(dead, cafe, (toCafe) => assert.rejects(toCafe.fund('ERA', 10n), { code: 'pending' }));
  await dead.close();
  const alive = await opened(network, stalls.maya);
  await alive.sync();
  await Promise.all(network.storageNodes.map((node) => node.close()));
  await met(alive, cafe, (toCafe) => toCafe.pay({ ERA: 3n, over: 'edge' }));
  assert.equal(cafe.history().at(-1)!.finality, 'edge-final');
});

const unreachable = (): Promise<never> => Promise.reject(new NodeError('unreachable', 'off'));

test('payments over the edge and offers that cross them on one line', async () => {
  const { maya, cafe } = await tens();
  await cafe.load('ERA', 15n);
  const paid = await met(maya, cafe, async (toCafe) => {
    const toMaya = await connected(cafe, 'Maya');
    const each = Array.from({ length: 4 }, () =>
      Promise.all([
        toCafe.pay({ ERA: 1n, over: 'edge' }),
        toCafe.pay({ ERA: 1n, over: 'edge' }),
        toMaya.pay({ ERA: 1n, over: 'offline' }).catch(() => undefined),
      ]),
    );
    return Promise.all(each);
  });
  for (const [first, second] of paid) {
    for (const { wireBytes } of [first, second]) assert.ok(wireBytes > 3_000, `${wireBytes} bytes`);
  }
});
