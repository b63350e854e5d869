/**
 * Who sits where. A node holds seats in proportion to its capacity, and objects are placed by seats.
 *
 *     seats(node) = clamp( ⌊capacity / seatBytes⌋, 1, 256 )        0 for a node that leaves
 *
 * A node takes the lowest empty seats and gives up its highest ones: it cannot choose where it sits,
 * so there is nothing to gain by making ids. Nobody else's seat ever changes. A full table doubles,
 * which moves nothing (docs/spec/placement.md).
 */

import { emptySeat, limits } from '@dsm/primitive';

/** The seats that a capacity earns. */
export function seatsFor(capacityBytes: number, seatBytes: number): number {
  const earned = Math.floor(capacityBytes / seatBytes);
  return Math.min(Math.max(earned, 1), limits.nodeSeatsMax);
}

/**
 * The table after node `index` holds `count` seats. Beyond the last seat that a table may have there
 * is none to take: the node gets fewer.
 */
export function seated(seats: readonly number[], index: number, count: number): readonly number[] {
  const after = [...seats];
  let held = after.filter((owner) => owner === index).length;
  for (let seat = after.length - 1; held > count; seat--) {
    if (after[seat] !== index) continue;
    after[seat] = emptySeat;
    held -= 1;
  }
  for (let seat = 0; held < count; seat++) {
    if (seat === after.length && !doubled(after)) break;
    if (after[seat] !== emptySeat) continue;
    after[seat] = index;
    held += 1;
  }
  return after;
}

/** Room for as many seats again; false at the limit. */
function doubled(seats: number[]): boolean {
  if (seats.length * 2 > limits.seatsMax) return false;
  seats.push(...Array.from({ length: seats.length }, () => emptySeat));
  return true;
}

/** The table with the nodes numbered anew: `renamed[old]` is the new index, undefined for a leaver. */
export function renumbered(
  seats: readonly number[],
  renamed: readonly (number | undefined)[],
): readonly number[] {
  return seats.map((owner) => renamed[owner] ?? emptySeat);
}
