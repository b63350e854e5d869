/**
 * Routes in the SDK: paying somebody with whom there is no edge, through others who have one.
 *
 *     recipient   const text = await wallet.invoice({ ERA: 5n, note: 'two coffees' })
 *     payer       const route = await wallet.payInvoice(text, { maxFee: 1n })
 *
 * Each device on the way locks its part until the recipient opens the last lock; a relay that took
 * part keeps its fee and can lose nothing. Nothing here has a deadline: who does not answer holds
 * what is locked, and `waiting` says who that is.
 */

import type { Fee, Finality } from '@dsm/protocols';
import type { TokenInfo } from './api.ts';

/** What is asked for: `{ ERA: 5n, note: 'two coffees' }`, or with `token` and `amount`. */
export type NewInvoice = (
  | { readonly token: string; readonly amount: bigint }
  | { readonly [ticker: Uppercase<string>]: bigint }
) & { readonly note?: string };

/** An invoice as its text says it. */
export interface InvoiceInfo {
  readonly text: string;
  /** The device to be paid, and its name if it is a contact. */
  readonly device: string;
  readonly name: string | undefined;
  /** Id of the token, and its ticker if this wallet knows it. */
  readonly token: string;
  readonly ticker: string;
  readonly amount: bigint;
  readonly note: string;
}

export interface RouteHop {
  readonly device: string;
  /** Name of the contact, or the beginning of its id. */
  readonly name: string;
  readonly amount: bigint;
}

export interface RoutePayment {
  readonly id: string;
  readonly role: 'payer' | 'relay' | 'recipient';
  readonly token: TokenInfo;
  /** What the recipient gets; at a relay, what it sends on. */
  readonly amount: bigint;
  /** Payer: what all relays keep together. Relay: what this device keeps, or would. */
  readonly fee: bigint;
  /** The payer's path, the recipient last; a relay and a recipient know their neighbours. */
  readonly hops: readonly RouteHop[];
  readonly from: string | undefined;
  readonly note: string;
  /** `paid` and `returned` are final for this device; `pending` holds what is locked. */
  readonly state: 'pending' | 'paid' | 'returned';
  /** Locked by this device at this moment. */
  readonly locked: bigint;
  /** For whom or what it waits, in a sentence; empty when nothing is left to happen. */
  readonly waiting: string;
  /** Why this device did not pass it on or take it; empty if it did. */
  readonly why: string;
  readonly finality: Finality;
  readonly seenAt: number;
}

export interface PayInvoiceOptions {
  /** The most that all relays may keep together; one per cent, rounded up, unless it is said. */
  readonly maxFee?: bigint;
  /** How long to wait for the outcome, in milliseconds; 5,000 unless it is said. */
  readonly patienceMs?: number;
}

export interface Disclosure {
  /** Tell the contact of edges, and others of the edge with it; pass payments on to it. */
  readonly edges: boolean;
  /** What is kept of a payment that goes on to the contact. */
  readonly fee?: Fee;
  /** The most that is locked towards the contact at a time, by token; its rest bounds it anyway. */
  readonly lockedMax?: Readonly<Record<string, bigint>>;
}

export interface DisclosureView {
  readonly edges: boolean;
  readonly fee: Fee;
  readonly lockedMax: Readonly<Record<string, bigint>>;
  /** Edges of others that the contact has told of. */
  readonly told: number;
}

export interface RouteActions {
  /** Ask for a payment: a text for whoever is to pay. The preimage is durable before it is returned. */
  readonly invoice: (wanted: NewInvoice) => Promise<string>;
  /** What an invoice says, whoever it is for. */
  readonly readInvoice: (text: string) => InvoiceInfo;
  /**
   * Pay an invoice over the cheapest path that is known. With a live connection to the first relay
   * it resolves once it is paid or returned, or after a while with `pending`; without one, once the
   * nodes have the lock. Then it goes on by itself, at meetings and with `sync`.
   */
  readonly payInvoice: (text: string, options?: PayInvoiceOptions) => Promise<RoutePayment>;
  /** Payments by locks that this wallet has a part in, oldest first. */
  readonly routes: () => readonly RoutePayment[];
  /** One of them by a unique prefix of its id. */
  readonly route: (prefix: string) => RoutePayment;
}

export interface RelayActions {
  /** Take part in routes with this contact, on these terms. */
  readonly disclose: (terms: Disclosure) => Promise<DisclosureView>;
  readonly disclosure: () => DisclosureView;
}
