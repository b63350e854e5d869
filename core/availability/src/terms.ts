/**
 * Terms: for how long a node keeps an object, without a clock.
 *
 * Whoever puts an object makes a claim on it: until a version of the registry, and perhaps with an
 * owner, whose signature releases the claim before. An object is kept while one claim lasts. The
 * same object put again by somebody else is one more claim; beyond `claimsMax` the claims without an
 * owner are one, which lasts as long as the longest, so nobody's object ends by being claimed.
 *
 *     release   H_release( network ‖ address )        signed by the owner's key
 */

import {
  bytes32,
  equal,
  hash,
  keyDigest,
  kinds,
  limits,
  list,
  object,
  oneOf,
  option,
  struct,
  suiteCoder,
  u32,
  variable,
  verifyWorking,
  type Coder,
  type Obj,
  type Suite,
} from '@dsm/primitive';

/** Definition 11: what an object is, as far as a node treats it differently. */
export const objectClasses = {
  transition: 1,
  receipt: 2,
  advertisement: 3,
  commitment: 4,
} as const;
export type ObjectClass = (typeof objectClasses)[keyof typeof objectClasses];

/** The version of the registry until which an object without an end is kept. */
export const withoutEnd = 0xffffffff;

export interface Terms {
  readonly class: ObjectClass;
  /** The last version of the registry under which it must be kept: `withoutEnd` if none. */
  readonly until: number;
  /** Digest of the key that may release it; nobody may if undefined. */
  readonly owner: Uint8Array | undefined;
}

export const termsCoder: Coder<Terms> = struct({
  class: oneOf([1, 2, 3, 4]),
  until: u32,
  owner: option(bytes32),
});

/** The claims on one object; an object without a row of them has the usual one. */
export const claimsCoder: Coder<readonly Terms[]> = list(termsCoder, limits.claimsMax, 1);

export const usualTerms: Terms = {
  class: objectClasses.transition,
  until: withoutEnd,
  owner: undefined,
};

/** True if the terms are those of an object without a row of claims. */
export function isUsual({ class: kind, until, owner }: Terms): boolean {
  return kind === usualTerms.class && until === withoutEnd && owner === undefined;
}

/** The claims after another one; the same array if nothing changes. */
export function claimed(claims: readonly Terms[], more: Terms): readonly Terms[] {
  const at = claims.findIndex(({ owner }) => isSameOwner(owner, more.owner));
  const known = claims[at];
  if (known !== undefined) {
    return known.until >= more.until ? claims : claims.with(at, { ...known, until: more.until });
  }
  if (claims.length < limits.claimsMax) return [...claims, more];
  const last = claims.at(-1)!;
  const until = Math.max(last.until, more.until);
  return [...claims.slice(0, -1), { ...last, until, owner: undefined }];
}

/** The claims without those of this owner. */
export function withoutOwner(claims: readonly Terms[], owner: Uint8Array): readonly Terms[] {
  return claims.filter((one) => one.owner === undefined || !equal(one.owner, owner));
}

/** True if no claim lasts under this version. */
export function isOver(claims: readonly Terms[], version: number): boolean {
  return claims.every(({ until }) => until < version);
}

function isSameOwner(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : equal(a, b);
}

/** "I do not need this any more." */
export interface Release {
  readonly address: Uint8Array;
  readonly suite: Suite;
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
}

export const release: Obj<Release> = object(
  kinds.release,
  limits.signatureBytesMax + limits.publicKeyBytesMax + 64,
  struct({
    address: bytes32,
    suite: suiteCoder,
    publicKey: variable(limits.publicKeyBytesMax),
    signature: variable(limits.signatureBytesMax),
  }),
);

/** What the owner signs, with `kinds.release`. */
export function releaseDigest(network: Uint8Array, of: Uint8Array): Uint8Array {
  return hash('release', network, of);
}

/** The owner who has signed the release, or undefined if nobody has. */
export function releasedBy(claim: Release, network: Uint8Array): Uint8Array | undefined {
  const { suite, publicKey, signature } = claim;
  const digest = releaseDigest(network, claim.address);
  const holds = verifyWorking(kinds.release, suite, network, publicKey, digest, signature);
  return holds ? keyDigest(suite, publicKey) : undefined;
}
