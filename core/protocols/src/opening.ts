/**
 * Openings: what shows that a spend slot belongs to a purse note, so that two values in it convict.
 *
 *     opening = head before ‖ u16 index ‖ entry        H_note( H_entry(before ‖ entry) ‖ index ) = note id
 *
 * The entry is the load that made the note. Its signer is the note's owner, who is about to be
 * convicted: an honest device signs one spend of a purse note in its life, whatever the note is worth.
 */

import {
  bytes32,
  decodeWith,
  encodeWith,
  equal,
  limits,
  nextHead,
  struct,
  u16,
  variable,
  type Opens,
} from '@dsm/primitive';
import { noteId, noteKinds } from './note.ts';
import { operationOf } from './operation.ts';

export interface Opening {
  readonly before: Uint8Array;
  readonly index: number;
  readonly entry: Uint8Array;
}

const opening = struct<Opening>({
  before: bytes32,
  index: u16,
  entry: variable(limits.operationBytesMax + 79),
});

export function encodeOpening(value: Opening): Uint8Array {
  return encodeWith(opening, value);
}

/** True if the bytes open the slot's note as a purse note of the slot's writer. */
export const opensPurseNote: Opens = (place, bytes) => {
  const opened = decodeWith(opening, bytes);
  if (opened === undefined) return false;
  const { before, index, entry: encoded } = opened;
  const operation = operationOf(encoded);
  if (typeof operation === 'string' || operation.type !== 'load') return false;
  const output = operation.outputs[index];
  return (
    output?.kind === noteKinds.purse &&
    equal(output.key, place.writer) &&
    equal(noteId(nextHead(before, encoded), index), place.position)
  );
};
