/**
 * What two devices say to each other, as bytes.
 *
 *     hello      my newest card                                        both, first
 *     agree      ML-KEM ciphertext and lane key, signed                lower DevID → higher, once
 *     agreed     MAC that the secret was found                         higher → lower
 *     introduce  my introduction, sealed to your card: I begin a new relationship
 *     offer      unsigned candidate entries, root, proof               proposer → peer     round 1
 *     want       lineage parts and policies that are missing           either
 *     parts      those parts                                           either
 *     consent    countersignature, proof of the peer's own view        peer → proposer     round 1
 *     refuse     no, and why                                           either
 *     commit     the run, with the proposer's signed step              proposer → peer     round 2
 *     ack        MAC: durable here, stop resending                     peer → proposer     round 2
 *     absorbed   the peer's signed step; completes the stitched receipt
 *     marks      positions and statements of others, to compare
 *     half       my statement where yours differs
 *     evidence   somebody told two histories
 *     edges      edges that payments could take, and how far away each was told
 *     reveal     the preimage of a lock                                payee → payer of a hop
 *     given-up   the certificate that a lock will never be opened      payee → payer of a hop
 *     remint     make these notes of mine anew                         holder → issuer
 *     reminted   the issue that does, with what it rests on; or why not issuer → holder
 *     request    show me these attributes of a credential              verifier → holder
 *     present    what is shown, sealed; or why nothing is              holder → verifier
 *     membership which identity I am a device of, and which of its devices have left
 *     end        nothing more from my side
 *     challenge  sign this with the key of the thing that you are sealed to
 *     attest     that signature, or that there is no such key; MAC that it is from the peer
 *     fresh      the key to which the peer seals from now on
 *     card       a card of mine: of later keys, or of keys that have signed what I say now
 *     stream     ticks over this escrow will follow                     payer → payee
 *     terms      what I take unsigned; perhaps that I want a total      payee → payer
 *     ticks      transfers without a signature                          payer → payee
 *     settle     nothing more for now: sign that you have absorbed      payer → payee
 *
 * Every message may be lost, repeated or reordered without harm. None is part of a commitment.
 */

import {
  bytes32,
  choice,
  countersignature,
  kinds,
  limits,
  list,
  object,
  oneOf,
  option,
  proofCoder,
  signedStep,
  struct,
  text,
  u128,
  u16,
  u32,
  u64,
  variable,
  certificate,
  u8,
  type Certificate,
  type Countersignature,
  type Multiproof,
  type Obj,
  type SignedStep,
} from '@dsm/primitive';
import { freshKeyCoder, type FreshKey } from './fresh-key.ts';
import { edgeHintCoder, type EdgeHint } from '@dsm/protocols';

/** A position and what was stated there, as two devices compare them when they meet. */
export interface MarkLine {
  readonly position: Uint8Array;
  readonly statement: Uint8Array;
}

/** An edge, and how many devices have passed it on: the owner of an edge tells it with 1. */
export interface ToldEdge {
  readonly edge: EdgeHint;
  readonly depth: number;
}

export type Message =
  | { readonly type: 'hello'; readonly card: Uint8Array }
  | {
      readonly type: 'agree';
      readonly ciphertext: Uint8Array;
      readonly laneKey: Uint8Array;
      readonly signature: Uint8Array;
    }
  | { readonly type: 'agreed'; readonly laneKey: Uint8Array; readonly mac: Uint8Array }
  | { readonly type: 'introduce'; readonly sealed: Uint8Array }
  | {
      readonly type: 'offer';
      readonly entries: readonly Uint8Array[];
      readonly root: Uint8Array;
      readonly seq: number;
      readonly proof: Multiproof;
    }
  | {
      readonly type: 'want';
      readonly heads: readonly Uint8Array[];
      readonly tokens: readonly Uint8Array[];
    }
  | {
      readonly type: 'parts';
      readonly policies: readonly Uint8Array[];
      readonly parts: readonly Uint8Array[];
    }
  | {
      readonly type: 'consent';
      readonly countersignature: Countersignature;
      /** The peer's own head, and the proof of its view under the root that it names. */
      readonly head: Uint8Array;
      readonly proof: Multiproof;
    }
  | {
      readonly type: 'refuse';
      readonly head: Uint8Array;
      readonly code: string;
      readonly why: string;
    }
  | {
      readonly type: 'commit';
      readonly entries: readonly Uint8Array[];
      readonly signed: SignedStep;
      readonly countersignature: Countersignature | undefined;
    }
  | { readonly type: 'ack'; readonly head: Uint8Array; readonly mac: Uint8Array }
  | { readonly type: 'absorbed'; readonly signed: SignedStep }
  | { readonly type: 'marks'; readonly lines: readonly MarkLine[] }
  /** What I hold at a position where you hold something else: the other half of evidence. */
  | { readonly type: 'half'; readonly position: Uint8Array; readonly half: Uint8Array }
  | { readonly type: 'evidence'; readonly evidence: Uint8Array }
  | { readonly type: 'edges'; readonly edges: readonly ToldEdge[] }
  | { readonly type: 'reveal'; readonly escrow: Uint8Array; readonly preimage: Uint8Array }
  | {
      readonly type: 'given-up';
      readonly escrow: Uint8Array;
      readonly hash: Uint8Array;
      readonly certificate: Certificate;
    }
  | { readonly type: 'end' }
  | { readonly type: 'fresh'; readonly key: FreshKey }
  | { readonly type: 'card'; readonly card: Uint8Array }
  /** The newest version of the registry that this side knows, or the link of a version. */
  | {
      readonly type: 'registry';
      readonly version: number;
      readonly link: Uint8Array | undefined;
    }
  /** Which identity I am a device of, and which of its devices have left. */
  | { readonly type: 'membership'; readonly membership: Uint8Array }
  /** `ticks`: the chain from which the stream goes on. */
  | { readonly type: 'stream'; readonly escrow: Uint8Array; readonly ticks: Uint8Array }
  | {
      readonly type: 'terms';
      readonly escrow: Uint8Array;
      readonly unsignedMax: bigint;
      /** Ticks of this stream that were taken; 1 if no more are until there is a total. */
      readonly taken: number;
      readonly wants: 0 | 1;
    }
  | {
      readonly type: 'ticks';
      readonly escrow: Uint8Array;
      /** Ticks of this stream before the frame. */
      readonly from: number;
      readonly frame: Uint8Array;
    }
  /** `last`: 1 if the stream ends. */
  | { readonly type: 'settle'; readonly escrow: Uint8Array; readonly last: 0 | 1 }
  /** The digest of the card that the answer shall be about: the newest that the asker knows. */
  | { readonly type: 'challenge'; readonly nonce: Uint8Array; readonly card: Uint8Array }
  | {
      readonly type: 'attest';
      readonly attestation: Uint8Array | undefined;
      readonly mac: Uint8Array;
    }
  | {
      readonly type: 'remint';
      readonly token: Uint8Array;
      readonly notes: readonly { readonly source: Uint8Array; readonly index: number }[];
      /** Where the lineage of the notes is published. */
      readonly lineage: Uint8Array;
    }
  | {
      readonly type: 'reminted';
      readonly token: Uint8Array;
      readonly parts: readonly Uint8Array[];
      /** Why there is none; empty if there is one. */
      readonly why: string;
    }
  /** A challenge whose audience is the device that says it. */
  | { readonly type: 'request'; readonly challenge: Uint8Array }
  /** `why` is empty if something is shown. */
  | {
      readonly type: 'present';
      readonly sealed: Uint8Array | undefined;
      readonly why: string;
    };

export const marksMax = 1_024;
const entriesCoder = list(variable(limits.operationBytesMax + 79), limits.runEntriesMax, 1);

export const message: Obj<Message> = object(
  kinds.message,
  limits.messageBytesMax,
  choice<Message>({
    hello: [1, struct({ card: variable(262_144) })],
    agree: [
      2,
      struct({
        ciphertext: variable(1_088),
        laneKey: bytes32,
        signature: variable(limits.signatureBytesMax),
      }),
    ],
    agreed: [3, struct({ laneKey: bytes32, mac: bytes32 })],
    introduce: [38, struct({ sealed: variable(140_000) })],
    offer: [4, struct({ entries: entriesCoder, root: bytes32, seq: u64, proof: proofCoder })],
    want: [5, struct({ heads: list(bytes32, 1_024), tokens: list(bytes32, 64) })],
    parts: [
      6,
      struct({
        policies: list(variable(limits.policyBytesMax), 64),
        parts: list(variable(limits.objectBytesMax), 1_024),
      }),
    ],
    consent: [7, struct({ countersignature, head: bytes32, proof: proofCoder })],
    refuse: [8, struct({ head: bytes32, code: text(32), why: text(limits.memoBytesMax) })],
    commit: [
      9,
      struct({
        entries: entriesCoder,
        signed: signedStep,
        countersignature: option(countersignature),
      }),
    ],
    ack: [10, struct({ head: bytes32, mac: bytes32 })],
    absorbed: [11, struct({ signed: signedStep })],
    marks: [
      12,
      struct({ lines: list(struct({ position: bytes32, statement: bytes32 }), marksMax) }),
    ],
    evidence: [13, struct({ evidence: variable(4 * limits.receiptBytesMax) })],
    end: [14, struct({})],
    fresh: [41, struct({ key: freshKeyCoder })],
    card: [42, struct({ card: variable(262_144) })],
    membership: [35, struct({ membership: variable(983_040) })],
    registry: [34, struct({ version: u32, link: option(variable(1_000_000)) })],
    edges: [
      24,
      struct({ edges: list(struct({ edge: edgeHintCoder, depth: u8 }), limits.edgeHintsMax) }),
    ],
    reveal: [25, struct({ escrow: bytes32, preimage: bytes32 })],
    'given-up': [26, struct({ escrow: bytes32, hash: bytes32, certificate })],
    stream: [16, struct({ escrow: bytes32, ticks: bytes32 })],
    terms: [17, struct({ escrow: bytes32, unsignedMax: u128, taken: u64, wants: oneOf([0, 1]) })],
    ticks: [18, struct({ escrow: bytes32, from: u64, frame: variable(limits.frameBytesMax) })],
    settle: [19, struct({ escrow: bytes32, last: oneOf([0, 1]) })],
    half: [15, struct({ position: bytes32, half: variable(2 * limits.receiptBytesMax) })],
    challenge: [36, struct({ nonce: bytes32, card: bytes32 })],
    attest: [37, struct({ attestation: option(variable(4_096)), mac: bytes32 })],
    remint: [
      32,
      struct({
        token: bytes32,
        notes: list(struct({ source: bytes32, index: u16 }), limits.inputsMax, 1),
        lineage: bytes32,
      }),
    ],
    reminted: [
      33,
      struct({
        token: bytes32,
        parts: list(variable(limits.objectBytesMax), 1_024),
        why: text(limits.memoBytesMax),
      }),
    ],
    request: [39, struct({ challenge: variable(8_192) })],
    present: [40, struct({ sealed: option(variable(589_824)), why: text(limits.memoBytesMax) })],
  }),
);
