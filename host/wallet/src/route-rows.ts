/** Rows of routes: passages, invoices, edges that were told, terms of relaying (see rows.ts). */

import {
  bytes32,
  certificate,
  kinds,
  limits,
  list,
  object,
  oneOf,
  option,
  struct,
  text,
  u128,
  u64,
  u8,
  type Certificate,
  type Coder,
  type Obj,
} from '@dsm/primitive';
import { incomings, outgoings, type Passage, type ToldEdge } from '@dsm/bilateral';
import { edgeHintCoder, feeCoder, type Fee, type Hop } from '@dsm/protocols';
import type { TokenLimit } from './rows.ts';

/** One lock of a route: in which escrow, with whom, how much. */
export interface Leg {
  readonly escrow: Uint8Array;
  readonly device: Uint8Array;
  readonly amount: bigint;
}

/** A payment by locks as this device has it before itself. Its locks are the passage's. */
export interface RouteRow {
  readonly number: number;
  readonly token: Uint8Array;
  readonly passage: Passage;
  readonly incoming: Leg | undefined;
  readonly outgoing: Leg | undefined;
  /** The payer's path, the recipient last. */
  readonly hops: readonly Hop[];
  readonly memo: string;
  /** Why an incoming lock was not passed on or not taken. */
  readonly why: string;
  /** What the nodes certified in the slot of the incoming lock. */
  readonly decided: Certificate | undefined;
  readonly seenAt: number;
}

/** One of a few names, as its place in the list. */
function nameCoder<const T extends string>(names: readonly T[]): Coder<T> {
  const place = oneOf(names.map((_, i) => i));
  return {
    write: (w, name) => place.write(w, names.indexOf(name)),
    read: (r) => names[place.read(r)] ?? names[0]!,
  };
}

const legCoder = struct<Leg>({ escrow: bytes32, device: bytes32, amount: u128 });

export const routeRow: Obj<RouteRow> = object(
  kinds.passage,
  limits.receiptBytesMax * 2,
  struct<RouteRow>({
    number: u64,
    token: bytes32,
    passage: struct<Passage>({
      hash: bytes32,
      incoming: nameCoder(incomings),
      outgoing: nameCoder(outgoings),
      preimage: option(bytes32),
    }),
    incoming: option(legCoder),
    outgoing: option(legCoder),
    hops: list(struct<Hop>({ device: bytes32, amount: u128 }), limits.hopsMax),
    memo: text(limits.memoBytesMax),
    why: text(limits.memoBytesMax),
    decided: option(certificate),
    seenAt: u64,
  }),
);

/** An own invoice. Whoever knows the preimage can be paid by every lock under its hash. */
export interface InvoiceRow {
  readonly preimage: Uint8Array;
  readonly token: Uint8Array;
  readonly amount: bigint;
  readonly memo: string;
  readonly madeAt: number;
}

export const invoiceRow: Obj<InvoiceRow> = object(
  kinds.invoice,
  1_024,
  struct<InvoiceRow>({
    preimage: bytes32,
    token: bytes32,
    amount: u128,
    memo: text(limits.memoBytesMax),
    madeAt: u64,
  }),
);

/** What one contact has told of edges: the newest telling takes the place of the one before. */
export interface ToldRow {
  readonly edges: readonly ToldEdge[];
}

export const toldRow: Obj<ToldRow> = object(
  kinds.passage,
  65_536,
  struct<ToldRow>({
    edges: list(struct<ToldEdge>({ edge: edgeHintCoder, depth: u8 }), limits.edgeHintsMax),
  }),
);

/** On what terms this device takes part in routes with a contact. Without a row it does not. */
export interface RelayRow {
  /** 1 if edges are told to the contact, and to others the edge with it. */
  readonly edges: 0 | 1;
  /** What is kept of a payment that goes on to the contact. */
  readonly fee: Fee;
  /** The most that is locked towards the contact at a time, at most one for each token. */
  readonly lockedMax: readonly TokenLimit[];
}

export const relayRow: Obj<RelayRow> = object(
  kinds.passage,
  32_768,
  struct<RelayRow>({
    edges: oneOf([0, 1]),
    fee: feeCoder,
    lockedMax: list(struct<TokenLimit>({ token: bytes32, limit: u128 }), 256),
  }),
);
