/** A household: one owner with a phone and a laptop, and a cafe that has met both. */

import { memoryKeystore, memoryPlace, memoryStore, type MemoryPlace } from '@dsm/memory';
import { nativeKem } from '@dsm/node';
import type { Keystore, Store } from '@dsm/ports';
import {
  createWallet,
  genesisFrom,
  type Network,
  type NamedGenesis,
  type Wallet,
} from '../src/index.ts';
import { identitySecrets, type IdentitySecrets } from '../src/identity-secrets.ts';
import { met } from './market.ts';
import { networkName } from './network-name.ts';
import {
  copyOf,
  copyOfNode,
  emptyWorld,
  networkIn,
  type TestNetwork,
  type World,
} from './world.ts';

/** What the owner's words lead to. */
export const owner: IdentitySecrets = identitySecrets(new Uint8Array(32).fill(7), 1);
/** Other words. */
export const stranger: IdentitySecrets = identitySecrets(new Uint8Array(32).fill(8), 1);
const named: NamedGenesis = genesisFrom(owner, networkName);
export const identity: string = named.identity;
export const genesis: Uint8Array = named.genesis;

export interface Member {
  readonly place?: MemoryPlace;
  readonly store?: Store;
  readonly keystore?: Keystore;
  readonly of?: Uint8Array | undefined;
}

/** A wallet whose card names the owner's identity, unless it is told otherwise. */
export function member(
  network: Network,
  name: string,
  {
    place = memoryPlace(),
    store = memoryStore({ place }),
    keystore = memoryKeystore(),
    of = genesis,
  }: Member = {},
): Promise<Wallet> {
  const identityOf = of.length === 0 ? {} : { genesis: of };
  return createWallet({ name, store, network, kem: nativeKem, keystore, ...identityOf });
}

/** No identity. */
export const nobody: Uint8Array = new Uint8Array(0);

const names = ['Phone', 'Laptop', 'Cafe'] as const;
type Name = (typeof names)[number];

export interface Household {
  readonly network: TestNetwork;
  readonly phone: Wallet;
  readonly laptop: Wallet;
  readonly cafe: Wallet;
}

/** All that lies in the stores of the nodes and of the three devices. */
export interface Home {
  readonly nodes: World['nodes'];
  readonly places: Readonly<Record<Name, MemoryPlace>>;
  readonly keystores: Readonly<Record<Name, Keystore>>;
}

let prepared: Promise<Home> | undefined;

/** A copy of the home in which everybody has met, and the stores of its own. */
export async function home(): Promise<Home> {
  prepared ??= firstHome();
  const { nodes, places, keystores } = await prepared;
  return {
    nodes: nodes.map(copyOfNode),
    places: {
      Phone: copyOf(places.Phone),
      Laptop: copyOf(places.Laptop),
      Cafe: copyOf(places.Cafe),
    },
    keystores,
  };
}

/** Both devices are in the tree, everybody has met; the phone has issued 1,000 and loaded 63. */
export async function household(): Promise<Household> {
  return openHome(await home());
}

export async function openHome({ nodes, places, keystores }: Home): Promise<Household> {
  const network = await networkIn({ nodes });
  const opened = (name: Name): Promise<Wallet> =>
    member(network, name, {
      place: places[name],
      keystore: keystores[name],
      of: name === 'Cafe' ? nobody : genesis,
    });
  return {
    network,
    phone: await opened('Phone'),
    laptop: await opened('Laptop'),
    cafe: await opened('Cafe'),
  };
}

async function firstHome(): Promise<Home> {
  const { nodes } = emptyWorld();
  const first: Home = {
    nodes,
    places: { Phone: memoryPlace(), Laptop: memoryPlace(), Cafe: memoryPlace() },
    keystores: { Phone: memoryKeystore(), Laptop: memoryKeystore(), Cafe: memoryKeystore() },
  };
  const { phone, laptop, cafe } = await openHome(first);
  const { id } = await phone.issue({ ticker: 'ERA', cap: 10_000n });
  await phone.mint('ERA', 1_000n);
  for (const taker of [laptop, cafe]) await taker.adopt(id);
  await phone.devices.add(owner);
  await phone.devices.add(owner, laptop.id.card);
  await laptop.sync();
  for (const [a, b] of [
    [phone, laptop],
    [phone, cafe],
    [laptop, cafe],
  ] as const) {
    await met(a, b);
  }
  await phone.load('ERA', 63n);
  await phone.sync();
  await Promise.all([phone.close(), laptop.close(), cafe.close()]);
  return first;
}
