/** What guessing a passphrase costs: Argon2id (RFC 9106), as it stands in the files that it guards. */

import { isStretchCost, KeystoreError } from '@dsm/ports';
import { fixed, oneOf, u32, u8, utf8, type Coder } from '@dsm/primitive';
import { nodeEntropy } from './entropy.ts';
import { nativeStretch } from './stretch.ts';

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

/** How a passphrase becomes a key: what stands in the file before anything that is sealed. */
export interface Stretching extends Required<KeystoreOptions> {
  /** 0 the empty passphrase, 1 any other. */
  readonly passphrase: 0 | 1;
  readonly salt: Uint8Array;
}

export const stretchingCoders: {
  readonly [Field in keyof Stretching]: Coder<Stretching[Field]>;
} = {
  passphrase: oneOf([0, 1]),
  memoryKibibytes: u32,
  passes: u8,
  lanes: u8,
  salt: fixed(16),
};

/** The bytes of a passphrase: text, not the keys that were pressed. */
export function passwordOf(passphrase: string): Uint8Array {
  return utf8(passphrase.toWellFormed().normalize('NFKC'));
}

export function checkedCost(options: KeystoreOptions): Required<KeystoreOptions> {
  const cost = { ...keystoreDefaults, ...options };
  if (!isStretchCost(cost)) throw new RangeError('keystore: Argon2id parameters out of bounds');
  return cost;
}

export function freshStretching(
  password: Uint8Array,
  { memoryKibibytes, passes, lanes }: Required<KeystoreOptions>,
): Stretching {
  const passphrase = password.length === 0 ? 0 : 1;
  return { passphrase, memoryKibibytes, passes, lanes, salt: nodeEntropy.bytes(16) };
}

/** The key of 32 bytes that the password stands for. */
export async function stretched(
  message: Uint8Array,
  { salt, memoryKibibytes, passes, lanes }: Stretching,
): Promise<Uint8Array> {
  try {
    return await nativeStretch.argon2id({ message, salt, memoryKibibytes, passes, lanes });
  } catch (cause) {
    throw new KeystoreError('lost', 'Argon2id failed, perhaps for memory', { cause });
  }
}
