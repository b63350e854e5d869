/**
 * Committees: several keys that are one writer.
 *
 *     writer = H_committee( threshold ‖ key digests, ascending )
 *
 * A position still has exactly one writer: two sets of `threshold` signers share an honest key as
 * long as threshold > (members + bad) / 2, and an honest key signs one value for each position
 * (Guerraoui et al. 2019; protocol.md §6). Whoever names a committee checks that bound.
 */

import { equal, keyOf } from './bytes.ts';
import { ascending, bytes32, encodeWith, list, struct, u8, variable, type Coder } from './codec.ts';
import { hash } from './hash.ts';
import type { Kind } from './kinds.ts';
import { limits } from './limits.ts';
import { keyDigest, suiteCoder, verifyWorking, type Suite } from './suite.ts';

export interface Committee {
  readonly threshold: number;
  /** Digests of the keys, ascending. */
  readonly members: readonly Uint8Array[];
}

/** A signature and the key that made it. */
export interface KeySignature {
  readonly suite: Suite;
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
}

export const membersCoder: Coder<readonly Uint8Array[]> = ascending(
  bytes32,
  (member) => member,
  limits.issuersMax,
  1,
);

export const committeeCoder: Coder<Committee> = struct({ threshold: u8, members: membersCoder });

export const keySignatureCoder: Coder<KeySignature> = struct({
  suite: suiteCoder,
  publicKey: variable(limits.publicKeyBytesMax),
  signature: variable(limits.signatureBytesMax),
});

/** At most one signature for each further member. */
export const furtherCoder: Coder<readonly KeySignature[]> = list(
  keySignatureCoder,
  limits.issuersMax - 1,
);

/** The one writer that the committee is: a single member is just its key. */
export function committeeWriter({ threshold, members }: Committee): Uint8Array {
  return members.length === 1
    ? members[0]!
    : hash('committee', encodeWith(committeeCoder, { threshold, members }));
}

/** True if two deciding sets always share an honest member, with up to `bad` members dishonest. */
export function isSound({ threshold, members }: Committee, bad: number): boolean {
  const { length } = members;
  return threshold <= length - bad && 2 * threshold > length + bad;
}

/** True if `threshold` different members have signed the digest, and nobody else and nobody twice. */
export function signedByCommittee(
  { threshold, members }: Committee,
  kind: Kind,
  network: Uint8Array,
  digest: Uint8Array,
  signatures: readonly KeySignature[],
): boolean {
  const signers = signatures.map(({ suite, publicKey }) => keyDigest(suite, publicKey));
  return (
    signers.length >= threshold &&
    new Set(signers.map(keyOf)).size === signers.length &&
    signers.every((signer) => members.some((member) => equal(member, signer))) &&
    signatures.every(({ suite, publicKey, signature }) =>
      verifyWorking(kind, suite, network, publicKey, digest, signature),
    )
  );
}
