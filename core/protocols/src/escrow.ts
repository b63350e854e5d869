/**
 * Escrows: value that one device has set apart for another, paid out by growing totals.
 *
 *     amount = total ‖ locked ‖ rest          the payer moves value from left of rest to right, never back
 *
 * An escrow is funded once and certified, then every higher total is a payment that needs no node
 * and cannot be spent elsewhere: the escrow has one spend slot, and its only writer is the payee's
 * exit key. The payee leaves with one thing that the payer has said and the rest returns, so the
 * payer alone can take nothing back, and the payee alone can take nothing more. Two escrows that
 * face each other are the edge of the seeds.
 */

import {
  compare,
  equal,
  lockHash,
  slotKinds,
  exitPosition,
  lockPosition,
  totalLine,
  limits,
  zero32,
  type DemandedSlot,
  type Lock,
  type SlotPlace,
} from '@dsm/primitive';
import { noteId, noteKinds, type Note, type Output } from './note.ts';
import type { Operation } from './operation.ts';

/** An escrow as one of its two devices knows it. */
export interface Escrow {
  readonly note: Note;
  /** The device that funded it, and the digest of the key whose statements count. */
  readonly payer: Uint8Array;
  readonly payerKey: Uint8Array;
  readonly total: bigint;
  readonly count: number;
  readonly ticks: Uint8Array;
  /** Ascending by hash. */
  readonly locks: readonly HeldLock[];
}

export interface HeldLock extends Lock {
  readonly route: Uint8Array;
  /** 1 once the payee has given it up for certain: only then may the payer take it back. */
  readonly givenUp: 0 | 1;
}

export const escrowRefusals = {
  escrow: 'the escrow is not known on this lane, or the writer is not its payer',
  'total-falls': 'the total does not grow, or the count of transfers falls',
  'over-funded': 'more than the escrow holds would be paid or locked',
  'lock-known': 'the lock stands already, or the escrow has too many',
  'lock-unknown': 'no such lock stands, or the preimage opens none',
  'lock-kept': 'the payee has not given the lock up',
} as const;

export type EscrowRefusal = keyof typeof escrowRefusals;

export type EscrowOperation = Extract<Operation, { type: 'total' | 'lock' | 'claim' | 'cancel' }>;

/** The escrow that a fund makes: nothing paid, nothing locked. */
export function openEscrow(note: Note, payer: Uint8Array, payerKey: Uint8Array): Escrow {
  return { note, payer, payerKey, total: 0n, count: 0, ticks: zero32, locks: [] };
}

export function escrowId({ note }: Pick<Escrow, 'note'>): Uint8Array {
  return noteId(note.source, note.index);
}

export function lockedIn({ locks }: Pick<Escrow, 'locks'>): bigint {
  return locks.reduce((sum, { amount }) => sum + amount, 0n);
}

/** What can still be paid out of the escrow. */
export function restOf(escrow: Escrow): bigint {
  return escrow.note.amount - escrow.total - lockedIn(escrow);
}

/** The escrow after its payer has said something, or why that cannot be said. */
export function nextEscrow(escrow: Escrow, operation: EscrowOperation): Escrow | EscrowRefusal {
  switch (operation.type) {
    case 'total':
      return paid(escrow, operation);
    case 'lock':
      return locked(escrow, operation);
    case 'claim':
      return claimed(escrow, operation.preimage);
    case 'cancel':
      return cancelled(escrow, operation.hash);
  }
}

function paid(
  escrow: Escrow,
  { total, count, ticks }: EscrowOperation & { type: 'total' },
): Escrow | EscrowRefusal {
  if (total <= escrow.total || count <= escrow.count) return 'total-falls';
  if (total - escrow.total > restOf(escrow)) return 'over-funded';
  return { ...escrow, total, count, ticks };
}

function locked(
  escrow: Escrow,
  { hash, amount, route }: EscrowOperation & { type: 'lock' },
): Escrow | EscrowRefusal {
  if (lockIn(escrow, hash) !== undefined) return 'lock-known';
  if (escrow.locks.length >= limits.locksMax) return 'lock-known';
  if (amount === 0n || amount > restOf(escrow)) return 'over-funded';
  const locks = [...escrow.locks, { hash, amount, route, givenUp: 0 } as const];
  return { ...escrow, locks: locks.toSorted((a, b) => compare(a.hash, b.hash)) };
}

function claimed(escrow: Escrow, preimage: Uint8Array): Escrow | EscrowRefusal {
  const lock = lockIn(escrow, lockHash(preimage));
  if (lock === undefined) return 'lock-unknown';
  const { total, count } = escrow;
  return { ...without(escrow, lock), total: total + lock.amount, count: count + 1 };
}

function cancelled(escrow: Escrow, hash: Uint8Array): Escrow | EscrowRefusal {
  const lock = lockIn(escrow, hash);
  if (lock === undefined) return 'lock-unknown';
  return lock.givenUp === 1 ? without(escrow, lock) : 'lock-kept';
}

export function lockIn({ locks }: Pick<Escrow, 'locks'>, hash: Uint8Array): HeldLock | undefined {
  return locks.find((lock) => equal(lock.hash, hash));
}

function without(escrow: Escrow, lock: HeldLock): Escrow {
  return { ...escrow, locks: escrow.locks.filter((one) => one !== lock) };
}

/** The payee, or the payer who has seen the certificate, notes that a lock is given up. */
export function giveUp(escrow: Escrow, hash: Uint8Array): Escrow {
  const locks = escrow.locks.map((lock) =>
    equal(lock.hash, hash) ? { ...lock, givenUp: 1 as const } : lock,
  );
  return { ...escrow, locks };
}

/** The line by which the payer's step says where the escrow stands. */
export function totalDemand(escrow: Escrow): DemandedSlot {
  const { total, payerKey } = escrow;
  const locks = escrow.locks.map(({ hash, amount }) => ({ hash, amount }));
  return { ...totalLine({ escrow: escrowId(escrow), total, locks }), writer: payerKey };
}

/**
 * What an exit makes: the payee's part, then the payer's; either may be zero, and is then no note.
 * Both follow from the certified value of the exit slot alone.
 */
export function exitOutputs(
  note: Omit<Note, 'token' | 'source' | 'index'>,
  payer: { readonly device: Uint8Array; readonly key: Uint8Array },
  amount: bigint,
): readonly [Output, Output] {
  const bounds = { depth: note.depth + 1, receipts: note.receipts + 1, kind: noteKinds.online };
  return [
    { owner: note.owner, key: note.key, amount, ...bounds },
    { owner: payer.device, key: payer.key, amount: note.amount - amount, ...bounds },
  ];
}

/** The slot that ends the escrow: one exit, by the payee. */
export function exitPlace({ note, payerKey }: Pick<Escrow, 'note' | 'payerKey'>): SlotPlace {
  const position = exitPosition(noteId(note.source, note.index), payerKey);
  return { kind: slotKinds.exit, writer: note.key, position };
}

/** The slot that decides a lock: its preimage, or that it is given up. */
export function lockPlace({ note }: Pick<Escrow, 'note'>, hash: Uint8Array): SlotPlace {
  const position = lockPosition(noteId(note.source, note.index), hash);
  return { kind: slotKinds.lock, writer: note.key, position };
}
