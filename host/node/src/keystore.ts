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

import crypto from 'node:crypto';
import { link, open, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { KeystoreError, isStretchCost, type Keystore } from '@dsm/ports';
import { portableAead } from '@dsm/portable';
import {
  bytes32,
  encodeWith,
  equal,
  fixed,
  oneOf,
  reader,
  struct,
  u32,
  u8,
  utf8,
  type Coder,
} from '@dsm/primitive';
import { nodeEntropy } from './entropy.ts';
import { nativeHash } from './hash.ts';
import { syncFolder } from './folder.ts';
import { nativeStretch } from './stretch.ts';

/** What guessing a passphrase costs: Argon2id (RFC 9106). */
export interface KeystoreOptions {
  readonly memoryKibibytes?: number;
  readonly passes?: number;
  readonly lanes?: number;
}

/** RFC 9106, section 4, second recommended option: 64 MiB, three passes, four lanes. */
export const keystoreDefaults: Required<KeystoreOptions> = {
  memoryKibibytes: 65_536,
  passes: 3,
  lanes: 4,
};

/** Whether there is a secret at `path`, and whether a passphrase is needed to open it. */
export type KeystoreLock = 'absent' | 'no-passphrase' | 'passphrase';

interface Header {
  readonly version: 1;
  readonly passphrase: 0 | 1;
  readonly memoryKibibytes: number;
  readonly passes: number;
  readonly lanes: number;
  readonly salt: Uint8Array;
  readonly nonce: Uint8Array;
}

interface Sealed extends Header {
  readonly ciphertext: Uint8Array;
  readonly checksum: Uint8Array;
}

const headerCoders = {
  version: oneOf([1]),
  passphrase: oneOf([0, 1]),
  memoryKibibytes: u32,
  passes: u8,
  lanes: u8,
  salt: fixed(16),
  nonce: fixed(24),
};
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
  const cost = { ...keystoreDefaults, ...options };
  if (!isStretchCost(cost)) throw new RangeError('keystore: Argon2id parameters out of bounds');
  const password = utf8(passphrase.toWellFormed().normalize('NFKC'));
  return {
    open: async () => {
      const file = await readSealed(path);
      return file === undefined ? undefined : unseal(file, password);
    },
    create: async (secret) => {
      if (secret.length !== 32) {
        throw new RangeError(`secret: expected 32 bytes, got ${secret.length}`);
      }
      await createFile(path, await seal(secret, password, cost));
    },
  };
}

/** What a person has to be asked before the keystore at `path` is opened. */
export async function keystoreLock(path: string): Promise<KeystoreLock> {
  const file = await readSealed(path);
  if (file === undefined) return 'absent';
  return file.passphrase === 0 ? 'no-passphrase' : 'passphrase';
}

async function seal(
  secret: Uint8Array,
  password: Uint8Array,
  cost: Required<KeystoreOptions>,
): Promise<Uint8Array> {
  const head: Header = {
    version: 1,
    passphrase: password.length === 0 ? 0 : 1,
    memoryKibibytes: cost.memoryKibibytes,
    passes: cost.passes,
    lanes: cost.lanes,
    salt: nodeEntropy.bytes(16),
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

/** The key that the password stands for. */
async function stretched(message: Uint8Array, { salt, ...cost }: Header): Promise<Uint8Array> {
  const { memoryKibibytes, passes, lanes } = cost;
  try {
    return await nativeStretch.argon2id({ message, salt, memoryKibibytes, passes, lanes });
  } catch (cause) {
    throw new KeystoreError('lost', 'Argon2id failed, perhaps for memory', { cause });
  }
}

async function readSealed(path: string): Promise<Sealed | undefined> {
  const bytes = await readBytes(path);
  if (bytes === undefined) return undefined;
  const from = reader(bytes);
  const file = sealed.read(from);
  if (bytes.length !== sealedBytes || from.bad() || !isStretchCost(file)) throw damaged(path);
  const checksum = nativeHash.blake3(bytes.subarray(0, sealedBytes - 32));
  if (!equal(checksum, file.checksum)) throw damaged(path);
  return file;
}

/** At most one byte more than a keystore has: whatever lies at `path`, no more of it is read. */
async function readBytes(path: string): Promise<Uint8Array | undefined> {
  try {
    const file = await open(path, 'r');
    try {
      const bytes = new Uint8Array(sealedBytes + 1);
      const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
      return bytes.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new KeystoreError('lost', `the keystore ${path} cannot be read`, { cause: error });
  }
}

async function createFile(path: string, bytes: Uint8Array): Promise<void> {
  const stray = `${path}.${crypto.randomUUID()}.new`;
  try {
    await writeDurably(stray, bytes);
    try {
      await link(stray, path);
    } finally {
      await unlink(stray);
    }
    await syncFolder(dirname(path));
  } catch (error) {
    throw translated(path, error);
  }
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } catch (error) {
    await unlink(path);
    throw error;
  } finally {
    await file.close();
  }
}

function translated(path: string, cause: unknown): KeystoreError {
  switch (codeOf(cause)) {
    case 'EEXIST':
      return new KeystoreError('exists', `there is a keystore at ${path} already`, { cause });
    case 'ENOSPC':
    case 'EDQUOT':
      return new KeystoreError('full', `no room for the keystore ${path}`, { cause });
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return new KeystoreError('read-only', `the keystore ${path} may not be written`, { cause });
    default:
      return new KeystoreError('lost', `the keystore ${path} could not be written`, { cause });
  }
}

function damaged(path: string): KeystoreError {
  return new KeystoreError('damaged', `${path} is no keystore of a version known here`);
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
