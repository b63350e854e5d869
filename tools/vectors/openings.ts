/** Vectors of what opens the slot of a purse note. */

import { concat, entry, nextEntry, nextHead } from '@dsm/primitive';
import { encodeOpening, noteId } from '@dsm/protocols';
import { framed, number, type Draft } from './draft.ts';
import { loaded } from './forks.ts';
import { memoOperation, stage } from './scenario.ts';
import { bob, carol, drawn } from './world.ts';

const { place, opening, load, before } = loaded(carol);
const open = (
  name: string,
  comment: string,
  opened: Uint8Array,
  expect: string,
  changes: object = {},
): Draft => ({
  name: `opening: ${name}`,
  comment,
  check: 'opening',
  bytes: opened,
  given: { writer: place.writer, position: place.position, ...changes },
  expect,
});
const memoEntry = entry.encode(
  nextEntry(stage(carol, undefined, []).relationship.mine, 0, drawn('own'), memoOperation('x')),
);

export const openings: readonly Draft[] = [
  open('a purse note', 'The load shows it.', opening, 'ok'),
  open('nothing', 'No bytes.', new Uint8Array(0), 'opening'),
  open('cut off', 'The last byte is missing.', opening.slice(0, -1), 'opening'),
  open('a byte more', 'A byte after the entry.', concat(opening, Uint8Array.of(0)), 'opening'),
  open(
    'an online note',
    'The change of the load.',
    encodeOpening({ before, index: 0, entry: load }),
    'opening',
    { position: noteId(nextHead(before, load), 0) },
  ),
  open(
    'no such note',
    'The load makes two.',
    encodeOpening({ before, index: 2, entry: load }),
    'opening',
    { position: noteId(nextHead(before, load), 2) },
  ),
  open(
    'another head before',
    'Another note.',
    encodeOpening({ before: drawn('x'), index: 1, entry: load }),
    'opening',
  ),
  open('another writer', 'The note names another key.', opening, 'opening', { writer: bob.key }),
  open('another position', 'Another note.', opening, 'opening', { position: drawn('x') }),
  open(
    'no load',
    'The entry is a memo.',
    concat(before, number(2, 0), framed(memoEntry)),
    'opening',
  ),
  open(
    'no entry',
    'The entry does not decode.',
    concat(before, number(2, 1), framed(load.slice(0, -1))),
    'opening',
  ),
];
