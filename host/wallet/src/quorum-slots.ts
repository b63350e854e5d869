/** Slots on the storage plane: four nodes, three votes, one certificate. */

import type { NodeApi } from '@dsm/ports';
import {
  certify,
  equal,
  groupOf,
  keyOf,
  slotKey,
  slotWrite,
  type Certificate,
  type CertificateVote,
  type Registry,
  type SlotValue,
  type SlotWrite,
} from '@dsm/primitive';
import type { SlotAnswer, SlotReader } from './quorum-answer.ts';
import { gather, silent } from './quorum-gather.ts';
import type { Quorum } from './quorum.ts';

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

type Slots = Pick<Quorum, 'writeSlot' | 'readSlot'>;

export function slotQuorum(
  registry: Registry,
  nodes: readonly (NodeApi | undefined)[],
  read: SlotReader,
): Slots {
  const { q, r } = registry;
  return {
    writeSlot: async (write, signal) => {
      const bytes = slotWrite.encode(write);
      const key = slotKey(write.place);
      const isOurs = ({ vote, values: [first] }: SlotAnswer): boolean =>
        vote !== undefined && first !== undefined && equal(first.value, write.value);
      const answers = await gather({
        of: groupOf(registry, key),
        width: r,
        ask: async (index) =>
          read(index, write.place, await (nodes[index] ?? silent).writeSlot(bytes)),
        isEnough: (all) => {
          if (certified(registry, key, all) !== undefined) return true;
          // Once our value cannot reach q votes any more, the last ones need not be waited for.
          return all.length >= q && all.filter((answer) => !isOurs(answer)).length > r - q;
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
          const state = await (nodes[index] ?? silent).readSlot(key);
          return state === undefined ? { node: index, values: [] } : read(index, place, state);
        },
        isEnough: (all) => all.length >= q && isTold(registry, key, all),
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

/**
 * True if those who have not answered could not add a certificate: nobody has a value, one has q votes,
 * or none can get them any more. A node that lags says "free", and may say it first.
 */
function isTold(registry: Registry, key: Uint8Array, answers: readonly SlotAnswer[]): boolean {
  const voting = answers.filter(({ vote }) => vote !== undefined);
  if (voting.length === 0 || certified(registry, key, answers) !== undefined) return true;
  const counts = new Map<string, number>();
  for (const { values } of voting) {
    const value = keyOf(values[0]!.value);
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const left = registry.r - answers.length;
  return Math.max(...counts.values()) + left < registry.q;
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
      return isFor ? [{ node, path: vote.path, signature: vote.signature }] : [];
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
