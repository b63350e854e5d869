/**
 * A wallet with many relationships and receipts, made by the library itself, for `restore.ts`.
 *
 * Every relationship is one with a wallet of its own: met, an edge funded with a certified note, paid
 * over. All rows are those that the library writes, of true size. What is not true are signatures:
 * zeros of the right length that nobody checks while this wallet is made, because a thousand roots
 * would take half an hour. Restoring looks at none of them. The wallet's own working keys are real.
 */

import { firstRegistry } from '@dsm/availability';
import {
  memoryEngine,
  memoryKeystore,
  memoryPlace,
  memoryStore,
  type MemoryPlace,
} from '@dsm/memory';
import { nativeHash, nativeKem, nativeSignatures } from '@dsm/node';
import type { Keystore } from '@dsm/ports';
import { installHash, installSignatures, type Signatures } from '@dsm/primitive';
import { secretsInMemory, storageNode } from '@dsm/storage-node';
import { createWallet, networkId, type Network, type Wallet } from '@dsm/wallet';
import { unsigned } from './pair.ts';

export const networkName = 'local';

/** Real keys where the wallet is opened again with real signatures, none elsewhere. */
const quick: Signatures = {
  ...unsigned,
  keyPair: (algorithm, seed) =>
    algorithm === 'ml-dsa-65'
      ? nativeSignatures.keyPair(algorithm, seed)
      : unsigned.keyPair(algorithm, seed),
};

export interface Source {
  readonly place: MemoryPlace;
  readonly keystore: Keystore;
  readonly receipts: number;
}

export async function manyRelationships(
  relationships: number,
  paymentsEach: number,
  told: (made: number) => void,
): Promise<Source> {
  installHash(nativeHash);
  installSignatures(quick);
  const place = memoryPlace();
  const network = await roomyNetwork();
  const [store, keystore] = [memoryStore({ place }), memoryKeystore()];
  const own = { name: 'Maya', store, keystore, network, kem: nativeKem };
  const maya = await createWallet(own);
  let token = '';
  for (let i = 0; i < relationships; i++) {
    // Whoever takes a note checks all issues before it: many short chains are made sooner than one.
    if (i % 25 === 0) token = (await maya.issue({ ticker: `T${i}`, cap: 1_000_000n })).id;
    await acquaintance(network, maya, token, i, paymentsEach);
    if (i % 50 === 49) told(i + 1);
  }
  const receipts = maya.history().length;
  await maya.close();
  return { place, keystore, receipts };
}

/** Four nodes in memory that hold more than those of a local network. */
async function roomyNetwork(): Promise<Network> {
  const network = networkId(networkName);
  let registry: Network['registry'] | undefined;
  const nodes = await Promise.all(
    [1, 2, 3, 4].map((number) =>
      storageNode({
        engine: memoryEngine(),
        registry: () => registry,
        network,
        suite: 1,
        secrets: secretsInMemory(new Uint8Array(32).fill(number)),
        capacityBytes: 2 ** 34,
      }),
    ),
  );
  registry = firstRegistry({ network, nodes: nodes.map(({ card }) => card), groupsMax: 1 });
  if (registry === undefined) throw new RangeError('four nodes make a group');
  return { name: networkName, registry, nodes };
}

async function acquaintance(
  network: Network,
  maya: Wallet,
  token: string,
  number: number,
  payments: number,
): Promise<void> {
  const name = `peer ${number}`;
  const peer = await createWallet({ name, store: memoryStore(), network, kem: nativeKem });
  await peer.adopt(token);
  const relationship = await maya.meet(peer, { name });
  await maya.mint(token, 100n);
  await relationship.fund(token, 100n);
  for (let i = 0; i < payments; i++) await relationship.pay({ token, amount: 1n, over: 'edge' });
  await relationship.close();
  await peer.close();
}
