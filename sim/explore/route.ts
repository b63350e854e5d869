/**
 * The space of a relay: the one honest device of a route, between a payer and a payee that are in league
 * and know the preimage from the start.
 *
 * The relay runs the shipped passage (`learn`, `due`, `leaving`); both escrows are judged by the shipped
 * rules. The payer says locks, claims and cancels at any time, the payee decides its lock's slot and
 * leaves by anything that was said. What the relay does is durable before it is seen, so a crash is a
 * turn that it does not take.
 */

import {
  declining,
  due,
  learn,
  leaving,
  relaying,
  type Deed,
  type Fact,
  type Passage,
} from '@dsm/bilateral';
import {
  escrowId,
  giveUp,
  lockIn,
  lockedIn,
  nextEscrow,
  type Escrow,
  type EscrowOperation,
} from '@dsm/protocols';
import { escrowScene, type LockSlot } from './escrow-scene.ts';
import type { Move, PlaneSpace } from './plane-space.ts';

export interface RelayAt {
  readonly type: 'relay';
  readonly passage: Passage | undefined;
  /** As it has absorbed the payer's words, and as it has said itself. */
  readonly incoming: Escrow;
  readonly outgoing: Escrow;
  /** What it has said of the outgoing escrow, as bits: locked, paid, taken back. */
  readonly said: number;
  /** What it has decided to write into the slot of the incoming lock, as bits: opened, given up. */
  readonly writes: number;
  readonly left: 'no' | 'paid' | 'unpaid';
}

export interface RouteSlot {
  readonly type: 'incoming' | 'outgoing';
  readonly slot: LockSlot;
}

/** How the payee has left: by which statement, and whether its lock is paid. */
export interface PayeeLeft {
  readonly type: 'exit';
  readonly statement: number | undefined;
  readonly pays: boolean;
}

export type RouteLocal = RelayAt | RouteSlot | PayeeLeft;

const slots: readonly LockSlot[] = ['free', 'opened', 'given-up'];
const scene = escrowScene({ funded: 20, locks: [12] });
const preimage = scene.preimages[0]!;
const hash = scene.hashes[0]!;
/** What the lock of each hop is worth: the relay keeps one for its pains. */
const amounts = { incoming: 12n, outgoing: 11n };

/** Places of bits in what is heard. */
const at = { incoming: 0, outgoing: 2, exit: 4, writes: 8, said: 10, certain: 13 } as const;

export function routeSpace(): PlaneSpace<RouteLocal> {
  const relay: RelayAt = {
    type: 'relay',
    passage: undefined,
    incoming: scene.start,
    outgoing: scene.start,
    said: 0,
    writes: 0,
    left: 'no',
  };
  return {
    parts: ['relay', 'incoming slot', 'outgoing slot', 'payee’s exit'],
    roles: [0, 1, 2, 3],
    start: [
      relay,
      { type: 'incoming', slot: 'free' },
      { type: 'outgoing', slot: 'free' },
      { type: 'exit', statement: undefined, pays: false },
    ],
    keyOf: keyOfLocal,
    said: saidBy,
    heard: (said) => said.reduce((bits, one) => bits | one, 0),
    hears: () => (1 << at.certain) - 1,
    moves: movesOf,
    judge: judgeLocal,
    judgeNetwork: (heard) =>
      mostOf(heard) > heard >> at.certain
        ? `relay-never-loses: ${mostOf(heard)} go out and ${heard >> at.certain} come in`
        : undefined,
  };
}

function movesOf(local: RouteLocal, heard: number): readonly Move<RouteLocal>[] {
  switch (local.type) {
    case 'relay':
      return relayMoves(local, heard);
    case 'exit':
      return exitMoves(local, heard);
    case 'incoming':
    case 'outgoing':
      return slotMoves(local, heard);
  }
}

// The relay.

function relayMoves(relay: RelayAt, heard: number): readonly Move<RouteLocal>[] {
  const { passage } = relay;
  const absorbs = relay.left === 'no' ? heardFromPayer(relay) : [];
  if (passage === undefined) return [...absorbs, ...beginnings(relay)];
  const learns = factsIn(heard).map((fact) => ({
    event: `learns ${fact.type}`,
    to: { ...relay, passage: learn(passage, fact) },
  }));
  const does = due(passage).flatMap((deed) => done(relay, passage, deed));
  return [...absorbs, ...learns, ...does, ...leaves(relay, passage)];
}

/** The payer says something; the rules take it or do not, and what it means is learned at once. */
function heardFromPayer(relay: RelayAt): readonly Move<RouteLocal>[] {
  return operations(relay.incoming, amounts.incoming, preimage).map((operation) => {
    const incoming = nextEscrow(relay.incoming, operation);
    if (typeof incoming === 'string') return { event: `refuses: ${incoming}`, to: relay };
    const { passage } = relay;
    const isLock = operation.type === 'lock' || passage === undefined;
    const fact: Fact =
      operation.type === 'claim' ? { type: 'claimed', preimage } : { type: 'cancelled' };
    const known = isLock ? passage : learn(passage, fact);
    const event = `absorbs a ${operation.type}`;
    return { event, to: { ...relay, incoming, passage: known }, isFault: true };
  });
}

function operations(
  escrow: Escrow,
  amount: bigint,
  opens: Uint8Array | undefined,
): readonly EscrowOperation[] {
  const id = escrowId(escrow);
  const lock: EscrowOperation = {
    type: 'lock',
    escrow: id,
    hash,
    amount,
    route: new Uint8Array(0),
  };
  const cancel: EscrowOperation = { type: 'cancel', escrow: id, hash };
  return opens === undefined
    ? [lock, cancel]
    : [lock, cancel, { type: 'claim', escrow: id, preimage: opens }];
}

function beginnings(relay: RelayAt): readonly Move<RouteLocal>[] {
  if (lockIn(relay.incoming, hash) === undefined) return [];
  const passed = saidOnwards(relay, 'lock', relaying(hash), relay.outgoing);
  return [{ event: 'declines', to: { ...relay, passage: declining(hash) } }, ...passed];
}

const bitOf = { lock: 1, claim: 2, cancel: 4 } as const;

/** An entry of the own lane, if the rules take it. */
function saidOnwards(
  relay: RelayAt,
  type: keyof typeof bitOf,
  passage: Passage,
  from: Escrow,
): readonly Move<RouteLocal>[] {
  const operation = operations(from, amounts.outgoing, passage.preimage).find(
    (one) => one.type === type,
  );
  const outgoing = operation === undefined ? 'lock-unknown' : nextEscrow(from, operation);
  if (typeof outgoing === 'string') return [];
  const said = relay.said | bitOf[type];
  return [{ event: `says a ${type}`, to: { ...relay, passage, outgoing, said } }];
}

function done(relay: RelayAt, passage: Passage, deed: Deed): readonly Move<RouteLocal>[] {
  switch (deed) {
    case 'claim':
      return saidOnwards(relay, 'claim', learn(passage, { type: 'claim-said' }), relay.outgoing);
    case 'cancel': {
      const cancelled = learn(passage, { type: 'cancel-said' });
      return saidOnwards(relay, 'cancel', cancelled, giveUp(relay.outgoing, hash));
    }
    case 'open':
      return [{ event: 'opens', to: { ...relay, writes: relay.writes | 1 } }];
    case 'give-up': {
      // The payee notes it before it writes: from then on it would take the payer's cancel.
      const incoming = giveUp(relay.incoming, hash);
      return [{ event: 'gives up', to: { ...relay, incoming, writes: relay.writes | 2 } }];
    }
    case 'reveal':
    case 'show':
      return [];
  }
}

function leaves(relay: RelayAt, passage: Passage): readonly Move<RouteLocal>[] {
  if (relay.left !== 'no') return [];
  const may = leaving(passage);
  if (may === 'wait' || may === 'open') return [{ event: `stays: ${may}`, to: relay }];
  const pays = may === 'pays' && lockIn(relay.incoming, hash) !== undefined;
  const known = learn(passage, { type: 'left', pays });
  const to = { ...relay, left: pays ? 'paid' : 'unpaid', passage: known } as const;
  return [{ event: `leaves ${to.left}`, to }];
}

/** Everything that is true and that the relay can find out; the preimage it is told at any time. */
function factsIn(heard: number): readonly Fact[] {
  const facts: Fact[] = [{ type: 'preimage', preimage }];
  if (slotIn(heard, 'outgoing') === 'given-up') facts.push({ type: 'gone' });
  const incoming = slotIn(heard, 'incoming');
  if (incoming !== 'free') facts.push({ type: incoming });
  const exit = exitIn(heard);
  if (exit !== undefined) {
    facts.push({ type: 'payee-left', preimage: exit.pays ? preimage : undefined });
  }
  return facts;
}

// Slots, and the payee.

function slotMoves(local: RouteSlot, heard: number): readonly Move<RouteLocal>[] {
  if (local.slot !== 'free') return [];
  const wanted = local.type === 'outgoing' ? 3 : (heard >> at.writes) & 3;
  return [
    ...((wanted & 1) === 0
      ? []
      : [{ event: `${local.type} opened`, to: { ...local, slot: 'opened' as const } }]),
    ...((wanted & 2) === 0
      ? []
      : [{ event: `${local.type} given up`, to: { ...local, slot: 'given-up' as const } }]),
  ];
}

/** The payee leaves by anything that was said: 0 nothing, 1 the lock, 2 the claim, 3 the cancel. */
function exitMoves(local: PayeeLeft, heard: number): readonly Move<RouteLocal>[] {
  if (local.statement !== undefined) return [];
  const moves: Move<RouteLocal>[] = [];
  for (let statement = 0; statement <= 3; statement++) {
    if (!isSaid(heard, statement)) continue;
    moves.push({ event: 'payee leaves', to: { ...local, statement } });
    if (statement === 1 && slotIn(heard, 'outgoing') === 'opened') {
      moves.push({ event: 'payee leaves with the lock', to: { ...local, statement, pays: true } });
    }
  }
  return moves;
}

function isSaid(heard: number, statement: number): boolean {
  return statement === 0 || ((heard >> (at.said + statement - 1)) & 1) === 1;
}

// What is heard.

function saidBy(local: RouteLocal): number {
  switch (local.type) {
    case 'relay':
      return (
        (local.writes << at.writes) | (local.said << at.said) | (certainOf(local) << at.certain)
      );
    case 'exit':
      return local.statement === undefined
        ? 0
        : (local.statement * 2 + (local.pays ? 1 : 0) + 1) << at.exit;
    case 'incoming':
    case 'outgoing':
      return slots.indexOf(local.slot) << at[local.type];
  }
}

function slotIn(heard: number, which: 'incoming' | 'outgoing'): LockSlot {
  return slots[(heard >> at[which]) & 3]!;
}

function exitIn(heard: number): { readonly statement: number; readonly pays: boolean } | undefined {
  const code = (heard >> at.exit) & 15;
  if (code === 0) return undefined;
  return { statement: (code - 1) >> 1, pays: ((code - 1) & 1) === 1 };
}

/** What the payee of the outgoing escrow can end up with at most, whatever comes. */
function mostOf(heard: number): number {
  const lock = Number(amounts.outgoing);
  const exit = exitIn(heard);
  if (exit !== undefined) return exit.pays || exit.statement === 2 ? lock : 0;
  const byClaim = isSaid(heard, 2);
  const byLock = isSaid(heard, 1) && slotIn(heard, 'outgoing') !== 'given-up';
  return byClaim || byLock ? lock : 0;
}

/** What the relay gets for certain and by itself, once it knows the preimage. */
function certainOf({ incoming, passage, writes, left }: RelayAt): number {
  const lock = lockIn(incoming, hash);
  const total = Number(incoming.total);
  const amount = lock === undefined ? 0 : Number(lock.amount);
  if (left !== 'no') return left === 'paid' ? total + amount : total;
  const may = passage?.incoming;
  const opens = (may === 'held' || may === 'opened') && (writes & 2) === 0;
  return opens ? total + amount : total;
}

// What must hold.

function judgeLocal(local: RouteLocal): string | undefined {
  if (local.type !== 'relay') return undefined;
  if (local.writes === 3) return 'a-lock-is-decided-once';
  const { outgoing } = local;
  return outgoing.total + lockedIn(outgoing) > outgoing.note.amount
    ? 'never-more-than-funded'
    : undefined;
}

function keyOfLocal(local: RouteLocal): string {
  switch (local.type) {
    case 'exit':
      return `${local.statement ?? '-'}${local.pays ? 'p' : ''}`;
    case 'incoming':
    case 'outgoing':
      return local.slot;
    case 'relay': {
      const { passage, incoming, outgoing, said, writes, left } = local;
      const stands = (escrow: Escrow): string => {
        const lock = lockIn(escrow, hash);
        return `${escrow.total}/${lock?.amount ?? 0}${lock?.givenUp === 1 ? '!' : ''}`;
      };
      const passed =
        passage === undefined
          ? ''
          : `${passage.incoming} ${passage.outgoing} ${passage.preimage === undefined ? '' : 'p'}`;
      return `${passed}|${stands(incoming)}|${stands(outgoing)}|${said}${writes}${left}`;
    }
  }
}
