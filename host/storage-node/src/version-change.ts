/**
 * The change of a node from one version of the registry to the next (protocol.md, section 9).
 *
 *     learn    the successor is durable; from here on nobody gets a vote of the old version
 *     quiet    what was under way is over
 *     close    CLOSE of the old version is durable, then its vote key is destroyed
 *     take     q closed maps of each group that slots come from are read (`take-over.ts`)
 *     open     the node votes under the new version
 *
 * Every step is durable before the next begins, and each is done again after a crash: nothing is
 * voted for once CLOSE is durable, and a version is closed only by a node that has opened it.
 */

import { closeDigest, closeStatement, registryAddress, type RegistryLink } from '@dsm/availability';
import { NodeError, type Engine } from '@dsm/ports';
import {
  bytes32,
  decodeWith,
  encodeWith,
  equal,
  keyDigest,
  kinds,
  list,
  nodeIndex,
  option,
  registryLineage,
  struct,
  u16,
  u32,
  type Registry,
} from '@dsm/primitive';
import type { Chain } from './chain.ts';
import type { NodeKeys, Signer } from './keys.ts';
import { fetchLink, type Dial } from './peers.ts';
import { translated } from './room.ts';
import { named, namedWrite, shelves } from './rows.ts';
import { takeOver } from './take-over.ts';
import type { Versions } from './versions.ts';
import { closedMap, groupWith } from './vote-map.ts';

export interface ChangeParts {
  readonly engine: Engine;
  readonly keys: NodeKeys;
  readonly versions: Versions;
  readonly dial: Dial;
  /** Waits before a further attempt. */
  readonly pause: (attempt: number) => Promise<void>;
  readonly isClosed: () => boolean;
}

export interface Change {
  /** Goes on with the change, if there is one; resolves when the newest version is open. */
  readonly go: () => Promise<void>;
}

export function changeOf(parts: ChangeParts): Change {
  let running: Promise<void> | undefined;
  const go = async (): Promise<void> => {
    running ??= changed(parts).finally(() => {
      running = undefined;
    });
    return running;
  };
  return { go };
}

/** Thrown inside when the node is closed while it changes. */
class Ended extends Error {
  override readonly name = 'Ended';
}

async function changed(parts: ChangeParts): Promise<void> {
  const { versions, isClosed } = parts;
  const pause = async (attempt: number): Promise<void> => {
    if (!isClosed()) await parts.pause(attempt);
    if (isClosed()) throw new Ended();
  };
  try {
    for (let chain = await versions.bound(); chain !== undefined; chain = await versions.bound()) {
      const { registries, open } = chain;
      if (open === registries.newest.version || isClosed()) return;
      if (open === 0) await learnBefore({ ...parts, pause }, chain);
      else await step({ ...parts, pause }, registries.at(open)!, registries.at(open + 1)!);
    }
  } catch (error) {
    if (!(error instanceof Ended)) throw error;
  }
}

async function step(parts: ChangeParts, before: Registry, after: Registry): Promise<void> {
  const { engine, keys, versions, dial, pause } = parts;
  await versions.quiet();
  const index = nodeIndex(before, keys.id);
  await closed(parts, before, index);
  const next = nodeIndex(after, keys.id);
  const group = groupWith(after, next);
  // Without a vote in the next version there is nothing to take over for.
  if (group !== undefined && after.nodes[next]!.missed === 0) {
    const { version } = after;
    const own = before.nodes[index]?.missed === 0 ? index : -1;
    await takeOver({
      engine,
      dial,
      before,
      after,
      index: own,
      group,
      pause,
      isDone: async (one) => (await takenGroups(engine, version)).includes(one),
      done: async (one) => {
        const groups = [...(await takenGroups(engine, version)), one];
        const value = encodeWith(progress, { version, groups });
        await translated(engine.commit([namedWrite('taken', value)]));
      },
    });
  }
  await versions.opened(after.version);
}

const progress = struct<{ readonly version: number; readonly groups: readonly number[] }>({
  version: u32,
  groups: list(u16, 0xffff),
});

/** The groups of the version before that the node has taken over from. */
async function takenGroups(engine: Engine, version: number): Promise<readonly number[]> {
  const bytes = await translated(engine.get(shelves.named, named('taken')));
  const found = bytes === undefined ? undefined : decodeWith(progress, bytes);
  return found?.version === version ? found.groups : [];
}

/** A version that the node has left: its CLOSE, if it could vote, and the key that is destroyed. */
const closeRow = struct({ statement: option(closeStatement), voter: bytes32 });

async function readClose(
  engine: Engine,
  version: number,
): Promise<ReturnType<typeof closeRow.read> | undefined> {
  const bytes = await translated(engine.get(shelves.named, named(`close ${version}`)));
  return bytes === undefined ? undefined : decodeWith(closeRow, bytes);
}

/** The node's encoded CLOSE of a version, if it has closed it. */
export async function closeBytes(engine: Engine, version: number): Promise<Uint8Array | undefined> {
  const row = await readClose(engine, version);
  return row?.statement === undefined ? undefined : closeStatement.encode(row.statement);
}

async function closed(parts: ChangeParts, before: Registry, index: number): Promise<void> {
  const { engine, keys } = parts;
  const { version } = before;
  const done = await readClose(engine, version);
  const voter = keys.voter();
  if (done === undefined) {
    const statement = await statementOf(engine, voter, before, index);
    const value = encodeWith(closeRow, { statement, voter: voterDigest(voter) });
    await translated(engine.commit([namedWrite(`close ${version}`, value)]));
    await keys.retire();
  } else if (equal(done.voter, voterDigest(voter))) {
    // Ended between the commit and the end of the key.
    await keys.retire();
  }
}

function voterDigest({ suite, publicKey }: Signer): Uint8Array {
  return keyDigest(suite, publicKey);
}

async function statementOf(
  engine: Engine,
  voter: Signer,
  before: Registry,
  index: number,
): Promise<ReturnType<typeof closeRow.read>['statement']> {
  const group = groupWith(before, index);
  const node = before.nodes[index];
  const isVoter = node?.missed === 0 && equal(node.voteKey, voter.publicKey);
  if (group === undefined || !isVoter) return undefined;
  const lineage = registryLineage(before);
  const said = { lineage, version: before.version, ...(await closedMap(engine, before, group)) };
  const signature = voter.sign(kinds.close, before.network, closeDigest(said));
  return { ...said, node: index, signature };
}

/** The version before the first that the node was told of, by the address that this one names. */
async function learnBefore({ versions, dial, pause }: ChangeParts, chain: Chain): Promise<void> {
  const first = chain.registries.at(chain.from)!;
  for (let attempt = 0; ; attempt++) {
    const before = await firstThat(dial, first, first.version - 1, ({ registry }) =>
      equal(registryAddress(registry), first.previous),
    );
    if (before !== undefined) return versions.learnBefore(before.registry);
    await pause(attempt);
  }
}

/** Later versions, as far as some node of the newest one knows of any. True if there were any. */
export async function catchUp(versions: Versions, dial: Dial): Promise<boolean> {
  let learned = false;
  for (let chain = await versions.bound(); chain !== undefined; chain = await versions.bound()) {
    const { newest } = chain.registries;
    const isNext = async (link: RegistryLink): Promise<boolean> =>
      (await versions.learn(link)) === undefined;
    if ((await firstThat(dial, newest, newest.version + 1, isNext)) === undefined) return learned;
    learned = true;
  }
  return learned;
}

/** The link of a version from the first node whose answer holds. */
async function firstThat(
  dial: Dial,
  { nodes }: Registry,
  version: number,
  holds: (link: RegistryLink) => boolean | Promise<boolean>,
): Promise<RegistryLink | undefined> {
  for (const { address } of nodes) {
    try {
      const link = await fetchLink(dial(address), version);
      if (link?.registry.version === version && (await holds(link))) return link;
    } catch (error) {
      if (!(error instanceof NodeError)) throw error;
    }
  }
  return undefined;
}
