/**
 * The folder of a storage node.
 *
 *     key             its secret           wallet.db, mirror.db, …   what it keeps (docs/spec/store.md)
 *     card.json       its public side      network.json              the network that it votes in
 */

import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileKeystore, fileStore, nodeEntropy } from '@dsm/node';
import { zero32, type Registry, type Suite } from '@dsm/primitive';
import { storageNode, type StorageNode } from '@dsm/storage-node';
import { DsmError } from '@dsm/wallet';
import { exists } from './session.ts';
import { parseNetwork, type NetworkFile } from './network-file.ts';

/** What a network file is made from: who votes, and where it is reached. */
export interface NodeCard {
  readonly suite: Suite;
  readonly voteKey: Uint8Array;
  readonly address: string;
}

export interface NodeFolder {
  readonly data: string;
  readonly capacityBytes: number;
  readonly network: NetworkFile | undefined;
  readonly onMended: (sentence: string) => void;
}

const suite: Suite = 1;

/** The node of a folder; its secret is made if there is none. */
export async function openNode(folder: NodeFolder): Promise<StorageNode> {
  const { data, network, capacityBytes, onMended } = folder;
  await mkdir(data, { recursive: true, mode: 0o700 });
  const store = await fileStore(data, { onMended });
  try {
    return await storageNode({
      store,
      registry: (): Registry | undefined => network?.registry,
      network: network?.registry.network ?? zero32,
      suite,
      seed: await seedOf(data),
      capacityBytes,
    });
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** The network that the node was given, kept for the next start. */
export async function nodeNetwork(data: string): Promise<NetworkFile | undefined> {
  const path = join(data, 'network.json');
  if (!(await exists(path))) return undefined;
  return parseNetwork(await readFile(path, 'utf8'), path);
}

export function nodeNetworkPath(data: string): string {
  return join(data, 'network.json');
}

/** The card of the node, as it was last written; the node is opened for it if there is none yet. */
export async function nodeCard(data: string, address: string): Promise<NodeCard> {
  const path = join(data, 'card.json');
  if (await exists(path)) return parseCard(await readFile(path, 'utf8'), path);
  const network = await nodeNetwork(data);
  const node = await openNode({ data, capacityBytes: 0, network, onMended: () => {} });
  await node.close();
  return keepCard(data, { suite, voteKey: node.voteKey, address });
}

export async function keepCard(data: string, card: NodeCard): Promise<NodeCard> {
  const path = join(data, 'card.json');
  await writeFile(`${path}.new`, `${cardText(card)}\n`);
  await rename(`${path}.new`, path);
  return card;
}

export function cardOf(voteKey: Uint8Array, address: string): NodeCard {
  return { suite, voteKey, address };
}

export function cardText({ suite: number, voteKey, address }: NodeCard): string {
  const key = Buffer.from(voteKey).toString('base64url');
  return JSON.stringify({ suite: number, voteKey: key, address });
}

/** Reads the text strictly; `source` is named in what it throws. */
export function parseCard(text: string, source: string): NodeCard {
  const card = fieldsOf(text);
  const { suite: number, voteKey, address } = card;
  const isRead = typeof voteKey === 'string' && typeof address === 'string';
  if ((number !== 1 && number !== 2) || !isRead || address.length > 128) {
    throw new DsmError('usage', `${source} is no card of a node`);
  }
  return { suite: number, voteKey: Uint8Array.from(Buffer.from(voteKey, 'base64url')), address };
}

/** Nobody is there to type a passphrase when a node starts; the folder's permissions guard it. */
async function seedOf(data: string): Promise<Uint8Array> {
  const keystore = fileKeystore(join(data, 'key'), '', {
    memoryKibibytes: 64,
    passes: 1,
    lanes: 1,
  });
  const known = await keystore.open();
  if (known !== undefined) return known;
  const seed = nodeEntropy.bytes(32);
  await keystore.create(seed);
  return seed;
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
