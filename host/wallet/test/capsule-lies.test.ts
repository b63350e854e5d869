/** Lies about capsules: nodes that hand out old, other or no bytes, and files that were changed. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { capsule, type Capsule } from '@dsm/identity';
import { memoryStore } from '@dsm/memory';
import { nativeKem } from '@dsm/node';
import { address, equal, keyOf } from '@dsm/primitive';
import type { NodeApi } from '@dsm/ports';
import { backupObject } from '../src/backup-file.ts';
import { openBackup, restoreWallet } from '../src/index.ts';
import { returned, rowsIn } from './capsule-scene.ts';
import { market, paid, type Market } from './market.ts';

interface Kept extends Market {
  /** Addresses of the capsules, oldest first. */
  readonly names: readonly Uint8Array[];
  /** What the nodes hold, by address. */
  readonly objects: ReadonlyMap<string, Uint8Array>;
}

/** Maya, with some capsules at the nodes. */
async function sent(): Promise<Kept> {
  const all = await market();
  const { maya, cafe, network, stalls } = all;
  for (let i = 0; i < 3; i++) {
    await maya.capsules.send();
    await paid(maya, cafe, 1n, 'offline');
  }
  await maya.close();
  const objects = new Map<string, Uint8Array>();
  const nodes = network.nodes.map((node): NodeApi => ({
    ...node,
    getObject: async (name) => {
      const bytes = await node.getObject(name);
      if (bytes !== undefined) objects.set(keyOf(name), bytes);
      return bytes;
    },
  }));
  await returned({ ...network, nodes }, stalls.maya);
  const read = [...objects.values()].map((bytes) => [counterOf(bytes), address(bytes)] as const);
  const names = read.toSorted(([a], [b]) => a - b).map(([, name]) => name);
  assert.ok(names.length >= 3);
  return { ...all, names, objects };
}

function counterOf(bytes: Uint8Array): number {
  const decoded = capsule.decode(bytes);
  assert.ok(decoded.ok);
  return decoded.value.counter;
}

/** All nodes answer a request for this object with these bytes. */
function lying(
  { network }: Kept,
  asked: Uint8Array,
  given: Uint8Array | undefined,
): Market['network'] {
  const nodes = network.nodes.map((node): NodeApi => ({
    ...node,
    getObject: async (name) => (equal(name, asked) ? given : node.getObject(name)),
  }));
  return { ...network, nodes };
}

test('a capsule that nodes replace by an older one, or keep back, is not made up for', async () => {
  const all = await sent();
  const { stalls, names, objects } = all;
  const oldest = objects.get(keyOf(names[0]!))!;
  for (const name of names) {
    const older = lying(all, name, equal(name, names[0]!) ? undefined : oldest);
    await assert.rejects(returned(older, stalls.maya), { code: 'offline' });
  }
});

test('slots that fewer nodes hide than a group may have liars hide no capsule', async () => {
  const { network, stalls, names } = await sent();
  const nodes = network.nodes.map((node, i): NodeApi =>
    i === 0 ? { ...node, readSlot: async () => undefined } : node,
  );
  const { place, found } = await returned({ ...network, nodes }, stalls.maya);
  assert.deepEqual(rowsIn(place), rowsIn(stalls.maya.place));
  assert.deepEqual([found?.newest, found?.of], [names.length - 1, 4]);
});

const changes: readonly (readonly [string, (of: Capsule) => Capsule])[] = [
  ['counter', (of) => ({ ...of, counter: of.counter + 1 })],
  ['base', (of) => ({ ...of, base: 0 })],
  ['genesis', (of) => ({ ...of, genesis: new Uint8Array(32).fill(9) })],
  ['incarnation', (of) => ({ ...of, incarnation: 1 })],
  ['nonce', (of) => ({ ...of, nonce: of.nonce.with(0, of.nonce[0]! ^ 1) })],
  ['box', (of) => ({ ...of, box: of.box.with(9, of.box[9]! ^ 1) })],
];

test('a backup of which anything was changed is refused, and leaves the place empty', async () => {
  const { maya, network, stalls } = await market();
  await maya.capsules.send();
  const backup = openBackup(await maya.backup());
  const [only] = backup.capsules;
  const decoded = capsule.decode(only!);
  assert.ok(decoded.ok && decoded.value.counter === 1);
  for (const [name, change] of changes) {
    const store = memoryStore();
    const bytes = backupObject.encode({
      ...backup,
      capsules: [capsule.encode(change(decoded.value))],
    });
    const options = { store, network, keystore: stalls.maya.keystore, kem: nativeKem };
    await assert.rejects(restoreWallet({ ...options, backup: bytes }), { code: 'integrity' }, name);
    assert.deepEqual(await store.scan(new Uint8Array(0)), [], name);
  }
});

test('a backup is refused with the secret of another wallet', async () => {
  const { maya, network, stalls } = await market();
  const options = { store: memoryStore(), network, keystore: stalls.cafe.keystore, kem: nativeKem };
  const backup = await maya.backup();
  await assert.rejects(restoreWallet({ ...options, backup }), { code: 'locked' });
});
