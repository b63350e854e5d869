/** What a node says of all that it keeps: its map, its ByteCommits, proofs, comparisons. */

import type { SignedByteCommit } from '@dsm/availability';
import type { NodeApi } from '@dsm/ports';
import type { Registries, Registry } from '@dsm/primitive';
import type { Changes } from './changes.ts';
import { commitsOf, type Commits } from './commits.ts';
import { comparisonOf, type Comparison } from './compare.ts';
import type { NodeKeys } from './keys.ts';
import { nodeMap, type NodeMap } from './node-map.ts';
import { proofsOf, type Proofs } from './proofs.ts';
import type { Turns } from './turns.ts';

export interface Holdings {
  readonly commits: Commits;
  readonly proofs: Proofs;
  readonly comparison: Comparison;
  /** Makes the next ByteCommit and writes it to other nodes as far as they answer. */
  readonly commit: () => Promise<SignedByteCommit | undefined>;
  /** The newest ByteCommits, oldest first. */
  readonly last: (count: number) => Promise<readonly SignedByteCommit[]>;
}

export interface HoldingParts {
  readonly changes: Changes;
  readonly network: Uint8Array;
  readonly keys: NodeKeys;
  readonly registries: () => Registries | undefined;
  /** The node of that index in the registry, itself among them. */
  readonly node: (registry: Registry, index: number) => NodeApi | undefined;
  readonly inTurn: Turns;
}

export async function holdingsOf(parts: HoldingParts): Promise<Holdings> {
  const { changes, registries, inTurn, keys } = parts;
  const { engine } = changes;
  const registry = (): Registry | undefined => registries()?.newest;
  let made: Promise<NodeMap> | undefined;
  // The registry says how large a bucket is, and no later version of it says otherwise.
  const map = async (): Promise<NodeMap | undefined> => {
    const bits = registry()?.bucketBits;
    return bits === undefined ? undefined : (made ??= nodeMap(changes, bits));
  };
  const commits = await commitsOf({ ...parts, engine, registry, map });
  return {
    commits,
    proofs: proofsOf(commits, map, inTurn),
    comparison: comparisonOf({ engine, map, registries, id: keys.id }),
    commit: async () => {
      const signed = await commits.make();
      await commits.publish();
      return signed;
    },
    last: async (count) => {
      const end = (commits.newest()?.commit.sequence ?? -1) + 1;
      const from = Math.max(0, end - count);
      const found = await Promise.all(
        Array.from({ length: end - from }, (_, i) => commits.at(from + i)),
      );
      return found.filter((one) => one !== undefined);
    },
  };
}
