/**
 * Recovery as a whole: from words alone, from words and a file, from words and the nodes. Each report
 * is compared with what truly was there, and with what the wallet is afterwards.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nativeKem, nativeStretch } from '@dsm/node';
import { wordsOf } from '@dsm/words';
import { createWallet, recover, rehearseRecovery, type RecoveryReport } from '../src/index.ts';
import { met } from './market.ts';
import { lived, recovery, words } from './recovery-scene.ts';
import type { TestNetwork } from './world.ts';

/** What of a report people compare. */
function shown({ contacts, relationships, tokens, edges, receipts }: RecoveryReport): unknown {
  return {
    contacts: contacts.map(({ name }) => name),
    relationships,
    tokens: tokens.map(({ ticker, kept, spent, purse, uncertified }) => ({
      ticker,
      kept,
      spent,
      purse,
      uncertified,
    })),
    edges: edges.map(({ contact, mine, theirs }) => ({ contact, mine, theirs })),
    receipts,
  };
}

const whole = {
  contacts: ['Cafe', 'Maya'],
  relationships: 2,
  tokens: [{ ticker: 'ERA', kept: 43n, spent: 0n, purse: 7n, uncertified: 0n }],
  edges: [{ contact: 'Maya', mine: 7n, theirs: 3n }],
  receipts: 2,
};

test('from words and the nodes: all but the purse is there, and works', async () => {
  const all = await lived();
  const { dora, maya, network } = all;
  const { device } = dora.id;
  const had = dora.balances()[0]!;
  assert.deepEqual([had.online, had.purse, had.edges], [43n, 7n, 7n]);
  await dora.close();
  const stages: string[] = [];
  const { wallet, report } = await recover({
    ...recovery(network),
    onProgress: ({ stage }) => stages.push(stage),
  });
  assert.equal(report.source, 'nodes');
  assert.deepEqual([report.device, report.name, report.incarnation], [device, 'Dora', 1]);
  assert.deepEqual(shown(report), whole);
  assert.ok(report.missing.some((line) => line.startsWith('7 ERA of the purse')));
  assert.ok(report.capsule !== undefined && report.capsule.answers >= 3);
  assert.deepEqual([...new Set(stages)], ['words', 'capsules', 'notes', 'certifying']);
  const { online, purse } = wallet.balances()[0]!;
  assert.deepEqual([online, purse], [43n, 0n], 'what the report says is what there is');
  assert.equal(wallet.history().length, 2);
  assert.equal(wallet.recovery.phase(), 'live');
  await maya.sync();
  assert.equal(
    (await wallet.contact('Maya').pay({ ERA: 43n, over: 'online' })).finality,
    'certified',
  );
  await maya.sync();
  assert.deepEqual((await wallet.verify()).faults, []);
  assert.deepEqual([...wallet.alarms(), ...maya.alarms()], []);
});

test('what was spent after the last capsule is said to be spent', async () => {
  const all = await lived();
  const { dora, network, phone: on } = all;
  await dora.close();
  const later = await createWallet({ ...recovery(network, on), name: 'Dora', capsules: false });
  await later.contact('Cafe').pay({ ERA: 43n, over: 'online' });
  await later.close();
  const { wallet, report } = await recover(recovery(network));
  assert.deepEqual(report.tokens[0], {
    token: report.tokens[0]!.token,
    ticker: 'ERA',
    decimals: 0,
    kept: 0n,
    spent: 43n,
    purse: 7n,
    uncertified: 0n,
  });
  assert.ok(report.missing.some((line) => line.startsWith('43 ERA were spent')));
  assert.equal(wallet.balances()[0]?.online ?? 0n, 0n);
});

test('from words and a file: the same, as of when it was made', async () => {
  const { dora, network } = await lived();
  const backup = await dora.backup();
  await dora.close();
  const { wallet, report } = await recover({ ...recovery(network), backup });
  assert.equal(report.source, 'file');
  assert.deepEqual(shown(report), whole);
  assert.equal(wallet.balances()[0]!.online, 43n);
  assert.equal(wallet.id.incarnation, 1);
});

test('from words alone: who the device is, and nothing else', async () => {
  const { dora, maya, network } = await lived();
  const { device } = dora.id;
  await dora.close();
  const { wallet, report } = await recover({ ...recovery(network), from: 'words' });
  assert.equal(report.source, 'words');
  assert.equal(report.device, device);
  assert.deepEqual(shown(report), {
    contacts: [],
    relationships: 0,
    tokens: [],
    edges: [],
    receipts: 0,
  });
  assert.match(report.missing[0]!, /words alone/);
  assert.equal(wallet.id.incarnation, 1);
  await maya.sync();
  await met(wallet, maya);
  assert.deepEqual(
    wallet.contacts().map(({ name }) => name),
    ['Maya'],
  );
});

test('words that never sent a capsule come back as words alone, and the report says so', async () => {
  const { network } = await lived();
  const others = wordsOf(new Uint8Array(32).fill(0x62));
  const { report } = await recover({ ...recovery(network), words: others });
  assert.equal(report.source, 'words');
  assert.equal(report.capsule, undefined);
});

test('twelve words and misspelt words are refused, with the nearest word named', async () => {
  const { network } = await lived();
  const twelve = words.split(' ').slice(0, 12).join(' ');
  await assert.rejects(recover({ ...recovery(network), words: twelve }), { code: 'bad-words' });
  const [first, ...rest] = words.split(' ');
  const misspelt = [`${first!.slice(0, -1)}x`, ...rest].join(' ');
  await assert.rejects(recover({ ...recovery(network), words: misspelt }), (error: Error) => {
    assert.match(error.message, new RegExp(first!, 'u'));
    return true;
  });
});

/** A network that counts what is written. */
function counted(network: TestNetwork): {
  readonly network: TestNetwork;
  readonly writes: () => number;
} {
  let writes = 0;
  const count = <T>(act: () => T): T => {
    writes += 1;
    return act();
  };
  const nodes = network.nodes.map((node) => ({
    address: node.address,
    getObject: (name: Uint8Array) => node.getObject(name),
    readSlot: (key: Uint8Array) => node.readSlot(key),
    health: () => node.health(),
    ask: (requests: Parameters<typeof node.ask>[0]) => count(() => node.ask(requests)),
    putObject: (bytes: Uint8Array) => count(() => node.putObject(bytes)),
    writeSlot: (bytes: Uint8Array) => count(() => node.writeSlot(bytes)),
  }));
  return { network: { ...network, nodes }, writes: () => writes };
}

test('a rehearsal says the same, spends nothing, and writes nothing at the nodes', async () => {
  const { dora, network } = await lived();
  const backup = await dora.backup();
  const watched = counted(network);
  const options = { network: watched.network, words, stretch: nativeStretch, kem: nativeKem };
  const fromNodes = await rehearseRecovery(options);
  const fromFile = await rehearseRecovery({ ...options, backup });
  const alone = await rehearseRecovery({ ...options, from: 'words' });
  assert.equal(watched.writes(), 0);
  assert.deepEqual(shown(fromNodes), whole);
  assert.deepEqual(shown(fromFile), whole);
  assert.deepEqual(alone.contacts, []);
  assert.equal(fromNodes.incarnation, 0);
  // The device itself has noticed nothing.
  await dora.sync();
  assert.equal(dora.recovery.phase(), 'live');
  await dora.close();
  const { report } = await recover(recovery(network));
  assert.deepEqual(shown(report), shown(fromNodes), 'and the recovery brings what it said');
});

test('two recoveries from the same words: one is live in the end, the other is told and shown why', async () => {
  const { dora, maya, network } = await lived();
  await dora.close();
  const both = await Promise.all([recover(recovery(network)), recover(recovery(network))]);
  const [first, second] = both
    .map(({ wallet }) => wallet)
    .toSorted((a, b) => a.id.incarnation - b.id.incarnation);
  assert.ok(first!.id.incarnation < second!.id.incarnation);
  await assert.rejects(first!.sync(), { code: 'superseded' });
  assert.equal(first!.recovery.phase(), 'superseded');
  assert.match(first!.recovery.why(), /restored elsewhere/);
  assert.ok((await first!.recovery.proof())!.length > 1_000, 'a certificate that anyone checks');
  await second!.sync();
  await maya.sync();
  assert.deepEqual([...second!.alarms(), ...first!.alarms(), ...maya.alarms()], []);
  const total = second!.balances()[0]?.online ?? 0n;
  assert.ok(total <= 43n);
});

test('a place that holds a wallet of other words is not recovered into', async () => {
  const { dora, network, phone: on } = await lived();
  await dora.close();
  const others = wordsOf(new Uint8Array(32).fill(0x62));
  await assert.rejects(recover({ ...recovery(network, on), words: others }), { code: 'bad-words' });
});
