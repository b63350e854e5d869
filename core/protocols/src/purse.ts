/**
 * The purse: notes in powers of two, so that a wallet without a network pays exact sums.
 */

import { limits } from '@dsm/primitive';

/** More than this many binary digits are cut off below: a purse has a grain. */
const digitsMax = 20;

/**
 * The denominations of a load, ascending, and what stays outside the purse.
 *
 * One note of 1, 2, 4 … while they fit, then the binary digits of the rest: every multiple of the
 * grain up to the sum can be paid exactly. The grain is 1 below 2²⁰ and grows with the amount.
 */
export function denominations(amount: bigint): {
  readonly notes: readonly bigint[];
  readonly rest: bigint;
} {
  const digits = amount.toString(2).length;
  const grain = 1n << BigInt(Math.max(0, digits - digitsMax));
  const notes: bigint[] = [];
  let left = amount / grain;
  for (let coin = 1n; coin <= left; coin <<= 1n) {
    notes.push(coin * grain);
    left -= coin;
  }
  for (let coin = 1n; coin <= left; coin <<= 1n) {
    if ((left & coin) !== 0n) notes.push(coin * grain);
  }
  return { notes: notes.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0)), rest: amount % grain };
}

/**
 * The notes to spend for `amount`: largest first while they fit, then, if that is not exact, the
 * smallest note that covers the rest (the surplus is change). Undefined if they do not suffice or
 * too many would be needed.
 */
export function choose<N extends { readonly amount: bigint }>(
  notes: readonly N[],
  amount: bigint,
): readonly N[] | undefined {
  const descending = notes.toSorted((a, b) => (a.amount < b.amount ? 1 : -1));
  const chosen: N[] = [];
  let left = amount;
  for (const note of descending) {
    if (note.amount > left || chosen.length === limits.inputsMax) continue;
    chosen.push(note);
    left -= note.amount;
  }
  if (left === 0n) return chosen;
  return cover(descending, chosen, amount);
}

/** Not exact: one larger note if there is any, else what was chosen and one more. */
function cover<N extends { readonly amount: bigint }>(
  descending: readonly N[],
  chosen: readonly N[],
  amount: bigint,
): readonly N[] | undefined {
  const single = descending.findLast((note) => note.amount >= amount);
  if (single !== undefined) return [single];
  // A note that did not fit is more than what is missing, so the smallest of them covers it.
  const last = descending.findLast((note) => !chosen.includes(note));
  if (last === undefined || chosen.length >= limits.inputsMax) return undefined;
  return [...chosen, last];
}
