/**
 * Registries of the spaces, version by version, as the shipped `next` makes them of what nodes say, and
 * what must be true of every such chain.
 */

import {
  closedSet,
  intents,
  next,
  signalDigest,
  type Intent,
  type SignedSignal,
} from '@dsm/availability';
import {
  compare,
  equal,
  kinds,
  nodeId,
  registry as registryObject,
  registryLineage,
  type Registry,
} from '@dsm/primitive';
import { attempted, nodesOf, pairOf, signAs, type Nodes } from './plane.ts';

/** What nodes say at each change; the others stay. Node 0 is the cheat. */
export interface RegistryScene {
  readonly nodes: number;
  /** By change: who leaves its group, by its number. */
  readonly leave: readonly (readonly number[])[];
}

/** Nodes keep their numbers here; `indexOf` says where a number stands in a version. */
export interface Version extends Nodes {
  /** Numbers of the members of the group. */
  readonly members: readonly number[];
  readonly indexOf: (number: number) => number;
}

export interface Chain {
  readonly versions: readonly Version[];
  /** The invariant that the chain breaks, if it does. */
  readonly wrong: string | undefined;
}

export function chainOf({ nodes: count, leave }: RegistryScene): Chain {
  const first = nodesOf(count);
  const versions: Version[] = [versionOf(first, count)];
  for (const [i, leavers] of leave.entries()) {
    const before = versions[i]!;
    const after = following(before, count, leavers);
    if (typeof after === 'string') return { versions, wrong: after };
    const wrong = wrongLink(before, after, leavers);
    if (wrong !== undefined) return { versions, wrong };
    versions.push(after);
  }
  return { versions, wrong: undefined };
}

function identityOf(number: number): ReturnType<typeof pairOf> {
  return pairOf(`identity of ${number}`);
}

function voterOf(number: number, version: number): ReturnType<typeof pairOf> {
  return pairOf(`vote key of ${number} in version ${version}`);
}

function versionOf({ registry }: Pick<Nodes, 'registry'>, count: number): Version {
  const ids = Array.from({ length: count }, (_, i) => nodeId(1, identityOf(i).publicKey));
  const numbers = registry.nodes.map(({ id }) => ids.findIndex((one) => equal(one, id)));
  return {
    registry,
    voters: numbers.map((number) => voterOf(number, registry.version)),
    members: registry.groups[0]!.map((index) => numbers[index]!),
    indexOf: (number) => numbers.indexOf(number),
  };
}

function signalOf(old: Registry, number: number, intent: Intent): SignedSignal {
  const { publicKey } = identityOf(number);
  const signal = {
    lineage: registryLineage(old),
    version: old.version,
    suite: 1 as const,
    identityKey: publicKey,
    address: `node-${number}`,
    capacityBytes: 4_000,
    voteKey: voterOf(number, old.version + 1).publicKey,
    intent,
    commits: [],
  };
  return { signal, signature: signAs(identityOf(number), kinds.signal, signalDigest(signal)) };
}

function following(
  { registry: old }: Version,
  count: number,
  leavers: readonly number[],
): Version | string {
  const signals = Array.from({ length: count }, (_, number) =>
    signalOf(old, number, leavers.includes(number) ? intents.leave : intents.stay),
  ).toSorted((a, b) => compare(idOf(a), idOf(b)));
  const set = { lineage: registryLineage(old), version: old.version, signals };
  const read = closedSet.decode(closedSet.encode(set));
  const after = read.ok ? next(old, read.value) : undefined;
  if (after?.ok !== true) return 'next-follows: a closed set of good signals has no next version';
  return versionOf(after, count);
}

function idOf({ signal }: SignedSignal): Uint8Array {
  return nodeId(signal.suite, signal.identityKey);
}

/** What one version must keep of the one before. */
function wrongLink(
  before: Version,
  after: Version,
  leavers: readonly number[],
): string | undefined {
  const read = attempted(() => registryObject.decode(registryObject.encode(after.registry)));
  if (read?.ok !== true || new Set(after.members).size !== after.registry.r) {
    return 'next-is-well-formed: a node stands twice, or a group is no group';
  }
  const gone = before.members.filter((number) => !after.members.includes(number));
  if (gone.some((number) => !leavers.includes(number))) {
    return 'next-keeps-members: somebody who stays has lost its place in the group';
  }
  const fresh = after.registry.nodes.every(
    ({ voteKey }) => !before.registry.nodes.some((node) => equal(node.voteKey, voteKey)),
  );
  return fresh ? undefined : 'next-has-new-keys: a vote key is used for two versions';
}
