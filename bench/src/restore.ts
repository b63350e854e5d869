/**
 * A wallet of 1,000 relationships and 10,000 receipts comes back from four node processes over HTTP.
 *
 * Measured is `restoreFromNodes` into an empty store on disk, both of its copies synced: find the
 * newest capsule, fetch all from its base on (each from two nodes at once, as a wallet asks), check
 * addresses, open the boxes, keep the rows; beside it `openWallet`, which reads them all. The
 * wallet is made by the library (restore-source.ts says with what signatures). Its recovery data is a
 * whole round and then one capsule for each of a number of small changes. Nodes keep objects in SQLite.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryStore } from '@dsm/memory';
import { fileStore, installNative, nativeKem } from '@dsm/node';
import { card as cardObject, cardDevice, type Card } from '@dsm/primitive';
import { networkId, openWallet, restoreFromNodes, secretsOf, type Network } from '@dsm/wallet';
import { startNodes } from './node-processes.ts';
import { judge, type Report } from './report.ts';
import { manyRelationships, networkName, type Source } from './restore-source.ts';

export const question = 'How long until a large wallet is back from the nodes?';

const relationships = 1_000;
const paymentsEach = 10;
const changes = 200;
const goal = { floor: 30, target: 30, better: 'lower' } as const;

export async function run(report: Report): Promise<void> {
  const source = await manyRelationships(relationships, paymentsEach, said('relationships made'));
  installNative();
  const nodes = await startNodes(4, 'sqlite', networkId(networkName));
  const folder = await mkdtemp(join(tmpdir(), 'dsm-bench-'));
  try {
    const network = { name: networkName, registry: nodes.registry, nodes: nodes.nodes };
    const card = await sent(report, network, source);
    await restored(report, network, source, card, join(folder, 'again'));
  } finally {
    await nodes.stop();
    await rm(folder, { recursive: true });
  }
}

function said(what: string): (count: number) => void {
  return (count) => process.stderr.write(`  ${count} ${what}\n`);
}

const seconds = (from: number): number => Math.round(performance.now() - from) / 1_000;

/** The recovery data goes to the nodes: everything, and then change by change. */
async function sent(
  report: Report,
  network: Network,
  { place, keystore, receipts }: Source,
): Promise<Card> {
  const store = memoryStore({ place });
  const wallet = await openWallet({ store, keystore, network, kem: nativeKem });
  const start = performance.now();
  const whole = await wallet.capsules.send();
  const took = seconds(start);
  for (let i = 0; i < changes; i++) {
    await wallet.rename(`peer ${i}`, `friend ${i}`);
    await wallet.capsules.send();
  }
  const { certified, bytes } = await wallet.capsules.status();
  report({
    bench: 'recovery data',
    what: `${relationships} relationships, ${receipts} payments, sent to four nodes`,
    seconds: took,
    capsules: whole.certified,
    bytes: whole.bytes,
    after: certified,
    bytesAfter: bytes,
  });
  const card = cardObject.decode(wallet.id.card);
  await wallet.close();
  if (!card.ok) throw new Error('no card');
  return card.value;
}

async function restored(
  report: Report,
  network: Network,
  { keystore, receipts }: Source,
  card: Card,
  folder: string,
): Promise<void> {
  const store = await fileStore(folder);
  const secrets = secretsOf((await keystore.open())!);
  const { suite, incarnation, birth } = card.body;
  let told = 0;
  const begun = performance.now();
  const found = await restoreFromNodes({
    store,
    network,
    secrets,
    suite,
    device: cardDevice(card),
    incarnation,
    birth,
    kem: nativeKem,
    onProgress: ({ capsules, of }) => {
      told += 1;
      if (capsules % 100 === 0) said(`of ${of} capsules read`)(capsules);
    },
  });
  const took = seconds(begun);
  const opening = performance.now();
  const wallet = await openWallet({ store, keystore, network, kem: nativeKem });
  const opened = seconds(opening);
  const contacts = wallet.contacts().length;
  if (contacts !== relationships || wallet.history().length !== receipts) {
    throw new Error(`${contacts} contacts and ${wallet.history().length} payments came back`);
  }
  await wallet.close();
  report({
    bench: 'restore',
    what: `${contacts} relationships, ${receipts} payments, four node processes, HTTP; durable`,
    seconds: took,
    ...judge(took, goal),
    opened,
    capsules: told,
    rows: found!.rows,
    bytes: found!.bytes,
  });
}
