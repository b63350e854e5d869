/** What a node says about a slot: its signature under the key of the registry's version. */

import { kinds, registryLineage, voteDigest, type Registry, type Slot } from '@dsm/primitive';
import type { Signer } from './keys.ts';

/** The voter's vote on the slot under the registry. */
export function vote(voter: Signer, registry: Registry, slot: Slot): Uint8Array {
  const digest = voteDigest(registryLineage(registry), registry.version, slot);
  return voter.sign(kinds.vote, registry.network, digest);
}
