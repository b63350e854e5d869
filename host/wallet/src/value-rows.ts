/** Rows of value: notes, origins, tokens, payments, escrows (see rows.ts). */

import {
  bytes32,
  citationCoder,
  kinds,
  limits,
  list,
  object,
  oneOf,
  option,
  struct,
  text,
  u128,
  u32,
  u64,
  u8,
  variable,
  type Citation,
  type Coder,
  type Obj,
} from '@dsm/primitive';
import {
  noteCoder,
  outputCoder,
  type Escrow,
  type HeldLock,
  type Note,
  type Origin,
  type OriginType,
} from '@dsm/protocols';

/** 0 the own lane, 1 the peer's. */
export type LaneSide = 0 | 1;

/** The state of an own note. A reserved one is promised to an entry that is being decided. */
export interface NoteRow {
  readonly note: Note;
  /**
   * 0 spendable as far as this wallet knows, 1 void: another spend of its lineage was certified, 2 of
   * a key that is not here: a recovery with the words finds it again.
   */
  readonly state: number;
}

export const noteRow: Obj<NoteRow> = object(
  kinds.note,
  512,
  struct({ note: noteCoder, state: u8 }),
);

const flag: Coder<boolean> = {
  write: (w, value) => w.u8(value ? 1 : 0),
  read: (r) => {
    const n = r.u8();
    if (n > 1) r.refuse();
    return n === 1;
  },
};

const originTypes: readonly OriginType[] = ['issue', 'spend', 'exit'];
const originType: Coder<OriginType> = {
  write: (w, value) => w.u8(originTypes.indexOf(value)),
  read: (r) => {
    const type = originTypes[r.u8()];
    if (type === undefined) r.refuse();
    return type ?? 'spend';
  },
};

export const originRow: Obj<Origin> = object(
  kinds.note,
  16_384,
  struct<Origin>({
    head: bytes32,
    token: bytes32,
    type: originType,
    outputs: list(outputCoder, limits.outputsMax),
    certified: flag,
    sources: list(bytes32, limits.inputsMax),
    issued: option(struct({ index: u64, total: u128, certified: flag })),
    payer: option(struct({ device: bytes32, key: bytes32 })),
    purse: flag,
  }),
);

export interface PolicyRow {
  readonly policy: Uint8Array;
  readonly adopted: number;
  /** Number of this wallet's issuer key plus one; 0 if another device issues. */
  readonly issuer: number;
  /** The newest own issue: parent of the next. */
  readonly issueHead: Uint8Array;
  readonly issueIndex: number;
  readonly issueTotal: bigint;
  readonly offlineLimit: bigint;
  /** For all contacts together that have no limit of their own; none if it is not set. */
  readonly strangersLimit: bigint | undefined;
}

export const policyRow: Obj<PolicyRow> = object(
  kinds.policy,
  2 * limits.policyBytesMax,
  struct({
    policy: variable(limits.policyBytesMax),
    adopted: u8,
    issuer: u32,
    issueHead: bytes32,
    issueIndex: u64,
    issueTotal: u128,
    offlineLimit: u128,
    strangersLimit: option(u128),
  }),
);

export interface PaymentRow {
  readonly number: number;
  readonly head: Uint8Array;
  readonly relationship: Uint8Array;
  /** Start of the lane on which the payment was written, and its place there. */
  readonly lane: Uint8Array;
  readonly side: LaneSide;
  readonly index: number;
  readonly peer: Uint8Array;
  readonly token: Uint8Array;
  readonly amount: bigint;
  readonly note: string;
  readonly online: number;
  /** 0 pending, 1 pair-final, 2 edge-final, 3 certified, 4 conflicted. */
  readonly finality: number;
  /** The escrow that it was paid over, and that escrow's total with it. */
  readonly over: PaidOver | undefined;
  /** Older escrows that it emptied first; each has its own entry in the same run. */
  readonly emptied: readonly PaidOver[];
  /** Of a stream: how many transfers the payment stands for. 0 for any other payment. */
  readonly transfers: number;
  readonly wireBytes: number;
  readonly seenAt: number;
}

export interface PaidOver {
  readonly escrow: Uint8Array;
  readonly total: bigint;
}

const paidOver = struct<PaidOver>({ escrow: bytes32, total: u128 });

export const paymentRow: Obj<PaymentRow> = object(
  kinds.payment,
  4_096,
  struct({
    number: u64,
    head: bytes32,
    relationship: bytes32,
    lane: bytes32,
    side: oneOf([0, 1]),
    index: u64,
    peer: bytes32,
    token: bytes32,
    amount: u128,
    note: text(limits.memoBytesMax),
    online: u8,
    finality: u8,
    over: option(paidOver),
    emptied: list(paidOver, limits.slotsMax),
    transfers: u64,
    wireBytes: u32,
    seenAt: u64,
  }),
);

/** An issue that somebody said is for this device. */
export interface NoticeRow {
  readonly head: Uint8Array;
  readonly token: Uint8Array;
}

/** An escrow, and what its payee needs to leave it. */
export interface EscrowRow {
  readonly escrow: Escrow;
  readonly relationship: Uint8Array;
  /** 0 this device has funded it, 1 it is paid to this device. */
  readonly side: LaneSide;
  /** Where on the payer's lane it was funded: payments empty the oldest first. */
  readonly opened: number;
  /** 0 in order, 1 void: another spend of what funded it was certified. */
  readonly state: 0 | 1;
  /**
   * The best thing that the payer has said, with its authority; the payee keeps it. Once there is an
   * exit, what that cites, on both sides.
   */
  readonly citation: Citation | undefined;
  /** The head of the exit: the own one, or one that is certified. */
  readonly exit: Uint8Array | undefined;
}

const heldLock: Coder<HeldLock> = struct({
  hash: bytes32,
  amount: u128,
  route: variable(limits.routeBytesMax),
  givenUp: oneOf([0, 1]),
});

export const escrowRow: Obj<EscrowRow> = object(
  kinds.escrow,
  65_536,
  struct({
    escrow: struct<Escrow>({
      note: noteCoder,
      payer: bytes32,
      payerKey: bytes32,
      total: u128,
      count: u64,
      ticks: bytes32,
      locks: list(heldLock, limits.locksMax),
    }),
    relationship: bytes32,
    side: oneOf([0, 1]),
    opened: u64,
    state: oneOf([0, 1]),
    citation: option(citationCoder),
    exit: option(bytes32),
  }),
);

/** The most that may be unsigned of streams: from one device, or from each that is not named. */
export interface UnsignedRow {
  readonly most: bigint;
}

export const unsignedRow: Obj<UnsignedRow> = object(kinds.policy, 32, struct({ most: u128 }));
