/**
 * Recovering: a lost device out of its owner's words, with what a file or the nodes have of it.
 *
 *     words    lead to the device, its newest certified incarnation to the birth, both to the keys
 *     rows     out of the capsules of the newest incarnation that sent any, or of a file, or none
 *     report   what the nodes show to be there still: all of it is read, nothing written
 *     sync     certifies the next incarnation, takes in what waited, sweeps
 *
 * A rehearsal ends with the report, in a store that is thrown away. A recovery that was cut is begun
 * again in the same store, and goes on where it was.
 */

import { deviceId } from '@dsm/primitive';
import { memoryStore } from '@dsm/memory';
import { NodeError } from '@dsm/ports';
import type { Network, Wallet } from './api.ts';
import { cardBindingOf, heldBinding } from './binding-view.ts';
import { restoreFromNodes } from './capsule-recovery.ts';
import type { CapsulesRestored } from './capsules-api.ts';
import { deviceOf, firstBirth } from './custody.ts';
import { DsmError, translated } from './errors.ts';
import { secretsOf, walletKeys, type Incarnation } from './keys.ts';
import { bodyOf, networkId, signCard } from './open.ts';
import { ownIncarnations } from './own-incarnations.ts';
import { planeOf } from './plane.ts';
import type { RecoveryProgress, RecoveryReport, RecoverySource } from './recovery-api.ts';
import { rowKey } from './rows.ts';
import {
  openWallet,
  recoverWallet,
  restoreWallet,
  withDefaults,
  type RecoverOptions,
} from './wallet.ts';

export interface RecoveryOptions extends RecoverOptions {
  /** A backup file: the rows come out of it. */
  readonly backup?: Uint8Array;
  /** `nodes` unless there is a backup; `words` brings back who the device is, and nothing else. */
  readonly from?: Exclude<RecoverySource, 'store'>;
  /** Take older recovery data where nobody hands out the newest. */
  readonly older?: boolean;
  readonly onProgress?: (progress: RecoveryProgress) => void;
}

export interface Recovered {
  readonly wallet: Wallet;
  /** What came back, as the nodes showed it before anything was written. */
  readonly report: RecoveryReport;
}

/** The wallet of a lost device, live: its next incarnation is certified. */
export async function recover(options: RecoveryOptions): Promise<Recovered> {
  const { wallet, source, capsule } = await brought(options);
  try {
    options.onProgress?.({ stage: 'notes' });
    const found = await wallet.recovery.report();
    options.onProgress?.({ stage: 'certifying' });
    await wallet.sync();
    const now = await wallet.recovery.report();
    const { incarnation, name, contacts, held } = now;
    const report = { ...found, incarnation, name, contacts, held };
    return { wallet, report: finished(report, source, capsule) };
  } catch (error) {
    await wallet.close();
    throw error;
  }
}

/** The same report without a recovery: nothing is written at the nodes, nothing is kept here. */
export async function rehearseRecovery(
  options: Omit<RecoveryOptions, 'store' | 'keystore'>,
): Promise<RecoveryReport> {
  const network = readOnly(options.network);
  const { wallet, source, capsule } = await brought({
    ...options,
    network,
    store: memoryStore(),
  });
  try {
    options.onProgress?.({ stage: 'notes' });
    return finished(await wallet.recovery.report(), source, capsule);
  } finally {
    await wallet.close();
  }
}

function finished(
  report: RecoveryReport,
  source: RecoverySource,
  capsule: CapsulesRestored | undefined,
): RecoveryReport {
  const alone =
    source === 'words'
      ? ['contacts, relationships, notes and receipts: words alone bring back who the device is']
      : [];
  return { ...report, source, capsule, missing: [...alone, ...later(capsule), ...report.missing] };
}

/** What is certified and was not read: only whoever asks for older capsules gets here. */
function later(capsule: CapsulesRestored | undefined): readonly string[] {
  if (capsule === undefined || capsule.certified === capsule.newest) return [];
  const { certified, newest } = capsule;
  return [`what changed after capsule ${newest}: nobody hands out those up to ${certified}`];
}

interface Brought {
  readonly wallet: Wallet;
  readonly source: RecoverySource;
  readonly capsule: CapsulesRestored | undefined;
}

/** A restored wallet in the store, open, with the root key at hand. */
async function brought(options: RecoveryOptions): Promise<Brought> {
  const { backup, from = backup === undefined ? 'nodes' : 'file', store, onProgress } = options;
  onProgress?.({ stage: 'words' });
  if ((await store.get(rowKey('wallet'))) !== undefined) {
    return { wallet: await openWallet(options), source: 'store', capsule: undefined };
  }
  if (from === 'file') {
    if (backup === undefined) throw new DsmError('usage', 'a recovery from a file needs the file');
    const wallet = await restoreWallet({ ...options, backup });
    return { wallet, source: 'file', capsule: undefined };
  }
  const capsule = from === 'nodes' ? await fromNodes(options) : undefined;
  if (capsule === undefined) {
    return { wallet: await recoverWallet(options), source: 'words', capsule };
  }
  return { wallet: await openWallet(options), source: 'nodes', capsule };
}

/** The rows out of the newest incarnation that sent capsules; undefined if none did. */
async function fromNodes(options: RecoveryOptions): Promise<CapsulesRestored | undefined> {
  const { words, deviceIndex: index = 0, suite = 1, network, onProgress } = options;
  const { stretch, kem, aead } = withDefaults({ name: '', ...options });
  const id = networkId(network.name);
  try {
    const secrets = secretsOf(await deviceOf({ words, network: id, suite, index, stretch }));
    const plane = planeOf(network);
    await plane.follow();
    const first: Incarnation = { incarnation: 0, birth: firstBirth(secrets.device!) };
    const keys = walletKeys(secrets, suite, kem, first);
    const binding = cardBindingOf(heldBinding(undefined));
    const said = { binding, genesis: undefined };
    const body = bodyOf(keys, id, suite, 0, first.birth, '', said);
    const later = await ownIncarnations(plane, signCard(keys, body, undefined));
    const device = deviceId(id, suite, body.rootKey);
    for (const { incarnation, birth } of [first, ...later].toReversed()) {
      const found = await restoreFromNodes({
        store: options.store,
        network,
        plane,
        secrets,
        suite,
        device,
        incarnation,
        birth,
        kem,
        aead,
        older: options.older === true,
        onProgress: (so) => onProgress?.({ stage: 'capsules', ...so }),
      });
      if (found !== undefined) return found;
    }
    return undefined;
  } catch (error) {
    throw translated(error);
  }
}

/** A network that is only read: whatever would write is as if the node were silent. */
function readOnly(network: Network): Network {
  const refuse = (): Promise<never> =>
    Promise.reject(new NodeError('unreachable', 'a rehearsal writes nothing'));
  return {
    ...network,
    nodes: network.nodes.map((node) => ({
      address: node.address,
      getObject: (name) => node.getObject(name),
      readSlot: (key) => node.readSlot(key),
      health: () => node.health(),
      ask: refuse,
      putObject: refuse,
      writeSlot: refuse,
    })),
  };
}
