/**
 * What the tests of the core are made of: fast signatures, devices with cards, storage nodes.
 *
 * The fake signatures have the sizes of the real ones and verify only under the right key, message
 * and context; anybody could forge them, which no test of a rule does. Real keys sign as ever. Like real ones they are
 * not determined by what they sign: `variant` chooses among them.
 */

import { beforeEach } from 'node:test';

import { portableHash, portableSignatures } from '@dsm/portable';

import { ascii, concat, equal, keyOf } from '../src/bytes.ts';
import {
  cardDevice,
  cardStatement,
  deviceId,
  firstGeneration,
  type Card,
  type CardBody,
} from '../src/card.ts';
import { certify, voteDigest, type Certificate, type Vote } from '../src/certificate.ts';
import { address, installHash } from '../src/hash.ts';
import { kinds, type Kind } from '../src/kinds.ts';
import {
  groupOf,
  registry as registryObject,
  registryLineage,
  type Registry,
} from '../src/registry.ts';
import type { Authorisation } from '../src/slot.ts';
import { slotListRoot, slotPath, statementDigest, type Slot } from '../src/slot-list.ts';
import {
  installSignatures,
  keyDigest,
  signatureContext,
  signatures,
  sizes,
  suites,
  type KeyPair,
  type SecretKey,
  type Signatures,
  type Suite,
} from '../src/suite.ts';

export const network: Uint8Array = new Uint8Array(32).fill(0x4e);

/** Thirty-two bytes that stand for a thing of this name. */
export function named(name: string): Uint8Array {
  return address(ascii(name));
}

/** The bytes with one bit turned over. */
export function flipped(bytes: Uint8Array, at = 0): Uint8Array {
  return bytes.with(at, bytes[at]! ^ 1);
}

/** Where a fake key says what it is. All copies of this file know each other's keys by it. */
const fakeKey: symbol = Symbol.for('public half of a fake key');

function fakePublicKey(key: SecretKey): Uint8Array | undefined {
  return (key as SecretKey & Readonly<Record<symbol, Uint8Array | undefined>>)[fakeKey];
}

/** Public keys that were made here: what does not verify under one of them is not tried again. */
const made = new Set<string>();

function stretched(seed: Uint8Array, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 32) bytes.set(seed.subarray(0, length - at), at);
  return bytes;
}

function fakeSignature(
  variant: number,
  publicKey: Uint8Array,
  message: Uint8Array,
  context: Uint8Array,
  length: number,
): Uint8Array {
  const seed = portableHash.blake3(
    concat(Uint8Array.of(variant, context.length), context, publicKey, message),
  );
  seed[0] = variant;
  return stretched(seed, length);
}

function fakes(variant: number): Signatures {
  return {
    name: 'fake',
    keyPair: (algorithm, seed) => {
      const first = portableHash.blake3(concat(ascii(`fake ${algorithm}`), seed));
      const publicKey = stretched(first, sizes[algorithm].publicKey);
      const printed = (): '[secret]' => '[secret]';
      const printable = { algorithm, toString: printed, toJSON: printed };
      made.add(keyOf(publicKey));
      return { publicKey, secretKey: { ...printable, [fakeKey]: publicKey } };
    },
    sign: (key, message, context) => {
      const publicKey = fakePublicKey(key);
      if (publicKey === undefined) return portableSignatures.sign(key, message, context);
      return fakeSignature(variant, publicKey, message, context, sizes[key.algorithm].signature);
    },
    verify: (algorithm, publicKey, message, signature, context) => {
      const { length } = signature;
      const expected = fakeSignature(signature[0]!, publicKey, message, context, length);
      if (length === sizes[algorithm].signature && equal(expected, signature)) return true;
      return (
        !made.has(keyOf(publicKey)) &&
        portableSignatures.verify(algorithm, publicKey, message, signature, context)
      );
    },
  };
}

/** The portable hash and the fake signatures. Another variant signs the same in other bytes. */
export function installFakes(variant = 0): void {
  installHash(portableHash);
  installSignatures(fakes(variant));
}

// All files of the core may run in one process, and another may have installed something else.
beforeEach(() => {
  installFakes();
});

/** A device's keys, or an issuer's. The same name gives the same keys. */
export interface Actor {
  readonly suite: Suite;
  readonly root: KeyPair;
  readonly working: KeyPair;
  readonly id: Uint8Array;
  /** Digest of the working key. */
  readonly writer: Uint8Array;
}

export function actor(name: string, suite: Suite = 1, root?: KeyPair): Actor {
  const seed = (length: number, role: string): Uint8Array =>
    stretched(named(`${role} of ${name}`), length);
  const algorithms = suites[suite];
  const rootPair =
    root ?? signatures().keyPair(algorithms.root, seed(sizes[algorithms.root].seed, 'root'));
  const working = signatures().keyPair(
    algorithms.working,
    seed(sizes[algorithms.working].seed, 'working'),
  );
  return {
    suite,
    root: rootPair,
    working,
    id: deviceId(network, suite, rootPair.publicKey),
    writer: keyDigest(suite, working.publicKey),
  };
}

export function signAs(
  { suite }: Pick<Actor, 'suite'>,
  key: KeyPair,
  kind: Kind,
  digest: Uint8Array,
  on: Uint8Array = network,
): Uint8Array {
  return signatures().sign(key.secretKey, digest, signatureContext(kind, suite, on));
}

/** The actor's card, changed and signed again. */
export function cardOf(
  by: Actor,
  changes: Partial<CardBody> = {},
  succession?: (body: CardBody) => Certificate,
): Card {
  const body: CardBody = {
    ...firstGeneration({
      network,
      suite: by.suite,
      rootKey: by.root.publicKey,
      incarnation: 0,
      birth: named('birth'),
      workingKey: by.working.publicKey,
      kemKey: new Uint8Array(1_184).fill(7),
      versions: [1],
      name: 'a device',
      ...changes,
    }),
    ...changes,
  };
  return {
    body,
    signature: signAs(body, by.root, kinds.incarnation, cardStatement(body), body.network),
    succession: succession?.(body),
  };
}

/** The proof that a key wrote line `index` of a slot list. */
export function authorisationOf(
  by: Actor,
  slots: readonly Slot[],
  index = 0,
  kind: Kind = kinds.signedStep,
): Authorisation {
  const body = named('some body');
  const byRoot = kind === kinds.incarnation || kind === kinds.treeUpdate;
  const key = byRoot ? by.root : by.working;
  const digest = statementDigest(body, slotListRoot(slots));
  return {
    suite: by.suite,
    publicKey: key.publicKey,
    body,
    path: slotPath(slots, index),
    signature: signAs(by, key, kind, digest),
    backing: undefined,
  };
}

/** Storage nodes in groups of four, and what they vote. */
export interface Nodes {
  readonly registry: Registry;
  readonly keys: readonly KeyPair[];
}

export function nodesOf(groups: number, changes: Partial<Registry> = {}): Nodes {
  const count = groups * 4;
  const keys = Array.from({ length: count }, (_, i) =>
    signatures().keyPair('ml-dsa-65', named(`node ${i}`)),
  );
  const registry: Registry = {
    network,
    first: new Uint8Array(32),
    previous: new Uint8Array(32),
    version: 1,
    closed: new Uint8Array(32),
    bucketBits: 8,
    admission: 0,
    seatBytes: 1,
    seats: [0],
    signers: [0],
    threshold: 1,
    r: 4,
    q: 3,
    f: 1,
    nodes: keys.map(({ publicKey }, i) => ({
      suite: 1,
      id: named(`node id ${i}`),
      voteKey: publicKey,
      address: `http://node-${i}.test`,
      capacityBytes: 1,
      missed: 0,
    })),
    groups: Array.from({ length: groups }, (_, g) => [0, 1, 2, 3].map((i) => g * 4 + i)),
    ...changes,
  };
  return { registry, keys };
}

/** The version after it, with a new vote key for every node. */
export function nextNodes({ registry: before }: Nodes, changes: Partial<Registry> = {}): Nodes {
  const version = before.version + 1;
  const keys = before.nodes.map((_, i) =>
    signatures().keyPair('ml-dsa-65', named(`node ${i} in version ${version}`)),
  );
  const registry: Registry = {
    ...before,
    version,
    first: registryLineage(before),
    previous: address(registryObject.encode(before)),
    closed: named(`signals of version ${version}`),
    nodes: before.nodes.map((node, i) => ({ ...node, voteKey: keys[i]!.publicKey })),
    ...changes,
  };
  return { registry, keys };
}

/** The node's vote, signed alone. */
export function voteOf({ registry, keys }: Nodes, node: number, slot: Slot): Vote {
  const digest = voteDigest(registryLineage(registry), registry.version, slot);
  const signature = signAs({ suite: 1 }, keys[node]!, kinds.vote, digest, registry.network);
  return { path: [], signature };
}

export function certificateOf(nodes: Nodes, slot: Slot): Certificate {
  const votes = groupOf(nodes.registry, slot.key).map((node) => ({
    node,
    ...voteOf(nodes, node, slot),
  }));
  return certify(nodes.registry, slot, votes)!;
}

/** True if the card speaks for the actor's device. */
export function isCardOf(claim: Card, by: Actor): boolean {
  return cardDevice(claim).join() === by.id.join();
}
