/**
 * The versions of the registry that a node knows, and under which of them it may vote.
 *
 * The first one is given by whoever starts the node; later ones follow by certified succession and
 * are kept in the engine.
 */

import { equal, nodeIndex, registriesOf, type Registries, type Registry } from '@dsm/primitive';
import type { NodeKeys } from './keys.ts';
import type { Standing } from './slots.ts';

export interface Versions {
  /** What the node knows, or undefined before it was told of any. */
  readonly known: () => Registries | undefined;
  /** The version that the node votes under, if it may vote now. */
  readonly standing: () => Standing | undefined;
}

export function versionsOf(
  network: Uint8Array,
  keys: NodeKeys,
  first: () => Registry | undefined,
): Versions {
  let last: Registry | undefined;
  let known: Registries | undefined;
  let standing: Standing | undefined;
  const refresh = (): void => {
    const registry = first();
    if (registry === last) return;
    last = registry;
    [known, standing] = [undefined, undefined];
    if (registry === undefined || !equal(registry.network, network)) return;
    known = registriesOf(registry);
    standing = standingOf(known, keys);
  };
  return {
    known: () => {
      refresh();
      return known;
    },
    standing: () => {
      refresh();
      return standing;
    },
  };
}

/** Where the node stands in the newest version; undefined if it is not in it with its present key. */
function standingOf(registries: Registries, keys: NodeKeys): Standing | undefined {
  const registry = registries.newest;
  const index = nodeIndex(registry, keys.id);
  const node = registry.nodes[index];
  if (node === undefined || node.missed > 0) return undefined;
  if (!equal(node.voteKey, keys.voter().publicKey)) return undefined;
  return { network: registry.network, registries, registry, index };
}
