/** The keystore of a wallet: where it lies, what opens it, what it is sealed to. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  boundKeystore,
  fileBytes,
  fileKeystore,
  keystoreDefaults,
  keystoreLevel,
  keystoreLock,
  resealKeystore,
} from '@dsm/node';
import type { HeldBinding, Keystore } from '@dsm/ports';
import { DsmError } from '@dsm/wallet';
import type { Context } from './context.ts';
import { askNewPassphrase, askPassphrase } from './prompt.ts';
import { thingOf, type LevelHere } from './things.ts';

/** The sealed secret of the wallet. */
export function keyPath(home: string): string {
  return join(home, 'key');
}

/** The keystore of a wallet that is there. Asks for the passphrase if one is needed. */
export async function existingKeystore(context: Context): Promise<Keystore> {
  return (await openable(context)).keystore;
}

interface Openable {
  readonly keystore: Keystore;
  readonly passphrase: string;
  /** What it is sealed to, if to more than a passphrase. */
  readonly former: ReturnType<typeof thingOf>;
}

async function openable(context: Context): Promise<Openable> {
  const path = keyPath(context.home);
  const lock = await keystoreLock(path);
  if (lock === 'absent')
    throw new DsmError('not-found', `there is no wallet in ${context.home}: dsm init makes one`);
  const given = lock === 'passphrase' ? await passphrase(context) : '';
  const former = thingOf(context, (await keystoreLevel(path)) ?? 'software');
  const keystore =
    former === undefined ? fileKeystore(path, given) : boundKeystore(path, former, given);
  return { keystore, passphrase: given, former };
}

/** A passphrase that is empty protects nothing, so stretching it would only cost time. */
const unstretched = { memoryKibibytes: 64, passes: 1, lanes: 1 };

export async function newKeystore(
  context: Context,
  level: LevelHere = 'software',
): Promise<Keystore> {
  const path = keyPath(context.home);
  const thing = thingOf(context, level);
  const chosen = await newPassphrase(context);
  const cost = chosen === '' ? unstretched : {};
  return thing === undefined
    ? fileKeystore(path, chosen, cost)
    : boundKeystore(path, thing, chosen, cost);
}

/** Seal the secret to something else, under the same passphrase. */
export async function resealed(
  context: Context,
  level: LevelHere,
): Promise<HeldBinding | undefined> {
  const { keystore, passphrase: same, former } = await openable(context);
  return resealKeystore(keyPath(context.home), {
    from: keystore,
    former,
    binding: thingOf(context, level),
    passphrase: same,
    options: same === '' ? unstretched : {},
  });
}

/**
 * The keystore as a backup takes it along: under the passphrase alone. What is sealed to a thing would
 * be lost with the thing, which is when a backup is needed. Undefined if there is none.
 */
export async function keyForBackup(context: Context): Promise<Uint8Array | undefined> {
  const path = keyPath(context.home);
  const level = await keystoreLevel(path);
  if (level === undefined) return undefined;
  if (level === 'software') return Uint8Array.from(await readFile(path));
  const { keystore, passphrase: same } = await openable(context);
  const secret = await keystore.open();
  if (secret === undefined) throw new DsmError('not-found', 'there is no wallet here');
  const cost = same === '' ? unstretched : {};
  const bytes = await fileBytes(secret, same, { ...keystoreDefaults, ...cost });
  secret.fill(0);
  return bytes;
}

async function newPassphrase({ cli, yes, canAsk }: Context): Promise<string> {
  const given = cli.env['DSM_PASSPHRASE'];
  if (given !== undefined && given !== '') return given;
  if (yes) return '';
  if (!canAsk) {
    throw new DsmError('usage', 'set DSM_PASSPHRASE, or take an empty passphrase with --yes');
  }
  return askNewPassphrase(cli.signal);
}

async function passphrase({ cli, canAsk }: Context): Promise<string> {
  const given = cli.env['DSM_PASSPHRASE'];
  if (given !== undefined && given !== '') return given;
  if (canAsk) return askPassphrase('Passphrase: ', cli.signal);
  throw new DsmError('locked', 'the wallet has a passphrase: set DSM_PASSPHRASE');
}
