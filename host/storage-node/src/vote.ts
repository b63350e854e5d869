/** A single vote, as others than a node's ballot make it: tests, and cheats in tests. */

import {
  kinds,
  registryLineage,
  voteDigest,
  type Registry,
  type Slot,
  type Vote,
} from '@dsm/primitive';
import type { Signer } from './keys.ts';

/** The voter's vote on the slot under the registry, signed alone. */
export function vote(voter: Signer, registry: Registry, slot: Slot): Vote {
  const digest = voteDigest(registryLineage(registry), registry.version, slot);
  return { path: [], signature: voter.sign(kinds.vote, registry.network, digest) };
}
