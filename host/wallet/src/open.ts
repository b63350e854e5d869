/**
 * Opening: a wallet is created once, with a fresh secret and a card signed by its root key, and
 * opened ever after from its rows.
 */

import { decodeLink, type RegistryLink } from '@dsm/availability';
import {
  firstGeneration,
  card as cardObject,
  cardStatement,
  deviceId,
  equal,
  hash,
  incarnationValue,
  keyOf,
  kinds,
  utf8,
  walk,
  zero32,
  type Card,
  type CardBody,
  type Certificate,
  type Suite,
} from '@dsm/primitive';
import {
  device as deviceRow,
  relationship as relationshipRow,
  openOwnLane,
  type Device,
} from '@dsm/bilateral';
import { genesis as genesisObject, genesisHolds, genesisId, type Genesis } from '@dsm/identity';
import type { Kem, Store } from '@dsm/ports';
import { cardBindingOf, heldBinding } from './binding-view.ts';
import { loadFormerCards } from './cards.ts';
import { firstBirth, type Custody } from './custody.ts';
import { laneAtIndex, putDevice, putRelationship, type Engine } from './engine.ts';
import { DsmError } from './errors.ts';
import { loadFreshKeys } from './fresh-keys.ts';
import { signAs, walletKeys, type Incarnation, type Keys } from './keys.ts';
import {
  cardIn,
  fromWords,
  keystoreSecret,
  newCustody,
  openCustody,
  type OpenOptions,
} from './opening-custody.ts';
import { checkLineage } from './plane.ts';
import {
  commit,
  decodeRow,
  draft,
  emptyModel,
  entriesBetween,
  loadTables,
  putWallet,
  readTable,
  type Model,
} from './model.ts';
import { loadTrees, putTree } from './tree-keeping.ts';
import { newTree } from './tree-rows.ts';
import { formatVersion, laneKey, rowKey, runRow, walletRow, type WalletRow } from './rows.ts';

export interface Opened {
  readonly model: Model;
  readonly keys: Keys;
  readonly custody: Custody;
  /** The versions of the registry that this wallet has learned. */
  readonly links: readonly RegistryLink[];
}

/** The 32 bytes that name a network in everything that is signed. */
export function networkId(name: string): Uint8Array {
  return hash('network', utf8(name));
}

/** The kinds and versions of the format that this software reads. */
const versions: readonly number[] = [1];

/**
 * A new device in an empty store. One whose words may have been used before is made as restored: it
 * certifies another incarnation before it does anything.
 */
export async function createModel(
  options: OpenOptions & { readonly name: string },
  restored: 0 | 1 = 0,
): Promise<Opened> {
  const { store, name, network, keystore, suite = 1, kem } = options;
  if (utf8(name).length > 48) throw new DsmError('usage', 'a name has at most 48 bytes');
  const id = networkId(network.name);
  const words = await fromWords(options, suite, id);
  const genesis = options.genesis === undefined ? words?.genesis : readGenesis(options.genesis, id);
  const device = words?.device;
  const secret = await keystoreSecret(options);
  const birth = device === undefined ? options.entropy.bytes(32) : firstBirth(device);
  const custody = newCustody(options, secret, device, birth);
  const keys = walletKeys(custody.secrets(), suite, kem, { incarnation: 0, birth });
  const binding = cardBindingOf(heldBinding(keystore));
  const said = { binding, genesis: genesis && genesisId(genesis) };
  const card = signCard(keys, bodyOf(keys, id, suite, 0, birth, name, said), undefined);
  const row: WalletRow = {
    format: formatVersion,
    name,
    suite,
    network: id,
    networkName: network.name,
    incarnation: 0,
    birth,
    births: [],
    card: cardObject.encode(card),
    phase: restored,
    issued: 0,
    secret: keystore === undefined ? secret : undefined,
  };
  const start = firstDevice(card.body, zero32);
  const own = openOwnLane(start, keys.working().publicKey, keys.ownSecret);
  const model = emptyModel(row, card, start, own.key);
  const change = draft();
  putWallet(change, model, row);
  putDevice(change, model, start);
  putRelationship(change, model, own);
  custody.keep(change, { device: start.id, incarnation: 0 }, [{ incarnation: 0, birth }]);
  if (genesis !== undefined) putTree(change, model, newTree(genesis));
  await commit(store, change);
  if (restored === 1) return { model, keys, custody, links: [] };
  custody.lock();
  return { model, keys: keysOf(custody, kem, row), custody, links: [] };
}

/** The keys of the incarnation that a row is of, with those before that are still remembered. */
export function keysOf(custody: Custody, kem: Kem, row: WalletRow): Keys {
  const { incarnation, birth } = row;
  const { generation } = cardIn(row).body;
  return keysBeside(custody, kem, row, { incarnation, birth, generation });
}

/** The keys of another incarnation of the same device. */
export function keysBeside(custody: Custody, kem: Kem, row: WalletRow, which: Incarnation): Keys {
  const keys = walletKeys(custody.secrets(), row.suite, kem, which);
  const all = [...row.births, row.birth].entries();
  for (const [n, birth] of all) if (n !== which.incarnation) keys.remember(n, birth);
  for (let g = 0; g < (which.generation ?? 0); g++) {
    keys.remember(which.incarnation, which.birth, g);
  }
  for (let n = 0; n < row.issued; n++) keys.issuer(n);
  return keys;
}

/** The genesis in these bytes. Throws `integrity` if they are none of this network. */
export function readGenesis(bytes: Uint8Array, network: Uint8Array): Genesis {
  const decoded = genesisObject.decode(bytes);
  if (decoded.ok && genesisHolds(decoded.value, network)) return decoded.value;
  throw new DsmError('integrity', 'this is no genesis of this network');
}

export async function openModel(options: OpenOptions): Promise<Opened | undefined> {
  const { store, kem, network } = options;
  const bytes = await store.get(rowKey('wallet'));
  if (bytes === undefined) return undefined;
  checkFormat(bytes);
  const row = decodeRow(walletRow, bytes, 'wallet');
  if (!equal(row.network, networkId(network.name))) {
    throw new DsmError('usage', `the wallet belongs to the network "${row.networkName}"`);
  }
  const card = cardIn(row);
  const custody = await openCustody(options, row, card);
  const keys = keysOf(custody, kem, row);
  const device = decodeRow(deviceRow, (await store.get(rowKey('device')))!, 'device');
  if (!equal(card.body.workingKey, keys.working().publicKey)) {
    throw new DsmError('locked', 'the keystore holds the secret of another wallet');
  }
  const own = openOwnLane(device, keys.working().publicKey, keys.ownSecret);
  const model = emptyModel(row, card, device, own.key);
  await loadTables(store, model);
  await loadFormerCards(store, model);
  await loadFreshKeys(store, model);
  await loadTrees(store, model);
  await loadRelationships(store, model);
  rememberGenerations(model, keys);
  if (!equal(model.map.root(), device.root)) {
    throw new DsmError('rotten', 'the leaves of the map do not give the root of the last step');
  }
  const links = await linksIn(store);
  checkLineage(network, links);
  return { model, keys, custody, links };
}

/** Makes the keys of an open wallet: those of now, or of another incarnation or generation. */
export function keyMaker({ custody, kem, model }: Pick<Engine, 'custody' | 'kem' | 'model'>): {
  readonly now: () => Keys;
  readonly beside: (incarnation: number, birth: Uint8Array, generation?: number) => Keys;
} {
  const all = (keys: Keys): Keys => {
    rememberGenerations(model, keys);
    return keys;
  };
  return {
    now: () => all(keysOf(custody, kem, model.row)),
    beside: (incarnation, birth, generation) =>
      all(keysBeside(custody, kem, model.row, { incarnation, birth, generation })),
  };
}

/** The keys of later generations that former cards name: notes, escrows and steps may still name them. */
function rememberGenerations({ device, former }: Model, keys: Keys): void {
  for (const { body } of former.get(keyOf(device.id)) ?? []) {
    keys.remember(body.incarnation, body.birth, body.generation);
  }
}

async function linksIn(store: Store): Promise<readonly RegistryLink[]> {
  const rows = await store.scan(rowKey('registry'));
  return rows.map(([, bytes]) => {
    const link = decodeLink(bytes);
    if (link === undefined) throw new DsmError('rotten', 'a kept registry cannot be read');
    return link;
  });
}

/** Refuses another format. Its number stands right behind the version and the kind, in every one. */
export function checkFormat(wallet: Uint8Array): void {
  const format = (wallet[2]! << 8) | wallet[3]!;
  if (format === formatVersion) return;
  throw new DsmError(
    'usage',
    format > formatVersion
      ? 'the wallet was written by a newer version of this software'
      : `the wallet is of format ${format}, from before the first release; this version reads format ` +
          `${formatVersion} alone: pay what it holds to a new wallet, with the software that wrote it`,
  );
}

async function loadRelationships(store: Store, model: Model): Promise<void> {
  for (const [key, on] of await readTable(store, 'relationship', relationshipRow)) {
    model.relationships.set(keyOf(key), on);
    const tail = new Map([
      [keyOf(on.mine.start), 0],
      [keyOf(on.absorbed.head), on.absorbed.index],
    ]);
    let lane = await laneAtIndex(store, on, 0, on.absorbed.index);
    for (const bytes of await entriesBetween(store, on.mine.start, lane.index + 1, on.mine.index)) {
      lane = walk(lane, [bytes])!;
      tail.set(keyOf(lane.head), lane.index);
    }
    model.tails.set(keyOf(key), tail);
  }
  for (const [key] of await store.scan(rowKey('open'))) {
    const relationship = key.slice(1, 33);
    const index = Number(new DataView(key.buffer, key.byteOffset + 33).getBigUint64(0));
    const { mine } = model.relationships.get(keyOf(relationship))!;
    const bytes = await store.get(laneKey('run', mine.start, index));
    if (bytes === undefined) throw new DsmError('rotten', 'an open run is missing');
    const at = { index, row: decodeRow(runRow, bytes, 'run') };
    const others = model.open.get(keyOf(relationship)) ?? [];
    model.open.set(keyOf(relationship), [...others, at]);
  }
}

/** The step chain before its first step: named by the incarnation, at the given root. */
export function firstDevice(body: CardBody, root: Uint8Array): Device {
  return {
    network: body.network,
    id: deviceId(body.network, body.suite, body.rootKey),
    suite: body.suite,
    incarnation: body.incarnation,
    seq: 0,
    previous: incarnationValue(body),
    root,
  };
}

export function bodyOf(
  keys: Keys,
  network: Uint8Array,
  suite: Suite,
  incarnation: number,
  birth: Uint8Array,
  name: string,
  said: Pick<CardBody, 'binding' | 'genesis'>,
): CardBody {
  return firstGeneration({
    network,
    suite,
    rootKey: keys.root().publicKey,
    incarnation,
    birth,
    workingKey: keys.working().publicKey,
    kemKey: keys.kem().publicKey,
    versions,
    name,
    ...said,
  });
}

export function signCard(keys: Keys, body: CardBody, succession: Certificate | undefined): Card {
  const { suite, network } = body;
  const signature = signAs(keys.root(), kinds.incarnation, suite, network, cardStatement(body));
  return { body, signature, succession };
}
