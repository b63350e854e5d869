/** Re-minting: a long way becomes a short one, with the issuer or by it, and nobody loses by it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { message as messageObject, type Message } from '@dsm/bilateral';
import { memoryTransport } from '@dsm/memory';
import { installNative } from '@dsm/node';
import type { Connection } from '@dsm/ports';
import { createWallet, DsmError, localNetwork, memory, type Wallet } from '@dsm/wallet';
import { met } from './market.ts';

installNative();

interface Town {
  readonly bank: Wallet;
  readonly maya: Wallet;
  readonly cafe: Wallet;
  readonly id: string;
}

/** A token whose notes travel four hops; Maya has 100 of it and knows the bank and the café. */
async function town(): Promise<Town> {
  const network = await localNetwork({ nodes: 4 });
  const make = (name: string): Promise<Wallet> => createWallet({ name, store: memory(), network });
  const [bank, maya, cafe] = [await make('Bank'), await make('Maya'), await make('Cafe')];
  const { id } = await bank.issue({ ticker: 'ERA', cap: 1_000n, depthMax: 4 });
  for (const wallet of [maya, cafe]) await wallet.adopt(id);
  await met(bank, maya, () => bank.mint(id, 100n, { to: 'Maya' }));
  await met(maya, cafe);
  return { bank, maya, cafe, id };
}

async function pays(from: Wallet, to: string, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    const { finality } = await from.contact(to).pay({ ERA: 1n, over: 'online' });
    assert.equal(finality, 'certified');
  }
}

function balanceOf(wallet: Wallet): { total: bigint; online: bigint; worn: bigint } {
  const { total, online, worn } = wallet.balances().find(({ token }) => token.ticker === 'ERA')!;
  return { total, online, worn };
}

test('worn notes are shown, refused at the end of their way, and made anew by the issuer', async () => {
  const { bank, maya, id } = await town();
  await pays(maya, 'Cafe', 2);
  assert.equal(balanceOf(maya).worn, 0n);
  await pays(maya, 'Cafe', 2);
  assert.deepEqual(balanceOf(maya), { total: 96n, online: 96n, worn: 96n });
  await assert.rejects(maya.contact('Cafe').pay({ ERA: 1n, over: 'online' }), { code: 'worn' });
  await assert.rejects(maya.contact('Bank').remint(id), { code: 'unreachable' });
  const after = await met(maya, bank, (toBank) => toBank.remint(id));
  assert.deepEqual([after.total, after.online, after.worn], [96n, 96n, 0n]);
  assert.equal((await maya.inspect(id)).issued, 100n, 'the total is what it was');
  const [issuer] = (await maya.inspect(id)).issuers;
  assert.equal(issuer?.name, 'Bank');
  await pays(maya, 'Cafe', 4);
  assert.deepEqual((await maya.verify()).faults, []);
  assert.deepEqual((await bank.verify()).faults, []);
});

test('a payee checks what was made anew back to the first mint', async () => {
  const { bank, maya, cafe, id } = await town();
  await pays(maya, 'Cafe', 4);
  await met(maya, bank, (toBank) => toBank.remint(id));
  await pays(maya, 'Cafe', 1);
  await cafe.sync();
  assert.equal(await cafe.balance('ERA'), 5n);
  assert.ok(cafe.history().every(({ finality }) => finality === 'certified'));
  // The issuer mints on after its re-mint, and who gets it checks the whole chain.
  await bank.mint(id, 7n, { to: 'Maya' });
  await maya.sync();
  assert.equal(await maya.balance('ERA'), 102n);
});

test('a wallet whose issuer is connected has its notes made anew before it pays', async () => {
  const { bank, maya } = await town();
  await pays(maya, 'Cafe', 4);
  await met(maya, bank, async () => pays(maya, 'Cafe', 1));
  assert.deepEqual(balanceOf(maya), { total: 95n, online: 95n, worn: 0n });
});

test('an issuer makes its own notes anew, alone', async () => {
  const { bank, maya, id } = await town();
  await bank.mint(id, 50n);
  for (let i = 0; i < 9; i++) {
    await bank.contact('Maya').pay({ ERA: 1n, over: 'online' });
  }
  assert.equal(await bank.balance(id), 41n);
  await bank.load(id, 20n);
  const paid = await met(bank, maya, (to) => to.pay({ ERA: 13n, over: 'offline' }));
  assert.equal(paid.finality, 'pair-final');
  await maya.sync();
  assert.equal(await maya.balance(id), 122n);
});

test('who is not the issuer says so, and so does one that is asked for fresh notes', async () => {
  const { bank, maya, cafe, id } = await town();
  const fresh = { code: 'refused', message: /fresh from the mint/ };
  await met(maya, bank, (toBank) => assert.rejects(toBank.remint(id), fresh));
  await pays(maya, 'Cafe', 1);
  await met(maya, cafe, (toCafe) =>
    assert.rejects(toCafe.remint(id), { code: 'refused', message: /does not issue/ }),
  );
  assert.deepEqual(balanceOf(maya), { total: 99n, online: 99n, worn: 0n });
});

test('items are made anew with their numbers and their anchors', async () => {
  const network = await localNetwork({ nodes: 4 });
  const make = (name: string): Promise<Wallet> => createWallet({ name, store: memory(), network });
  const [artist, maya] = [await make('Artist'), await make('Maya')];
  const { id } = await artist.issue({ ticker: 'ART', cap: 9n, form: 'unique' });
  await maya.adopt(id);
  await artist.mint(id, 3n, {
    anchors: [1, 2, 3].map((n) => ({ bytes: Uint8Array.of(n) })),
  });
  const before = await artist.items(id);
  await met(artist, maya, async (toMaya) => {
    for (const item of [1n, 3n]) await toMaya.pay({ token: id, item, over: 'online' });
  });
  const [first, , third] = before;
  assert.deepEqual(await maya.items(id), [first, third]);
  await met(maya, artist, (toArtist) => toArtist.remint(id));
  assert.deepEqual(await maya.items(id), [first, third]);
  await maya.contact('Artist').pay({ token: id, item: 3n, over: 'online' });
  await artist.sync();
  assert.deepEqual(await artist.items(id), [before[1], third]);
});

/** Maya asks the bank over a line on which somebody changes the answer. */
async function askedThrough(
  maya: Wallet,
  bank: Wallet,
  id: string,
  change: (answer: Message & { type: 'reminted' }) => Message,
): Promise<unknown> {
  const transport = memoryTransport({});
  const listener = await transport.listen('here');
  const mine = await transport.connect('here');
  const { value } = await listener.connections[Symbol.asyncIterator]().next();
  const over = bank.answer(value as Connection).catch(() => undefined);
  const toBank = await maya.meet({
    ...mine,
    receive: async () => {
      const bytes = await mine.receive();
      const decoded = bytes === undefined ? undefined : messageObject.decode(bytes);
      if (decoded?.ok !== true || decoded.value.type !== 'reminted') return bytes;
      return messageObject.encode(change(decoded.value));
    },
  });
  const outcome = await toBank.remint(id).catch((error: unknown) => error);
  await toBank.close();
  await over;
  return outcome;
}

test('an issuer that answers with something else gains nothing, and asked again answers the same', async () => {
  const { bank, maya, id } = await town();
  await pays(maya, 'Cafe', 3);
  const lies: readonly ((answer: Message & { type: 'reminted' }) => Message)[] = [
    (answer) => ({ ...answer, parts: [] }),
    (answer) => ({ ...answer, parts: answer.parts.slice(1) }),
    (answer) => ({ ...answer, parts: answer.parts.map((part) => part.with(90, part[90]! ^ 1)) }),
    (answer) => ({ ...answer, parts: [new Uint8Array(9)] }),
  ];
  for (const lie of lies) {
    const error = await askedThrough(maya, bank, id, lie);
    assert.ok(error instanceof DsmError);
    assert.ok(['integrity', 'pending'].includes(error.code), error.message);
    assert.deepEqual(balanceOf(maya), { total: 97n, online: 97n, worn: 97n }, 'nothing is spent');
  }
  const why = await askedThrough(maya, bank, id, (said) => ({ ...said, parts: [], why: 'no' }));
  assert.ok(why instanceof DsmError && why.code === 'refused');
  await met(maya, bank, (toBank) => toBank.remint(id));
  assert.deepEqual(balanceOf(maya), { total: 97n, online: 97n, worn: 0n });
  assert.equal((await bank.inspect(id)).issued, 100n);
});

test('a holder that spends the note elsewhere first has the old spend alone', async () => {
  const { bank, maya, cafe, id } = await town();
  await pays(maya, 'Cafe', 3);
  // The issuer has made it anew, and the answer is lost.
  await askedThrough(maya, bank, id, (answer) => ({ ...answer, parts: [] }));
  const paid = await maya.contact('Cafe').pay({ ERA: 97n, over: 'online' });
  assert.equal(paid.finality, 'certified');
  assert.equal(await maya.balance(id), 0n);
  await maya.collect(id);
  await maya.sync();
  assert.equal(await maya.balance(id), 0n, 'what the issue named makes nothing');
  await cafe.sync();
  assert.equal(await cafe.balance(id), 100n);
  // The chain of the issuer is not held up by it.
  await bank.mint(id, 3n, { to: 'Maya' });
  await maya.sync();
  await pays(maya, 'Cafe', 1);
  await cafe.sync();
  assert.equal(await cafe.balance(id), 101n);
});
