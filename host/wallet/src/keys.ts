/**
 * Keys: everything that a wallet signs or opens with.
 *
 *     device secret        D
 *       root pair          from D: certifies cards, and nothing else
 *       standing secret    from D: issuer keys, blinds, the own lane; the same in every incarnation
 *       incarnation secret from D, the number and the birth: working, KEM, lane and capsule keys
 *
 *     seed(secret, label, fields) = H_secret( secret ‖ label ‖ 0 ‖ 0 ‖ fields ) ‖ H_secret( secret ‖ label ‖ 0 ‖ 1 ‖ fields )
 *
 * The birth is drawn when an incarnation is opened, so two restored copies never share a key. Nothing
 * leads from a standing or an incarnation secret back to D, nor from one incarnation to another: a
 * wallet that keeps no D can spend and cannot open its next incarnation. Pairs are made when they are
 * first needed: the root pair of suite 1 costs a tenth of a second.
 */

import {
  ascii,
  concat,
  encodeWith,
  hash,
  keyDigest,
  keyOf,
  signatureContext,
  signatures,
  sizes,
  suites,
  u32,
  type KeyPair,
  type Kind,
  type Suite,
} from '@dsm/primitive';
import type { Kem, KemKeyPair } from '@dsm/ports';
import { DsmError } from './errors.ts';

/** What keys are made from. A wallet need not hold all of it. */
export interface Secrets {
  /** D: undefined where only the owner's words lead to it. */
  readonly device: Uint8Array | undefined;
  readonly standing: Uint8Array;
  /** Undefined for an incarnation whose secret is not here, or not any more. */
  readonly incarnation: (incarnation: number, birth: Uint8Array) => Uint8Array | undefined;
}

export interface Keys {
  /** Throws `needs-words` where D is not here. */
  readonly root: () => KeyPair;
  readonly working: () => KeyPair;
  readonly kem: () => KemKeyPair;
  /** The KEM pairs of all remembered incarnations, newest first: parcels may be sealed to any. */
  readonly kems: () => readonly KemKeyPair[];
  /** Writes the deliveries of this device's lane in one relationship. */
  readonly lane: (relationship: Uint8Array) => KeyPair;
  /** Writes the capsules of this incarnation. */
  readonly capsule: () => KeyPair;
  /** What the capsules of this incarnation are sealed under. */
  readonly capsuleSecret: Uint8Array;
  /** The pair made of these random bytes: nothing else leads to it (fresh-keys.ts). */
  readonly freshKem: (salt: Uint8Array) => KemKeyPair;
  /** The issuer key of this wallet's n-th token. */
  readonly issuer: (n: number) => KeyPair;
  /** The pair whose digest a note names: the current one, or one of an earlier incarnation. */
  readonly byDigest: (digest: Uint8Array) => KeyPair | undefined;
  /** Make the keys of another incarnation findable by digest. */
  readonly remember: (incarnation: number, birth: Uint8Array) => void;
  readonly blindSecret: Uint8Array;
  readonly ownSecret: Uint8Array;
}

export interface Incarnation {
  readonly incarnation: number;
  readonly birth: Uint8Array;
}

/** All secrets of a device whose D is at hand. */
export function secretsOf(device: Uint8Array): Secrets {
  return {
    device,
    standing: seed(device, 'standing', 32),
    incarnation: (incarnation, birth) =>
      seed(device, 'incarnation', 32, encodeWith(u32, incarnation), birth),
  };
}

/** The root pair of a device: what the words are needed for. */
export function rootOf(device: Uint8Array, suite: Suite): KeyPair {
  return pairFrom(device, suite, 'root', 'root');
}

/** The n-th issuer pair. */
function issuerOf({ standing }: Secrets, suite: Suite, n: number): KeyPair {
  return pairFrom(standing, suite, 'working', 'issuer', encodeWith(u32, n));
}

export function walletKeys(secrets: Secrets, suite: Suite, kem: Kem, current: Incarnation): Keys {
  const made = new Map<string, KeyPair>();
  const once = (name: string, make: () => KeyPair): KeyPair => {
    const there = made.get(name) ?? make();
    made.set(name, there);
    return there;
  };
  const secretOf = ({ incarnation, birth }: Incarnation): Uint8Array | undefined =>
    secrets.incarnation(incarnation, birth);
  const now = secretOf(current);
  if (now === undefined) throw new DsmError('locked', 'the secret of this incarnation is not here');

  const byDigest = new Map<string, () => KeyPair>();
  const known = (pair: KeyPair, make: () => KeyPair): void => {
    byDigest.set(keyOf(keyDigest(suite, pair.publicKey)), make);
  };
  const workingOf = (which: Incarnation, secret: Uint8Array): KeyPair =>
    once(`working ${which.incarnation} ${keyOf(which.birth)}`, () =>
      pairFrom(secret, suite, 'working', 'working'),
    );
  const remembered: { readonly incarnation: number; readonly secret: Uint8Array }[] = [];
  const remember = (incarnation: number, birth: Uint8Array): void => {
    const which = { incarnation, birth };
    const secret = secretOf(which);
    if (secret === undefined) return;
    remembered.push({ incarnation, secret });
    known(workingOf(which, secret), () => workingOf(which, secret));
  };
  remember(current.incarnation, current.birth);

  const opened = new Map<number, KemKeyPair>();
  const kemOf = (incarnation: number, secret: Uint8Array): KemKeyPair => {
    const there = opened.get(incarnation) ?? kem.keyPair(seed(secret, 'kem', 64));
    opened.set(incarnation, there);
    return there;
  };
  return {
    root: () => once('root', () => rootOf(deviceSecret(secrets), suite)),
    working: () => workingOf(current, now),
    kem: () => kemOf(current.incarnation, now),
    kems: () =>
      remembered
        .toSorted((a, b) => b.incarnation - a.incarnation)
        .map(({ incarnation, secret }) => kemOf(incarnation, secret)),
    lane: (relationship) =>
      once(`lane ${keyOf(relationship)}`, () =>
        pairFrom(now, suite, 'working', 'lane', relationship),
      ),
    capsule: () => once('capsule', () => pairFrom(now, suite, 'working', 'capsule')),
    capsuleSecret: seed(now, 'capsule seal', 32),
    freshKem: (salt) => kem.keyPair(seed(secrets.standing, 'fresh', 64, salt)),
    issuer: (n) => {
      const pair = once(`issuer ${n}`, () => issuerOf(secrets, suite, n));
      known(pair, () => pair);
      return pair;
    },
    byDigest: (digest) => byDigest.get(keyOf(digest))?.(),
    remember,
    blindSecret: seed(secrets.standing, 'blind', 32),
    ownSecret: seed(secrets.standing, 'own', 32),
  };
}

function deviceSecret({ device }: Secrets): Uint8Array {
  if (device !== undefined) return device;
  throw new DsmError('needs-words', 'this needs the root key, which only the 24 words lead to');
}

function seed(
  secret: Uint8Array,
  label: string,
  length: number,
  ...fields: readonly Uint8Array[]
): Uint8Array {
  const half = (n: number): Uint8Array =>
    hash('secret', secret, ascii(label), Uint8Array.of(0, n), ...fields);
  return concat(half(0), half(1)).slice(0, length);
}

function pairFrom(
  secret: Uint8Array,
  suite: Suite,
  which: 'root' | 'working',
  label: string,
  ...fields: readonly Uint8Array[]
): KeyPair {
  const algorithm = suites[suite][which];
  return signatures().keyPair(algorithm, seed(secret, label, sizes[algorithm].seed, ...fields));
}

/** Sign `digest` for one kind of statement on one network. */
export function signAs(
  pair: KeyPair,
  kind: Kind,
  suite: Suite,
  network: Uint8Array,
  digest: Uint8Array,
): Uint8Array {
  return signatures().sign(pair.secretKey, digest, signatureContext(kind, suite, network));
}
