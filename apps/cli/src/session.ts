/** From the flags to an open wallet, and back. */

import { access, copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  fileStore,
  nativeKem,
  nativeKemAvailable,
  nativeStretch,
  nativeStretchAvailable,
  nodeEntropy,
} from '@dsm/node';
import type { Keystore, Store } from '@dsm/ports';
import { DsmError, openWallet, type Wallet, type WalletOptions } from '@dsm/wallet';
import type { Context } from './context.ts';
import {
  openNetwork,
  readNetwork,
  writeNetwork,
  type NetworkFile,
  type OpenNetwork,
} from './network-file.ts';
import { existingKeystore, newKeystore } from './keystores.ts';
import { wordsFrom } from './words-source.ts';

export { existingKeystore, keyPath, newKeystore } from './keystores.ts';

/** The network that the wallet was made for, so that it need not be told again. */
export function homeNetworkPath(home: string): string {
  return join(home, 'network.json');
}

/** Open the wallet, use it, close it. */
export async function withWallet<T>(
  context: Context,
  use: (wallet: Wallet) => Promise<T>,
): Promise<T> {
  const keystore = await existingKeystore(context);
  const network = openNetwork(await networkOf(context));
  try {
    const store = await fileStore(context.home, { onMended: context.say });
    const wallet = await opened(openWallet, optionsOf(context, '', store, keystore, network));
    wallet.on('copied', () => {
      context.say('This device was copied: another one writes its recovery data. See dsm backup.');
    });
    try {
      return await use(wallet);
    } finally {
      await wallet.close();
      await store.close();
    }
  } finally {
    network.close();
  }
}

/** Do what may need the root key; where it does, the owner is asked for the words. */
export async function withWords<T>(
  context: Context,
  { custody }: Wallet,
  act: () => Promise<T>,
): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof DsmError && error.code === 'needs-words')) throw error;
    if (custody.unlocked()) throw error;
    await custody.unlock(await wordsFrom(context, undefined));
    return await act();
  }
}

/** Make a new wallet, or one out of a backup, and close it again. */
export async function makeWallet<T>(
  context: Context,
  name: string,
  make: (options: WalletOptions) => Promise<Wallet>,
  use: (wallet: Wallet) => Promise<T>,
  keystore?: Keystore,
): Promise<T> {
  const network = await networkOf(context);
  await mkdir(context.home, { recursive: true, mode: 0o700 });
  const store = await fileStore(context.home);
  const open = openNetwork(network);
  try {
    const secret = keystore ?? (await newKeystore(context));
    const wallet = await opened(make, optionsOf(context, name, store, secret, open));
    await writeNetwork(homeNetworkPath(context.home), network);
    try {
      return await use(wallet);
    } finally {
      await wallet.close();
    }
  } finally {
    await store.close();
    open.close();
  }
}

/** The network: what the settings say, else the one that the wallet was made for. */
export async function networkOf({ settings, home, cli }: Context): Promise<NetworkFile> {
  const { value } = settings.network;
  if (value !== '') return readNetwork(value, cli.cwd);
  const own = homeNetworkPath(home);
  if (await exists(own)) return readNetwork(own, cli.cwd);
  throw new DsmError(
    'usage',
    'no network is set: dsm config set network FILE, or --network FILE, or DSM_NETWORK',
  );
}

export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Keep a file beside itself before it is replaced. */
export async function keepCopy(path: string): Promise<void> {
  if (await exists(path)) await copyFile(path, `${path}.old`);
}

export function optionsOf(
  { settings }: Context,
  name: string,
  store: Store,
  keystore: Keystore,
  network: OpenNetwork,
): WalletOptions {
  return {
    name,
    store,
    keystore,
    network,
    entropy: nodeEntropy,
    clock: { now: () => Date.now() },
    capsules: settings.capsules.value === 'nodes',
    ...(nativeKemAvailable() && { kem: nativeKem }),
    ...(nativeStretchAvailable() && { stretch: nativeStretch }),
  };
}

/** A store is given back if the wallet does not open, or the folder would stay locked. */
async function opened(
  open: (options: WalletOptions) => Promise<Wallet>,
  options: WalletOptions,
): Promise<Wallet> {
  try {
    return await open(options);
  } catch (error) {
    await options.store.close();
    throw error;
  }
}
