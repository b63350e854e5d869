/**
 * Edges in the SDK: the escrows of two devices in one token, shown as one thing with two balances.
 *
 *     I fund 10, you fund 10     mine 10, theirs 10
 *     I pay 3                    mine  7, theirs 13
 *
 * What I have funded and not paid is mine, and so is what you have paid to me. Payments over an edge
 * need no node and cannot be spent elsewhere; what each side can get back alone is said by
 * `fundTerms` before anything is funded.
 */

import type { Finality } from '@dsm/protocols';
import type { TokenInfo } from './api.ts';
import type { EscrowState } from './edge-value.ts';

export interface Edge {
  /** Name given to the contact, and its device. */
  readonly contact: string;
  readonly device: string;
  readonly token: TokenInfo;
  /** The rest of what this wallet has funded, and what the peer has paid to it. */
  readonly mine: bigint;
  /** The rest of what the peer has funded, and what this wallet has paid to it. */
  readonly theirs: bigint;
  /** Locked for payments under way, in both directions; nobody's until they are decided. */
  readonly locked: bigint;
  /** What can be paid now, in either direction. */
  readonly canPay: bigint;
  readonly canReceive: bigint;
  /** The most that this wallet sets apart for the contact; undefined if the owner set none. */
  readonly limit: bigint | undefined;
  /** How final a payment over it is: `edge-final`, or `pending` while nothing is open. */
  readonly finality: Extract<Finality, 'pending' | 'edge-final'>;
  /** Own ones first, each oldest first: payments empty them in this order. */
  readonly escrows: readonly EscrowView[];
}

export interface EscrowView {
  readonly id: string;
  /** `out`: this wallet has funded it. */
  readonly direction: 'in' | 'out';
  readonly amount: bigint;
  readonly paid: bigint;
  readonly locked: bigint;
  readonly rest: bigint;
  readonly state: EscrowState;
  /** The state in a sentence. */
  readonly why: string;
}

/** What can be done about the edge with one contact. */
export interface EdgeActions {
  readonly edge: (token: string) => Edge;
  /** What each side can and cannot get back alone, in sentences, to be read before `fund`. */
  readonly fundTerms: (token: string, amount: bigint) => readonly string[];
  /**
   * Set an amount of certified notes apart for the contact. Resolves once it is certified; if too
   * few nodes answer, throws `pending`, and `sync` goes on.
   */
  readonly fund: (token: string, amount: bigint) => Promise<Edge>;
  /**
   * Leave every escrow that the contact has funded: what it has paid becomes notes, the rest returns
   * to it. Needs the nodes and not the contact.
   */
  readonly exit: (token: string) => Promise<Edge>;
  /** The most that may stand in escrows to the contact; `undefined` takes the limit away. */
  readonly setEdgeLimit: (token: string, limit: bigint | undefined) => Promise<void>;
}
