/**
 * The keys of a node: one for its life, and one for each version of the registry it votes under.
 *
 *     identity pair       from the first bytes of  H_secret( identity ‖ 1 ‖ "node" ) ‖ H_secret( identity ‖ 2 ‖ "node" )
 *     vote pair           from the first bytes of  H_secret( seed ‖ 1 ‖ "vote" ) ‖ H_secret( seed ‖ 2 ‖ "vote" )
 *     next seed           H_secret( seed ‖ "next" )
 *
 * A seed leads to all later ones and to none before: once a version is closed, its seed is replaced
 * by the next, and nobody, not even the node, can vote under it any more. The identity key signs all
 * that a node says beside its votes, and its digest is the node's id.
 */

import {
  ascii,
  concat,
  hash,
  keyOf,
  nodeId,
  signatureContext,
  signatures,
  sizes,
  suites,
  type Kind,
  type SecretKey,
  type Suite,
} from '@dsm/primitive';

/** What a node keeps secret. */
export interface NodeSecrets {
  /** 32 bytes, for ever. */
  readonly identity: Uint8Array;
  /** How many vote seeds came before this one. */
  readonly generation: number;
  /** 32 bytes. */
  readonly voteSeed: Uint8Array;
  /** True once an engine belongs to them (`birth.ts`). */
  readonly used: boolean;
}

/** Where the secrets are kept. */
export interface SecretKeeper {
  readonly read: () => Promise<NodeSecrets>;
  /** Keeps these durably; when it resolves, the former ones are gone for good. */
  readonly replace: (next: NodeSecrets) => Promise<void>;
}

/** A pair of keys that signs for one network. */
export interface Signer {
  readonly suite: Suite;
  readonly publicKey: Uint8Array;
  readonly sign: (kind: Kind, network: Uint8Array, digest: Uint8Array) => Uint8Array;
}

export interface NodeKeys {
  readonly id: Uint8Array;
  readonly identity: Signer;
  /** The key of the version that is voted under, or that will be next. */
  readonly voter: () => Signer;
  /** The public vote key after that one. */
  readonly nextVoteKey: () => Uint8Array;
  /** Destroys the present vote key. */
  readonly retire: () => Promise<void>;
}

export async function nodeKeys(suite: Suite, keeper: SecretKeeper): Promise<NodeKeys> {
  let secrets = await keeper.read();
  const identity = signerOf(suite, secrets.identity, 'node');
  const voters = new Map<string, Signer>();
  const voterFrom = (seed: Uint8Array): Signer => {
    const known = voters.get(keyOf(seed));
    if (known !== undefined) return known;
    const made = signerOf(suite, seed, 'vote');
    voters.set(keyOf(seed), made);
    return made;
  };
  return {
    id: nodeId(suite, identity.publicKey),
    identity,
    voter: () => voterFrom(secrets.voteSeed),
    nextVoteKey: () => voterFrom(nextSeed(secrets.voteSeed)).publicKey,
    retire: async () => {
      const { generation, voteSeed } = secrets;
      const next = {
        ...secrets,
        generation: generation + 1,
        voteSeed: nextSeed(voteSeed),
        used: true,
      };
      await keeper.replace(next);
      voters.delete(keyOf(voteSeed));
      voteSeed.fill(0);
      secrets = next;
    },
  };
}

/** The secrets of a new node, out of 32 random bytes. */
export function freshSecrets(seed: Uint8Array): NodeSecrets {
  if (seed.length !== 32) throw new RangeError(`seed: expected 32 bytes, got ${seed.length}`);
  return {
    identity: hash('secret', seed, ascii('identity')),
    generation: 0,
    voteSeed: hash('secret', seed, ascii('first')),
    used: false,
  };
}

/** Secrets that are gone when the process is. */
export function secretsInMemory(seed: Uint8Array): SecretKeeper {
  let secrets = freshSecrets(seed);
  return {
    read: async () => secrets,
    replace: async (next) => {
      secrets = next;
    },
  };
}

function nextSeed(seed: Uint8Array): Uint8Array {
  return hash('secret', seed, ascii('next'));
}

function signerOf(suite: Suite, seed: Uint8Array, label: string): Signer {
  const algorithm = suites[suite].working;
  const drawn = concat(...[1, 2].map((i) => hash('secret', seed, Uint8Array.of(i), ascii(label))));
  const { publicKey, secretKey } = signatures().keyPair(
    algorithm,
    drawn.slice(0, sizes[algorithm].seed),
  );
  drawn.fill(0);
  return { suite, publicKey, sign: signWith(suite, secretKey) };
}

function signWith(suite: Suite, secretKey: SecretKey): Signer['sign'] {
  return (kind, network, digest) =>
    signatures().sign(secretKey, digest, signatureContext(kind, suite, network));
}
