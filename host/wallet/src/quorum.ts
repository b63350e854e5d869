/**
 * The client of the storage plane: asks many nodes, believes none of them.
 *
 * Objects go to the nodes that placement names, slots to the four of their group. An object counts
 * when its bytes have its address, a slot answer when the node's vote and the writer's signature
 * under every value verify. A node that answers anything else is as good as silent, and is named.
 *
 * Nobody is waited for once the outcome is certain, and nothing is decided by time: how long a
 * silent node may take is the node port's affair, and `signal` ends any wait with what is there.
 */

import { placement } from '@dsm/availability';
import type { NodeApi } from '@dsm/ports';
import {
  address as addressOf,
  certify,
  equal,
  groupOf,
  limits,
  slotKey,
  slotWrite,
  type Certificate,
  type CertificateVote,
  type Registry,
  type SlotPlace,
  type SlotValue,
  type SlotWrite,
} from '@dsm/primitive';
import { gather } from './gather.ts';
import { slotReader, type Fault, type SlotAnswer } from './slot-answer.ts';

/** What a node did that no honest node does. */
export interface NodeFault {
  /** Index of the node in the registry. */
  readonly node: number;
  readonly fault: Fault;
}

export interface QuorumOptions {
  readonly onFault?: (fault: NodeFault) => void;
}

export interface Published {
  /** Nodes that have said they keep the object. */
  readonly stored: number;
  /** True if q of them have. */
  readonly available: boolean;
}

/**
 * certified  q nodes vote for the value: no other one can be certified
 * conflict   the writer has signed another value, too; its certificate, if it has one
 * undecided  too few answers agree; writing again is harmless
 */
export type SlotOutcome =
  | {
      readonly type: 'certified';
      readonly certificate: Certificate;
      readonly hints: readonly Uint8Array[];
      /** Every value that was seen: more than one if the writer has forked. */
      readonly values: readonly SlotValue[];
    }
  | {
      readonly type: 'conflict';
      readonly values: readonly SlotValue[];
      readonly certificate: Certificate | undefined;
    }
  | { readonly type: 'undecided'; readonly votes: number };

/**
 * free       q nodes answer, and none has a value
 * voted      some node votes for a value; certified if q of them do
 * undecided  fewer than q nodes answer
 *
 * A value without a certificate can be completed by anybody: its authorisation is a slot write.
 */
export type SlotReading =
  | { readonly type: 'free'; readonly answers: number }
  | {
      readonly type: 'voted';
      readonly values: readonly SlotValue[];
      readonly certificate: Certificate | undefined;
    }
  | { readonly type: 'undecided'; readonly answers: number };

export interface Quorum {
  /** To the r placed nodes at once, and to the next e where one of them fails. */
  readonly publish: (bytes: Uint8Array, signal?: AbortSignal) => Promise<Published>;
  /** The bytes from the first node that has them, or undefined if none of the placed ones does. */
  readonly fetch: (address: Uint8Array, signal?: AbortSignal) => Promise<Uint8Array | undefined>;
  /** True if q nodes hand out identical copies (seed 000, definition 16). */
  readonly available: (address: Uint8Array, signal?: AbortSignal) => Promise<boolean>;
  readonly writeSlot: (write: SlotWrite, signal?: AbortSignal) => Promise<SlotOutcome>;
  readonly readSlot: (place: SlotPlace, signal?: AbortSignal) => Promise<SlotReading>;
}

/** The storage plane of a registry. `nodes` stand at their registry index; gaps are silent nodes. */
export function quorum(
  registry: Registry,
  nodes: readonly (NodeApi | undefined)[],
  options: QuorumOptions = {},
): Quorum {
  const onFault = options.onFault ?? ((): void => {});
  const read = slotReader(registry, (node, fault) => onFault({ node, fault }));
  const { q, r, f } = registry;
  const nodeAt = (index: number): NodeApi => nodes[index] ?? silent;
  const copy = async (index: number, address: Uint8Array): Promise<Uint8Array | undefined> => {
    const bytes = await nodeAt(index).getObject(address);
    if (bytes === undefined || equal(addressOf(bytes), address)) return bytes;
    onFault({ node: index, fault: 'address' });
    return undefined;
  };
  const order = (address: Uint8Array): readonly number[] => {
    const { replicas, spill } = placement(registry, address);
    return [...replicas, ...spill];
  };
  return {
    publish: async (bytes, signal) => {
      if (bytes.length > limits.objectBytesMax) {
        throw new RangeError(`an object has at most ${limits.objectBytesMax} bytes`);
      }
      const stored = await gather({
        of: order(addressOf(bytes)),
        width: r,
        ask: async (index) => {
          await nodeAt(index).putObject(bytes);
          return true;
        },
        isEnough: (answers) => answers.length >= q,
        signal,
      });
      return { stored: stored.length, available: stored.length >= q };
    },
    fetch: async (address, signal) => {
      const found = await gather({
        of: order(address),
        // One more than may be faulty: an honest node is always among those that are asked.
        width: f + 1,
        ask: (index) => copy(index, address),
        isEnough: (answers) => answers.length > 0,
        signal,
      });
      return found[0];
    },
    available: async (address, signal) => {
      const found = await gather({
        of: order(address),
        width: r,
        ask: (index) => copy(index, address),
        isEnough: (answers) => answers.length >= q,
        signal,
      });
      return found.length >= q;
    },
    writeSlot: async (write, signal) => {
      const bytes = slotWrite.encode(write);
      const key = slotKey(write.place);
      const isOurs = ({ values: [first] }: SlotAnswer): boolean =>
        first !== undefined && equal(first.value, write.value);
      const answers = await gather({
        of: groupOf(registry, key),
        width: r,
        ask: async (index) => read(index, write.place, await nodeAt(index).writeSlot(bytes)),
        isEnough: (all) => {
          const others = all.filter((answer) => !isOurs(answer)).length;
          return certified(registry, key, all) !== undefined || (all.length >= q && others > r - q);
        },
        signal,
      });
      return outcomeOf(write, answers, certified(registry, key, answers), isOurs);
    },
    readSlot: async (place, signal) => {
      const key = slotKey(place);
      const answers = await gather({
        of: groupOf(registry, key),
        width: r,
        ask: async (index) => {
          const state = await nodeAt(index).readSlot(key);
          return state === undefined ? { node: index, values: [] } : read(index, place, state);
        },
        isEnough: (all) => all.length >= q,
        signal,
      });
      const values = merged(answers);
      if (values.length > 0) {
        return { type: 'voted', values, certificate: certified(registry, key, answers) };
      }
      return { type: answers.length >= q ? 'free' : 'undecided', answers: answers.length };
    },
  };
}

/** The certificate of the first value that has q votes. */
function certified(
  registry: Registry,
  key: Uint8Array,
  answers: readonly SlotAnswer[],
): Certificate | undefined {
  for (const { values: candidates } of answers) {
    const value = candidates[0]?.value;
    if (value === undefined) continue;
    const votes = answers.flatMap(({ node, vote, values: [first] }): CertificateVote[] => {
      const isFor = vote !== undefined && first !== undefined && equal(first.value, value);
      return isFor ? [{ node, signature: vote }] : [];
    });
    const certificate = certify(registry, { key, value }, votes);
    if (certificate !== undefined) return certificate;
  }
  return undefined;
}

function outcomeOf(
  { value }: SlotWrite,
  answers: readonly SlotAnswer[],
  certificate: Certificate | undefined,
  isOurs: (answer: SlotAnswer) => boolean,
): SlotOutcome {
  const values = merged(answers);
  if (certificate !== undefined && equal(certificate.value, value)) {
    const hints = values.find((one) => equal(one.value, value))?.hints ?? [];
    return { type: 'certified', certificate, hints, values };
  }
  const isFork = values.some((one) => !equal(one.value, value));
  if (isFork) return { type: 'conflict', values, certificate };
  return { type: 'undecided', votes: answers.filter(isOurs).length };
}

/** Every value of the answers once, with all hints to it. */
function merged(answers: readonly SlotAnswer[]): readonly SlotValue[] {
  const all: SlotValue[] = [];
  for (const one of answers.flatMap(({ values }) => values)) {
    const at = all.findIndex(({ value }) => equal(value, one.value));
    const known = all[at];
    if (known === undefined) all.push(one);
    else all[at] = { ...known, hints: union(known.hints, one.hints) };
  }
  return all;
}

function union(a: readonly Uint8Array[], b: readonly Uint8Array[]): readonly Uint8Array[] {
  return [...a, ...b.filter((hint) => !a.some((known) => equal(known, hint)))];
}

/** A node that is not there. */
const silent: NodeApi = {
  address: '',
  putObject: absent,
  getObject: absent,
  writeSlot: absent,
  readSlot: absent,
  health: absent,
};

function absent(): Promise<never> {
  return Promise.reject(new Error('no such node'));
}
