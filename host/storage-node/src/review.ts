/**
 * What a signer looks at before it endorses a version: its own signal, who joins, who is left out.
 *
 * Anybody may ask signers to endorse. So a set must have this node's own signal, may bring in
 * nobody whom the operator has not named (where the network admits by name), and may leave nobody
 * out who answers this node. Who answers signers and not the planner is relayed by them, so a node
 * that plays dead for the planner alone holds nothing up.
 */

import {
  checkSignal,
  signal as signalObject,
  type ClosedSet,
  type Intent,
} from '@dsm/availability';
import { NodeError } from '@dsm/ports';
import {
  admissions,
  equal,
  keyOf,
  nodeId,
  nodeIndex,
  registryLineage,
  type Registry,
} from '@dsm/primitive';
import type { NodeKeys } from './keys.ts';
import { askOne, type Dial } from './peers.ts';

export interface Review {
  /** Why the signer does not endorse what follows from the set, if it does not. */
  readonly objection: (old: Registry, set: ClosedSet) => Promise<Objection | undefined>;
  /** The signal of another node as it reaches this one. */
  readonly relayed: (old: Registry, id: Uint8Array) => Promise<Uint8Array | undefined>;
}

export type Objection = 'own' | 'stranger' | 'left-out';

export interface ReviewParts {
  readonly keys: NodeKeys;
  readonly dial: Dial;
  readonly intent: () => Intent;
  /** Whom this operator lets join a network that admits by name. */
  readonly admits: (id: Uint8Array) => boolean;
}

export function reviewOf(parts: ReviewParts): Review {
  const { keys, dial, intent, admits } = parts;
  /** Signals that were found when a set lacked them, of the version that is about to be succeeded. */
  const found = new Map<string, Uint8Array>();
  let foundIn = 0;
  const ask = async (old: Registry, id: Uint8Array): Promise<Uint8Array | undefined> => {
    const bytes = await signalFrom(dial, old, id);
    if (foundIn !== old.version) found.clear();
    foundIn = old.version;
    if (bytes !== undefined) found.set(keyOf(id), bytes);
    return found.get(keyOf(id));
  };
  return {
    relayed: ask,
    objection: async (old, { signals }) => {
      const said = new Map(
        signals.map(({ signal }) => [keyOf(nodeId(signal.suite, signal.identityKey)), signal]),
      );
      const own = said.get(keyOf(keys.id));
      const isOwn = own !== undefined && equal(own.voteKey, keys.nextVoteKey());
      if (!isOwn || own.intent !== intent()) return 'own';
      const known = new Set(old.nodes.map(({ id }) => keyOf(id)));
      const joining = signals.filter(
        ({ signal }) => !known.has(keyOf(nodeId(signal.suite, signal.identityKey))),
      );
      const isNamed = ({ signal }: (typeof signals)[number]): boolean =>
        admits(nodeId(signal.suite, signal.identityKey));
      if (old.admission === admissions.named && !joining.every(isNamed)) return 'stranger';
      const missing = old.nodes.filter(({ id }) => !said.has(keyOf(id)));
      const answers = await Promise.all(missing.map(({ id }) => ask(old, id)));
      return answers.some((answer) => answer !== undefined) ? 'left-out' : undefined;
    },
  };
}

async function signalFrom(
  dial: Dial,
  old: Registry,
  id: Uint8Array,
): Promise<Uint8Array | undefined> {
  const node = old.nodes[nodeIndex(old, id)];
  if (node === undefined) return undefined;
  try {
    const body = await askOne(dial(node.address), { type: 'signal' });
    const decoded = body === undefined ? undefined : signalObject.decode(body);
    if (decoded?.ok !== true) return undefined;
    const { suite, identityKey } = decoded.value.signal;
    const isIts = equal(nodeId(suite, identityKey), id);
    const lineage = registryLineage(old);
    const holds = checkSignal(decoded.value, old.network, lineage, old.version) === undefined;
    return isIts && holds ? body : undefined;
  } catch (error) {
    if (error instanceof NodeError) return undefined;
    throw error;
  }
}
