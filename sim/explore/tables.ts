/**
 * Tables over typed arrays: numbers by what they stand for. Millions of lines cost what their numbers
 * cost, and nothing has to be collected.
 */

/** A mixing of 32 bits in which every bit of the argument moves every bit of the answer. */
export function mixed(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return (x ^ (x >>> 15)) >>> 0;
}

/** Whole numbers in order, as many as come. */
export interface Column {
  readonly at: (index: number) => number;
  readonly put: (index: number, value: number) => void;
  readonly length: () => number;
  readonly push: (value: number) => number;
  readonly bytes: () => number;
}

/** A column that reads `missing` where nothing has been put. */
export function column(missing = 0): Column {
  let cells = new Int32Array(1_024).fill(missing);
  let used = 0;
  const put = (index: number, value: number): void => {
    if (index >= cells.length) cells = grown(cells, index + 1, missing);
    cells[index] = value;
    if (index >= used) used = index + 1;
  };
  return {
    at: (index) => (index < used ? cells[index]! : missing),
    put,
    length: () => used,
    push: (value) => {
      put(used, value);
      return used - 1;
    },
    bytes: () => cells.byteLength,
  };
}

/** The same cells in an array of at least `length`, the new ones filled. */
export function grown(
  cells: Int32Array<ArrayBuffer>,
  length: number,
  missing = 0,
): Int32Array<ArrayBuffer> {
  let size = cells.length;
  while (size < length) size = size < 1 << 26 ? size * 2 : size + (1 << 26);
  const next = new Int32Array(size);
  next.set(cells);
  if (missing !== 0) next.fill(missing, cells.length);
  return next;
}

/** What belongs to two whole numbers, neither below zero; -1 where nothing does. */
export interface PairTable {
  readonly get: (a: number, b: number) => number;
  readonly set: (a: number, b: number, value: number) => void;
  readonly size: () => number;
  readonly bytes: () => number;
}

export function pairTable(): PairTable {
  let capacity = 1 << 10;
  let cells = new Int32Array(capacity * 3).fill(-1);
  let used = 0;
  const slotOf = (from: Int32Array, mask: number, a: number, b: number): number => {
    let slot = mixed(Math.imul(a, 0x9e3779b1) ^ mixed(b + 0x632be5)) & mask;
    while (from[slot * 3] !== -1 && (from[slot * 3] !== a || from[slot * 3 + 1] !== b)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  };
  const double = (): void => {
    const next = new Int32Array(capacity * 6).fill(-1);
    for (let at = 0; at < cells.length; at += 3) {
      if (cells[at] === -1) continue;
      const to = slotOf(next, capacity * 2 - 1, cells[at]!, cells[at + 1]!) * 3;
      next[to] = cells[at]!;
      next[to + 1] = cells[at + 1]!;
      next[to + 2] = cells[at + 2]!;
    }
    capacity *= 2;
    cells = next;
  };
  return {
    get: (a, b) => cells[slotOf(cells, capacity - 1, a, b) * 3 + 2]!,
    set: (a, b, value) => {
      if ((used + 1) * 4 > capacity * 3) double();
      const at = slotOf(cells, capacity - 1, a, b) * 3;
      if (cells[at] === -1) used++;
      cells[at] = a;
      cells[at + 1] = b;
      cells[at + 2] = value;
    },
    size: () => used,
    bytes: () => cells.byteLength,
  };
}

/** A set of 64-bit fingerprints, each as two halves. Two zero halves are one fingerprint too few. */
export interface Fingerprints {
  /** True if it was not there. */
  readonly add: (low: number, high: number) => boolean;
  readonly size: () => number;
  readonly bytes: () => number;
}

export function fingerprints(bits = 16): Fingerprints {
  let capacity = 2 ** bits;
  let cells = new Uint32Array(capacity * 2);
  let used = 0;
  const place = (into: Uint32Array, mask: number, low: number, high: number): boolean => {
    let slot = (low & mask) * 2;
    for (;;) {
      const there = into[slot]!;
      const other = into[slot + 1]!;
      if (there === low && other === high) return false;
      if (there === 0 && other === 0) break;
      slot = slot + 2 === (mask + 1) * 2 ? 0 : slot + 2;
    }
    into[slot] = low;
    into[slot + 1] = high;
    return true;
  };
  const double = (): void => {
    const next = new Uint32Array(capacity * 4);
    const mask = capacity * 2 - 1;
    for (let at = 0; at < cells.length; at += 2) {
      if (cells[at] !== 0 || cells[at + 1] !== 0) place(next, mask, cells[at]!, cells[at + 1]!);
    }
    capacity *= 2;
    cells = next;
  };
  return {
    add: (low, high) => {
      if (!place(cells, capacity - 1, low, high)) return false;
      used++;
      if (used * 4 > capacity * 3) double();
      return true;
    },
    size: () => used,
    bytes: () => cells.byteLength,
  };
}
