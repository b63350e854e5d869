/**
 * Passages: one payment by locks, as one device on its route has it before itself.
 *
 *                incoming lock (this device is paid)        outgoing lock (this device pays)
 *     payer      none                                       held → paid, or gone → returned
 *     relay      held → paid, or declined → given-up →      held → paid, or gone → returned
 *     recipient  returned                                   none
 *
 * `learn` takes in a fact, `due` says what is to be done: both are functions of what is durable, so
 * a crash is no more than a pause. The order is the whole safety of a relay:
 *
 * - It decides to give the incoming lock up only while nothing is locked onwards, or once that can
 *   never be opened: its slot is certified with another value, or a certified exit does not pay it.
 * - It pays onwards only for the preimage, and with that it can be paid: it alone writes the slot of
 *   the incoming lock, and it has not given it up.
 */

import { equal, lockHash } from '@dsm/primitive';

/**
 * held      the lock stands, and the payer can be made to pay it with the preimage
 * declined  this device has decided never to open it; its slot is to be written
 * given-up  the slot is certified: the payer may take it back once it is shown that
 * opened    the slot is certified with the preimage: the exit pays it, whatever the payer does
 * paid      the payer has paid it, or the own exit has
 * returned  the payer has taken it back, or the own exit did not pay it
 */
export const incomings = [
  'none',
  'held',
  'declined',
  'given-up',
  'opened',
  'paid',
  'returned',
] as const;
export type Incoming = (typeof incomings)[number];

/**
 * held      the lock stands
 * gone      it can never be opened: this device may take it back
 * paid      this device has paid it, or the payee's exit has
 * returned  this device has taken it back, or the payee's exit did not pay it
 */
export const outgoings = ['none', 'held', 'gone', 'paid', 'returned'] as const;
export type Outgoing = (typeof outgoings)[number];

export interface Passage {
  readonly hash: Uint8Array;
  readonly incoming: Incoming;
  readonly outgoing: Outgoing;
  readonly preimage: Uint8Array | undefined;
}

export type Fact =
  /** From the next device, from the slot of the lock, or from an entry or an exit. */
  | { readonly type: 'preimage'; readonly preimage: Uint8Array }
  /** The slot of the outgoing lock is certified with another value. */
  | { readonly type: 'gone' }
  /** The payee of the outgoing lock has left the escrow, for certain. */
  | { readonly type: 'payee-left'; readonly preimage: Uint8Array | undefined }
  /** This device has said so, and that is durable. */
  | { readonly type: 'claim-said' | 'cancel-said' }
  /** The slot of the incoming lock is certified, with what this device wrote. */
  | { readonly type: 'opened' | 'given-up' }
  /** The payer of the incoming lock has said so. */
  | { readonly type: 'claimed'; readonly preimage: Uint8Array }
  | { readonly type: 'cancelled' }
  /** This device has left the escrow of the incoming lock. */
  | { readonly type: 'left'; readonly pays: boolean };

export type Deed =
  /** Pay the outgoing lock: an entry of the own lane. */
  | 'claim'
  /** Take the outgoing lock back: an entry, too. */
  | 'cancel'
  /** Tell the payer of the incoming lock the preimage. */
  | 'reveal'
  /** Write the preimage into the incoming lock's slot: if the payer does not pay for being told. */
  | 'open'
  /** Write into that slot that the lock is given up. */
  | 'give-up'
  /** Show the payer the certificate of that. */
  | 'show';

/** The payer's side, from its own lock on. */
export function paying(hash: Uint8Array): Passage {
  return { hash, incoming: 'none', outgoing: 'held', preimage: undefined };
}

/** A relay's side, from the lock onwards on: both are one commit. */
export function relaying(hash: Uint8Array): Passage {
  return { hash, incoming: 'held', outgoing: 'held', preimage: undefined };
}

/** The recipient's side: the lock is what its invoice asks for. */
export function receiving(preimage: Uint8Array): Passage {
  return { hash: lockHash(preimage), incoming: 'held', outgoing: 'none', preimage };
}

/** An incoming lock that is not passed on. From here on it never will be. */
export function declining(hash: Uint8Array): Passage {
  return { hash, incoming: 'declined', outgoing: 'none', preimage: undefined };
}

/** The passage after a fact. What changes nothing, or opens no lock, leaves it as it is. */
export function learn(at: Passage, fact: Fact): Passage {
  switch (fact.type) {
    case 'preimage':
      return withPreimage(at, fact.preimage);
    case 'gone':
      return at.outgoing === 'held' ? lost(at, 'gone') : at;
    case 'payee-left':
      return payeeLeft(at, fact.preimage);
    case 'claim-said':
      return at.outgoing === 'held' ? { ...at, outgoing: 'paid' } : at;
    case 'cancel-said':
      return at.outgoing === 'gone' ? { ...at, outgoing: 'returned' } : at;
    case 'opened':
      return at.incoming === 'held' ? { ...at, incoming: 'opened' } : at;
    case 'given-up':
      // Held, if it was a former incarnation that gave it up: the slot says so for good all the same.
      return at.incoming === 'declined' || at.incoming === 'held'
        ? { ...at, incoming: 'given-up' }
        : at;
    case 'claimed':
      return isDecided(at) ? at : { ...withPreimage(at, fact.preimage), incoming: 'paid' };
    case 'cancelled':
      return isDecided(at) ? at : { ...at, incoming: 'returned' };
    case 'left':
      return isDecided(at) ? at : { ...at, incoming: fact.pays ? 'paid' : 'returned' };
  }
}

function isDecided({ incoming }: Passage): boolean {
  return incoming === 'none' || incoming === 'paid' || incoming === 'returned';
}

/** The preimage helps while there is a lock that it can still open for this device. */
function withPreimage(at: Passage, preimage: Uint8Array): Passage {
  const helps = at.incoming === 'held' || at.outgoing === 'held';
  if (!helps || at.preimage !== undefined || !equal(lockHash(preimage), at.hash)) return at;
  return { ...at, preimage };
}

/** Nothing will come back from onwards. Whoever knows the preimage all the same keeps the payment. */
function lost(at: Passage, outgoing: 'gone' | 'returned'): Passage {
  const declines = at.incoming === 'held' && at.preimage === undefined;
  return { ...at, outgoing, incoming: declines ? 'declined' : at.incoming };
}

function payeeLeft(at: Passage, preimage: Uint8Array | undefined): Passage {
  if (at.outgoing === 'gone') return { ...at, outgoing: 'returned' };
  if (at.outgoing !== 'held') return at;
  if (preimage === undefined) return lost(at, 'returned');
  return { ...withPreimage(at, preimage), outgoing: 'paid' };
}

/** What is to be done now, in any order, again and again until a fact ends it. */
export function due({ incoming, outgoing, preimage }: Passage): readonly Deed[] {
  const deeds: Deed[] = [];
  if (outgoing === 'held' && preimage !== undefined) deeds.push('claim');
  if (outgoing === 'gone') deeds.push('cancel');
  if (incoming === 'held' && preimage !== undefined) deeds.push('reveal', 'open');
  if (incoming === 'declined') deeds.push('give-up');
  if (incoming === 'given-up') deeds.push('show');
  return deeds;
}

/**
 * Whether this device may leave the escrow of the incoming lock now, and what its exit does to it.
 *
 * pays   the exit takes the lock, with the certificate of its slot
 * free   the lock is decided, or given up: the exit does not take it
 * open   its slot must be written first
 * wait   onwards it may still be opened, and this device would have left without being paid
 */
export type Leaving = 'pays' | 'free' | 'open' | 'wait';

export function leaving({ incoming, preimage }: Passage): Leaving {
  if (incoming === 'opened') return 'pays';
  if (incoming !== 'held') return 'free';
  return preimage === undefined ? 'wait' : 'open';
}

/** Nothing is left to happen. */
export function isSettled(at: Passage): boolean {
  return isDecided(at) && at.outgoing !== 'held' && at.outgoing !== 'gone';
}
