/**
 * The countersignature: the peer's consent to one head of the proposer's lane.
 *
 * It says with which root and step the peer stood when it consented. It is consent, not a
 * position: it locks nothing, any number may be given, and none is evidence.
 *
 *     digest = H_countersign( head ‖ proposer ‖ proposer's incarnation ‖ peer ‖ peer's incarnation ‖ root ‖ seq )
 */

import { bytes32, encodeWith, object, struct, u32, u64, variable, type Obj } from './codec.ts';
import { hash } from './hash.ts';
import { kinds } from './kinds.ts';
import { limits } from './limits.ts';

export interface Consent {
  readonly head: Uint8Array;
  readonly proposer: Uint8Array;
  readonly proposerIncarnation: number;
  readonly peer: Uint8Array;
  readonly peerIncarnation: number;
  /** The peer's map root and step when it consented. */
  readonly root: Uint8Array;
  readonly seq: number;
}

export interface Countersignature {
  readonly consent: Consent;
  readonly signature: Uint8Array;
}

const consent = struct<Consent>({
  head: bytes32,
  proposer: bytes32,
  proposerIncarnation: u32,
  peer: bytes32,
  peerIncarnation: u32,
  root: bytes32,
  seq: u64,
});

export const countersignature: Obj<Countersignature> = object(
  kinds.countersignature,
  limits.signatureBytesMax + 256,
  struct({ consent, signature: variable(limits.signatureBytesMax) }),
);

export function consentDigest(value: Consent): Uint8Array {
  return hash('countersign', encodeWith(consent, value));
}
