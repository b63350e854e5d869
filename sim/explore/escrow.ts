/**
 * The two spaces of an escrow: an honest payer against a payee that does whatever its keys allow, and
 * an honest payee against such a payer.
 *
 * Where the escrow stands is moved by the shipped rules (`nextEscrow`), an exit is taken by those of the
 * node (`authorises`) and worth what a stranger makes of it (`checkPart`). The cheat has no state: a
 * payer says every total with every lock at any time, in its own name or by a copy of itself; a payee
 * cites everything that was ever said, opens and gives up locks, and forges what was not said. Slots
 * are certified once. An honest device decides in memory, then durably, then says it; it may crash.
 */

import { equal } from '@dsm/primitive';
import {
  escrowId,
  giveUp,
  lockIn,
  lockedIn,
  nextEscrow,
  type Escrow,
  type EscrowOperation,
} from '@dsm/protocols';
import {
  escrowScene,
  exitTricks,
  type EscrowBound,
  type EscrowScene,
  type Leave,
  type LockSlot,
} from './escrow-scene.ts';
import { named } from './plane.ts';
import type { Move, PlaneSpace } from './plane-space.ts';

/** An honest device's side; `said` as bits of statements, `leave` the number of its exit, from 1. */
export interface PartyAt {
  readonly type: 'payer' | 'payee';
  readonly escrow: Escrow;
  readonly draft: Escrow | undefined;
  readonly said: number;
  /** A payer that was restored under a new incarnation says nothing of the escrow any more. */
  readonly isRestored: boolean;
  /** Locks that the payee has decided to open, and to give up, as bits. */
  readonly opening: number;
  readonly giving: number;
  /** The most that the payee has relied on. */
  readonly relied: number;
  readonly leave: number;
}

export interface LockAt {
  readonly type: 'lock';
  readonly lock: number;
  readonly slot: LockSlot;
}

export interface ExitAt {
  readonly type: 'exit';
  /** The number of the exit that has the slot, from 1. */
  readonly winner: number;
  readonly wrong: string | undefined;
}

export type EscrowLocal = PartyAt | LockAt | ExitAt;

interface World {
  readonly scene: EscrowScene;
  readonly honest: 'payer' | 'payee';
  readonly statements: number;
  readonly known: Map<string, string | undefined>;
}

const lockSlots: readonly LockSlot[] = ['free', 'opened', 'given-up'];

/** Places of bits in what is heard: locks, the exit, then what the honest party says. */
const exitFrom = 4;
const partyFrom = 10;

export function escrowSpace(
  bound: EscrowBound,
  honest: 'payer' | 'payee',
): PlaneSpace<EscrowLocal> {
  const scene = escrowScene(bound);
  const statements = (bound.funded + 1) << bound.locks.length;
  const world: World = { scene, honest, statements, known: new Map() };
  const locks = bound.locks.map((_, lock): LockAt => ({ type: 'lock', lock, slot: 'free' }));
  const party: PartyAt = {
    type: honest,
    escrow: scene.start,
    draft: undefined,
    said: 1,
    isRestored: false,
    opening: 0,
    giving: 0,
    relied: 0,
    leave: 0,
  };
  const exit: ExitAt = { type: 'exit', winner: 0, wrong: undefined };
  return {
    parts: [honest, ...locks.map(({ lock }) => `lock ${lock}`), 'exit'],
    roles: [0, ...locks.map(({ lock }) => lock + 1), locks.length + 1],
    start: [party, ...locks, exit],
    keyOf: (local) => keyOfLocal(world, local),
    said: (local) => saidBy(world, local),
    heard: (said) => said.reduce((bits, one) => bits | one, 0),
    hears: (role) => hearing(world, role),
    moves: (local, heard) => movesOf(world, local, heard),
    judge: (local) => judgeLocal(world, local),
    judgeNetwork: (heard) => judgeNetwork(world, heard),
    means: (heard) => (exitIn(heard) === 0 ? [] : ['the escrow is left']),
    ...(honest === 'payee'
      ? { isDone: (heard: number) => exitIn(heard) !== 0, stuck: 'payee-can-leave' }
      : {}),
  };
}

/** The party hears of locks; slots hear what is theirs to take. */
function hearing({ honest, statements, scene }: World, role: number): number {
  if (role === 0) return 15;
  const isExit = role === scene.hashes.length + 1;
  if (honest === 'payer') return isExit ? ((1 << statements) - 1) << partyFrom : 0;
  return (isExit ? 63 << 4 : 15) << partyFrom;
}

function movesOf(world: World, local: EscrowLocal, heard: number): readonly Move<EscrowLocal>[] {
  switch (local.type) {
    case 'payer':
      return payerMoves(world, local, heard);
    case 'payee':
      return payeeMoves(world, local, heard);
    case 'lock':
      return lockMoves(world, local, heard);
    case 'exit':
      return exitMoves(world, local, heard);
  }
}

// Both parties.

function drafted({ scene }: World, party: PartyAt, draft: Escrow): readonly Move<EscrowLocal>[] {
  const said = { ...party, escrow: draft, draft: undefined };
  return [
    { event: 'makes it durable', to: { ...said, relied: reliedOn(said, scene) } },
    { event: 'crashes', to: { ...party, draft: undefined }, isFault: true },
  ];
}

/** What may become of the escrow by an operation, or why the rules refuse it. */
function after(party: PartyAt, operation: EscrowOperation, isFault: boolean): Move<EscrowLocal> {
  const next = nextEscrow(party.escrow, operation);
  if (typeof next === 'string') return { event: `refuses: ${next}`, to: party };
  return { event: operation.type, to: { ...party, draft: next }, isFault };
}

function totalOf({ escrow }: PartyAt, total: number, more: number): EscrowOperation {
  return {
    type: 'total',
    escrow: escrowId(escrow),
    total: BigInt(total),
    count: escrow.count + more,
    ticks: named('no ticks'),
    memo: '',
  };
}

/** Every operation on locks, whether or not the rules take it. */
function lockOperations({ scene }: World, { escrow }: PartyAt): readonly EscrowOperation[] {
  const id = escrowId(escrow);
  return scene.hashes.flatMap((hash, i): EscrowOperation[] => [
    {
      type: 'lock',
      escrow: id,
      hash,
      amount: BigInt(scene.bound.locks[i]!),
      route: new Uint8Array(0),
    },
    { type: 'claim', escrow: id, preimage: scene.preimages[i]! },
    { type: 'cancel', escrow: id, hash },
  ]);
}

// An honest payer.

function payerMoves(world: World, payer: PartyAt, heard: number): readonly Move<EscrowLocal>[] {
  const { draft, isRestored, said, escrow } = payer;
  if (draft !== undefined) return drafted(world, payer, draft);
  if (isRestored) return [];
  const bit = 1 << statementOf(world, escrow);
  const moves: Move<EscrowLocal>[] = [
    { event: 'says it', to: { ...payer, said: said | bit } },
    { event: 'is restored', to: { ...payer, isRestored: true }, isFault: true },
  ];
  const { hashes, bound } = world.scene;
  // What its owner asks for, also what cannot be.
  for (let total = 0; total <= bound.funded + 1; total++) {
    moves.push(after(payer, totalOf(payer, total, 1), false));
  }
  // Whoever has seen the certificate that a lock is given up takes it back.
  const aware = hashes.reduce(
    (at, hash, i) => (slotIn(heard, i) === 'given-up' ? giveUp(at, hash) : at),
    escrow,
  );
  for (const operation of lockOperations(world, payer)) {
    moves.push(after({ ...payer, escrow: aware }, operation, false));
  }
  return moves;
}

// An honest payee.

function payeeMoves(world: World, payee: PartyAt, heard: number): readonly Move<EscrowLocal>[] {
  const { draft, leave } = payee;
  if (draft !== undefined) return drafted(world, payee, draft);
  if (leave !== 0) return [];
  const moves = [...decisions(world, payee), ...leavings(world, payee, heard)];
  for (let total = 0; total <= world.scene.bound.funded + 1; total++) {
    moves.push(
      after(payee, totalOf(payee, total, 1), true),
      after(payee, totalOf(payee, total, 0), true),
    );
  }
  for (const operation of lockOperations(world, payee)) moves.push(after(payee, operation, true));
  return moves;
}

/** A lock that stands is opened or given up, once; giving up is durable before it is written. */
function decisions({ scene }: World, payee: PartyAt): readonly Move<EscrowLocal>[] {
  const { escrow, opening, giving } = payee;
  return scene.hashes.flatMap((hash, i): Move<EscrowLocal>[] => {
    const bit = 1 << i;
    if (lockIn(escrow, hash) === undefined || ((opening | giving) & bit) !== 0) return [];
    const opened = { ...payee, opening: opening | bit };
    const given = { ...payee, giving: giving | bit, escrow: giveUp(escrow, hash) };
    return [
      { event: 'opens a lock', to: { ...opened, relied: reliedOn(opened, scene) } },
      { event: 'gives a lock up', to: given },
    ];
  });
}

/** It leaves by the last thing that the payer has said, with the locks that are certified as opened. */
function leavings(world: World, payee: PartyAt, heard: number): readonly Move<EscrowLocal>[] {
  const { escrow, opening } = payee;
  const { scene } = world;
  const mask = maskOf(scene, escrow);
  const waits = scene.hashes.some((_, i) => {
    const bit = 1 << i;
    return (opening & mask & bit) !== 0 && slotIn(heard, i) === 'free';
  });
  if (waits) return [];
  const opens = scene.hashes.reduce(
    (bits, _, i) => (slotIn(heard, i) === 'opened' ? bits | (mask & (1 << i)) : bits),
    0,
  );
  const total = Number(escrow.total);
  const leave = scene.leaves.findIndex(
    (one) => one.total === total && one.mask === mask && one.opens === opens,
  );
  return leave < 0 ? [] : [{ event: 'leaves', to: { ...payee, leave: leave + 1 } }];
}

/** The total, and what it has made sure of by opening locks. */
function reliedOn({ escrow, opening, relied }: PartyAt, { hashes }: EscrowScene): number {
  const opened = hashes.reduce((sum, hash, i) => {
    const lock = lockIn(escrow, hash);
    return ((opening >> i) & 1) === 1 && lock !== undefined ? sum + Number(lock.amount) : sum;
  }, 0);
  return Math.max(relied, Number(escrow.total) + opened);
}

// Slots.

function lockMoves({ honest }: World, at: LockAt, heard: number): readonly Move<EscrowLocal>[] {
  if (at.slot !== 'free') return [];
  const wanted = honest === 'payer' ? 3 : (heard >> (partyFrom + 2 * at.lock)) & 3;
  const moves: Move<EscrowLocal>[] = [];
  if ((wanted & 1) !== 0) moves.push({ event: 'a lock opened', to: { ...at, slot: 'opened' } });
  if ((wanted & 2) !== 0) moves.push({ event: 'a lock given up', to: { ...at, slot: 'given-up' } });
  return moves;
}

function exitMoves(world: World, at: ExitAt, heard: number): readonly Move<EscrowLocal>[] {
  if (at.winner !== 0) return [];
  const { scene, honest } = world;
  const moves: Move<EscrowLocal>[] = [];
  for (const [i, leave] of scene.leaves.entries()) {
    const filled = { ...at, winner: i + 1 };
    for (const how of exitTricks) {
      if (!isTaken(world, leave, how)) {
        moves.push({ event: `a node refuses: ${how}`, to: at });
      } else if (how !== 'said') {
        const wrong = how === 'by-payer' ? 'only-the-payee-leaves' : 'exit-cites-what-was-said';
        moves.push({ event: `takes ${how}`, to: { ...filled, wrong: `${wrong}: ${how}` } });
      } else if (honest === 'payer' ? isSaid(world, heard, leave) : leaveIn(heard) === i + 1) {
        moves.push({ event: 'an exit certified', to: filled });
      }
    }
  }
  return moves;
}

function isTaken({ scene, known }: World, leave: Leave, how: (typeof exitTricks)[number]): boolean {
  const key = `${how} ${leave.total} ${leave.mask} ${leave.opens}`;
  if (!known.has(key)) known.set(key, scene.isTaken(leave, how) ? 'taken' : undefined);
  return known.get(key) !== undefined;
}

function isSaid({ scene, statements }: World, heard: number, { total, mask }: Leave): boolean {
  const statement = (total << scene.hashes.length) + mask;
  return statement < statements && ((heard >> (partyFrom + statement)) & 1) === 1;
}

// What is heard.

function saidBy(world: World, local: EscrowLocal): number {
  switch (local.type) {
    case 'lock':
      return lockSlots.indexOf(local.slot) << (2 * local.lock);
    case 'exit':
      return local.winner << exitFrom;
    case 'payer': {
      // What stands now is read by the verdict on what it loses; both fit in 31 bits.
      const now = statementOf(world, local.escrow);
      return (local.said << partyFrom) | (now << (partyFrom + world.statements));
    }
    case 'payee': {
      const { scene } = world;
      const wishes = scene.hashes.reduce((bits, _, i) => {
        const wish = ((local.opening >> i) & 1) | (((local.giving >> i) & 1) << 1);
        return bits | (wish << (2 * i));
      }, 0);
      return ((wishes | (local.leave << 4) | (local.relied << 10)) << partyFrom) >>> 0;
    }
  }
}

function slotIn(heard: number, lock: number): LockSlot {
  return lockSlots[(heard >> (2 * lock)) & 3]!;
}

function exitIn(heard: number): number {
  return (heard >> exitFrom) & 63;
}

function leaveIn(heard: number): number {
  return (heard >> (partyFrom + 4)) & 63;
}

function maskOf({ hashes }: EscrowScene, escrow: Escrow): number {
  return hashes.reduce(
    (bits, hash, i) => (lockIn(escrow, hash) === undefined ? bits : bits | (1 << i)),
    0,
  );
}

function statementOf({ scene }: World, escrow: Escrow): number {
  return (Number(escrow.total) << scene.hashes.length) + maskOf(scene, escrow);
}

// What must hold.

function judgeLocal({ scene }: World, local: EscrowLocal): string | undefined {
  if (local.type === 'exit') return local.wrong;
  if (local.type === 'lock') return undefined;
  const { escrow, draft } = local;
  const now = draft ?? escrow;
  if (now.total < escrow.total) return 'totals-never-fall';
  const isOver = now.total + lockedIn(now) > BigInt(scene.bound.funded);
  return isOver ? 'never-more-than-funded' : undefined;
}

function judgeNetwork(world: World, heard: number): string | undefined {
  const winner = exitIn(heard);
  const { scene, honest, known } = world;
  if (winner === 0) return scene.colluded;
  const slots = scene.hashes.map((_, i) => slotIn(heard, i));
  const key = `${honest} ${winner} ${slots.join()}`;
  const amountKey = `${key} amount`;
  if (!known.has(key)) {
    const { wrong, amount } = leftWith(world, scene.leaves[winner - 1]!, slots);
    known.set(key, wrong);
    known.set(amountKey, amount === undefined ? undefined : String(amount));
  }
  const wrong = known.get(key);
  if (wrong !== undefined) return wrong;
  const paid = known.get(amountKey);
  if (honest === 'payee') {
    const relied = (heard >>> (partyFrom + 10)) & 15;
    if (paid === undefined) return 'payee-can-leave: its exit is worth nothing';
    return Number(paid) < relied ? 'payee-gets-what-it-relied-on' : undefined;
  }
  return paid !== undefined && Number(paid) > mostOf(world, heard, slots)
    ? 'payer-loses-what-it-said'
    : undefined;
}

/** What the payer gives away at most by what it says now. */
function mostOf({ scene, statements }: World, heard: number, slots: readonly LockSlot[]): number {
  const now = heard >>> (partyFrom + statements);
  const { length } = scene.hashes;
  return scene.bound.locks.reduce(
    (sum, amount, i) => (((now >> i) & 1) === 1 && slots[i] !== 'given-up' ? sum + amount : sum),
    now >> length,
  );
}

/** What the exit is worth; and what is wrong with it, or with any other exit that is shown beside it. */
function leftWith(
  { scene }: World,
  winner: Leave,
  slots: readonly LockSlot[],
): { readonly wrong: string | undefined; readonly amount: bigint | undefined } {
  let amount: bigint | undefined;
  let head: Uint8Array | undefined;
  for (const leave of [winner, ...scene.leaves]) {
    const verdict = scene.verdict(leave, winner, slots);
    if (verdict.type !== 'good' || !verdict.origin.certified) continue;
    const { outputs } = verdict.origin;
    const sum = outputs.reduce((all, output) => all + output.amount, 0n);
    if (sum !== BigInt(scene.bound.funded)) return { wrong: 'what-went-in-comes-out', amount };
    if (amount === undefined && leave !== winner) continue;
    amount ??= outputs[0]!.amount;
    head ??= verdict.origin.head;
    const isSame = outputs[0]!.amount === amount && equal(head, verdict.origin.head);
    if (!isSame) return { wrong: 'left-once', amount };
  }
  return { wrong: undefined, amount };
}

function keyOfLocal(world: World, local: EscrowLocal): string {
  if (local.type === 'lock') return local.slot;
  if (local.type === 'exit') return `${local.winner}${local.wrong ?? ''}`;
  const { escrow, draft, said, isRestored, opening, giving, relied, leave } = local;
  const stands = (at: Escrow | undefined): string => {
    if (at === undefined) return '';
    const given = at.locks.map(({ amount, givenUp }) => `${amount}${givenUp === 1 ? '!' : ''}`);
    return `${at.total}/${at.count}/${maskOf(world.scene, at)}/${given.join()}`;
  };
  const flags = [said, isRestored ? 1 : 0, opening, giving, relied, leave];
  return `${stands(escrow)}>${stands(draft)}|${flags.join()}`;
}
