/** What is closed and opened again is the same wallet, in every version that can read it. */

import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { memoryStore } from '@dsm/memory';
import { fileStore, nativeKem } from '@dsm/node';
import { registriesOf, registry as registryObject } from '@dsm/primitive';
import { openWallet, verifyReceipt, networkId } from '../src/index.ts';
import { market, met, opened, paid, stall } from './market.ts';
import { networkName } from './network-name.ts';
import { pictureOf } from './picture.ts';
import { emptyWorld, networkIn } from './world.ts';

const before = [1, 2, 3].map((format) => ({
  format,
  folder: new URL(`../../../vectors/stores/v${format}/`, import.meta.url),
}));
const released = new URL('../../../vectors/stores/v4/', import.meta.url);

test('a wallet that is closed and opened looks the same and goes on', async () => {
  const { network, maya, cafe, bazaar, stalls } = await market();
  await paid(maya, cafe, 9n, 'offline');
  await maya.contact('Bazaar').pay({ ERA: 5n, over: 'online', note: 'a bazaar' });
  await cafe.sync();
  await maya.rename('Cafe', 'The corner cafe');
  await maya.block('Bazaar', true);
  await maya.setOfflineLimit('ERA', 17n);
  const [picture, report] = [pictureOf(maya), await maya.verify()];
  await maya.close();
  const again = await opened(network, stalls.maya);
  assert.deepEqual(pictureOf(again), picture);
  assert.deepEqual(await again.verify(), report);
  assert.equal(report.ok, true);
  assert.equal((await paid(again, cafe, 2n, 'offline')).finality, 'pair-final');
  await again.block('Bazaar', false);
  await bazaar.sync();
  assert.equal(await bazaar.balance('ERA'), 5n);
});

test('the same, in files', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'dsm-wallet-'));
  try {
    const { network, cafe, maya } = await market();
    const ann = stall('Ann');
    const first = await opened(network, ann, await fileStore(directory));
    await first.adopt(maya.token('ERA').id);
    await met(maya, first, (to) => to.pay({ ERA: 50n, over: 'online' }));
    await first.load('ERA', 15n);
    await paid(first, cafe, 6n, 'offline');
    const picture = pictureOf(first);
    await first.close();
    const again = await opened(network, ann, await fileStore(directory));
    assert.deepEqual(pictureOf(again), picture);
    assert.deepEqual((await again.verify()).faults, []);
    await again.close();
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('two processes do not open one wallet', async () => {
  const { network, stalls } = await market();
  await assert.rejects(async () => opened(network, stalls.maya), { code: 'busy' });
});

test('a wallet of another network is not opened', async () => {
  const { network, maya, stalls } = await market();
  await maya.close();
  await assert.rejects(opened({ ...network, name: 'elsewhere' }, stalls.maya), { code: 'usage' });
});

test('an empty place holds no wallet', async () => {
  const { network } = await market();
  await assert.rejects(openWallet({ store: memoryStore(), network }), { code: 'not-found' });
});

for (const { format, folder } of before) {
  test(`a store of format ${format}, from before the first release, is refused as a whole`, async () => {
    const directory = mkdtempSync(join(tmpdir(), 'dsm-wallet-'));
    try {
      cpSync(new URL('maya/', folder), directory, { recursive: true });
      const { network } = await market();
      const store = await fileStore(directory);
      const rows = await store.scan(new Uint8Array(0));
      await assert.rejects(openWallet({ store, network, kem: nativeKem }), {
        code: 'usage',
        message: new RegExp(`is of format ${format}, .* reads format 4 alone`),
      });
      assert.deepEqual(await store.scan(new Uint8Array(0)), rows, 'nothing of it was changed');
      await store.close();
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
}

const written = existsSync(released) ? '' : ' (skipped until it is written, at the release)';

test(
  `the released store of this format is read and goes on${written}`,
  { skip: written !== '' },
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'dsm-wallet-'));
    try {
      cpSync(new URL('maya/', released), directory, { recursive: true });
      const network = await networkIn(emptyWorld());
      const kept = registryObject.decode(
        new Uint8Array(readFileSync(new URL('registry.bin', released))),
      );
      assert.ok(kept.ok);
      const wallet = await openWallet({
        store: await fileStore(directory),
        network: { name: networkName, registry: kept.value, nodes: network.nodes },
        kem: nativeKem,
      });
      const expected: unknown = JSON.parse(
        readFileSync(new URL('expected.json', released), 'utf8'),
      );
      assert.deepEqual(pictureOf(wallet), expected);
      const report = await wallet.verify();
      assert.deepEqual(report.faults, []);
      assert.ok(report.links >= 6);
      for (const { id } of wallet.history()) {
        const { bytes } = await wallet.receipt(id);
        assert.equal(
          verifyReceipt(bytes, networkId(networkName), registriesOf(kept.value)).ok,
          true,
        );
      }
      const stranger = await opened(network, stall('Stranger'));
      await assert.rejects(paid(wallet, stranger, 3n, 'offline'), { code: 'not-adopted' });
      await stranger.adopt(wallet.token('ERA').id);
      assert.equal((await paid(wallet, stranger, 3n, 'offline')).finality, 'pair-final');
      await wallet.close();
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
);
