/**
 * Keys: everything that a wallet signs or opens with, derived from one secret.
 *
 *     seed(label, fields) = H_secret( secret ‖ label ‖ 0 ‖ fields ) ‖ H_secret( secret ‖ label ‖ 1 ‖ fields )
 *
 * A working key belongs to one incarnation, by number and by the random bytes drawn when it was
 * opened, so two restored copies never share one. Pairs are made when they are first needed: the
 * root pair of suite 1 costs a tenth of a second and is used for cards alone.
 */

import {
  ascii,
  concat,
  hash,
  keyDigest,
  keyOf,
  signatureContext,
  signatures,
  sizes,
  suites,
  type KeyPair,
  type Kind,
  type Suite,
} from '@dsm/primitive';
import type { Kem, KemKeyPair } from '@dsm/ports';

export interface Keys {
  readonly root: () => KeyPair;
  readonly working: () => KeyPair;
  readonly kem: () => KemKeyPair;
  /** The KEM pairs of all remembered incarnations, newest first: parcels may be sealed to any. */
  readonly kems: () => readonly KemKeyPair[];
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

export function walletKeys(secret: Uint8Array, suite: Suite, kem: Kem, current: Incarnation): Keys {
  const seed = (label: string, length: number, ...fields: readonly Uint8Array[]): Uint8Array => {
    const half = (n: number): Uint8Array =>
      hash('secret', secret, ascii(label), Uint8Array.of(0, n), ...fields);
    return concat(half(0), half(1)).slice(0, length);
  };
  const pair = (label: string, which: 'root' | 'working', ...fields: Uint8Array[]): KeyPair => {
    const algorithm = suites[suite][which];
    return signatures().keyPair(algorithm, seed(label, sizes[algorithm].seed, ...fields));
  };
  const of = ({ incarnation, birth }: Incarnation): Uint8Array[] => [u32(incarnation), birth];

  const made = new Map<string, KeyPair>();
  const once = (name: string, make: () => KeyPair): KeyPair => {
    const there = made.get(name) ?? make();
    made.set(name, there);
    return there;
  };
  const byDigest = new Map<string, () => KeyPair>();
  const working = (which: Incarnation): KeyPair =>
    once(`working ${keyOf(concat(...of(which)))}`, () => pair('working', 'working', ...of(which)));
  const issuer = (n: number): KeyPair =>
    once(`issuer ${n}`, () => pair('issuer', 'working', u32(n)));
  const remembered: Incarnation[] = [];
  const remember = (incarnation: number, birth: Uint8Array): void => {
    remembered.push({ incarnation, birth });
    const { publicKey } = working({ incarnation, birth });
    byDigest.set(keyOf(keyDigest(suite, publicKey)), () => working({ incarnation, birth }));
  };
  remember(current.incarnation, current.birth);

  const opened = new Map<number, KemKeyPair>();
  const kemOf = (which: Incarnation): KemKeyPair => {
    const there = opened.get(which.incarnation) ?? kem.keyPair(seed('kem', 64, ...of(which)));
    opened.set(which.incarnation, there);
    return there;
  };
  return {
    root: () => once('root', () => pair('root', 'root')),
    working: () => working(current),
    kem: () => kemOf(current),
    kems: () => remembered.toSorted((a, b) => b.incarnation - a.incarnation).map(kemOf),
    issuer: (n) => {
      const made = issuer(n);
      byDigest.set(keyOf(keyDigest(suite, made.publicKey)), () => made);
      return made;
    },
    byDigest: (digest) => byDigest.get(keyOf(digest))?.(),
    remember,
    blindSecret: seed('blind', 32),
    ownSecret: seed('own', 32),
  };
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

function u32(n: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, n);
  return bytes;
}
