/**
 * The space of a route: every state that a payment of three hops can reach.
 *
 *     0 payer ──hop 0──▶ 1 relay ──hop 1──▶ 2 relay ──hop 2──▶ 3 recipient
 *
 * Each party is honest and runs the machine that is tried (passage.ts), or does whatever its keys
 * allow, at any time, together with all others that are not honest. Escrows are judged by the real
 * rules. What is said may come at any time after, or never. A party that crashes goes on from what
 * is durable, which is all that an honest one decides by, so a crash is a turn that it does not take.
 */

import assert from 'node:assert/strict';
import { lockHash, zero32 } from '@dsm/primitive';
import {
  escrowId,
  giveUp,
  lockIn,
  nextEscrow,
  noteKinds,
  openEscrow,
  type Escrow,
} from '@dsm/protocols';
import { installPortable } from '@dsm/portable';
import * as passages from '../src/passage.ts';
import type { Deed, Fact, Leaving, Passage } from '../src/passage.ts';

installPortable();

/** The machine that is tried: the real one, or one with a fault. */
export interface Machine {
  readonly learn: (at: Passage, fact: Fact) => Passage;
  readonly due: (at: Passage) => readonly Deed[];
  readonly leaving: (at: Passage) => Leaving;
}

export const machine: Machine = passages;

export const preimage: Uint8Array = new Uint8Array(32).fill(7);
const hash = lockHash(preimage);
/** What each hop locks, and what its escrow holds. */
export const amounts: readonly bigint[] = [12n, 11n, 10n];
const funded = 20n;

type Said = 'lock' | 'claim' | 'cancel';

export interface HopState {
  /** What the payer has signed, in order, and how much of it the payee has absorbed. */
  readonly said: readonly Said[];
  readonly absorbed: number;
  /** The payee has marked the lock as given up; the payer has seen the certificate. */
  readonly givenUp: boolean;
  readonly slot: 'free' | 'opened' | 'given-up';
  /** What the payee has left with. */
  readonly exit: { readonly amount: bigint; readonly pays: boolean } | undefined;
  /** The payee has told the payer the preimage. A certificate need not be told: slots are public. */
  readonly revealed: boolean;
}

export interface RouteState {
  readonly hops: readonly HopState[];
  /** By party, once an honest one knows of the payment. */
  readonly passages: readonly (Passage | undefined)[];
}

export interface Cast {
  readonly honest: readonly boolean[];
  readonly machine: Machine;
}

const quiet: HopState = {
  said: [],
  absorbed: 0,
  givenUp: false,
  slot: 'free',
  exit: undefined,
  revealed: false,
};

export const start: RouteState = {
  hops: [quiet, quiet, quiet],
  passages: [undefined, undefined, undefined, undefined],
};

const opened: Escrow = openEscrow(
  {
    token: zero32,
    source: zero32,
    index: 0,
    owner: zero32,
    key: zero32,
    amount: funded,
    kind: noteKinds.escrow,
    depth: 1,
    receipts: 1,
  },
  zero32,
  zero32,
);

const escrows = new Map<string, Escrow | undefined>();

/** The escrow of a hop after these statements, or undefined if they break its rules. */
export function escrowAfter(
  hop: number,
  said: readonly Said[],
  givenUp: boolean,
): Escrow | undefined {
  const key = `${hop} ${givenUp} ${said.join()}`;
  if (!escrows.has(key)) escrows.set(key, judged(hop, said, givenUp));
  return escrows.get(key);
}

function judged(hop: number, said: readonly Said[], givenUp: boolean): Escrow | undefined {
  let escrow = opened;
  const id = escrowId(opened);
  for (const type of said) {
    const amount = amounts[hop]!;
    const next = nextEscrow(
      givenUp ? giveUp(escrow, hash) : escrow,
      type === 'lock'
        ? { type, escrow: id, hash, amount, route: zero32 }
        : type === 'claim'
          ? { type, escrow: id, preimage }
          : { type, escrow: id, hash },
    );
    if (typeof next === 'string') return undefined;
    escrow = next;
  }
  return escrow;
}

function atPayee(at: RouteState, hop: number): Escrow {
  const { said, absorbed, givenUp } = at.hops[hop]!;
  return escrowAfter(hop, said.slice(0, absorbed), givenUp)!;
}

/** Every state that one more event makes of this one. */
export function nextStates(cast: Cast, at: RouteState): readonly RouteState[] {
  return at.passages.flatMap((_, party) =>
    cast.honest[party] === true ? honestly(cast, at, party) : anyhow(cast, at, party),
  );
}

// An honest party.

function honestly(cast: Cast, at: RouteState, party: number): RouteState[] {
  const passage = at.passages[party];
  const turns = absorbs(at, party);
  if (passage === undefined) return [...turns, ...begins(at, party)];
  const learns = factsFor(at, party).map((fact) =>
    withPassage(at, party, cast.machine.learn(passage, fact)),
  );
  const does = cast.machine.due(passage).flatMap((deed) => done(cast, at, party, deed));
  return [...turns, ...learns, ...does, ...leaves(cast, at, party)];
}

/** The payee takes the next statement, if its rules allow it; what it says is learned at once. */
function absorbs(at: RouteState, party: number): RouteState[] {
  const hop = at.hops[party - 1];
  const next = hop?.said[hop.absorbed];
  if (hop === undefined || next === undefined) return [];
  if (escrowAfter(party - 1, hop.said.slice(0, hop.absorbed + 1), hop.givenUp) === undefined) {
    return [];
  }
  const taken = withHop(at, party - 1, { absorbed: hop.absorbed + 1 });
  const passage = at.passages[party];
  if (passage === undefined || next === 'lock') return [taken];
  const fact: Fact = next === 'claim' ? { type: 'claimed', preimage } : { type: 'cancelled' };
  return [withPassage(taken, party, passages.learn(passage, fact))];
}

/** The payer begins; a relay passes on or declines; a recipient takes it or declines. */
function begins(at: RouteState, party: number): RouteState[] {
  if (party === 0) return [withPassage(says(at, 0, 'lock'), 0, passages.paying(hash))];
  if (lockIn(atPayee(at, party - 1), hash) === undefined) return [];
  const declined = withPassage(at, party, passages.declining(hash));
  if (party === 3) return [withPassage(at, 3, passages.receiving(preimage)), declined];
  return [withPassage(says(at, party, 'lock'), party, passages.relaying(hash)), declined];
}

/** Everything that is true and that the party can find out. */
function factsFor(at: RouteState, party: number): Fact[] {
  const facts: Fact[] = [];
  const out = at.hops[party];
  if (out !== undefined) {
    if (out.revealed || out.slot === 'opened') facts.push({ type: 'preimage', preimage });
    if (out.slot === 'given-up') facts.push({ type: 'gone' });
    if (out.exit !== undefined) {
      facts.push({ type: 'payee-left', preimage: out.exit.pays ? preimage : undefined });
    }
  }
  const { slot } = at.hops[party - 1] ?? quiet;
  if (slot !== 'free') facts.push({ type: slot });
  return facts;
}

function done(cast: Cast, at: RouteState, party: number, deed: Deed): RouteState[] {
  const passage = at.passages[party]!;
  switch (deed) {
    case 'claim': {
      const claimed = cast.machine.learn(passage, { type: 'claim-said' });
      return maySay(at, party, 'claim')
        ? [withPassage(says(at, party, 'claim'), party, claimed)]
        : [];
    }
    case 'cancel': {
      const cancelled = cast.machine.learn(passage, { type: 'cancel-said' });
      return maySay(at, party, 'cancel')
        ? [withPassage(says(at, party, 'cancel'), party, cancelled)]
        : [];
    }
    case 'reveal':
      return [withHop(at, party - 1, { revealed: true })];
    case 'open':
      return writes(at, party - 1, 'opened');
    case 'give-up':
      // The payee notes it before it writes: from then on it would take the payer's cancel.
      return writes(withHop(at, party - 1, { givenUp: true }), party - 1, 'given-up');
    case 'show':
      return [];
  }
}

/** An honest party may leave whenever the machine lets it. */
function leaves({ machine: tried }: Cast, at: RouteState, party: number): RouteState[] {
  const passage = at.passages[party]!;
  const hop = at.hops[party - 1];
  if (hop === undefined || hop.exit !== undefined) return [];
  const may = tried.leaving(passage);
  if (may === 'wait' || may === 'open') return [];
  const { total, locks } = atPayee(at, party - 1);
  const lock = locks[0]?.amount ?? 0n;
  const pays = may === 'pays' && lock > 0n;
  const exit = { amount: pays ? total + lock : total, pays };
  const left = withHop(at, party - 1, { exit });
  return [withPassage(left, party, tried.learn(passage, { type: 'left', pays }))];
}

// A party that does whatever its keys allow.

function anyhow(cast: Cast, at: RouteState, party: number): RouteState[] {
  const knows = isKnown(cast, at);
  // What goes on between two that are not honest is theirs alone.
  return [
    ...(cast.honest[party + 1] === true ? paysAnyhow(at, party, knows) : []),
    ...(cast.honest[party - 1] === true ? takesAnyhow(at, party - 1, knows) : []),
  ];
}

function paysAnyhow(at: RouteState, hop: number, knows: boolean): RouteState[] {
  const { said } = at.hops[hop]!;
  if (said.length === 0) return [says(at, hop, 'lock')];
  if (said.length > 1) return [];
  // Also a cancel without a certificate: the payee's rules are there to refuse it.
  return [...(knows ? [says(at, hop, 'claim')] : []), says(at, hop, 'cancel')];
}

function takesAnyhow(at: RouteState, hop: number, knows: boolean): RouteState[] {
  const { said, slot, exit, revealed } = at.hops[hop]!;
  const next = writes(at, hop, 'given-up');
  if (knows) next.push(...writes(at, hop, 'opened'));
  if (knows && !revealed) next.push(withHop(at, hop, { revealed: true }));
  if (exit !== undefined) return next;
  for (let cited = 0; cited <= said.length; cited++) {
    const escrow = escrowAfter(hop, said.slice(0, cited), true);
    if (escrow === undefined) continue;
    const { total } = escrow;
    next.push(withHop(at, hop, { exit: { amount: total, pays: false } }));
    const lock = lockIn(escrow, hash);
    if (slot !== 'opened' || lock === undefined) continue;
    next.push(withHop(at, hop, { exit: { amount: total + lock.amount, pays: true } }));
  }
  return next;
}

/** Those who are not honest tell each other everything; slots, exits and claims are public to them. */
function isKnown({ honest }: Cast, { hops }: RouteState): boolean {
  return (
    honest[3] !== true ||
    hops.some(
      ({ slot, exit, revealed, said }) =>
        slot === 'opened' || exit?.pays === true || revealed || said.includes('claim'),
    )
  );
}

// Changes.

function says(at: RouteState, hop: number, what: Said): RouteState {
  return withHop(at, hop, { said: [...at.hops[hop]!.said, what] });
}

/** An honest payer says nothing that its own rules refuse; a cancel it has seen to be due. */
function maySay(at: RouteState, hop: number, what: Said): boolean {
  return escrowAfter(hop, [...at.hops[hop]!.said, what], true) !== undefined;
}

/** A slot is written once. */
function writes(at: RouteState, hop: number, value: 'opened' | 'given-up'): RouteState[] {
  return at.hops[hop]!.slot === 'free' ? [withHop(at, hop, { slot: value })] : [];
}

function withHop(at: RouteState, hop: number, change: Partial<HopState>): RouteState {
  return { ...at, hops: at.hops.map((each, i) => (i === hop ? { ...each, ...change } : each)) };
}

function withPassage(at: RouteState, party: number, passage: Passage): RouteState {
  return { ...at, passages: at.passages.map((each, i) => (i === party ? passage : each)) };
}

// What follows.

/** The most that the payee of a hop can end up with, whatever comes. */
export function most(at: RouteState, hop: number): bigint {
  const { said, slot, exit } = at.hops[hop]!;
  if (exit !== undefined) return exit.amount;
  let best = 0n;
  for (let cited = 0; cited <= said.length; cited++) {
    const escrow = escrowAfter(hop, said.slice(0, cited), true);
    if (escrow === undefined) continue;
    const lock = slot === 'given-up' ? 0n : (lockIn(escrow, hash)?.amount ?? 0n);
    if (escrow.total + lock > best) best = escrow.total + lock;
  }
  return best;
}

/** What an honest payee of a hop gets for certain and by itself, once it knows the preimage. */
export function certain(at: RouteState, hop: number): bigint {
  const { slot, exit } = at.hops[hop]!;
  if (exit !== undefined) return exit.amount;
  const { total, locks } = atPayee(at, hop);
  const may = at.passages[hop + 1]?.incoming;
  const opens = slot !== 'given-up' && (may === 'held' || may === 'opened');
  return total + (opens ? (locks[0]?.amount ?? 0n) : 0n);
}

/** Every state that can be reached. A space of more than `max` states is a failure, not a sample. */
export function reachable(cast: Cast, max: number, judge: (at: RouteState) => void): number {
  const seen = new Set([keyOf(start)]);
  const waiting = [start];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    judge(at);
    for (const next of nextStates(cast, at)) {
      const key = keyOf(next);
      if (seen.has(key)) continue;
      seen.add(key);
      assert.ok(seen.size <= max, `more than ${max} states`);
      waiting.push(next);
    }
  }
  return seen.size;
}

/** True if no event makes another state of it: nothing is going to happen any more. */
export function isTerminal(cast: Cast, at: RouteState): boolean {
  const key = keyOf(at);
  return nextStates(cast, at).every((next) => keyOf(next) === key);
}

function keyOf({ hops, passages: each }: RouteState): string {
  const hopKeys = hops.map(({ said, absorbed, givenUp, slot, exit, revealed }) =>
    [said.join('-'), absorbed, givenUp, slot, exit?.amount, exit?.pays, revealed].join(),
  );
  const passageKeys = each.map((passage) =>
    passage === undefined
      ? ''
      : [passage.incoming, passage.outgoing, passage.preimage !== undefined].join(),
  );
  return [...hopKeys, ...passageKeys].join('|');
}
