/**
 * The file of a keystore that is sealed twice: by the passphrase and by a thing.
 *
 *     OFFSET  SIZE  FIELD
 *          0     1  version               0x02
 *          1     1  passphrase            0 the empty one, 1 any other
 *          2     4  Argon2id memory       KiB, at most 1 GiB
 *          6     1  Argon2id passes       1…16
 *          7     1  Argon2id lanes        1…16
 *          8    16  salt
 *         24     1  level                 what it is sealed to
 *         25    24  nonce
 *         49     4  n, at most 4,096
 *         53     n  what the thing has sealed: K, 32 bytes drawn for this file
 *     53 + n    48  XChaCha20-Poly1305 of the 32-byte secret; bytes 0…52 + n are associated data
 *    101 + n    32  BLAKE3 of everything before
 *
 *     P    = Argon2id( passphrase )
 *     auth = H_binding-auth( P )            what the thing asks for
 *     key  = H_binding-key( K ‖ P )         what the secret is sealed under
 *
 * Without the thing there is nothing to guess against: K is missing.
 */

import type { BindingLevel } from '@dsm/ports';
import { isStretchCost, sealedBytesMax } from '@dsm/ports';
import { bindingLevel } from '@dsm/identity';
import {
  bytes32,
  encodeWith,
  equal,
  fixed,
  oneOf,
  reader,
  struct,
  variable,
  type Coder,
} from '@dsm/primitive';
import { nativeHash } from './hash.ts';
import { damaged, readSmallFile } from './keystore-file.ts';
import { stretchingCoders, type Stretching } from './stretching.ts';

export interface BoundHeader extends Stretching {
  readonly version: 2;
  readonly level: BindingLevel;
  readonly nonce: Uint8Array;
  /** K, as the thing has sealed it. */
  readonly sealed: Uint8Array;
}

export interface BoundFile extends BoundHeader {
  readonly ciphertext: Uint8Array;
}

const headerCoders = {
  version: oneOf([2]),
  ...stretchingCoders,
  level: bindingLevel,
  nonce: fixed(24),
  sealed: variable(sealedBytesMax),
};
const header: Coder<BoundHeader> = struct<BoundHeader>(headerCoders);
const whole = struct<BoundFile & { readonly checksum: Uint8Array }>({
  ...headerCoders,
  ciphertext: fixed(48),
  checksum: bytes32,
});
const bytesMax = 133 + sealedBytesMax;

/** The bytes that the seal of the secret covers beside it. */
export function boundHeaderBytes(head: BoundHeader): Uint8Array {
  return encodeWith(header, head);
}

export function boundFileBytes(file: BoundFile): Uint8Array {
  const bytes = encodeWith(whole, { ...file, checksum: new Uint8Array(32) });
  const end = bytes.length - 32;
  nativeHash.blake3Into(bytes.subarray(0, end), bytes, end);
  return bytes;
}

/** The file at `path`; undefined if there is none, or one that is sealed by a passphrase alone. */
export async function readBound(path: string): Promise<BoundFile | undefined> {
  const bytes = await readSmallFile(path, bytesMax);
  if (bytes === undefined || bytes[0] !== 2) return undefined;
  const from = reader(bytes);
  const file = whole.read(from);
  if (from.bad() || from.left() > 0 || !isStretchCost(file)) throw damaged(path);
  const checksum = nativeHash.blake3(bytes.subarray(0, bytes.length - 32));
  if (!equal(checksum, file.checksum)) throw damaged(path);
  return file;
}

/** Whether such a file needs a passphrase. */
export async function boundPassphrase(path: string): Promise<0 | 1 | undefined> {
  return (await readBound(path))?.passphrase;
}
