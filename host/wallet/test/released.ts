/**
 * Writes the released store of format 4: run once, kept for ever, opened by every later version.
 *
 *     node host/wallet/test/released.ts vectors/stores/v4
 */

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fixedClock } from '@dsm/memory';
import { fileStore, installNative, nativeKem } from '@dsm/node';
import { registry as registryObject } from '@dsm/primitive';
import { createWallet, type Wallet } from '../src/index.ts';
import { met } from './market.ts';
import { pictureOf } from './picture.ts';
import { emptyWorld, networkIn } from './world.ts';

installNative();

const directory = process.argv[2];
if (directory === undefined) throw new Error('say where to write');
mkdirSync(directory, { recursive: true });
const network = await networkIn(emptyWorld());
const open = async (name: string): Promise<Wallet> =>
  createWallet({
    name,
    store: await fileStore(join(directory, name.toLowerCase())),
    network,
    kem: nativeKem,
    clock: fixedClock(1_795_000_000_000),
  });
const [maya, cafe] = [await open('Maya'), await open('Cafe')];
const { id } = await maya.issue({ ticker: 'ERA', cap: 5_000n });
await maya.mint('ERA', 1_000n);
await cafe.adopt(id);
await met(maya, cafe, (to) => to.pay({ ERA: 200n, over: 'online', note: 'deposit' }));
await maya.load('ERA', 31n);
await cafe.load('ERA', 15n);
await met(maya, cafe, (to) => to.pay({ ERA: 9n, over: 'offline', note: 'coffee' }));
await Promise.all([maya.sync(), cafe.sync()]);
await met(cafe, maya, (to) => to.pay({ ERA: 4n, over: 'offline', note: 'change' }));
await met(maya, cafe, (to) => to.pay({ ERA: 2n, over: 'offline' }));
writeFileSync(join(directory, 'expected.json'), `${JSON.stringify(pictureOf(maya), null, 2)}\n`);
await Promise.all([maya.close(), cafe.close()]);
// What a directory holds beside its two copies is made anew by whoever opens it.
for (const file of ['lock.db', 'reserve']) rmSync(join(directory, 'maya', file));
rmSync(join(directory, 'cafe'), { recursive: true });
writeFileSync(join(directory, 'registry.bin'), registryObject.encode(network.registry));
