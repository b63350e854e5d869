/** Lies about capsules: nodes that hand out old, other or no bytes, and files that were changed. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { capsule, capsulePosition, type Capsule } from '@dsm/identity';
import { memoryStore } from '@dsm/memory';
import { nativeKem } from '@dsm/node';
import {
  address,
  equal,
  keyDigest,
  keyOf,
  kinds,
  signatureContext,
  signatures,
  slotKey,
  slotKinds,
  slotListRoot,
  statementDigest,
  zero32,
} from '@dsm/primitive';
import type { NodeApi } from '@dsm/ports';
import { backupObject } from '../src/backup-file.ts';
import { networkId, openBackup, quorum, restoreWallet } from '../src/index.ts';
import { walletKeys } from '../src/keys.ts';
import { incarnationIn, returned, rowsIn } from './capsule-scene.ts';
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

test('an older capsule is taken only by whoever asks for it, and what lies behind it is said', async () => {
  const all = await sent();
  const { stalls, names } = all;
  for (const lost of [names.length - 1, 1]) {
    const network = lying(all, names[lost]!, undefined);
    await assert.rejects(returned(network, stalls.maya), { code: 'offline' });
  }
  const network = lying(all, names.at(-1)!, undefined);
  const { found } = await returned(network, stalls.maya, { older: true });
  assert.deepEqual([found?.newest, found?.certified], [names.length - 2, names.length - 1]);
});

test('slots that a thief has filled with nothing keep nobody from what came before', async () => {
  const { network, stalls, names } = await sent();
  const who = await incarnationIn(stalls.maya.place, stalls.maya.keystore);
  const keys = walletKeys(who.secrets, who.suite, nativeKem, who);
  const { publicKey, secretKey } = keys.capsule();
  for (let counter = names.length; counter < names.length + 5; counter++) {
    const place = {
      kind: slotKinds.capsule,
      writer: keyDigest(who.suite, publicKey),
      position: capsulePosition(who.device, who.incarnation, counter),
    };
    const value = address(Uint8Array.of(counter));
    const digest = statementDigest(zero32, slotListRoot([{ key: slotKey(place), value }]));
    const context = signatureContext(kinds.capsule, who.suite, networkId(network.name));
    const signature = signatures().sign(secretKey, digest, context);
    const by = { suite: who.suite, publicKey, body: zero32, path: [], signature };
    const authorisation = { ...by, backing: undefined };
    const { writeSlot } = quorum(network.registry, network.nodes);
    const write = { place, value, authorisation, hint: undefined, certificate: undefined };
    assert.equal((await writeSlot(write)).type, 'certified');
  }
  await assert.rejects(returned(network, stalls.maya), { code: 'offline' });
  const { place, found } = await returned(network, stalls.maya, { older: true });
  assert.deepEqual([found?.newest, found?.certified], [names.length - 1, names.length + 4]);
  assert.deepEqual(rowsIn(place), rowsIn(stalls.maya.place));
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
