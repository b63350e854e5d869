/**
 * A backup: all rows as capsules, with what whoever has the words or the secret needs to open them.
 *
  const { network, suite, birth, device, incarnation, newest, capsules, ...kept } = openBackup(bytes);
 *
 * Each capsule is an object of its own, and says device and incarnation. They claim no slots: a backup
 * made twice is two backups, and neither is a fork.
 */

import { capsule, startReading } from '@dsm/identity';
import {
  bytes32,
  deviceId,
  equal,
  kinds,
  limits,
  list,
  object,
  option,
  struct,
  suiteCoder,
  text,
  variable,
  type Obj,
  type Suite,
} from '@dsm/primitive';
import type { Aead, Kem, Store } from '@dsm/ports';
import { capsulesOfAll } from './capsule-making.ts';
import { applyCapsules, openerOf, type Applied } from './capsule-restoring.ts';
import type { Engine } from './engine.ts';
import { DsmError } from './errors.ts';
import { secretsRowBytesMax } from './kept-secrets.ts';
import { rootOf, walletKeys, type Secrets } from './keys.ts';
import { rowKey } from './rows.ts';

export interface Backup {
  readonly network: Uint8Array;
  readonly suite: Suite;
  /** Of the incarnation: with the secret of the device it leads to the key of the capsules. */
  readonly birth: Uint8Array;
  /** What the owner calls the device. */
  readonly name: string;
  /** The file of a keystore, as it is: sealed under a passphrase. */
  readonly key: Uint8Array | undefined;
  /** The row of the secrets of a wallet from words: sealed under the secret of its keystore. */
  readonly secrets: Uint8Array | undefined;
  /** Each an object of its own. */
  readonly capsules: readonly Uint8Array[];
}

export const backupObject: Obj<Backup> = object(
  kinds.backup,
  2_147_483_647,
  struct({
    network: bytes32,
    suite: suiteCoder,
    birth: bytes32,
    name: text(limits.nameBytesMax),
    key: option(variable(1_024)),
    secrets: option(variable(secretsRowBytesMax)),
    capsules: list(variable(limits.objectBytesMax), 65_535, 1),
  }),
);

/** Everything of one moment, without the secret itself. */
export async function makeBackup(engine: Engine, key?: Uint8Array): Promise<Uint8Array> {
  const secrets = await engine.store.get(rowKey('secrets'));
  const capsules = await engine.journal.still((store) => capsulesOfAll(engine, store));
  const { network, suite, birth, name } = engine.model.card.body;
  return backupObject.encode({ network, suite, birth, name, key, secrets, capsules });
}

/** A backup, and whose it is. */
export interface OpenedBackup extends Backup {
  readonly device: Uint8Array;
  /** Zero if the device belongs to no tree. */
  readonly genesis: Uint8Array;
  readonly incarnation: number;
  /** Counter of the last capsule. */
  readonly newest: number;
}

/** Throws `integrity` for other bytes. What it says is certain only once its capsules have been opened. */
export function openBackup(bytes: Uint8Array): OpenedBackup {
  const decoded = backupObject.decode(bytes);
  if (!decoded.ok) throw new DsmError('integrity', `this is no backup: ${decoded.refusal}`);
  const last = capsule.decode(decoded.value.capsules.at(-1)!);
  if (!last.ok) throw new DsmError('integrity', 'the backup is damaged: a capsule cannot be read');
  const { device, genesis, incarnation, counter } = last.value;
  return { ...decoded.value, device, genesis, incarnation, newest: counter };
}

export interface ImportOptions {
  readonly store: Store;
  readonly kem: Kem;
  readonly aead: Aead;
  readonly secrets: Secrets;
  /** The secret to keep in the row of the wallet, if no keystore holds it. */
  readonly secret: Uint8Array | undefined;
}

/** Put a backup into an empty store and mark it. The wallet opens, and goes on once it is online. */
export async function importBackup(bytes: Uint8Array, options: ImportOptions): Promise<Applied> {
  const { network, suite, birth, device, incarnation, newest, capsules, ...kept } =
    openBackup(bytes);
  const { store, kem, aead, secrets, secret } = options;
  if (secrets.device !== undefined) {
    const { publicKey } = rootOf(secrets.device, suite);
    if (!equal(deviceId(network, suite, publicKey), device)) {
      throw new DsmError('locked', 'this is the secret of another wallet than the backup’s');
    }
  }
  const { capsuleSecret } = walletKeys(secrets, suite, kem, { incarnation, birth });
  return applyCapsules(capsules, {
    store,
    open: openerOf(aead, capsuleSecret),
    start: startReading(device, incarnation),
    newest,
    secret,
    ...(kept.secrets !== undefined && { sealed: kept.secrets }),
  });
}
