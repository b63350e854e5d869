/**
 * A keystore that needs a passphrase and a thing: a copy of the file opens nowhere else.
 *
 * Nothing is written before what was sealed has been opened again: a thing that seals and does not
 * open would take every key with it.
 */

import {
  BindingError,
  KeystoreError,
  type BindingLevel,
  type DeviceBinding,
  type HeldBinding,
  type Keystore,
  type KeystoreErrorCode,
  type BindingErrorCode,
  type Unsealed,
} from '@dsm/ports';
import { portableAead } from '@dsm/portable';
import { equal, hash } from '@dsm/primitive';
import {
  boundFileBytes,
  boundHeaderBytes,
  readBound,
  type BoundFile,
  type BoundHeader,
} from './bound-file.ts';
import { nodeEntropy } from './entropy.ts';
import { fileBytes, fileLevel } from './keystore.ts';
import { createSmallFile, damaged, replaceSmallFile } from './keystore-file.ts';
import {
  checkedCost,
  freshStretching,
  passwordOf,
  stretched,
  type KeystoreOptions,
} from './stretching.ts';

/** A keystore in the file `path`, opened by `passphrase` and by what `binding` reaches. */
export function boundKeystore(
  path: string,
  binding: DeviceBinding,
  passphrase: string,
  options: KeystoreOptions = {},
): Keystore {
  const cost = checkedCost(options);
  const password = passwordOf(passphrase);
  let held: HeldBinding | undefined;
  return {
    open: async () => {
      const file = await readBound(path);
      if (file === undefined) {
        // A file of a passphrase alone is none of this keystore's.
        if ((await fileLevel(path)) !== undefined) throw damaged(path);
        return undefined;
      }
      const { secret, unsealed } = await openFile(file, binding, password);
      held = heldOf(binding, unsealed);
      return secret;
    },
    create: async (secret) => {
      const { bytes, unsealed } = await sealFile(secret, binding, password, cost);
      await createSmallFile(path, bytes);
      held = heldOf(binding, unsealed);
    },
    binding: () => held,
  };
}

/** What the keystore at `path` is sealed to; undefined if there is none. */
export async function keystoreLevel(path: string): Promise<BindingLevel | undefined> {
  return (await readBound(path))?.level ?? (await fileLevel(path));
}

export interface Reseal {
  /** Opens the keystore as it is. */
  readonly from: Keystore;
  /** The thing that it was sealed to, if any: it forgets once the new file is durable. */
  readonly former: DeviceBinding | undefined;
  /** The thing that it shall be sealed to; without one, by the passphrase alone. */
  readonly binding: DeviceBinding | undefined;
  readonly passphrase: string;
  readonly options?: KeystoreOptions;
}

/**
 * Seal the secret at `path` again. A crash leaves the old file or the new one. Whoever kept a copy of
 * the old one still opens it with what opened it then, unless its thing has forgotten it.
 */
export async function resealKeystore(path: string, to: Reseal): Promise<HeldBinding | undefined> {
  const secret = await to.from.open();
  if (secret === undefined) throw new KeystoreError('lost', `there is no keystore at ${path}`);
  const before = await readBound(path);
  const cost = checkedCost(to.options ?? {});
  let held: HeldBinding | undefined;
  if (to.binding === undefined) {
    await replaceSmallFile(path, await fileBytes(secret, to.passphrase, cost));
  } else {
    const password = passwordOf(to.passphrase);
    const { bytes, unsealed } = await sealFile(secret, to.binding, password, cost);
    await replaceSmallFile(path, bytes);
    held = heldOf(to.binding, unsealed);
  }
  secret.fill(0);
  if (before !== undefined) await translated(async () => to.former?.forget(before.sealed));
  return held;
}

function heldOf({ level }: DeviceBinding, { clonable, attestor }: Unsealed): HeldBinding {
  return { level, clonable, attestor };
}

interface Keys {
  readonly key: Uint8Array;
  readonly unsealed: Unsealed;
}

async function openFile(
  file: BoundFile,
  binding: DeviceBinding,
  password: Uint8Array,
): Promise<{ readonly secret: Uint8Array; readonly unsealed: Unsealed }> {
  if (file.level !== binding.level) {
    const sentence = `the keystore is sealed to another kind of thing: ${file.level}`;
    throw new KeystoreError('elsewhere', sentence);
  }
  const { key, unsealed } = await keysOf(file, binding, password);
  const secret = portableAead.open(key, file.nonce, file.ciphertext, boundHeaderBytes(file));
  key.fill(0);
  if (secret === undefined) {
    throw new KeystoreError('locked', 'the passphrase does not open the keystore');
  }
  return { secret, unsealed };
}

async function keysOf(
  head: BoundHeader,
  binding: DeviceBinding,
  password: Uint8Array,
): Promise<Keys> {
  const guessed = await stretched(password, head);
  const unsealed = await translated(() => binding.open(head.sealed, hash('binding-auth', guessed)));
  const key = hash('binding-key', unsealed.secret, guessed);
  unsealed.secret.fill(0);
  guessed.fill(0);
  return { key, unsealed };
}

async function sealFile(
  secret: Uint8Array,
  binding: DeviceBinding,
  password: Uint8Array,
  cost: Required<KeystoreOptions>,
): Promise<{ readonly bytes: Uint8Array; readonly unsealed: Unsealed }> {
  if (secret.length !== 32) throw new RangeError(`secret: ${secret.length} bytes, not 32`);
  const stretching = freshStretching(password, cost);
  const guessed = await stretched(password, stretching);
  const drawn = nodeEntropy.bytes(32);
  const sealed = await translated(() => binding.seal(drawn, hash('binding-auth', guessed)));
  const key = hash('binding-key', drawn, guessed);
  drawn.fill(0);
  guessed.fill(0);
  const { level } = binding;
  const head: BoundHeader = {
    version: 2,
    ...stretching,
    level,
    nonce: nodeEntropy.bytes(24),
    sealed,
  };
  const ciphertext = portableAead.seal(key, head.nonce, secret.slice(), boundHeaderBytes(head));
  key.fill(0);
  const file = { ...head, ciphertext };
  const again = await openFile(file, binding, password);
  if (!equal(again.secret, secret))
    throw new KeystoreError('lost', 'what was sealed opens wrongly');
  again.secret.fill(0);
  return { bytes: boundFileBytes(file), unsealed: again.unsealed };
}

const codes: Record<BindingErrorCode, KeystoreErrorCode> = {
  locked: 'locked',
  'locked-out': 'locked',
  'wrong-device': 'elsewhere',
  'not-here': 'elsewhere',
  missing: 'elsewhere',
  damaged: 'damaged',
  failed: 'elsewhere',
};

/** What the thing says, as a keystore says it. */
async function translated<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof BindingError)) throw error;
    throw new KeystoreError(codes[error.code], error.message, { cause: error });
  }
}
