/**
 * The devices, keys and nodes of the vectors. Everything is drawn by hashing labels, so it is the
 * same on every run.
 *
 * Most cases never reach a signature: their keys and signatures are drawn bytes, short where the
 * layout allows it. The few signed ones are made with randomness replaced by zeros, which is the
 * deterministic variant of FIPS 204 and as good as any other randomness for FIPS 205.
 */

import { installPortable } from '@dsm/portable';
import {
  firstGeneration,
  address,
  ascii,
  card,
  cardStatement,
  concat,
  deviceId,
  kinds,
  keyDigest,
  signatureContext,
  signatures,
  sizes,
  voteDigest,
  certify,
  type Algorithm,
  type Card,
  type CardBody,
  type Certificate,
  type KeyPair,
  type Kind,
  registry as registryObject,
  registryLineage,
  type Registry,
  type Slot,
  type Suite,
} from '@dsm/primitive';

installPortable();

/** Bytes that follow from a label. */
export function drawn(label: string, length = 32): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (let i = 0; i * 32 < length; i++) blocks.push(address(ascii(`vectors/v1 ${label} ${i}`)));
  return concat(...blocks).slice(0, length);
}

export const network: Uint8Array = drawn('network');
export const fakeSignature: Uint8Array = drawn('a signature that is none', 16);

export interface Actor {
  readonly suite: Suite;
  readonly root: KeyPair | undefined;
  readonly rootKey: Uint8Array;
  readonly working: KeyPair | undefined;
  readonly workingKey: Uint8Array;
  readonly id: Uint8Array;
  /** Digest of the working key. */
  readonly key: Uint8Array;
}

function actor(
  suite: Suite,
  rootKey: Uint8Array,
  workingKey: Uint8Array,
  root?: KeyPair,
  working?: KeyPair,
): Actor {
  const id = deviceId(network, suite, rootKey);
  return { suite, root, rootKey, working, workingKey, id, key: keyDigest(suite, workingKey) };
}

/** A device of suite 2 whose keys are drawn bytes of the right length: it signs nothing. */
export function puppet(label: string): Actor {
  return actor(2, drawn(`${label} root`), drawn(`${label} working`));
}

/** A device of suite 1 that signs. */
export function signer(label: string): Actor {
  const root = keyPair('slh-dsa-sha2-128s', `${label} root`);
  const working = keyPair('ml-dsa-65', `${label} working`);
  return actor(1, root.publicKey, working.publicKey, root, working);
}

/** A device of suite 1 of which only the working key signs. */
export function worker(label: string): Actor {
  const working = keyPair('ml-dsa-65', `${label} working`);
  return actor(1, drawn(`${label} root`), working.publicKey, undefined, working);
}

export function keyPair(algorithm: Algorithm, label: string): KeyPair {
  return signatures().keyPair(algorithm, drawn(label, sizes[algorithm].seed));
}

/** The signature by a working key of suite 1, or the drawn one if the actor has no real key. */
export function signed(by: Actor, kind: Kind, digest: Uint8Array): Uint8Array {
  return by.working === undefined ? fakeSignature : signature(by.working, kind, by.suite, digest);
}

export function signature(
  { secretKey }: KeyPair,
  kind: Kind,
  suite: Suite,
  digest: Uint8Array,
): Uint8Array {
  const context = signatureContext(kind, suite, network);
  return withoutDice(() => signatures().sign(secretKey, digest, context));
}

function withoutDice<T>(make: () => T): T {
  const zeros = (array: Uint8Array): Uint8Array => array.fill(0);
  Object.defineProperty(crypto, 'getRandomValues', { value: zeros, configurable: true });
  try {
    return make();
  } finally {
    // The platform's own stands on the prototype and shows again.
    Reflect.deleteProperty(crypto, 'getRandomValues');
  }
}

export function bodyOf(of: Actor, label: string, changes: Partial<CardBody> = {}): CardBody {
  return {
    ...firstGeneration({
      network,
      suite: of.suite,
      rootKey: of.rootKey,
      incarnation: 0,
      birth: drawn(`${label} birth`),
      workingKey: of.workingKey,
      kemKey: drawn(`${label} kem`, 1_184),
      versions: [1],
      name: label,
      ...changes,
    }),
    ...changes,
  };
}

export function cardOf(of: Actor, body: CardBody, succession?: Certificate): Card {
  const { root, suite } = of;
  const digest = cardStatement(body);
  const by = root === undefined ? fakeSignature : signature(root, kinds.incarnation, suite, digest);
  return { body, signature: by, succession };
}

export const alice: Actor = signer('alice');
export const bob: Actor = puppet('bob');
export const carol: Actor = puppet('carol');
export const dora: Actor = worker('dora');
export const emil: Actor = worker('emil');
/** Signs, and is in no committee. */
export const frida: Actor = worker('frida');
export const aliceCard: Card = cardOf(alice, bodyOf(alice, 'alice'));
export const aliceCardBytes: Uint8Array = card.encode(aliceCard);
export const bobCard: Card = cardOf(bob, bodyOf(bob, 'bob'));
export const carolCard: Card = cardOf(carol, bodyOf(carol, 'carol'));

/** Nodes that vote, and a registry of one group of them. */
export const nodeKeys: readonly KeyPair[] = [0, 1, 2, 3].map((i) =>
  keyPair('ml-dsa-65', `node ${i}`),
);

export const votingRegistry: Registry = {
  network,
  first: new Uint8Array(32),
  previous: new Uint8Array(32),
  version: 1,
  closed: new Uint8Array(32),
  bucketBits: 8,
  admission: 0,
  seatBytes: 1_000_000,
  r: 4,
  q: 3,
  f: 1,
  nodes: nodeKeys.map(({ publicKey }, i) => ({
    suite: 1,
    id: drawn(`node id ${i}`),
    voteKey: publicKey,
    capacityBytes: 4_000_000,
    missed: 0,
    address: `http://127.0.0.1:${4610 + i}`,
  })),
  seats: [0, 1, 2, 3],
  groups: [[0, 1, 2, 3]],
  signers: [0, 1, 2, 3],
  threshold: 3,
};

/** Nine nodes whose keys are drawn bytes, in two groups; node 6 is in none. */
export const puppetRegistry: Registry = {
  network,
  first: new Uint8Array(32),
  previous: new Uint8Array(32),
  version: 1,
  closed: new Uint8Array(32),
  bucketBits: 8,
  admission: 0,
  seatBytes: 1_000_000,
  r: 4,
  q: 3,
  f: 1,
  nodes: [0, 1, 2, 3, 4, 5, 6, 7, 8].map((i) => ({
    suite: 2,
    id: drawn(`puppet node id ${i}`),
    voteKey: drawn(`puppet node ${i}`),
    capacityBytes: 1_000_000 * (i + 1),
    missed: i === 8 ? 1 : 0,
    address: `https://n${i}.example`,
  })),
  groups: [
    [4, 2, 0, 7],
    [1, 3, 5, 8],
  ],
  seats: [0, 1, 2, 3, 65_535, 4, 5, 6, 7, 8, 8, 65_535, 7, 6, 65_535, 65_535],
  signers: [1, 2, 4, 8],
  threshold: 3,
};

/** The version after it: new vote keys, but for node 1, which missed the change. */
export const laterKeys: readonly KeyPair[] = [0, 1, 2, 3].map((i) =>
  i === 1 ? nodeKeys[1]! : keyPair('ml-dsa-65', `later node ${i}`),
);
export const laterRegistry: Registry = {
  ...votingRegistry,
  first: registryLineage(votingRegistry),
  previous: address(registryObject.encode(votingRegistry)),
  version: 2,
  closed: drawn('a closed set of signals'),
  nodes: votingRegistry.nodes.map((node, i) => ({
    ...node,
    voteKey: laterKeys[i]!.publicKey,
    missed: i === 1 ? 1 : 0,
  })),
};

/** A certificate by real votes of these nodes, each signed alone. */
export function voted(slot: Slot, lineage: Uint8Array): Certificate {
  return votedIn(votingRegistry, nodeKeys, slot, [0, 2, 3], lineage);
}

export function votedIn(
  registry: Registry,
  keys: readonly KeyPair[],
  slot: Slot,
  nodes: readonly number[],
  lineage: Uint8Array = registryLineage(registry),
): Certificate {
  const digest = voteDigest(lineage, registry.version, slot);
  const votes = nodes.map((node) => ({
    node,
    path: [],
    signature: signature(keys[node]!, kinds.vote, 1, digest),
  }));
  return certify(registry, slot, votes)!;
}
