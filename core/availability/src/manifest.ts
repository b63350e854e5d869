/**
 * Manifests: objects larger than an object may be, as a list of objects.
 *
 * All chunks but the last have the largest size, so one sequence of bytes has one manifest. Each
 * chunk is placed, kept and repaired like any object; what is missing is sent again, nothing else.
 */

import {
  address,
  bytes32,
  kinds,
  limits,
  list,
  object,
  struct,
  u64,
  where,
  type Obj,
} from '@dsm/primitive';

/** Bytes of every chunk but the last. */
export const chunkBytes: number = limits.objectBytesMax;

export interface Manifest {
  /** Bytes in all. */
  readonly size: number;
  /** Addresses of the chunks, in order. */
  readonly chunks: readonly Uint8Array[];
}

export const manifest: Obj<Manifest> = object(
  kinds.manifest,
  limits.objectBytesMax,
  where(
    struct({ size: u64, chunks: list(bytes32, limits.chunksMax, 2) }),
    ({ size, chunks }) => Math.ceil(size / chunkBytes) === chunks.length,
  ),
);

/** The chunks of bytes that are larger than an object. */
export function chunksOf(bytes: Uint8Array): readonly Uint8Array[] {
  const count = Math.ceil(bytes.length / chunkBytes);
  return Array.from({ length: count }, (_, i) =>
    bytes.subarray(i * chunkBytes, (i + 1) * chunkBytes),
  );
}

/** How many bytes chunk `index` must have. */
export function chunkSize({ size, chunks }: Manifest, index: number): number {
  return index === chunks.length - 1 ? size - index * chunkBytes : chunkBytes;
}

/** Under which address bytes of any size are found: of the bytes, or of their manifest. */
export function wholeAddress(bytes: Uint8Array): Uint8Array {
  if (bytes.length <= chunkBytes) return address(bytes);
  const chunks = chunksOf(bytes).map((chunk) => address(chunk));
  return address(manifest.encode({ size: bytes.length, chunks }));
}
