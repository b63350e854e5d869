/**
 * What clients and nodes ask of a node, and what it answers: frames, many of them in one exchange.
 *
 *     exchange   frame*           in the order of the requests, so an answer needs no number
 *     frame      length u32 ‖ a request or an answer, encoded
 *
 * A hundred small objects in one exchange cost a node a thirtieth of what they cost one by one
 * (docs/decisions/0013). An answer's body is what the request's row in docs/spec/node-message.md
 * says; the reader decodes it with its own bounds.
 */

import {
  bytes32,
  choice,
  fixed,
  kinds,
  limits,
  list,
  object,
  oneOf,
  option,
  struct,
  text,
  u16,
  u32,
  u64,
  u8,
  variable,
  type Coder,
  type Obj,
} from '@dsm/primitive';
import { termsCoder, type Terms } from './terms.ts';

/** Which map of a node: its objects or its slots. */
export type MapName = 1 | 2;

/** Stands for the other node of a comparison: what the node keeps that is nobody's to share with it. */
export const nobody = 0xffff;

/**
 * What two nodes should both keep under a version of the registry: the objects of the buckets of which
 * both are among the first r, those that are absent not counted, of the first r + e (`sharing.ts`).
 * With `nobody` as the peer: what the node keeps beside that.
 */
export interface Common {
  readonly version: number;
  /** Index of the other node in that version. */
  readonly peer: number;
  /** Indices of nodes that do not answer, ascending. */
  readonly absent: readonly number[];
}

export type NodeRequest =
  | { readonly type: 'put'; readonly terms: Terms; readonly bytes: Uint8Array }
  | { readonly type: 'get'; readonly address: Uint8Array }
  /** The size of an object. */
  | { readonly type: 'has'; readonly address: Uint8Array }
  /** H_possess(nonce ‖ bytes): only who has the bytes can say it. */
  | { readonly type: 'possess'; readonly nonce: Uint8Array; readonly address: Uint8Array }
  | { readonly type: 'write-slot'; readonly write: Uint8Array }
  | { readonly type: 'read-slot'; readonly key: Uint8Array }
  | { readonly type: 'advertise'; readonly bytes: Uint8Array }
  | { readonly type: 'find'; readonly topic: Uint8Array; readonly after: Uint8Array | undefined }
  | { readonly type: 'release'; readonly bytes: Uint8Array }
  /** The claims on an object: `claimsCoder`. */
  | { readonly type: 'terms'; readonly address: Uint8Array }
  /** That these addresses and slot keys may be charged to the payer of an offer: `charge.ts`. */
  | { readonly type: 'charge'; readonly bytes: Uint8Array }
  /** A paid quota: `subscription.ts`. */
  | { readonly type: 'subscribe'; readonly bytes: Uint8Array }
  /** A signed ByteCommit, the newest if no sequence is given. */
  | { readonly type: 'byte-commit'; readonly sequence: number | undefined }
  /** A key in the map of the newest ByteCommit, or its absence. */
  | { readonly type: 'prove'; readonly map: MapName; readonly key: Uint8Array }
  /** The keys of a bucket, page by page, and its path to the root of the newest ByteCommit. */
  | {
      readonly type: 'bucket';
      readonly map: MapName;
      readonly bucket: number;
      readonly after: Uint8Array | undefined;
    }
  /** The same of the bucket in which this byte of all that the ByteCommit says to be used lies. */
  | { readonly type: 'bucket-at'; readonly map: MapName; readonly point: number }
  /** A digest of each range of what the node and a peer both keep. */
  | ({ readonly type: 'ranges'; readonly nonce: Uint8Array } & Common)
  /** Coded symbols of the addresses in some of these ranges. */
  | ({
      readonly type: 'symbols';
      /** A bit for each range, the first one most significant. */
      readonly ranges: Uint8Array;
      readonly nonce: Uint8Array;
      readonly from: number;
      readonly count: number;
    } & Common)
  | ({
      readonly type: 'list';
      readonly range: number;
      readonly after: Uint8Array | undefined;
    } & Common)
  /** A registry and the succession that made it, from `offset` on; version 0 is the newest. */
  | { readonly type: 'registry'; readonly version: number; readonly offset: number }
  /** What the node says to the next version. */
  | { readonly type: 'signal' }
  /** What another node says to the next version, as it reaches this one. */
  | { readonly type: 'signal-of'; readonly id: Uint8Array }
  /** What the node has signed about its successor, as a signer. */
  | { readonly type: 'signing' }
  /** To endorse what follows from the closed set at this address. */
  | {
      readonly type: 'endorse';
      readonly attempt: number;
      readonly closed: Uint8Array;
      readonly shown: Uint8Array | undefined;
    }
  /** To commit to what these endorsements are for. */
  | { readonly type: 'commit'; readonly closed: Uint8Array; readonly shown: Uint8Array }
  /** The certified successor, which follows from the closed set at this address. */
  | { readonly type: 'succeed'; readonly closed: Uint8Array; readonly shown: Uint8Array }
  /** The node's CLOSE of a version. */
  | { readonly type: 'close'; readonly version: number }
  /** A page of its vote map of a version, in full for the slots that fall to `group` of the next. */
  | {
      readonly type: 'votes';
      readonly version: number;
      readonly group: number;
      readonly after: Uint8Array | undefined;
    };

/** The longest body of an answer: an object with its frame, a slot, a page. */
export const answerBytesMax: number = limits.objectBytesMax + 4_096;

/**
 * absent   nothing is kept under this name
 * refused  against a rule; the sentence says which
 * full     no room
 * unpaid   the payer's quota does not reach
 * later    not now: the node is between two versions, or what is asked has just changed
 */
export type NodeAnswer =
  | { readonly type: 'ok'; readonly body: Uint8Array }
  | { readonly type: 'absent' }
  | { readonly type: 'refused'; readonly sentence: string }
  | { readonly type: 'full' }
  | { readonly type: 'unpaid' }
  | { readonly type: 'later' };

const common = {
  version: u32,
  peer: u16,
  absent: list(u16, limits.absentNodesMax),
};
const proofBytesMax = limits.registrySignersMax * (limits.signatureBytesMax + 6) + 128;

const requestCoder: Coder<NodeRequest> = choice<NodeRequest>({
  put: [1, struct({ terms: termsCoder, bytes: variable(limits.objectBytesMax) })],
  get: [2, struct({ address: bytes32 })],
  has: [3, struct({ address: bytes32 })],
  possess: [4, struct({ nonce: bytes32, address: bytes32 })],
  'write-slot': [5, struct({ write: variable(limits.slotWriteBytesMax) })],
  'read-slot': [6, struct({ key: bytes32 })],
  advertise: [7, struct({ bytes: variable(limits.advertisementBytesMax) })],
  find: [8, struct({ topic: bytes32, after: option(bytes32) })],
  release: [9, struct({ bytes: variable(limits.advertisementBytesMax) })],
  'byte-commit': [10, struct({ sequence: option(u64) })],
  prove: [11, struct({ map: oneOf([1, 2]), key: bytes32 })],
  bucket: [12, struct({ map: oneOf([1, 2]), bucket: u32, after: option(bytes32) })],
  ranges: [13, struct({ ...common, nonce: bytes32 })],
  symbols: [14, struct({ ...common, ranges: fixed(8), nonce: bytes32, from: u32, count: u16 })],
  list: [15, struct({ ...common, range: u8, after: option(bytes32) })],
  registry: [16, struct({ version: u32, offset: u32 })],
  signal: [17, struct({})],
  endorse: [18, struct({ attempt: u32, closed: bytes32, shown: option(variable(proofBytesMax)) })],
  commit: [19, struct({ closed: bytes32, shown: variable(proofBytesMax) })],
  succeed: [20, struct({ closed: bytes32, shown: variable(proofBytesMax) })],
  close: [21, struct({ version: u32 })],
  terms: [23, struct({ address: bytes32 })],
  charge: [24, struct({ bytes: variable(limits.advertisementBytesMax) })],
  subscribe: [25, struct({ bytes: variable(limits.objectBytesMax) })],
  votes: [22, struct({ version: u32, group: u16, after: option(bytes32) })],
  'bucket-at': [26, struct({ map: oneOf([1, 2]), point: u64 })],
  signing: [27, struct({})],
  'signal-of': [28, struct({ id: bytes32 })],
});

export const nodeRequest: Obj<NodeRequest> = object(
  kinds.nodeRequest,
  answerBytesMax,
  requestCoder,
);

export const nodeAnswer: Obj<NodeAnswer> = object(
  kinds.nodeAnswer,
  answerBytesMax + 64,
  choice<NodeAnswer>({
    ok: [1, struct({ body: variable(answerBytesMax) })],
    absent: [2, struct({})],
    refused: [3, struct({ sentence: text(256) })],
    full: [4, struct({})],
    unpaid: [5, struct({})],
    later: [6, struct({})],
  }),
);
