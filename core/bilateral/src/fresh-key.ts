/**
 * Fresh keys: each device tells the other, again and again, a KEM key for what it is sent next.
 *
 *     MAC = H_fresh-key( ack key ‖ DevID of the teller ‖ incarnation ‖ number ‖ KEM key )
 *
 * Whoever seals takes the newest key that it was told, so the one who opens can destroy the secrets of
 * earlier ones as it goes along. The MAC keeps others from telling keys of their own: the line between
 * two devices need not be a secret one. Numbers only grow within an incarnation.
 */

import {
  bytes32,
  concat,
  encodeWith,
  equal,
  fixed,
  hash,
  struct,
  u32,
  type Coder,
} from '@dsm/primitive';

export interface FreshKey {
  readonly number: number;
  readonly kemKey: Uint8Array;
  readonly mac: Uint8Array;
}

export const freshKeyCoder: Coder<FreshKey> = struct({
  number: u32,
  kemKey: fixed(1_184),
  mac: bytes32,
});

/** Who tells, and what it shares with the one who is told. */
export interface FreshKeyTeller {
  readonly ackKey: Uint8Array;
  readonly device: Uint8Array;
  readonly incarnation: number;
}

export function freshKey(by: FreshKeyTeller, number: number, kemKey: Uint8Array): FreshKey {
  return { number, kemKey, mac: macOf(by, number, kemKey) };
}

/** True if the key was told by this device in this incarnation. */
export function isToldBy(by: FreshKeyTeller, { number, kemKey, mac }: FreshKey): boolean {
  return equal(mac, macOf(by, number, kemKey));
}

function macOf(
  { ackKey, device, incarnation }: FreshKeyTeller,
  number: number,
  kemKey: Uint8Array,
): Uint8Array {
  const numbers = concat(encodeWith(u32, incarnation), encodeWith(u32, number));
  return hash('fresh-key', ackKey, device, numbers, kemKey);
}
