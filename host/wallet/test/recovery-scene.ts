/** What the tests of recovery share: Dora, whose wallet is from words, and what truly was in it. */

import { memoryKeystore, memoryPlace, memoryStore, type MemoryPlace } from '@dsm/memory';
import { nativeKem, nativeStretch } from '@dsm/node';
import type { Keystore, Stretch } from '@dsm/ports';
import { hash } from '@dsm/primitive';
import { wordsOf } from '@dsm/words';
import { createWallet, type Wallet } from '../src/index.ts';
import type { RecoveryOptions } from '../src/recovering.ts';
import { market, met, type Market } from './market.ts';
import type { TestNetwork } from './world.ts';

/** For tests that recover many times over: the same bytes for the same words, at no cost. */
export const cheapStretch: Stretch = {
  name: 'cheap',
  argon2id: async ({ message, salt }) => hash('secret', message, salt),
};

export const words: string = wordsOf(new Uint8Array(32).fill(0x61));

export interface Phone {
  readonly place: MemoryPlace;
  readonly keystore: Keystore;
}

export function phone(): Phone {
  return { place: memoryPlace(), keystore: memoryKeystore() };
}

/** How Dora comes back, in a new phone. */
export function recovery(
  network: TestNetwork,
  { place, keystore }: Phone = phone(),
  stretch: Stretch = nativeStretch,
): RecoveryOptions {
  return {
    store: memoryStore({ place }),
    keystore,
    network,
    words,
    stretch,
    kem: nativeKem,
  };
}

export interface Lived extends Market {
  readonly dora: Wallet;
  readonly phone: Phone;
}

/**
 * Dora has met Maya and the cafe, was paid 60, has 7 in her purse, has funded an edge of 10 and paid 3
 * over it, and has her recovery data at the nodes.
 */
export async function lived(stretch: Stretch = nativeStretch): Promise<Lived> {
  const all = await market();
  const on = phone();
  const dora = await createWallet({
    ...recovery(all.network, on, stretch),
    name: 'Dora',
    capsules: true,
  });
  await dora.adopt(all.maya.token('ERA').id);
  await met(all.maya, dora, (to) => to.pay({ ERA: 60n, over: 'online' }));
  await met(dora, all.cafe);
  await dora.sync();
  await dora.load('ERA', 7n);
  await met(dora, all.maya, async (toMaya) => {
    await toMaya.fund('ERA', 10n);
    await toMaya.pay({ ERA: 3n, over: 'edge' });
  });
  await dora.sync();
  await dora.capsules.send();
  return { ...all, dora, phone: on };
}
