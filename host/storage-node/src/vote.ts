/**
 * The vote key of a node and what it signs.
 *
 *     seed of the pair = first bytes of  H_secret( seed ‖ 1 ‖ "vote" ) ‖ H_secret( seed ‖ 2 ‖ "vote" )
 */

import {
  ascii,
  concat,
  hash,
  kinds,
  registryLineage,
  signatureContext,
  signatures,
  sizes,
  suites,
  voteDigest,
  type Registry,
  type SecretKey,
  type Slot,
  type Suite,
} from '@dsm/primitive';

const label = ascii('vote');

/** Who votes. */
export interface Voter {
  readonly suite: Suite;
  readonly voteKey: Uint8Array;
  readonly secretKey: SecretKey;
}

/** The voter that the node's 32-byte secret stands for. */
export function voterOf(suite: Suite, seed: Uint8Array): Voter {
  if (seed.length !== 32) throw new RangeError(`seed: expected 32 bytes, got ${seed.length}`);
  const algorithm = suites[suite].working;
  const drawn = concat(...[1, 2].map((i) => hash('secret', seed, Uint8Array.of(i), label)));
  const pair = signatures().keyPair(algorithm, drawn.slice(0, sizes[algorithm].seed));
  drawn.fill(0);
  return { suite, voteKey: pair.publicKey, secretKey: pair.secretKey };
}

/** The voter's vote on the slot under the registry. */
export function vote({ suite, secretKey }: Voter, registry: Registry, slot: Slot): Uint8Array {
  const digest = voteDigest(registryLineage(registry), registry.version, slot);
  return signatures().sign(
    secretKey,
    digest,
    signatureContext(kinds.vote, suite, registry.network),
  );
}
