/**
 * Totals: what the payer of an escrow has said that the payee may take.
 *
 *     line of a step's slot list   key = H_escrow( escrow id )     value = H_total( total ‖ locks )
 *     exit                         position = H_position( escrow id ‖ payer's key )
 *                                  value    = H_exit( escrow id ‖ total ‖ paid locks, each with its amount )
 *     lock                         hash     = H_lock( preimage )
 *                                  position = H_position( escrow id ‖ hash )     value = the preimage
 *
 * A total has no signature of its own: it is a line of the list that the payer's step signs. The
 * line, its path and that signature are a citation, which anyone checks against the payer's key. An
 * escrow is left once, by the payee, who cites one of them; the slot's value fixes which.
 */

import { compare, equal } from './bytes.ts';
import {
  ascending,
  bytes32,
  encodeWith,
  list,
  struct,
  u128,
  variable,
  type Coder,
} from './codec.ts';
import { hash } from './hash.ts';
import { kinds } from './kinds.ts';
import { limits } from './limits.ts';
import {
  evaluateSlotPath,
  pathCoder,
  statementDigest,
  type PathStep,
  type Slot,
} from './slot-list.ts';
import { keyDigest, suiteCoder, verifyWorking, type Suite } from './suite.ts';

/** A part of an escrow that leaves it with a preimage. */
export interface Lock {
  readonly hash: Uint8Array;
  readonly amount: bigint;
}

/** What a payer has said of one escrow: paid so far, and locked beside that. */
export interface Total {
  readonly escrow: Uint8Array;
  readonly total: bigint;
  /** Ascending by hash. */
  readonly locks: readonly Lock[];
}

/** A total with the payer's authority: all that an exit needs of the payer. */
export interface Citation extends Total {
  readonly suite: Suite;
  readonly publicKey: Uint8Array;
  readonly body: Uint8Array;
  readonly path: readonly PathStep[];
  readonly signature: Uint8Array;
}

/** What the payee shows when it leaves: a citation, and preimages of locks that it pays itself. */
export interface ExitClaim {
  readonly citation: Citation;
  /** Ascending by the hash of the lock that each opens. */
  readonly preimages: readonly Uint8Array[];
}

const lockCoder = struct<Lock>({ hash: bytes32, amount: u128 });

export const locksCoder: Coder<readonly Lock[]> = ascending<Lock>(
  lockCoder,
  ({ hash: key }) => key,
  limits.locksMax,
);

/** As they stand: an exit whose preimages do not ascend is refused, and a head of it does no harm. */
const paidCoder = list(lockCoder, limits.locksMax);

export const citationCoder: Coder<Citation> = struct({
  escrow: bytes32,
  total: u128,
  locks: locksCoder,
  suite: suiteCoder,
  publicKey: variable(limits.publicKeyBytesMax),
  body: bytes32,
  path: pathCoder,
  signature: variable(limits.signatureBytesMax),
});

export const exitClaimCoder: Coder<ExitClaim> = struct({
  citation: citationCoder,
  preimages: list(bytes32, limits.locksMax),
});

export function lockHash(preimage: Uint8Array): Uint8Array {
  return hash('lock', preimage);
}

/** The line of a slot list that states a total. No slot has a key of this domain. */
export function totalLine({ escrow, total, locks }: Total): Slot {
  const value = hash('total', encodeWith(u128, total), encodeWith(locksCoder, locks));
  return { key: hash('escrow', escrow), value };
}

/** Where the exit of an escrow stands; its only writer is the payee's exit key. */
export function exitPosition(escrow: Uint8Array, payerKey: Uint8Array): Uint8Array {
  return hash('position', escrow, payerKey);
}

/** Where a lock of an escrow is decided; its only writer is the payee's exit key. */
export function lockPosition(escrow: Uint8Array, lock: Uint8Array): Uint8Array {
  return hash('position', escrow, lock);
}

/** What a payee writes to give a lock up: any value but the preimage does, and this is that one. */
export function lockCancel(escrow: Uint8Array, lock: Uint8Array): Uint8Array {
  return hash('lock', escrow, lock);
}

/**
 * The value of the exit slot, and the head of the notes that come of the exit. It fixes the amounts
 * of the paid locks too: a payer may have said two of one hash, and one head makes one set of notes.
 */
export function exitHead({ citation, preimages }: ExitClaim): Uint8Array {
  const { escrow, total, locks } = citation;
  const paid = preimages.map((preimage) => {
    const opened = lockHash(preimage);
    // What opens no lock has no amount, and no exit either: `exitAmount`.
    const amount = lockOf(locks, opened)?.amount ?? 0n;
    return { hash: opened, amount };
  });
  return hash('exit', escrow, encodeWith(u128, total), encodeWith(paidCoder, paid));
}

/** What the payee gets: the total, and every lock that it opens. Undefined if a preimage opens none. */
export function exitAmount({ citation, preimages }: ExitClaim): bigint | undefined {
  let amount = citation.total;
  let before: Uint8Array | undefined;
  for (const preimage of preimages) {
    const opened = lockHash(preimage);
    const lock = lockOf(citation.locks, opened);
    const ascends = before === undefined || compare(before, opened) < 0;
    if (lock === undefined || !ascends) return undefined;
    before = opened;
    amount += lock.amount;
  }
  return amount;
}

function lockOf(locks: readonly Lock[], opened: Uint8Array): Lock | undefined {
  return locks.find(({ hash: one }) => equal(one, opened));
}

/** True if the payer's key has signed the step whose slot list states this total. */
export function citationHolds(
  network: Uint8Array,
  payerKey: Uint8Array,
  { suite, publicKey, body, path, signature, ...said }: Citation,
): boolean {
  if (!equal(keyDigest(suite, publicKey), payerKey)) return false;
  const statement = statementDigest(body, evaluateSlotPath(totalLine(said), path));
  return verifyWorking(kinds.signedStep, suite, network, publicKey, statement, signature);
}
