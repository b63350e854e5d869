/** Former secrets: which are destroyed, and which something here still names. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { installNative, nativeKem, nodeEntropy } from '@dsm/node';
import { portableAead } from '@dsm/portable';
import { hash, keyDigest, keyOf } from '@dsm/primitive';
import { wordsCustody } from '../src/custody.ts';
import { destroyFormer } from '../src/former-secrets.ts';
import { keptOf } from '../src/kept-secrets.ts';
import { secretsOf, walletKeys, type Incarnation, type Keys } from '../src/keys.ts';
import type { Draft } from '../src/model.ts';
import type { Runtime } from '../src/runtime.ts';

installNative();

const device = hash('mark', Uint8Array.of(1));
const birth = (n: number): Uint8Array => hash('mark', Uint8Array.of(2, n));
const all: readonly Incarnation[] = [
  { incarnation: 0, birth: birth(0) },
  { incarnation: 0, birth: birth(0), generation: 1 },
  { incarnation: 0, birth: birth(0), generation: 2 },
  { incarnation: 1, birth: birth(1) },
  { incarnation: 2, birth: birth(2) },
  { incarnation: 2, birth: birth(2), generation: 1 },
];

interface Named {
  readonly notes?: readonly Incarnation[];
  readonly escrows?: readonly Incarnation[];
  readonly former?: 0 | 1;
}

/** What is kept after a sweep, as incarnation.generation, in a wallet in which these keys are named. */
async function kept({ notes = [], escrows = [], former = 0 }: Named): Promise<readonly string[]> {
  const custody = wordsCustody(
    { secret: device, aead: portableAead, entropy: nodeEntropy },
    keptOf(secretsOf(device), 0, all),
  );
  const keysOf = (incarnation: number, of: Uint8Array, generation?: number): Keys =>
    walletKeys(custody.secrets(), 1, nativeKem, { incarnation, birth: of, generation });
  const digest = ({ incarnation, birth: of, generation }: Incarnation): Uint8Array =>
    keyDigest(1, keysOf(incarnation, of, generation).working().publicKey);
  const model = {
    row: { phase: 0, incarnation: 2 },
    device: { suite: 1, id: device },
    relationships: new Map([['one', { key: device, mine: { index: 0 }, former }]]),
    notes: new Map(notes.map((one) => [keyOf(digest(one)), { note: { key: digest(one) } }])),
    escrows: new Map(
      escrows.map((one) => [
        keyOf(digest(one)),
        { escrow: { note: { key: device }, payerKey: digest(one) } },
      ]),
    ),
    open: new Map(),
  };
  const engine = {
    custody,
    model,
    exclusive: (decide: () => Promise<number>) => decide(),
    commit: async ({ applies }: Draft) => {
      for (const apply of applies) apply();
    },
  };
  const runtime = { engine, keysOf, renewKeys: () => undefined };
  await destroyFormer(runtime as unknown as Runtime);
  return custody
    .kept()
    .map(({ incarnation, generation = 0 }) => `${incarnation}.${generation}`)
    .toSorted();
}

test('what nothing names is destroyed; the incarnation of now is kept whole', async () => {
  assert.deepEqual(await kept({}), ['2.0', '2.1']);
});

test('a note keeps its own generation, and the secret of its incarnation beside it', async () => {
  assert.deepEqual(await kept({ notes: [all[1]!] }), ['0.0', '0.1', '2.0', '2.1']);
  assert.deepEqual(await kept({ notes: [all[0]!] }), ['0.0', '2.0', '2.1']);
  assert.deepEqual(await kept({ notes: [all[3]!] }), ['1.0', '2.0', '2.1']);
});

test('an escrow that this device funded keeps the key that the rest returns to', async () => {
  assert.deepEqual(await kept({ escrows: [all[2]!] }), ['0.0', '0.2', '2.0', '2.1']);
});

test('nothing is destroyed while a contact may not know the incarnation of now', async () => {
  assert.equal((await kept({ former: 1 })).length, all.length);
});
