/**
 * What the entries of a lane do, read from their bytes.
 */

import { entry } from '@dsm/primitive';
import { decodeOperation, type Operation, type Output } from '@dsm/protocols';
import type { Track } from './devices-disk.ts';

/** The operations of a lane that are understood, each with its place. */
export function operationsIn({
  entries,
}: Track): readonly (readonly [place: number, operation: Operation])[] {
  return entries.flatMap((bytes, i) => {
    const decoded = entry.decode(bytes);
    const operation = decoded.ok ? decodeOperation(decoded.value.operation) : 'malformed';
    return typeof operation === 'string' ? [] : [[i, operation] as const];
  });
}

/** A note that a payment of a lane made: the head that names it, and its place there. */
export interface Made extends Output {
  readonly source: Uint8Array;
  readonly index: number;
}

export function outputsIn(track: Track): readonly Made[] {
  return operationsIn(track).flatMap(([place, operation]) =>
    operation.type === 'transfer'
      ? operation.outputs.map((output, index) => ({
          ...output,
          source: track.heads[place + 1]!,
          index,
        }))
      : [],
  );
}
