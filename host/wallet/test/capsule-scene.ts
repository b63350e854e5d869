/** What the tests of capsules share: Maya with recovery data at the nodes, and who restores it. */

import assert from 'node:assert/strict';
import { memoryPlace, memoryStore, type MemoryPlace } from '@dsm/memory';
import { nativeKem } from '@dsm/node';
import { address, card as cardObject, cardDevice } from '@dsm/primitive';
import type { Keystore, Store } from '@dsm/ports';
import { isInCapsules, withoutSecret } from '../src/capsule-rows.ts';
import { secretsOf } from '../src/keys.ts';
import { restoreFromNodes, type CapsulesRestored, type NodesRestore } from '../src/index.ts';
import { rowKey, walletRow } from '../src/rows.ts';
import type { Stall } from './market.ts';
import type { TestNetwork } from './world.ts';

/** What capsules must bring back of a place: every row that they hold, as keys and digests. */
export function rowsIn({ rows }: MemoryPlace): Readonly<Record<string, string>> {
  const kept = [...rows.values()].filter(([key]) => isInCapsules(key));
  const texts = kept.map(([key, value]): [string, string] => [hex(key), shown(key, value)]);
  return Object.fromEntries(texts.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** The row of the wallet is marked by a restore, and goes without the secret. */
function shown(key: Uint8Array, value: Uint8Array): string {
  if (hex(key) !== hex(rowKey('wallet'))) return hex(address(value));
  const decoded = walletRow.decode(withoutSecret(key, value));
  assert.ok(decoded.ok);
  return hex(walletRow.encode({ ...decoded.value, phase: 0 }));
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** The incarnation of a place, as its card says it. */
export async function incarnationIn(
  place: MemoryPlace,
  keystore: Keystore,
): Promise<Pick<NodesRestore, 'secrets' | 'suite' | 'device' | 'incarnation' | 'birth'>> {
  const found = [...place.rows.values()].find(([key]) => hex(key) === hex(rowKey('wallet')));
  const row = walletRow.decode(found![1]);
  assert.ok(row.ok);
  const card = cardObject.decode(row.value.card);
  assert.ok(card.ok);
  const secret = await keystore.open();
  const { suite, incarnation, birth } = row.value;
  const device = cardDevice(card.value);
  return { secrets: secretsOf(secret!), suite, device, incarnation, birth };
}

export interface Returned {
  readonly place: MemoryPlace;
  readonly found: CapsulesRestored | undefined;
}

/** A restore from the nodes into a new place. */
export async function returned(
  network: TestNetwork,
  { place: old, keystore }: Stall,
  more: Partial<NodesRestore> = {},
): Promise<Returned> {
  const place = memoryPlace();
  const store: Store = more.store ?? memoryStore({ place });
  const who = await incarnationIn(old, keystore);
  const found = await restoreFromNodes({ ...who, network, kem: nativeKem, ...more, store });
  await store.close();
  return { place, found };
}
