/**
 * Votes are signed in batches: one signature over the root of a tree serves up to 256 slots.
 *
 * The first vote goes alone; those that are asked for while it is signed and committed go together
 * in the next batch, in one commit. Nothing leaves before the commit is durable.
 */

import type { Engine, EngineWrite } from '@dsm/ports';
import {
  kinds,
  registryLineage,
  voteDigest,
  votesTree,
  type Registry,
  type Slot,
  type SlotVote,
} from '@dsm/primitive';
import type { NodeKeys } from './keys.ts';
import { translated } from './room.ts';

/** Signs the vote on `slot`, commits what `writeOf` makes of it, and resolves once it is durable. */
export type Ballot = <T>(
  registry: Registry,
  slot: Slot,
  writeOf: (vote: SlotVote) => { readonly writes: readonly EngineWrite[]; readonly answer: T },
) => Promise<T>;

interface Waiting {
  readonly registry: Registry;
  readonly slot: Slot;
  /** What to commit; undefined once it has failed. */
  readonly take: (vote: SlotVote) => readonly EngineWrite[] | undefined;
  readonly done: () => void;
  readonly fail: (error: unknown) => void;
}

const batchMax = 256;

export function ballotOf(engine: Engine, keys: NodeKeys): Ballot {
  const waiting: Waiting[] = [];
  let isBusy = false;
  const run = async (): Promise<void> => {
    isBusy = true;
    // Whatever was asked for in this turn of the event loop goes along.
    await Promise.resolve();
    for (let batch = nextBatch(waiting); batch.length > 0; batch = nextBatch(waiting)) {
      try {
        const votes = signed(keys, batch);
        await translated(engine.commit(batch.flatMap(({ take }, i) => take(votes[i]!) ?? [])));
        for (const { done } of batch) done();
      } catch (error) {
        for (const { fail } of batch) fail(error);
      }
    }
    isBusy = false;
  };
  return (registry, slot, writeOf) =>
    new Promise((resolve, reject) => {
      let made: ReturnType<typeof writeOf> | undefined;
      waiting.push({
        registry,
        slot,
        take: (vote) => {
          try {
            made = writeOf(vote);
            return made.writes;
          } catch (error) {
            reject(error as Error);
            return undefined;
          }
        },
        done: () => {
          if (made !== undefined) resolve(made.answer);
        },
        fail: reject,
      });
      if (!isBusy) void run();
    });
}

/** Those at the front that are of one version. */
function nextBatch(waiting: Waiting[]): readonly Waiting[] {
  const first = waiting[0];
  const end = waiting.findIndex(
    ({ registry }, i) => registry !== first?.registry || i === batchMax,
  );
  return waiting.splice(0, end < 0 ? waiting.length : end);
}

function signed(keys: NodeKeys, batch: readonly Waiting[]): readonly SlotVote[] {
  const { registry } = batch[0]!;
  const lineage = registryLineage(registry);
  const { version, network } = registry;
  const { root, paths } = votesTree(batch.map(({ slot }) => voteDigest(lineage, version, slot)));
  const signature = keys.voter().sign(kinds.vote, network, root);
  return paths.map((path) => ({ version, path, signature }));
}
