/**
 * Frames on a stream of bytes, of which any part may come at a time.
 *
 *     OFFSET  SIZE  FIELD
 *          0     4  length n     big-endian, 1 to the reader's bound
 *          4     n  what is in the frame
 *
 * A length out of bounds is refused before any room is made for it, and room is made as bytes
 * arrive: whoever announces much and sends little holds little.
 */

export type FramingRefusal = 'empty' | 'too-large' | 'malformed';

export interface Unframed<T> {
  /** What whole frames hold, in order; all before the refusal, if there is one. */
  readonly frames: readonly T[];
  /** The stream makes no sense from here on. */
  readonly refusal?: FramingRefusal;
}

export interface Deframer<T> {
  /** Take the next bytes of the stream. After a refusal nothing more is taken. */
  readonly push: (bytes: Uint8Array) => Unframed<T>;
  /** Bytes of room held for a frame that is not whole yet. */
  readonly held: () => number;
  /** True if the stream may end here: no frame is begun, and nothing was refused. */
  readonly isWhole: () => boolean;
}

const headerBytes = 4;
const firstRoomBytes = 4_096;
const noBytes = new Uint8Array(0);

/** `bytes` with its length in front. */
export function framed(bytes: Uint8Array): Uint8Array {
  return framedTogether([bytes]);
}

/** Several frames, one after the other. */
export function framedTogether(all: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(all.reduce((sum, { length }) => sum + headerBytes + length, 0));
  const view = new DataView(out.buffer);
  let at = 0;
  for (const bytes of all) {
    view.setUint32(at, bytes.length);
    out.set(bytes, at + headerBytes);
    at += headerBytes + bytes.length;
  }
  return out;
}

/** `read` is shown the bytes of one frame, which it may not keep; undefined refuses them. */
export function deframer<T extends {}>(
  frameBytesMax: number,
  read: (frame: Uint8Array) => T | undefined,
): Deframer<T> {
  /** What has come of a frame that is not whole, header and all; `filled` bytes of it. */
  let room = noBytes;
  let filled = 0;
  let refusal: FramingRefusal | undefined;

  const lengthAt = (bytes: Uint8Array, at: number): number => {
    const [a, b, c, d] = [bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!];
    const length = ((a * 0x100 + b) * 0x100 + c) * 0x100 + d;
    if (length === 0) refusal = 'empty';
    else if (length > frameBytesMax) refusal = 'too-large';
    return length;
  };
  const take = (frame: Uint8Array, into: T[]): void => {
    const value = read(frame);
    if (value === undefined) refusal = 'malformed';
    else into.push(value);
  };
  /** Adds up to `wanted` bytes in all to what has come; how many were taken. */
  const fill = (bytes: Uint8Array, at: number, wanted: number): number => {
    const part = bytes.subarray(at, at + wanted - filled);
    const needed = filled + part.length;
    if (needed > room.length) {
      const larger = new Uint8Array(
        Math.min(wanted, Math.max(needed, room.length * 2, firstRoomBytes)),
      );
      larger.set(room.subarray(0, filled));
      room = larger;
    }
    room.set(part, filled);
    filled = needed;
    return part.length;
  };
  /** Goes on with a frame that was begun; where in `bytes` the next begins. */
  const goOn = (bytes: Uint8Array, from: number, into: T[]): number => {
    let at = from;
    if (filled < headerBytes) at += fill(bytes, at, headerBytes);
    if (filled < headerBytes) return at;
    const whole = headerBytes + lengthAt(room, 0);
    if (refusal !== undefined) return at;
    at += fill(bytes, at, whole);
    if (filled === whole) {
      take(room.subarray(headerBytes, whole), into);
      [room, filled] = [noBytes, 0];
    }
    return at;
  };
  return {
    push: (given) => {
      // A buffer of the platform may have a `slice` of its own, which makes no copy.
      const bytes = new Uint8Array(given.buffer, given.byteOffset, given.byteLength);
      const frames: T[] = [];
      let at = 0;
      while (at < bytes.length && refusal === undefined) {
        const isHeaderHere = filled === 0 && at + headerBytes <= bytes.length;
        const end = isHeaderHere ? at + headerBytes + lengthAt(bytes, at) : Infinity;
        if (refusal !== undefined) break;
        if (end <= bytes.length) take(bytes.subarray(at + headerBytes, end), frames);
        at = end <= bytes.length ? end : goOn(bytes, at, frames);
      }
      if (refusal !== undefined) [room, filled] = [noBytes, 0];
      return refusal === undefined ? { frames } : { frames, refusal };
    },
    held: () => room.length,
    isWhole: () => filled === 0 && refusal === undefined,
  };
}
