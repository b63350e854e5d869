/**
 * Rows: how a wallet lies in its store. One byte names the table, then the key's fields.
 *
 *     table  key                              value
 *     0x01   (none)                           wallet: format, name, birth, counters
 *     0x02   (none)                           device: the own step chain
 *     0x03   relationship                     relationship
 *     0x04   start of the lane ‖ index        entry, as bytes
 *     0x05   start of the lane ‖ index        checkpoint of the lane, every 64 entries
 *     0x06   start of the lane ‖ index        run: the step that ends at this entry
 *     0x07   DevID                            contact
 *     0x08   note id                          note, unspent and own
 *     0x09   head                             origin, checked
 *     0x0a   head                             lineage part, as bytes
 *     0x0b   token                            policy, as bytes, and what the owner decided about it
 *     0x0c   number                           payment
 *     0x0d   position                         mark: somebody's statement, and the run that has it
 *     0x0e   evidence id                      alarm
 *     0x0f   map key                          leaf of the device's map
 *     0x10   relationship ‖ index             own run that is not acknowledged yet
 *     0x11   (none)                           incarnation that a restore is claiming; never in a backup
 *     0x12   DevID ‖ incarnation ‖ generation card that a later one has replaced
 *     0x13   escrow id                        escrow of either direction
 *     0x14   head                             issue or exit whose notes are in the own map
 *     0x15   relationship ‖ app               shared state, settled, as of two places: saves time only
 *     0x1f   token ‖ DevID, or zero           what is taken of a stream without a signature
 *     0x20   token ‖ parent issue             issue that this device has signed at that position, as part
 *     0x20   issue ‖ token                    its owner was told of it
 *     0x21   head                             notice: an issue that somebody said is for this device
 *     0x22   address                          object of a token: allow-list
 *     0x23   note id                          head of the re-mint that takes the note’s place
 *     0x24   issuer’s key                     device that made notes anew with it
 *     0x28   number                           route: a payment by locks, as this device has it
 *     0x29   hash                             invoice of this device, with its preimage
 *     0x2a   DevID                            edges that a contact has told of
 *     0x2b   DevID                            on what terms payments go on to a contact
 *     0x2c   version                          registry that followed, and the succession that made it
 *     0x2d   (none)                           offer that pays for what this wallet puts
 *     0x32   see capsule-rows.ts              capsules: state, what waits, what they lack
 *     0x30   (none)                           secrets of a wallet from words, sealed
 *     0x31   relationship                     KEM keys that the two have told each other
 *     0x33   genesis (‖ DevID)                device tree of an identity; that a device’s card has named it
 *     0x34   (none)                           directory: invitation, names, what its inbox held
 *     0x35   relationship ‖ index             run that a restored wallet keeps until its first sync
 *     0x36   0 ‖ digest                       credential that this wallet holds, as bytes
 *     0x36   1 ‖ digest                       credential that it has issued: what it needs to revoke it
 *     0x37   digest ‖ nonce                   when and to whom a credential was shown
 *     0x3a   (none)                           certificate of the incarnation that follows this one
 *     0x38   DevID                            key that a contact’s device attests with, and what became of it
 *     0x39   DevID                            introduction: how the relationship began
 *
 * Every value has a version byte: a later version of this software opens all of them.
 */

import type { RegistryLink } from '@dsm/availability';
import {
  bytes32,
  concat,
  countersignature,
  encodeWith,
  keySignatureCoder,
  kinds,
  limits,
  list,
  object,
  oneOf,
  option,
  signedStep,
  slotCoder,
  step,
  struct,
  text,
  u128,
  u16,
  u32,
  u64,
  u8,
  variable,
  type Coder,
  type Countersignature,
  type Lane,
  type Obj,
  type SignedStep,
  type Slot,
  type Step,
} from '@dsm/primitive';
import type { PhaseNumber } from './phase-numbers.ts';
export * from './value-rows.ts';

export const tables = {
  wallet: 0x01,
  device: 0x02,
  relationship: 0x03,
  entry: 0x04,
  checkpoint: 0x05,
  run: 0x06,
  contact: 0x07,
  note: 0x08,
  origin: 0x09,
  part: 0x0a,
  policy: 0x0b,
  payment: 0x0c,
  mark: 0x0d,
  alarm: 0x0e,
  leaf: 0x0f,
  open: 0x10,
  claim: 0x11,
  card: 0x12,
  escrow: 0x13,
  collected: 0x14,
  shared: 0x15,
  unsigned: 0x1f,
  signed: 0x20,
  notice: 0x21,
  object: 0x22,
  reminted: 0x23,
  issuer: 0x24,
  route: 0x28,
  invoice: 0x29,
  told: 0x2a,
  relay: 0x2b,
  registry: 0x2c,
  offer: 0x2d,
  capsule: 0x32,
  secrets: 0x30,
  fresh: 0x31,
  held: 0x35,
  successor: 0x3a,
  tree: 0x33,
  directory: 0x34,
  credential: 0x36,
  presentation: 0x37,
  introduction: 0x39,
  pinned: 0x38,
} as const;

export type Table = keyof typeof tables;

export function rowKey(table: Table, ...fields: readonly Uint8Array[]): Uint8Array {
  return concat(Uint8Array.of(tables[table]), ...fields);
}

/** The key of something on a lane, ordered by index. */
export function laneKey(
  table: 'entry' | 'checkpoint' | 'run',
  start: Uint8Array,
  index: number,
): Uint8Array {
  return rowKey(table, start, encodeWith(u64, index));
}

/** The key of a version of the registry. */
export function linkKey({ registry }: RegistryLink): Uint8Array {
  return rowKey('registry', encodeWith(u32, registry.version));
}

/** The version of this layout. A store of a newer one is not opened. */
export const formatVersion = 4;

export interface WalletRow {
  readonly format: number;
  readonly name: string;
  readonly suite: 1 | 2;
  readonly network: Uint8Array;
  readonly networkName: string;
  readonly incarnation: number;
  readonly birth: Uint8Array;
  /** Incarnations before, oldest first: their notes are still spent with their keys. */
  readonly births: readonly Uint8Array[];
  readonly card: Uint8Array;
  /** 0 live; 1 restored, while its incarnation is not certified; 2 superseded, 3 retired: see phase.ts. */
  readonly phase: PhaseNumber;
  readonly issued: number;
  /** The secret, only if the wallet has no keystore. */
  readonly secret: Uint8Array | undefined;
}

export const walletRow: Obj<WalletRow> = object(
  kinds.wallet,
  524_288,
  struct({
    format: u16,
    name: text(limits.nameBytesMax),
    suite: oneOf([1, 2]),
    network: bytes32,
    networkName: text(64),
    incarnation: u32,
    birth: bytes32,
    births: list(bytes32, 1_024),
    card: variable(262_144),
    phase: oneOf([0, 1, 2, 3]),
    issued: u32,
    secret: option(bytes32),
  }),
);

/** One run of a lane: the statement, the signatures that are there, and what the peer said of it. */
export interface RunRow {
  readonly before: Uint8Array;
  readonly head: Uint8Array;
  readonly count: number;
  readonly step: Step;
  readonly slots: readonly Slot[];
  /** Empty until it has been signed. Signed again after a crash; the statement never changes. */
  readonly signature: Uint8Array;
  readonly further: SignedStep['further'];
  readonly countersignature: Countersignature | undefined;
  /** The other side's absorb step, once it is here. */
  readonly absorbed: SignedStep | undefined;
  /** Own runs: 1 once the peer has said that it is durable there. */
  readonly acked: number;
  /** Own runs: 1 once the delivery slot is written at a quorum. */
  readonly delivered: number;
  /** Own runs: 1 if the nodes must have it: sent online. */
  readonly online: number;
}

export const runRow: Obj<RunRow> = object(
  kinds.run,
  2 * limits.receiptBytesMax,
  struct({
    before: bytes32,
    head: bytes32,
    count: u32,
    step,
    slots: list(slotCoder, limits.slotsMax),
    signature: variable(limits.signatureBytesMax),
    further: list(keySignatureCoder, limits.stepKeysMax),
    countersignature: option(countersignature),
    absorbed: option(signedStep),
    acked: u8,
    delivered: u8,
    online: u8,
  }),
);

export interface ContactRow {
  readonly device: Uint8Array;
  readonly name: string;
  readonly card: Uint8Array;
  readonly relationship: Uint8Array | undefined;
  /** The agreed secret: keys of the relationship come from it. Sealed stores keep it at rest. */
  readonly secret: Uint8Array | undefined;
  /** What was sent to agree it, until the peer has answered; kept to answer the same again. */
  readonly ciphertext: Uint8Array | undefined;
  readonly agreed: number;
  readonly blocked: number;
  /** What is demanded of payments from this contact: an index into `minimumFinalities`. */
  readonly minimum: 0 | 1 | 2;
  /** Offline limits for this contact alone, at most one for each token. */
  readonly limits: readonly TokenLimit[];
  /** The most that is set apart for this contact in escrows, at most one for each token. */
  readonly edgeLimits: readonly TokenLimit[];
  /** Talks that were ended because they went nowhere. */
  readonly floods: number;
  /** Why nothing more is taken of its lane: it has signed what no rule allows. Empty if it goes on. */
  readonly stopped: string;
}

export interface TokenLimit {
  readonly token: Uint8Array;
  readonly limit: bigint;
}

const tokenLimits = list(struct<TokenLimit>({ token: bytes32, limit: u128 }), 256);

export const contactRow: Obj<ContactRow> = object(
  kinds.relationship,
  300_000,
  struct({
    device: bytes32,
    name: text(limits.nameBytesMax),
    card: variable(262_144),
    relationship: option(bytes32),
    secret: option(bytes32),
    ciphertext: option(variable(1_088)),
    agreed: u8,
    blocked: u8,
    minimum: oneOf([0, 1, 2]),
    limits: tokenLimits,
    edgeLimits: tokenLimits,
    floods: u32,
    stopped: text(limits.memoBytesMax),
  }),
);

/** Somebody's statement, small: the run that it points at has the rest. The position is the key. */
export interface MarkRow {
  readonly position: Uint8Array;
  readonly statement: Uint8Array;
  readonly device: Uint8Array;
  readonly incarnation: number;
  /** Start of the lane of the run, and the index of the run's last entry. */
  readonly lane: Uint8Array;
  readonly index: number;
  /** What the steps before and after it are compared with; undefined for the spend of a purse note. */
  readonly step: Pick<Step, 'previous' | 'before' | 'after'> | undefined;
}

export const markFields: Coder<Omit<MarkRow, 'position'>> = struct({
  statement: bytes32,
  device: bytes32,
  incarnation: u32,
  lane: bytes32,
  index: u64,
  step: option(struct({ previous: bytes32, before: bytes32, after: bytes32 })),
});

/** Peers make as many marks as they make runs, so one is small. */
export const markBytesMax = 256;

export const markRow: Obj<Omit<MarkRow, 'position'>> = object(kinds.mark, markBytesMax, markFields);

export interface AlarmRow {
  readonly id: Uint8Array;
  readonly device: Uint8Array;
  readonly culprit: number;
  readonly evidence: Uint8Array;
  readonly seenAt: number;
}

export const alarmRow: Obj<AlarmRow> = object(
  kinds.evidence,
  5 * limits.receiptBytesMax,
  struct({
    id: bytes32,
    device: bytes32,
    culprit: u8,
    evidence: variable(4 * limits.receiptBytesMax),
    seenAt: u64,
  }),
);

const lane = struct<Lane>({ start: bytes32, head: bytes32, index: u64, entropy: bytes32 });

/** Every 64th state of a lane: a look-up walks at most 63 entries from one. Never a proof. */
export const checkpointRow: Obj<Lane> = object(kinds.run, 256, lane);

/** What a restore has stated, or is about to state: the same again after a crash. */
export interface ClaimRow {
  readonly incarnation: number;
  readonly birth: Uint8Array;
}

export const claimRow: Obj<ClaimRow> = object(
  kinds.wallet,
  64,
  struct({ incarnation: u32, birth: bytes32 }),
);
