/**
 * Frames: bytes that are too long for one code, as several, which may be read in any order.
 *
 *     frame = Addr( all bytes ) ‖ index u16 ‖ count u16 ‖ piece        all pieces but the last as long
 *
 * Every frame names the bytes that it is a part of, whole: pieces of two papers never mix, and what
 * was put together is what was taken apart.
 */

import {
  address,
  bytes32,
  concat,
  decodeWith,
  encodeWith,
  equal,
  struct,
  u16,
  variable,
  where,
  type Coder,
} from '@dsm/primitive';

export interface Frame {
  readonly whole: Uint8Array;
  readonly index: number;
  readonly count: number;
  readonly piece: Uint8Array;
}

/** Bytes of the piece of one frame, so that its code can be read from paper and from a screen. */
export const pieceBytes = 700;
/** Frames of one paper. */
export const framesMax = 999;

export const frame: Coder<Frame> = where(
  struct<Frame>({ whole: bytes32, index: u16, count: u16, piece: variable(pieceBytes) }),
  ({ index, count, piece }) =>
    index < count && count <= framesMax && (index === count - 1 || piece.length === pieceBytes),
);

/** The frames of these bytes, in order; undefined if they are too many for paper. */
export function framesOf(bytes: Uint8Array): readonly Uint8Array[] | undefined {
  const count = Math.max(1, Math.ceil(bytes.length / pieceBytes));
  if (count > framesMax) return undefined;
  const whole = address(bytes);
  return Array.from({ length: count }, (_, index) => {
    const piece = bytes.subarray(index * pieceBytes, (index + 1) * pieceBytes);
    return encodeWith(frame, { whole, index, count, piece });
  });
}

export type Joined =
  | { readonly type: 'whole'; readonly bytes: Uint8Array }
  /** Indices of the frames that are not here. */
  | { readonly type: 'missing'; readonly missing: readonly number[] }
  | { readonly type: 'refused'; readonly refusal: FrameRefusal };

export const frameRefusals = {
  malformed: 'this is no frame',
  mixed: 'the frames are of different papers',
  damaged: 'the frames are all here, and do not give what they name',
} as const;

export type FrameRefusal = keyof typeof frameRefusals;

/** The bytes of which these are the frames, in any order, some perhaps twice. */
export function joinFrames(frames: readonly Uint8Array[]): Joined {
  const decoded = frames.map((bytes) => decodeWith(frame, bytes));
  const [first] = decoded;
  if (first === undefined) return refused('malformed');
  const pieces: (Uint8Array | undefined)[] = Array.from({ length: first.count });
  for (const one of decoded) {
    if (one === undefined) return refused('malformed');
    if (!equal(one.whole, first.whole) || one.count !== first.count) return refused('mixed');
    const there = pieces[one.index];
    if (there !== undefined && !equal(there, one.piece)) return refused('mixed');
    pieces[one.index] = one.piece;
  }
  const missing = pieces.flatMap((piece, index) => (piece === undefined ? [index] : []));
  if (missing.length > 0) return { type: 'missing', missing };
  const bytes = concat(...(pieces as readonly Uint8Array[]));
  return equal(address(bytes), first.whole) ? { type: 'whole', bytes } : refused('damaged');
}

function refused(refusal: FrameRefusal): Joined {
  return { type: 'refused', refusal };
}
