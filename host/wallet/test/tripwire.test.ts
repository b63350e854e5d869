/** The tripwire from end to end: evidence travels, bites, and cannot be made up. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryStore } from '@dsm/memory';
import { nativeKem } from '@dsm/node';
import {
  card as cardObject,
  evidence as evidenceObject,
  keyOf,
  slotKinds,
  zero32,
  type Evidence,
  registriesOf,
  voterId,
} from '@dsm/primitive';
import { message as messageObject, type Message } from '@dsm/bilateral';
import { restoreWallet, verifyReceipt, type Alarm, type Wallet } from '../src/index.ts';
import { alarmsAboutStrangersMax, concerns } from '../src/conviction.ts';
import type { Engine } from '../src/engine.ts';
import { networkId } from '../src/open.ts';
import type { AlarmRow, ContactRow, PaymentRow } from '../src/rows.ts';
import { networkName } from './network-name.ts';
import { wire } from './flooding.ts';
import { copied, finalities, market, met, opened, paid, stall, type Market } from './market.ts';

interface Cheated extends Market {
  readonly copy: Wallet;
  readonly carol: Wallet;
}

/** Maya's purse has paid the cafe and the bazaar; Carol takes the token and has met nobody. */
async function cheated(): Promise<Cheated> {
  const all = await market();
  const copy = await opened(all.network, copied(all.stalls.maya));
  const carol = await opened(all.network, stall('Carol'));
  await carol.adopt(all.maya.token('ERA').id);
  await paid(all.maya, all.cafe, 40n, 'offline');
  await paid(copy, all.bazaar, 40n, 'offline');
  return { ...all, copy, carol };
}

function first(wallet: Wallet): Alarm {
  const [alarm] = wallet.alarms();
  assert.ok(alarm !== undefined, `${wallet.id.name} has no alarm`);
  return alarm;
}

test('evidence that comes by gossip downgrades what it names, and the nodes have the last word', async () => {
  const { cafe, bazaar } = await cheated();
  const told: string[] = [];
  cafe.on('finality', ({ finality }) => told.push(finality));
  await met(cafe, bazaar);
  for (const merchant of [cafe, bazaar]) {
    assert.deepEqual(finalities(merchant), ['conflicted']);
    const [payment] = merchant.history();
    assert.deepEqual(first(merchant).payments, [payment?.id]);
    assert.match(first(merchant).explain, /1 payment of this wallet is in conflict/);
    assert.equal(merchant.offlineLimits('ERA').total.used, 40n, 'lost until the nodes say more');
  }
  assert.deepEqual(told, ['conflicted']);
  await cafe.sync();
  await bazaar.sync();
  assert.deepEqual(finalities(cafe), ['certified']);
  assert.deepEqual(finalities(bazaar), ['conflicted']);
  assert.equal(bazaar.offlineLimits('ERA').total.used, 0n);
  assert.match(first(cafe).explain, /1 payment of this wallet is certified and stays paid/);
});

test('what was certified stays: it is spent on, and its receipt holds', async () => {
  const { network, cafe, bazaar } = await cheated();
  await cafe.sync();
  await met(cafe, bazaar);
  assert.deepEqual(finalities(cafe), ['certified']);
  assert.deepEqual(finalities(bazaar), ['conflicted']);
  assert.equal(cafe.contact('Maya').contact().state, 'bricked');
  assert.equal((await paid(cafe, bazaar, 40n, 'online')).finality, 'certified');
  const { bytes } = await cafe.receipt(cafe.history()[0]!.id);
  assert.equal(
    verifyReceipt(bytes, networkId(networkName), registriesOf(network.registry)).ok,
    true,
  );
  assert.deepEqual((await cafe.verify()).faults, []);
});

test('who never met the cheat is warned by others, warns others, and does not meet it', async () => {
  const { network, maya, cafe, bazaar, carol } = await cheated();
  const dave = await opened(network, stall('Dave'));
  await dave.adopt(maya.token('ERA').id);
  await met(cafe, bazaar);
  await met(cafe, carol);
  await met(carol, dave);
  for (const warned of [carol, dave]) {
    const { device, payments, done } = first(warned);
    assert.equal(device, maya.id.device);
    assert.deepEqual(payments, []);
    assert.deepEqual(done.length, 1);
    const refused = { code: 'fork', message: /evidence that this device told two histories/ };
    await assert.rejects(met(maya, warned), refused, 'the caller is told');
    await assert.rejects(met(warned, maya), refused, 'and so is the owner');
    assert.throws(() => warned.contact('Maya'), { code: 'not-found' });
  }
});

test('one proof is enough for whom it does not touch; each that touches a payment is kept', async () => {
  const { network, stalls, maya, cafe, bazaar } = await market();
  const copy = await opened(network, copied(stalls.maya));
  for (const amount of [1n, 2n, 4n]) {
    await paid(maya, cafe, amount, 'offline');
    await paid(copy, bazaar, amount, 'offline');
  }
  await cafe.sync();
  await bazaar.sync();
  assert.deepEqual(finalities(bazaar), ['conflicted', 'conflicted', 'conflicted']);
  const spends = bazaar.alarms().filter(({ what }) => what === 'spends');
  assert.equal(spends.length, 3);
  assert.deepEqual(
    spends.flatMap(({ payments }) => payments).toSorted(),
    bazaar
      .history()
      .map(({ id }) => id)
      .toSorted(),
  );
  const third = await opened(network, stall('Carol'));
  await met(bazaar, third);
  assert.equal(third.alarms().length, 1);
});

test('the nodes tell of two spends after the cheat has changed its key by a succession', async () => {
  const { network, stalls, maya, copy, cafe, bazaar } = await cheated();
  const backup = await maya.backup();
  await Promise.all([maya.close(), copy.close()]);
  const { keystore } = stalls.maya;
  const store = memoryStore();
  const again = await restoreWallet({ store, network, keystore, kem: nativeKem, backup });
  await again.sync();
  await bazaar.sync();
  assert.equal(bazaar.contact('Maya').contact().incarnation, 1);
  assert.equal(first(bazaar).what, 'spends', 'under the key that was');
  assert.deepEqual(finalities(bazaar), ['conflicted']);
  assert.equal(bazaar.contact('Maya').contact().state, 'bricked', 'and so are all incarnations');
  await assert.rejects(paid(again, bazaar, 1n, 'offline'));
  await again.contact('Bazaar').pay({ ERA: 1n, over: 'online' });
  await bazaar.sync();
  assert.equal(await bazaar.balance('ERA'), 0n);
  await cafe.sync();
  assert.deepEqual(finalities(cafe), ['certified']);
});

/** Real statements of an honest device, put together so that they look like two histories. */
async function lies({ maya, cafe, bazaar }: Market): Promise<ReadonlyMap<string, Uint8Array>> {
  const said: Message[] = [];
  const line = await wire(cafe, (message) => said.push(message));
  const toCafe = await maya.meet(line.mine);
  for (const amount of [1n, 2n]) await toCafe.pay({ ERA: amount, over: 'offline' });
  await toCafe.close();
  await line.over;
  const [one, two] = said.filter((message) => message.type === 'commit');
  assert.ok(one !== undefined && two !== undefined);
  const [hers, other] = [maya, bazaar].map(({ id }) => cardObject.decode(id.card));
  assert.ok(hers?.ok === true && other?.ok === true);
  const card = hers.value;
  const steps = { type: 'steps', card, later: [], first: one.signed, second: two.signed } as const;
  const run = (from: typeof one): (Evidence & { type: 'entries' })['first'] => {
    return { entries: from.entries, signed: from.signed };
  };
  const first = run(one);
  const runs = { type: 'entries', card, later: [], before: zero32, first } as const;
  const forged = { ...one.signed, step: { ...one.signed.step, previous: zero32 } };
  const slots = one.signed.slots;
  const place = { kind: slotKinds.spend, writer: zero32, position: zero32 };
  const authorisation = {
    suite: 1,
    publicKey: card.body.workingKey,
    body: zero32,
    path: [],
    signature: one.signed.signature,
    backing: undefined,
  } as unknown as (Evidence & { type: 'spends' })['first']['authorisation'];
  const stated = {
    first: { value: slots[0]!.value, authorisation },
    second: { value: zero32, authorisation },
  };
  const vote = { value: zero32, path: [], signature: one.signed.signature };
  const all: readonly (readonly [string, Evidence])[] = [
    ['two steps in a row', steps],
    ['the same step twice', { ...steps, second: one.signed }],
    ['a step that was changed', { ...steps, second: forged }],
    ['the card of another', { ...steps, card: other.value }],
    ['two runs in a row', { ...runs, second: run(two) }],
    ['the same run twice', { ...runs, second: run(one) }],
    ['a spend without an opening', { type: 'spends', card, place, ...stated, opening: zero32 }],
    [
      'an issue by nobody',
      { type: 'issues', place: { ...place, kind: slotKinds.issue }, ...stated },
    ],
    [
      'votes of nobody',
      {
        type: 'votes',
        suite: 1,
        voteKey: card.body.workingKey,
        lineage: zero32,
        version: 1,
        key: zero32,
        first: vote,
        second: { ...vote, value: slots[0]!.value },
      },
    ],
  ];
  const encoded = all.map(([why, lie]) => [why, evidenceObject.encode(lie)] as const);
  const [, whole] = encoded[0]!;
  return new Map([
    ...encoded,
    ['evidence with a byte too many', new Uint8Array([...whole, 0])],
    ['evidence with a byte too few', whole.subarray(0, -1)],
    ['no evidence', new Uint8Array(100).fill(1)],
  ]);
}

test('a liar who shows made-up evidence of each kind gains nothing, and harms nobody', async () => {
  const all = await market();
  const { bazaar, cafe, maya } = all;
  const made = await lies(all);
  await met(bazaar, cafe);
  for (const [why, bytes] of made) {
    const line = await wire(cafe);
    const toCafe = await bazaar.meet(line.mine);
    await line.say(messageObject.encode({ type: 'evidence', evidence: bytes }));
    await toCafe.close();
    await line.over;
    assert.deepEqual(cafe.alarms(), [], why);
    assert.equal(cafe.contact('Maya').contact().state, 'ok', why);
  }
  assert.deepEqual(finalities(cafe), ['pair-final', 'pair-final']);
  assert.equal((await paid(maya, cafe, 4n, 'offline')).finality, 'pair-final');
  assert.deepEqual([bazaar.alarms(), maya.alarms()], [[], []]);
});

test('keys are free: convictions of made-up nodes, issuers and crowds say nothing here', async () => {
  const { network } = await market();
  const nobody = new Uint8Array(32).fill(9);
  const alarms = new Map<string, AlarmRow>();
  const model = { alarms, contacts: new Map(), tokens: new Map() } as unknown as Engine['model'];
  const registries = registriesOf(network.registry);
  const engine = { model, registries } as Engine;
  const id = voterId(network.registry.nodes[0]!);
  assert.equal(concerns(engine, { type: 'node', id }, []), true);
  assert.equal(concerns(engine, { type: 'node', id: nobody }, []), false);
  assert.equal(concerns(engine, { type: 'issuer', id: nobody }, []), false);
  for (let n = 0; n < alarmsAboutStrangersMax; n++) {
    assert.equal(concerns(engine, { type: 'device', id: nobody }, []), true);
    const device = new Uint8Array(32);
    new DataView(device.buffer).setUint32(0, n);
    alarms.set(`${n}`, { id: device, device, culprit: 0, evidence: device, seenAt: 0 });
  }
  const stranger = { type: 'device', id: nobody } as const;
  assert.equal(concerns(engine, stranger, []), false, 'strangers are bounded');
  assert.equal(concerns(engine, stranger, [{} as PaymentRow]), true, 'but not who touches us');
  model.contacts.set(keyOf(nobody), {} as ContactRow);
  assert.equal(concerns(engine, stranger, []), true, 'nor who was met');
});
