/**
 * A backup: all rows as capsules, with what whoever has the words or the secret needs to open them.
 *
 *     backup = card ‖ option( sealed secret ) ‖ capsules       each capsule as an object of its own
 *
 * The card says the incarnation and its birth. The capsules claim no slots: a backup made twice is two
 * backups, and neither is a fork.
 */

import { capsule, startReading } from '@dsm/identity';
import {
  cardDevice,
  card as cardObject,
  equal,
  kinds,
  limits,
  list,
  object,
  option,
  struct,
  variable,
  type Card,
  type Obj,
} from '@dsm/primitive';
import type { Aead, Kem, Store } from '@dsm/ports';
import { capsulesOfAll } from './capsule-making.ts';
import { applyCapsules, openerOf, type Applied } from './capsule-restoring.ts';
import type { Engine } from './engine.ts';
import { DsmError } from './errors.ts';
import { rootOf, walletKeys, type Secrets } from './keys.ts';

export interface Backup {
  readonly card: Card;
  /** The file of a keystore, as it is: sealed under a passphrase. */
  readonly key: Uint8Array | undefined;
  readonly capsules: readonly Uint8Array[];
}

export const backupObject: Obj<Backup> = object(
  kinds.backup,
  2_147_483_647,
  struct({
    card: cardObject,
    key: option(variable(1_024)),
    capsules: list(variable(limits.objectBytesMax), 65_535, 1),
  }),
);

/** Everything of one moment, without the secret itself. */
export async function makeBackup(engine: Engine, key?: Uint8Array): Promise<Uint8Array> {
  const capsules = await engine.journal.still((store) => capsulesOfAll(engine, store));
  return backupObject.encode({ card: engine.model.card, key, capsules });
}

/** Whose backup it is, and what it holds; throws `integrity` for other bytes. */
export function openBackup(bytes: Uint8Array): Backup {
  const decoded = backupObject.decode(bytes);
  if (!decoded.ok) throw new DsmError('integrity', `this is no backup: ${decoded.refusal}`);
  return decoded.value;
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
  const { card, capsules } = openBackup(bytes);
  const { store, kem, aead, secrets, secret } = options;
  const { suite, incarnation, rootKey } = card.body;
  const { device } = secrets;
  if (device !== undefined && !equal(rootOf(device, suite).publicKey, rootKey)) {
    throw new DsmError('locked', 'this is the secret of another wallet than the backup’s');
  }
  const { capsuleSecret } = walletKeys(secrets, suite, kem, card.body);
  const last = capsule.decode(capsules.at(-1)!);
  return applyCapsules(capsules, {
    store,
    open: openerOf(aead, capsuleSecret),
    start: startReading(cardDevice(card), incarnation),
    newest: last.ok ? last.value.counter : 0,
    secret,
  });
}
