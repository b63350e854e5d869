/**
 * What objects are placed by: the seats of a registry, and the bucket that an address falls into.
 *
 * A node has seats in proportion to its capacity (seating.ts). It does not choose them, and its keys
 * do not enter a draw: so no node gains anything by making ids. All objects whose addresses begin
 * with the same bits are one bucket and have the same nodes (perm.ts), so a bucket is a subtree of
 * the map of whoever keeps it.
 */

import { emptySeat, limits } from '@dsm/primitive';

/** What placement needs of a registry. */
export interface SeatView {
  /** The index of the node that has the seat, or `emptySeat`. As many as a power of two. */
  readonly seats: readonly number[];
  readonly bucketBits: number;
  /** The lineage of the registry, 32 bytes: another lineage places otherwise. */
  readonly salt: Uint8Array;
  /** How many nodes there are, with and without seats. */
  readonly nodes: number;
}

/** A view that was checked once, laid out for many draws. */
export interface Rendezvous {
  readonly owners: Uint16Array;
  readonly bucketBits: number;
  readonly salt: Uint8Array;
  /** The nodes that have a seat, by index. */
  readonly holders: readonly number[];
  /** 0 and as many as the logarithm of the number of seats, plus one. */
  readonly blocks: number;
}

/** A view that no registry can have is a fault of the caller. */
export function rendezvous({ seats, bucketBits, salt, nodes }: SeatView): Rendezvous {
  const { length } = seats;
  if (length < 1 || length > limits.seatsMax || (length & (length - 1)) !== 0) {
    throw new RangeError(`${length} seats are not a power of two up to ${limits.seatsMax}`);
  }
  const { bucketBitsMin, bucketBitsMax } = limits;
  if (!Number.isInteger(bucketBits) || bucketBits < bucketBitsMin || bucketBits > bucketBitsMax) {
    throw new RangeError(`bucketBits: ${bucketBits} is not in ${bucketBitsMin}…${bucketBitsMax}`);
  }
  if (salt.length !== 32) throw new RangeError(`salt: expected 32 bytes, got ${salt.length}`);
  const known = (owner: number): boolean =>
    owner === emptySeat || (Number.isInteger(owner) && owner >= 0 && owner < nodes);
  if (nodes > emptySeat || !seats.every(known)) {
    throw new RangeError(`a seat belongs to none of ${nodes} nodes`);
  }
  const holders = [...new Set(seats)].filter((owner) => owner !== emptySeat);
  return {
    owners: Uint16Array.from(seats),
    bucketBits,
    salt: salt.slice(),
    holders: holders.toSorted((a, b) => a - b),
    blocks: 32 - Math.clz32(length),
  };
}

/** The bucket of an address: its first bits, as a number. */
export function bucketOf(bucketBits: number, address: Uint8Array): number {
  if (address.length !== 32) {
    throw new RangeError(`address: expected 32 bytes, got ${address.length}`);
  }
  const first = (address[0]! << 16) | (address[1]! << 8) | address[2]!;
  return first >> (24 - bucketBits);
}
