/**
 * Identity secrets: what 24 words lead to, and nobody keeps.
 *
 *     U      the 32 bytes of the words
 *     salt   H_identity-salt( network )
 *     S      Argon2id( U, salt, 64 MiB, 3 passes, 1 lane )
 *     Dᵢ     H_device-secret( S ‖ suite ‖ u32 i )
 *     seed   H_authority-seed( S ‖ suite ‖ u32 n ‖ 0 ) ‖ H_authority-seed( S ‖ suite ‖ u32 n ‖ 1 ), its
 *            first 48 bytes: the pair of authority key n, of the suite's root algorithm
 *
 * The network is in the salt: the same words are two identities on two networks, and nobody links
 * them. The suite is in every derivation: the two root algorithms must never share a seed, because
 * one-time keys inside them would then sign twice.
 */

import {
  concat,
  encodeWith,
  hash,
  signatures,
  sizes,
  suites,
  u32,
  type KeyPair,
  type Suite,
} from '@dsm/primitive';
import type { Stretch } from '@dsm/ports';
import { readWords } from '@dsm/words';

export interface IdentitySecrets {
  readonly suite: Suite;
  /** The n-th key that signs the device tree. Made when it is first asked for. */
  readonly authority: (n: number) => KeyPair;
  /** The 32 bytes from which all keys of a device follow. */
  readonly device: (index: number) => Uint8Array;
}

/** What guessing at words costs. Whoever changes one of these makes other identities. */
export const identityCost = { memoryKibibytes: 65_536, passes: 3, lanes: 1 } as const;

/**
 * The secrets of the identity that `words` are on a network, given by its 32 bytes. Throws
 * `WordsError` if they are no words. Takes a fraction of a second, or about one in JavaScript alone.
 */
export async function identityFrom(
  words: string,
  network: Uint8Array,
  stretch: Stretch,
  suite: Suite = 1,
): Promise<IdentitySecrets> {
  const message = readWords(words);
  const salt = hash('identity-salt', network);
  const secret = await stretch.argon2id({ message, salt, ...identityCost });
  message.fill(0);
  return identitySecrets(secret, suite);
}

/** What follows from S. */
export function identitySecrets(secret: Uint8Array, suite: Suite): IdentitySecrets {
  const made = new Map<number, KeyPair>();
  const authority = (n: number): KeyPair =>
    signatures().keyPair(suites[suite].root, authoritySeed(secret, suite, n));
  return {
    suite,
    authority: (n) => {
      const pair = made.get(n) ?? authority(n);
      made.set(n, pair);
      return pair;
    },
    device: (index) => hash('device-secret', fieldsOf(secret, suite, index)),
  };
}

/** What the pair of authority key n is made from. */
export function authoritySeed(secret: Uint8Array, suite: Suite, n: number): Uint8Array {
  const half = (which: number): Uint8Array =>
    hash('authority-seed', fieldsOf(secret, suite, n), Uint8Array.of(which));
  return concat(half(0), half(1)).slice(0, sizes[suites[suite].root].seed);
}

function fieldsOf(secret: Uint8Array, suite: Suite, n: number): Uint8Array {
  return concat(secret, Uint8Array.of(suite), counted(n));
}

function counted(n: number): Uint8Array {
  if (!Number.isInteger(n) || n < 0 || n > 0xffff_ffff) {
    throw new RangeError('keys and devices are numbered from 0');
  }
  return encodeWith(u32, n);
}
