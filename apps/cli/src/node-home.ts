/**
 * The folder of a storage node.
 *
 *     key             its secrets          node.db, log or lmdb      what it keeps
 *     card.json       its public side      network.json              the network that it votes in
 */

import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { intents, type Intent } from '@dsm/availability';
import { limits, nodeIndex, zero32, type Registry, type Suite } from '@dsm/primitive';
import { storageNode, type Dial, type NodeCard, type StorageNode } from '@dsm/storage-node';
import { DsmError } from '@dsm/wallet';
import { openEngine, type EngineChoice } from './node-engine.ts';
import { secretFile } from './node-secrets.ts';
import { exists } from './session.ts';
import { parseNetwork, type NetworkFile } from './network-file.ts';

export type { NodeCard };

export interface NodeFolder {
  readonly data: string;
  readonly capacityBytes: number;
  /** Where it will be reached. */
  readonly address: string;
  readonly network: NetworkFile | undefined;
  /** What is to be chosen at the first start. */
  /** Keep only what is paid for. */
  readonly isPaid?: boolean;
  readonly engine?: Partial<EngineChoice>;
  /** Reaches other nodes. */
  readonly dial?: Dial;
  /** Where others reach it, once it is served. */
  readonly reachedAt?: () => string;
  /** It gives up its seats and places, and says that it is gone once others hold its slots. */
  readonly isLeaving?: () => boolean;
  /** Ids of nodes that may join a network that admits by name. */
  readonly admits?: (id: Uint8Array) => boolean;
  readonly onError?: (error: unknown) => void;
}

const suite: Suite = 1;

/** The node of a folder; its secret is made if there is none. */
export async function openNode(folder: NodeFolder): Promise<StorageNode> {
  const { data, network, capacityBytes, address, dial } = folder;
  await mkdir(data, { recursive: true, mode: 0o700 });
  const engine = await openEngine(data, folder.engine ?? {});
  try {
    const node: StorageNode = await storageNode({
      admission: folder.isPaid === true ? 'paid' : 'free',
      engine,
      registry: (): Registry | undefined => network?.registry,
      network: network?.registry.network ?? zero32,
      suite,
      secrets: secretFile(join(data, 'key')),
      address,
      capacityBytes,
      intent: () => (folder.isLeaving?.() === true ? leaving(node) : intents.stay),
      ...(dial && { dial }),
      ...(folder.reachedAt && { reachedAt: folder.reachedAt }),
      ...(folder.admits && { admits: folder.admits }),
      ...(folder.onError && { onError: folder.onError }),
    });
    return node;
  } catch (error) {
    await engine.close();
    throw error;
  }
}

/** A node that leaves is gone once it has neither a seat nor a place in a group. */
function leaving({ nodeId, registries }: StorageNode): Intent {
  const newest = registries()?.newest;
  const index = newest === undefined ? -1 : nodeIndex(newest, nodeId);
  const isPlaced =
    newest === undefined || newest.seats.includes(index) || newest.groups.flat().includes(index);
  return isPlaced ? intents.leave : intents.gone;
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
export async function nodeCard(
  data: string,
  address: string,
  capacityBytes: number,
): Promise<NodeCard> {
  const path = join(data, 'card.json');
  if (await exists(path)) return parseCard(await readFile(path, 'utf8'), path);
  const network = await nodeNetwork(data);
  const node = await openNode({ data, capacityBytes, address, network });
  await node.close();
  return keepCard(data, node.card);
}

export async function keepCard(data: string, card: NodeCard): Promise<NodeCard> {
  const path = join(data, 'card.json');
  await writeFile(`${path}.new`, `${cardText(card)}\n`);
  await rename(`${path}.new`, path);
  return card;
}

export function cardText({ suite: number, id, voteKey, ...where }: NodeCard): string {
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
  return JSON.stringify({ suite: number, id: text(id), voteKey: text(voteKey), ...where });
}

/** Reads the text strictly; `source` is named in what it throws. */
export function parseCard(text: string, source: string): NodeCard {
  const { suite: number, id, voteKey, address, capacityBytes } = fieldsOf(text);
  const [name, key] = [bytesOf(id), bytesOf(voteKey)];
  const isNamed = name?.length === 32 && key !== undefined && key.length > 0;
  const isPlaced = typeof address === 'string' && address.length <= limits.nodeAddressBytesMax;
  const isSized = Number.isSafeInteger(capacityBytes) && (capacityBytes as number) >= 0;
  if ((number !== 1 && number !== 2) || !isNamed || !isPlaced || !isSized) {
    throw new DsmError('usage', `${source} is no card of a node`);
  }
  return { suite: number, id: name, voteKey: key, address, capacityBytes: capacityBytes as number };
}

const keyLengthMax = 4 * Math.ceil(limits.publicKeyBytesMax / 3);

function bytesOf(value: unknown): Uint8Array | undefined {
  if (typeof value !== 'string' || value.length > keyLengthMax) return undefined;
  return Uint8Array.from(Buffer.from(value, 'base64url'));
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
