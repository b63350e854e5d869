/**
 * A node's ByteCommits: made when its host asks, chained, signed, and never forgotten once they may
 * have left.
 *
 * A commit is durable, with its signature, before anybody sees it: after a crash the node says the
 * same thing at that position or nothing. It is then written, as an object and into the node's own
 * slot, to the nodes that keep these. What could not be written is written the next time.
 */

import {
  byteCommit,
  byteCommitDigest,
  byteCommitStatement,
  byteCommitWrite,
  objectClasses,
  placement,
  type ByteCommit,
  type NodeAnswer,
  type NodeRequest,
  type SignedByteCommit,
  type Terms,
} from '@dsm/availability';
import { NodeError, type Engine, type EngineWrite, type NodeApi } from '@dsm/ports';
import {
  address as addressOf,
  decodeWith,
  encodeWith,
  equal,
  groupOf,
  kinds,
  limits,
  slotKey,
  slotWrite,
  struct,
  u64,
  variable,
  zero32,
  type Registry,
} from '@dsm/primitive';
import type { NodeKeys } from './keys.ts';
import type { NodeMap } from './node-map.ts';
import { named, shelves } from './rows.ts';
import type { Turns } from './turns.ts';

export interface Commits {
  readonly newest: () => SignedByteCommit | undefined;
  /** One of the last `commitsKept`. */
  readonly at: (sequence: number) => Promise<SignedByteCommit | undefined>;
  /** Says what the node keeps now, under the newest version; undefined if it knows no registry. */
  readonly make: () => Promise<SignedByteCommit | undefined>;
  /** Writes to other nodes what was made and not yet written; true if nothing is left. */
  readonly publish: () => Promise<boolean>;
}

/** How many of its commits a node keeps by itself. */
export const commitsKept = 64;
/** For how many versions of the registry a commit is kept as an object. */
const versionsKept = 8;

export interface CommitParts {
  readonly engine: Engine;
  readonly network: Uint8Array;
  readonly keys: NodeKeys;
  readonly map: () => Promise<NodeMap | undefined>;
  readonly registry: () => Registry | undefined;
  /** The node of that index in the registry, itself among them. */
  readonly node: (registry: Registry, index: number) => NodeApi | undefined;
  /** Commits and proofs under them take turns. */
  readonly inTurn: Turns;
}

/** The turn in which the newest commit changes. */
export const commitTurn = 'the newest ByteCommit';

const newestKey = (): Uint8Array => named('newest ByteCommit');
const newestCoder = struct({
  /** How many commits have been written to other nodes. */
  published: u64,
  commit: variable(byteCommitBytesMax()),
});

function byteCommitBytesMax(): number {
  return limits.signatureBytesMax + limits.publicKeyBytesMax + 1_024;
}

interface State {
  newest: SignedByteCommit | undefined;
  published: number;
}

export async function commitsOf(parts: CommitParts): Promise<Commits> {
  const { engine, map, registry, inTurn } = parts;
  const state = await restored(engine);
  const at: Commits['at'] = async (sequence) => {
    const { newest } = state;
    if (newest === undefined || sequence > newest.commit.sequence) return undefined;
    const row = await engine.get(shelves.named, keptKey(sequence));
    const decoded = row === undefined ? undefined : byteCommit.decode(row);
    const isThat = decoded?.ok === true && decoded.value.commit.sequence === sequence;
    return isThat ? decoded.value : undefined;
  };
  const make = async (): Promise<SignedByteCommit | undefined> => {
    const under = registry();
    const ours = await map();
    if (under === undefined || ours === undefined) return undefined;
    await ours.refresh(1);
    await ours.refresh(2);
    return inTurn(commitTurn, () => commit(parts, state, ours, under));
  };
  let making: Promise<unknown> = Promise.resolve();
  const oneByOne = <T>(work: () => Promise<T>): Promise<T> => {
    const result = making.then(work);
    making = result.catch(() => undefined);
    return result;
  };
  return {
    newest: () => state.newest,
    at,
    make: () => oneByOne(make),
    publish: () => oneByOne(() => publish(parts, state, at)),
  };
}

async function restored(engine: Engine): Promise<State> {
  const row = await engine.get(shelves.named, newestKey());
  const head = row === undefined ? undefined : decodeWith(newestCoder, row);
  const decoded = head === undefined ? undefined : byteCommit.decode(head.commit);
  if (row !== undefined && decoded?.ok !== true) {
    throw new NodeError('unreachable', 'the newest ByteCommit in the store cannot be read');
  }
  return {
    newest: decoded?.ok === true ? decoded.value : undefined,
    published: head?.published ?? 0,
  };
}

/** The next commit, of what was read last, kept durably before anybody sees it. */
async function commit(
  { engine, keys, network }: CommitParts,
  state: State,
  map: NodeMap,
  registry: Registry,
): Promise<SignedByteCommit> {
  const { writes, undo } = map.advance();
  const [objects, slots] = [map.forest(1).root(), map.forest(2).root()];
  const before = state.newest?.commit;
  const body: ByteCommit = {
    node: keys.id,
    sequence: before === undefined ? 0 : before.sequence + 1,
    version: registry.version,
    objectsRoot: objects.digest,
    objectsUsed: objects.sum,
    slotsRoot: slots.digest,
    slotsUsed: slots.sum,
    previous: before === undefined ? zero32 : byteCommitDigest(before),
  };
  const { suite, publicKey: identityKey } = keys.identity;
  const statement = byteCommitStatement(body, { suite, identityKey });
  const signature = keys.identity.sign(kinds.byteCommit, network, statement);
  const signed = { commit: body, suite, identityKey, signature };
  const value = byteCommit.encode(signed);
  try {
    await engine.commit([
      ...writes,
      { shelf: shelves.named, key: keptKey(body.sequence), value },
      head(signed, state.published),
    ]);
  } catch (error) {
    undo();
    throw error;
  }
  state.newest = signed;
  return signed;
}

function head(newest: SignedByteCommit, published: number): EngineWrite {
  const value = encodeWith(newestCoder, { published, commit: byteCommit.encode(newest) });
  return { shelf: shelves.named, key: newestKey(), value };
}

function keptKey(sequence: number): Uint8Array {
  return named(`ByteCommit ${sequence % commitsKept}`);
}

/** Oldest first, so that whoever sees one finds those before it. */
async function publish(parts: CommitParts, state: State, at: Commits['at']): Promise<boolean> {
  const registry = parts.registry();
  const { newest } = state;
  if (newest === undefined || registry === undefined) return newest === undefined;
  const { published } = state;
  const first = Math.max(published, newest.commit.sequence + 1 - commitsKept);
  for (let sequence = first; sequence <= newest.commit.sequence; sequence++) {
    const signed = await at(sequence);
    if (signed !== undefined && !(await isWritten(parts, registry, signed))) break;
    state.published = sequence + 1;
  }
  if (state.published > published) await parts.engine.commit([head(newest, state.published)]);
  return state.published > newest.commit.sequence;
}

/** True if q nodes say that they keep the commit, and q of its slot's group that they keep its value. */
async function isWritten(
  { node }: CommitParts,
  registry: Registry,
  signed: SignedByteCommit,
): Promise<boolean> {
  const bytes = byteCommit.encode(signed);
  const write = byteCommitWrite(signed);
  const terms: Terms = {
    class: objectClasses.commitment,
    until: signed.commit.version + versionsKept,
    owner: undefined,
  };
  const { replicas, spill } = placement(registry, addressOf(bytes));
  const put = (indices: readonly number[]): Promise<number> =>
    tellAll(
      indices.map((index) => node(registry, index)),
      { type: 'put', terms, bytes },
    );
  const group = groupOf(registry, slotKey(write.place)).map((index) => node(registry, index));
  const voted = await tellAll(group, { type: 'write-slot', write: slotWrite.encode(write) });
  const kept = await put(replicas);
  const all = kept < replicas.length ? kept + (await put(spill)) : kept;
  return voted >= registry.q && all >= registry.q;
}

/** How many of the nodes have done it. */
async function tellAll(
  nodes: readonly (NodeApi | undefined)[],
  request: NodeRequest,
): Promise<number> {
  const done = await Promise.all(nodes.map((node) => told(node, request)));
  return done.filter(Boolean).length;
}

async function told(node: NodeApi | undefined, request: NodeRequest): Promise<boolean> {
  try {
    const answers: readonly NodeAnswer[] = (await node?.ask([request])) ?? [];
    return answers[0]?.type === 'ok';
  } catch {
    return false;
  }
}

/** True if the commit is about what stands in these forests. */
export function isOf(map: NodeMap, { commit: said }: SignedByteCommit): boolean {
  return (
    equal(map.forest(1).root().digest, said.objectsRoot) &&
    equal(map.forest(2).root().digest, said.slotsRoot)
  );
}
