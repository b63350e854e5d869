/**
 * Writers and readers: where a coder puts bytes, and where it takes them from.
 *
 * A writer throws on a number that has no encoding, which is a caller's fault. A reader never
 * throws: once it has met bad bytes, all it yields is zeros, and `bad` says so.
 */

export interface Writer {
  readonly u8: (n: number) => void;
  readonly u16: (n: number) => void;
  readonly u32: (n: number) => void;
  /** At most 2⁵³ − 1: indices and sequence numbers are numbers. */
  readonly u64: (n: number) => void;
  readonly u128: (n: bigint) => void;
  readonly raw: (bytes: Uint8Array) => void;
  /** A copy of what was written; the next write begins anew. */
  readonly done: () => Uint8Array;
  /** The same without the copy: the next write overwrites it. */
  readonly view: () => Uint8Array;
}

export interface Reader {
  readonly u8: () => number;
  readonly u16: () => number;
  readonly u32: () => number;
  readonly u64: () => number;
  readonly u128: () => bigint;
  /** A copy of the next `length` bytes; zeros once the reader is bad. */
  readonly raw: (length: number) => Uint8Array;
  readonly refuse: () => void;
  readonly bad: () => boolean;
  readonly left: () => number;
}

const amountMax = (1n << 128n) - 1n;
const low64 = (1n << 64n) - 1n;

export function writer(capacity = 256): Writer {
  let bytes = new Uint8Array(capacity);
  let view = new DataView(bytes.buffer);
  let at = 0;
  const claim = (length: number): number => {
    const from = at;
    at += length;
    if (at > bytes.length) {
      const larger = new Uint8Array(Math.max(at, bytes.length * 2));
      larger.set(bytes);
      bytes = larger;
      view = new DataView(bytes.buffer);
    }
    return from;
  };
  const inRange = (n: number, max: number): number => {
    if (!Number.isInteger(n) || n < 0 || n > max) throw new RangeError(`${n} is not in 0…${max}`);
    return n;
  };
  return {
    u8: (n) => {
      const from = claim(1);
      view.setUint8(from, inRange(n, 0xff));
    },
    u16: (n) => {
      const from = claim(2);
      view.setUint16(from, inRange(n, 0xffff));
    },
    u32: (n) => {
      const from = claim(4);
      view.setUint32(from, inRange(n, 0xffffffff));
    },
    u64: (n) => {
      inRange(n, Number.MAX_SAFE_INTEGER);
      const from = claim(8);
      view.setUint32(from, Math.floor(n / 0x100000000));
      view.setUint32(from + 4, n % 0x100000000);
    },
    u128: (n) => {
      if (n < 0n || n > amountMax) throw new RangeError(`${n} is not an unsigned 128-bit amount`);
      const from = claim(16);
      view.setBigUint64(from, n >> 64n);
      view.setBigUint64(from + 8, n & low64);
    },
    raw: (part) => {
      const from = claim(part.length);
      bytes.set(part, from);
    },
    done: () => {
      const written = bytes.slice(0, at);
      at = 0;
      return written;
    },
    view: () => {
      const written = bytes.subarray(0, at);
      at = 0;
      return written;
    },
  };
}

export function reader(bytes: Uint8Array): Reader {
  const made = reusableReader();
  made.begin(bytes);
  return made;
}

/** A reader that can be given other bytes: making one costs more than what most values take to read. */
export interface ReusableReader extends Reader {
  readonly begin: (bytes: Uint8Array) => void;
}

export function reusableReader(): ReusableReader {
  let bytes: Uint8Array = new Uint8Array(0);
  let at = 0;
  let bad = false;
  const claim = (length: number): number => {
    if (bad || at + length > bytes.length) {
      bad = true;
      return -1;
    }
    at += length;
    return at - length;
  };
  const u16At = (from: number): number => bytes[from]! * 0x100 + bytes[from + 1]!;
  const u32At = (from: number): number => u16At(from) * 0x10000 + u16At(from + 2);
  const bigAt = (from: number): bigint => (BigInt(u32At(from)) << 32n) | BigInt(u32At(from + 4));
  return {
    begin: (next) => {
      bytes = next;
      at = 0;
      bad = false;
    },
    u8: () => {
      const from = claim(1);
      return from < 0 ? 0 : bytes[from]!;
    },
    u16: () => {
      const from = claim(2);
      return from < 0 ? 0 : u16At(from);
    },
    u32: () => {
      const from = claim(4);
      return from < 0 ? 0 : u32At(from);
    },
    u64: () => {
      const from = claim(8);
      const n = from < 0 ? 0 : u32At(from) * 0x100000000 + u32At(from + 4);
      if (n > Number.MAX_SAFE_INTEGER) bad = true;
      return bad ? 0 : n;
    },
    u128: () => {
      const from = claim(16);
      return from < 0 ? 0n : (bigAt(from) << 64n) | bigAt(from + 8);
    },
    raw: (length) => {
      const from = claim(length);
      return from < 0 ? new Uint8Array(length <= 1024 ? length : 0) : bytes.slice(from, at);
    },
    refuse: () => {
      bad = true;
    },
    bad: () => bad,
    left: () => bytes.length - at,
  };
}
