/**
 * The plan of a registry's next version: what its nodes say, closed into a set, and what follows.
 *
 * Anybody can plan: what follows from a set is computed by everybody in the same way, and it becomes
 * the next version only if enough signers agree (`registry-apply.ts`). A plan is bytes, so it can be
 * staged, looked at, and applied later.
 */

import {
  capacitySignal,
  checkSignal,
  closedSet,
  intents,
  next,
  signal as signalObject,
  tableOf,
  wholeAddress,
  type ClosedSet,
  type NextRefusal,
  type NodeRequest,
  type SignedSignal,
} from '@dsm/availability';
import { NodeError, type NodeApi } from '@dsm/ports';
import {
  compare,
  decodeWith,
  encodeWith,
  equal,
  keyOf,
  nodeId,
  registry as registryObject,
  registryLineage,
  struct,
  type Registry,
} from '@dsm/primitive';
import { askOne, type Dial } from '@dsm/storage-node';

export interface RegistryPlan {
  readonly old: Registry;
  readonly set: ClosedSet;
  /** Address of the set as an object. */
  readonly closed: Uint8Array;
  readonly next: Registry;
}

export interface PlanOptions {
  readonly registry: Registry;
  readonly dial: Dial;
  /** Where nodes are that want to join. */
  readonly applicants?: readonly string[];
}

export type Planned =
  | { readonly ok: true; readonly plan: RegistryPlan }
  | { readonly ok: false; readonly refusal: NextRefusal };

/** Asks every node of the version, and those that apply, for its signal. Silent ones are left out. */
export async function registryPlan(options: PlanOptions): Promise<Planned> {
  const { registry: old, dial, applicants = [] } = options;
  const members = old.nodes.map(({ address, id }) =>
    signalBy(old, dial(address), { type: 'signal' }, id),
  );
  const others = applicants.map((address) =>
    signalBy(old, dial(address), { type: 'signal' }, undefined),
  );
  const direct = await Promise.all(members);
  const silent = old.nodes.filter((_, i) => direct[i] === undefined);
  const relayed = silent.map(({ id }) => relayedSignal(old, dial, id));
  const said = [...direct, ...(await Promise.all([...relayed, ...others]))];
  return planOf(
    old,
    said.filter((one) => one !== undefined),
  );
}

/** The signal of a node that does not answer here, from the first signer whom it answers. */
async function relayedSignal(
  old: Registry,
  dial: Dial,
  id: Uint8Array,
): Promise<SignedSignal | undefined> {
  for (const index of old.signers) {
    const { address } = old.nodes[index]!;
    const found = await signalBy(old, dial(address), { type: 'signal-of', id }, id);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The plan that these signals make; of two of one node, the first counts. */
export function planOf(old: Registry, said: readonly SignedSignal[]): Planned {
  const byId = new Map<string, SignedSignal>();
  for (const one of said) {
    const key = keyOf(idOf(one));
    if (!byId.has(key)) byId.set(key, one);
  }
  const signals = [...byId.values()].toSorted((a, b) => compare(idOf(a), idOf(b)));
  const set = { lineage: registryLineage(old), version: old.version, signals };
  const computed = next(old, set);
  if (!computed.ok) return computed;
  const closed = wholeAddress(closedSet.encode(set));
  return { ok: true, plan: { old, set, closed, next: computed.registry } };
}

/** A signal that holds; of the node `id`, if one is named. */
async function signalBy(
  old: Registry,
  node: NodeApi,
  request: NodeRequest,
  id: Uint8Array | undefined,
): Promise<SignedSignal | undefined> {
  try {
    const body = await askOne(node, request);
    const decoded = body === undefined ? undefined : signalObject.decode(body);
    if (decoded?.ok !== true) return undefined;
    const { value } = decoded;
    if (id !== undefined && !equal(idOf(value), id)) return undefined;
    const refusal = checkSignal(value, old.network, registryLineage(old), old.version);
    return refusal === undefined ? value : undefined;
  } catch (error) {
    if (error instanceof NodeError) return undefined;
    throw error;
  }
}

function idOf({ signal }: SignedSignal): Uint8Array {
  return nodeId(signal.suite, signal.identityKey);
}

const planCoder = struct<{ readonly old: Registry; readonly set: ClosedSet }>({
  old: registryObject,
  set: closedSet,
});

export function encodePlan({ old, set }: RegistryPlan): Uint8Array {
  return encodeWith(planCoder, { old, set });
}

/** Undefined if the bytes are no plan; everything that follows is computed anew. */
export function decodePlan(bytes: Uint8Array): RegistryPlan | undefined {
  const found = decodeWith(planCoder, bytes);
  const planned = found === undefined ? undefined : planOf(found.old, found.set.signals);
  return planned?.ok === true ? planned.plan : undefined;
}

export interface NodeChange {
  readonly id: Uint8Array;
  readonly address: string;
  readonly seatsBefore: number;
  readonly seatsAfter: number;
  /** Number of its group, if it has one. */
  readonly groupBefore: number | undefined;
  readonly groupAfter: number | undefined;
  /** joins, leaves (gives up its seats), gone (listed no more), silent (missed this change), stays */
  readonly change: 'joins' | 'leaves' | 'gone' | 'silent' | 'stays';
  readonly says: 'up' | 'down' | 'stable' | undefined;
}

export interface PlanDifference {
  readonly nodes: readonly NodeChange[];
  /** Share of all replicas of objects that are to be copied to another node. */
  readonly moved: number;
}

/** What the plan changes, node by node. */
export function planDifference({ old, set, next: after }: RegistryPlan): PlanDifference {
  const said = new Map(set.signals.map((one) => [keyOf(idOf(one)), one.signal]));
  const changeOf = (id: Uint8Array, address: string): NodeChange => {
    const [before, later] = [old, after].map((one) => placeOf(one, id)) as [Place, Place];
    const signal = said.get(keyOf(id));
    const isLeaving = signal !== undefined && signal.intent !== intents.stay;
    const rest = isLeaving ? 'leaves' : signal === undefined ? 'silent' : 'stays';
    return {
      id,
      address,
      seatsBefore: before.seats,
      seatsAfter: later.seats,
      groupBefore: before.group,
      groupAfter: later.group,
      change: !before.isThere ? 'joins' : !later.isThere ? 'gone' : rest,
      says: signal === undefined ? undefined : capacitySignal(signal),
    };
  };
  const known = new Set(old.nodes.map(({ id }) => keyOf(id)));
  const joining = after.nodes.filter(({ id }) => !known.has(keyOf(id)));
  const nodes = [...old.nodes, ...joining].map(({ id, address }) => changeOf(id, address));
  return { nodes, moved: movedShare(old, after) };
}

interface Place {
  readonly isThere: boolean;
  readonly seats: number;
  readonly group: number | undefined;
}

function placeOf({ nodes, seats, groups }: Registry, id: Uint8Array): Place {
  const index = nodes.findIndex((node) => equal(node.id, id));
  const group = groups.findIndex((one) => one.includes(index));
  return {
    isThere: index >= 0,
    seats: index < 0 ? 0 : seats.filter((owner) => owner === index).length,
    group: group < 0 ? undefined : group,
  };
}

/** Of all places of replicas in all buckets, the share that a node takes which was not there before. */
function movedShare(old: Registry, after: Registry): number {
  const idsOf = ({ nodes }: Registry): readonly string[] => nodes.map(({ id }) => keyOf(id));
  const [before, later] = [idsOf(old), idsOf(after)];
  const buckets = 2 ** old.bucketBits;
  let moved = 0;
  for (let bucket = 0; bucket < buckets; bucket++) {
    const had = tableOf(old)
      .replicas(bucket)
      .slice(0, old.r)
      .map((index) => before[index]!);
    const has = tableOf(after)
      .replicas(bucket)
      .slice(0, after.r)
      .map((index) => later[index]!);
    moved += has.filter((id) => !had.includes(id)).length;
  }
  return moved / (buckets * after.r);
}
