/**
 * What shows that a note is a purse note: the load that made it.
 */

import { equal, keyOf } from '@dsm/primitive';
import { encodeOpening, spendPlace } from '@dsm/protocols';
import type { Disk } from './devices-disk.ts';

/** What shows that the notes of the cast that were loaded are purse notes. */
export function openingsOf(disks: readonly Disk[]): ReadonlyMap<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  for (const [i, { edges, notes }] of disks.entries()) {
    const { heads, entries } = edges[i]!.mine;
    for (const note of notes.filter(({ kind }) => kind === 1)) {
      const at = heads.findIndex((head) => equal(head, note.source));
      const opening = { before: heads[at - 1]!, index: note.index, entry: entries[at - 1]! };
      found.set(keyOf(spendPlace(note).position), encodeOpening(opening));
    }
  }
  return found;
}
