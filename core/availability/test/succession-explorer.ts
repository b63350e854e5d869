/**
 * Every order in which four signers, one of them a cheat, can be asked about two values.
 *
 * What an honest signer does is the code of `succession.ts` itself. The cheat signs everything, so a
 * set of statements is complete with the signatures of two honest ones. Everything that was ever
 * signed may be shown to anybody at any time. Signers that have done the same are interchangeable.
 */

import {
  commitTo,
  endorse,
  freshSigner,
  phases,
  type SignerState,
  type Signing,
  type Succession,
} from '@dsm/availability';
import { equal, registryLineage, type Registry } from '@dsm/primitive';
import { firstOf, saidBy } from './signers.ts';

/** The rules of a signer; an exploration may weaken them. */
export interface SignerRules {
  readonly endorse: typeof endorse;
  readonly commitTo: typeof commitTo;
  /** Honest signatures that make a set, with the cheat's: one less than the threshold. */
  readonly honestNeeded: number;
}

export const honestRules: SignerRules = { endorse, commitTo, honestNeeded: 2 };

export interface Explored {
  readonly states: number;
  /** True if two different values were certified in some order. */
  readonly isForked: boolean;
}

/** A signer with all that it has signed: by attempt, a bit for each value. */
interface Signer {
  readonly state: SignerState;
  readonly endorsed: readonly number[];
  readonly committed: readonly number[];
  readonly name: string;
}

type State = readonly Signer[];

const values = [1, 2].map((value) => new Uint8Array(32).fill(value));
const honest = 3;

export function exploreSuccession(
  rules: SignerRules,
  attempts: number,
  most: number = Infinity,
): Explored {
  const old = firstOf(4);
  const proofs = proofsOf(old, attempts);
  const moves = memo((signer: Signer, shown: number) => movesOf(rules, old, signer, shown, proofs));
  const start: State = Array.from({ length: honest }, () => ({
    state: freshSigner,
    endorsed: Array.from({ length: attempts }, () => 0),
    committed: Array.from({ length: attempts }, () => 0),
    name: '',
  }));
  const seen = new Set([nameOf(start)]);
  const waiting: State[] = [start];
  for (let state = waiting.pop(); state !== undefined; state = waiting.pop()) {
    if (isForked(state, rules.honestNeeded)) return { states: seen.size, isForked: true };
    if (seen.size >= most) break;
    const shown = shownIn(state, rules.honestNeeded);
    for (const after of state.flatMap((signer, at) =>
      moves(signer, shown).map((next) => state.with(at, next)),
    )) {
      const sorted = after.toSorted((a, b) => (a.name < b.name ? -1 : 1));
      const name = nameOf(sorted);
      if (!seen.has(name)) waiting.push(sorted);
      seen.add(name);
    }
  }
  return { states: seen.size, isForked: false };
}

/** Endorsements by enough signers, by attempt and value. */
function proofsOf(old: Registry, attempts: number): readonly Succession[] {
  const statement = { lineage: registryLineage(old), version: 1, phase: phases.endorse };
  return Array.from({ length: attempts * 2 }, (_, i) => {
    const said = { ...statement, attempt: 1 + (i >> 1), value: values[i & 1]! };
    return saidBy(said, [0, 1, 3]);
  });
}

/** Which proofs exist, as bits. */
function shownIn(state: State, needed: number): number {
  let bits = 0;
  for (const [attempt] of state[0]!.endorsed.entries()) {
    for (const value of [1, 2]) {
      const count = state.filter(({ endorsed }) => (endorsed[attempt]! & value) !== 0).length;
      if (count >= needed) bits |= 1 << (attempt * 2 + value - 1);
    }
  }
  return bits;
}

function isForked(state: State, needed: number): boolean {
  const certified = [1, 2].filter((value) =>
    state[0]!.committed.some(
      (_, attempt) =>
        state.filter(({ committed }) => (committed[attempt]! & value) !== 0).length >= needed,
    ),
  );
  return certified.length > 1;
}

/** All that a signer may become when it is asked for something. */
function movesOf(
  rules: SignerRules,
  old: Registry,
  signer: Signer,
  shown: number,
  proofs: readonly Succession[],
): readonly Signer[] {
  const available = proofs.filter((_, i) => (shown & (1 << i)) !== 0);
  const after: Signer[] = [];
  const add = (
    signing: Signing,
    kind: 'endorsed' | 'committed',
    attempt: number,
    value: number,
  ): void => {
    if (!signing.ok) return;
    const done = signer[kind];
    const all = done.with(attempt - 1, done[attempt - 1]! | value);
    after.push(named({ ...signer, state: signing.state, [kind]: all }));
  };
  for (let attempt = 1; attempt <= signer.endorsed.length; attempt++) {
    for (const [i, value] of values.entries()) {
      const earlier = available.filter((proof) => equal(proof.value, value));
      for (const proof of [undefined, ...earlier]) {
        add(
          rules.endorse(signer.state, { attempt, value }, proof, old),
          'endorsed',
          attempt,
          i + 1,
        );
      }
    }
  }
  for (const proof of available) {
    const value = equal(proof.value, values[0]!) ? 1 : 2;
    add(rules.commitTo(signer.state, proof, old), 'committed', proof.attempt, value);
  }
  return after;
}

function named(signer: Omit<Signer, 'name'>): Signer {
  const { state, endorsed, committed } = signer;
  const lock = state.lock === undefined ? '-' : `${state.lock.attempt}${state.lock.value[0]}`;
  const now = `${state.attempt}${state.endorsed?.[0] ?? '-'}${lock}`;
  return { ...signer, name: `${now}/${endorsed.join('')}/${committed.join('')}` };
}

function nameOf(state: State): string {
  return state.map(({ name }) => name).join(' ');
}

function memo<R>(make: (signer: Signer, shown: number) => R): typeof make {
  const known = new Map<string, R>();
  return (signer, shown) => {
    const key = `${signer.name}:${shown}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    const made = make(signer, shown);
    known.set(key, made);
    return made;
  };
}
