/**
 * The keystore as a sealed file, 128 bytes, mode 0600.
 *
 *     OFFSET  SIZE  FIELD
 *          0     1  version               0x01
 *          1     1  passphrase            0 the empty one, 1 any other
 *          2     4  Argon2id memory       KiB, at most 1 GiB
 *          6     1  Argon2id passes       1…16
 *          7     1  Argon2id lanes        1…16
 *          8    16  salt
 *         24    24  nonce
 *         48    48  XChaCha20-Poly1305 of the 32-byte secret; bytes 0…47 are associated data
 *         96    32  BLAKE3 of bytes 0…95
 *
 * The last field guards nothing. It tells a damaged file from a wrong passphrase, so that nobody
 * goes on guessing at bytes that no passphrase opens.
 *
 * The file is created once: written beside its place, synced, and linked into it, which fails if
 * the place is taken. A crash leaves the whole file, or none and perhaps a sealed stray beside it.
 * The folder must exist, on a file system that has hard links.
 */

import { isStretchCost, KeystoreError, type Keystore } from '@dsm/ports';
import { portableAead } from '@dsm/portable';
import {
  bytes32,
  encodeWith,
  equal,
  fixed,
  oneOf,
  reader,
  struct,
  type Coder,
} from '@dsm/primitive';
import { boundPassphrase } from './bound-file.ts';
import { nodeEntropy } from './entropy.ts';
import { nativeHash } from './hash.ts';
import { createSmallFile, damaged, readSmallFile } from './keystore-file.ts';
import {
  checkedCost,
  freshStretching,
  passwordOf,
  stretched,
  stretchingCoders,
  type KeystoreOptions,
  type Stretching,
} from './stretching.ts';

export { keystoreDefaults, type KeystoreOptions } from './stretching.ts';

/** Whether there is a secret at `path`, and whether a passphrase is needed to open it. */
export type KeystoreLock = 'absent' | 'no-passphrase' | 'passphrase';

interface Header extends Stretching {
  readonly version: 1;
  readonly nonce: Uint8Array;
}

interface Sealed extends Header {
  readonly ciphertext: Uint8Array;
  readonly checksum: Uint8Array;
}

const headerCoders = { version: oneOf([1]), ...stretchingCoders, nonce: fixed(24) };
const header: Coder<Header> = struct<Header>(headerCoders);
const sealed: Coder<Sealed> = struct<Sealed>({
  ...headerCoders,
  ciphertext: fixed(48),
  checksum: bytes32,
});
const sealedBytes = 128;

/** A keystore in the file `path`, opened by `passphrase` (compared in Unicode form NFKC). */
export function fileKeystore(
  path: string,
  passphrase: string,
  options: KeystoreOptions = {},
): Keystore {
  const cost = checkedCost(options);
  const password = passwordOf(passphrase);
  return {
    open: async () => {
      const file = await readSealed(path);
      return file === undefined ? undefined : unseal(file, password);
    },
    create: async (secret) => {
      if (secret.length !== 32) {
        throw new RangeError(`secret: expected 32 bytes, got ${secret.length}`);
      }
      await createSmallFile(path, await seal(secret, password, cost));
    },
  };
}

/** The bytes of such a file. */
export function fileBytes(
  secret: Uint8Array,
  passphrase: string,
  cost: Required<KeystoreOptions>,
): Promise<Uint8Array> {
  return seal(secret, passwordOf(passphrase), cost);
}

/** `software` if there is such a file at `path`. */
export async function fileLevel(path: string): Promise<'software' | undefined> {
  return (await readSealed(path)) === undefined ? undefined : 'software';
}

/** What a person has to be asked before the keystore at `path` is opened, whatever it is sealed to. */
export async function keystoreLock(path: string): Promise<KeystoreLock> {
  const passphrase = (await boundPassphrase(path)) ?? (await readSealed(path))?.passphrase;
  if (passphrase === undefined) return 'absent';
  return passphrase === 0 ? 'no-passphrase' : 'passphrase';
}

async function seal(
  secret: Uint8Array,
  password: Uint8Array,
  cost: Required<KeystoreOptions>,
): Promise<Uint8Array> {
  const head: Header = {
    version: 1,
    ...freshStretching(password, cost),
    nonce: nodeEntropy.bytes(24),
  };
  const associated = encodeWith(header, head);
  const plaintext = new Uint8Array(secret);
  const key = await stretched(password, head);
  const ciphertext = portableAead.seal(key, head.nonce, plaintext, associated);
  key.fill(0);
  plaintext.fill(0);
  const bytes = encodeWith(sealed, { ...head, ciphertext, checksum: new Uint8Array(32) });
  const end = sealedBytes - 32;
  nativeHash.blake3Into(bytes.subarray(0, end), bytes, end);
  return bytes;
}

async function unseal(file: Sealed, password: Uint8Array): Promise<Uint8Array> {
  const key = await stretched(password, file);
  const associated = encodeWith(header, file);
  const secret = portableAead.open(key, file.nonce, file.ciphertext, associated);
  key.fill(0);
  if (secret === undefined) {
    throw new KeystoreError('locked', 'the passphrase does not open the keystore');
  }
  return secret;
}

async function readSealed(path: string): Promise<Sealed | undefined> {
  const bytes = await readSmallFile(path, sealedBytes);
  if (bytes === undefined) return undefined;
  const from = reader(bytes);
  const file = sealed.read(from);
  if (bytes.length !== sealedBytes || from.bad() || !isStretchCost(file)) throw damaged(path);
  const checksum = nativeHash.blake3(bytes.subarray(0, sealedBytes - 32));
  if (!equal(checksum, file.checksum)) throw damaged(path);
  return file;
}
