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
  /** Of a generation after the first, whose pairs come from the secret of the incarnation. */
  readonly generation?: (of: Incarnation, generation: number) => Uint8Array | undefined;
}

export interface Keys {
  /** Throws `needs-words` where D is not here. */
  readonly root: () => KeyPair;
  /** Of the generation that is in force, or of another one of this incarnation that is remembered. */
  readonly working: (generation?: number) => KeyPair;
  readonly kem: () => KemKeyPair;
  /** The KEM pairs of all remembered generations, newest first: parcels may be sealed to any. */
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
  /** The pair whose digest a note names: the current one, or an earlier one. */
  readonly byDigest: (digest: Uint8Array) => KeyPair | undefined;
  /** Make the keys of another generation findable by digest; the first if none is named. */
  readonly remember: (incarnation: number, birth: Uint8Array, generation?: number) => void;
  readonly blindSecret: Uint8Array;
  readonly ownSecret: Uint8Array;
}

export interface Incarnation {
  readonly incarnation: number;
  readonly birth: Uint8Array;
  /** Of its keys; the first if none is named. */
  readonly generation?: number | undefined;
}

/** All secrets of a device whose D is at hand. */
export function secretsOf(device: Uint8Array): Secrets {
  return {
    device,
    standing: seed(device, 'standing', 32),
    incarnation: (incarnation, birth) =>
      seed(device, 'incarnation', 32, encodeWith(u32, incarnation), birth),
    generation: ({ incarnation, birth }, generation) => {
      const numbers = concat(encodeWith(u32, incarnation), encodeWith(u32, generation));
      return seed(device, 'generation', 32, numbers, birth);
    },
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
  const { generation = 0 } = current;
  const made = new Map<string, KeyPair>();
  const once = (name: string, make: () => KeyPair): KeyPair => {
    const there = made.get(name) ?? make();
    made.set(name, there);
    return there;
  };
  const now = secrets.incarnation(current.incarnation, current.birth);
  if (now === undefined) throw new DsmError('locked', 'the secret of this incarnation is not here');

  const byDigest = new Map<string, () => KeyPair>();
  const known = (pair: KeyPair, make: () => KeyPair): void => {
    byDigest.set(keyOf(keyDigest(suite, pair.publicKey)), make);
  };
  const generations = generationsFrom(secrets, suite, kem);
  const remember = (incarnation: number, birth: Uint8Array, g = 0): void => {
    const pair = generations.working({ incarnation, birth }, g);
    if (pair !== undefined) known(pair, () => pair);
  };
  remember(current.incarnation, current.birth, generation);
  const working = (g = generation): KeyPair => {
    const pair = generations.working(current, g);
    if (pair !== undefined) return pair;
    throw new DsmError('integrity', 'a key that signs this step is not here any more');
  };
  return {
    root: () => once('root', () => rootOf(deviceSecret(secrets), suite)),
    working,
    kem: () => generations.kem(current, generation),
    kems: generations.kems,
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

interface Generations {
  /** Undefined if its secret is not here, or not any more. */
  readonly working: (of: Incarnation, generation: number) => KeyPair | undefined;
  readonly kem: (of: Incarnation, generation: number) => KemKeyPair;
  /** The KEM pairs of all whose working pair was asked for, newest first. */
  readonly kems: () => readonly KemKeyPair[];
}

interface Generation extends Omit<Incarnation, 'generation'> {
  readonly generation: number;
  readonly secret: Uint8Array;
  working?: KeyPair;
  kem?: KemKeyPair;
}

/** The pairs of all generations whose secrets are here, each made once. */
function generationsFrom(secrets: Secrets, suite: Suite, kem: Kem): Generations {
  const made = new Map<string, Generation>();
  const find = (of: Incarnation, generation: number): Generation | undefined => {
    const name = `${of.incarnation} ${generation} ${keyOf(of.birth)}`;
    const there = made.get(name);
    if (there !== undefined) return there;
    const secret =
      generation === 0
        ? secrets.incarnation(of.incarnation, of.birth)
        : secrets.generation?.(of, generation);
    if (secret === undefined) return undefined;
    const { incarnation, birth } = of;
    const one: Generation = { incarnation, birth, generation, secret };
    made.set(name, one);
    return one;
  };
  const kemOf = (one: Generation): KemKeyPair =>
    (one.kem ??= kem.keyPair(seed(one.secret, 'kem', 64)));
  return {
    working: (of, generation) => {
      const one = find(of, generation);
      return one && (one.working ??= pairFrom(one.secret, suite, 'working', 'working'));
    },
    kem: (of, generation) => kemOf(find(of, generation)!),
    kems: () =>
      [...made.values()]
        .toSorted((a, b) => b.incarnation - a.incarnation || b.generation - a.generation)
        .map(kemOf),
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
