/**
 * The policy of a token (CPTA): what the token is, for ever. Addressed by its own hash.
 *
 *     OFFSET  SIZE  FIELD
 *          0     2  version 0x01, kind 0x20
 *          2    32  network
 *         34    32  registry lineage whose certificates count
 *         66  4+n   ticker, 1 to 12 bytes
 *            4+n   name, at most 48 bytes
 *             1    decimals, at most 38
 *            16    cap, in smallest units, not zero
 *             1    suite of the issuer
 *            32    digest of the issuer's key
 *             2    lineage depth cap
 *             4    lineage receipts cap
 */

import {
  address,
  bytes32,
  kinds,
  limits,
  object,
  struct,
  suiteCoder,
  text,
  u128,
  u16,
  u32,
  u8,
  where,
  type Obj,
  type Suite,
} from '@dsm/primitive';

export interface Policy {
  readonly network: Uint8Array;
  readonly registry: Uint8Array;
  readonly ticker: string;
  readonly name: string;
  readonly decimals: number;
  readonly cap: bigint;
  readonly issuerSuite: Suite;
  readonly issuer: Uint8Array;
  readonly depthMax: number;
  readonly receiptsMax: number;
}

export const policy: Obj<Policy> = object(
  kinds.policy,
  1_024,
  where(
    struct({
      network: bytes32,
      registry: bytes32,
      ticker: text(12),
      name: text(limits.nameBytesMax),
      decimals: u8,
      cap: u128,
      issuerSuite: suiteCoder,
      issuer: bytes32,
      depthMax: u16,
      receiptsMax: u32,
    }),
    ({ ticker, decimals, cap, depthMax, receiptsMax }) =>
      /^[A-Za-z0-9]+$/.test(ticker) &&
      decimals <= 38 &&
      cap > 0n &&
      depthMax >= 1 &&
      depthMax <= limits.lineageDepthMax &&
      receiptsMax >= 1 &&
      receiptsMax <= limits.lineageReceiptsMax,
  ),
);

/** The token that a policy makes: the address of its bytes. */
export function tokenId(value: Policy): Uint8Array {
  return address(policy.encode(value));
}
