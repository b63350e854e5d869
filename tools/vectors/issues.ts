/** Vectors of issues: mints, items with anchors, and re-mints. */

import { compare, concat, keyDigest, limits } from '@dsm/primitive';
import { issue, issueHead, noteId, tokenId, type Issue, type SpentNote } from '@dsm/protocols';
import { malformed, number, patched, spoiled, type Draft } from './draft.ts';
import { coin, coinId, freshTo, guild, title } from './tokens.ts';
import { alice, bob, dora, drawn } from './world.ts';

export const firstIssue: Issue = {
  token: coinId,
  index: 1,
  parent: coinId,
  amount: 500n,
  total: 500n,
  outputs: [freshTo(alice, 300n), freshTo(alice, 200n)],
  anchors: [],
  remint: undefined,
};
export const firstHead: Uint8Array = issueHead(firstIssue);

/** A later mint of the same token. */
export const laterIssue: Issue = { ...firstIssue, index: 2, parent: firstHead, total: 1_000n };

/** Three items, the first of their series, each with an object that says more. */
export const items: Issue = {
  ...firstIssue,
  token: tokenId(title),
  parent: tokenId(title),
  amount: 3n,
  total: 3n,
  outputs: [freshTo(alice, 1n), freshTo(bob, 2n), freshTo(alice, 3n)],
  anchors: [0, 1, 2].map((i) => drawn(`item ${i}`)),
};

export const spentNote = (source: Uint8Array, index: number): SpentNote => ({
  key: alice.key,
  id: noteId(source, index),
});

/** The first note of the first issue, made anew. */
export const remint: Issue = {
  ...firstIssue,
  index: 2,
  parent: firstHead,
  amount: 0n,
  outputs: [freshTo(alice, 300n)],
  remint: { notes: [spentNote(firstHead, 0)], lineage: drawn('a lineage') },
};

const issueBytes = issue.encode(firstIssue);
const remintBytes = issue.encode(remint);
const outputBytes = 32 + 32 + 16 + 1 + 2 + 4;
const fixedBytes = 2 + 32 + 8 + 32 + 16 + 16;
const output = issueBytes.slice(fixedBytes + 2, fixedBytes + 2 + outputBytes);
const issuer = { threshold: coin.threshold, members: coin.members };
const issuers = { threshold: guild.threshold, members: guild.members };
const notes = [0, 1, 2]
  .map((i) => ({ key: keyDigest(1, dora.workingKey), id: drawn(`spent ${i}`) }))
  .toSorted((a, b) => compare(a.id, b.id));
const noteBytes = (i: number): Uint8Array => concat(notes[i]!.key, notes[i]!.id);
/** Option byte and count stand before the one note of the re-mint. */
const notesAt = remintBytes.length - 32 - 64 - 2;
const withNotes = (...of: readonly Uint8Array[]): Uint8Array =>
  concat(remintBytes.slice(0, notesAt), number(2, of.length), ...of, remintBytes.slice(-32));

const good = (name: string, comment: string, value: Issue, by: object = issuer): Draft => ({
  name,
  comment,
  bytes: issue.encode(value),
  given: by,
});

export const issues: readonly Draft[] = [
  good('the first', 'Its parent is the token.', firstIssue),
  good('a later one', 'Its parent is the head of the issue before.', laterIssue),
  good('by two of three', 'The slot is the committee’s.', firstIssue, issuers),
  good('items', 'Serial numbers as amounts, an anchor for each.', items),
  good('a re-mint', 'One note made anew.', remint),
  good('a re-mint of three', 'Ascending by id.', {
    ...remint,
    remint: { notes, lineage: drawn('a lineage') },
  }),
  good('no amounts', 'Decodes: amounts of zero are refused by the rules.', {
    ...firstIssue,
    amount: 0n,
    total: 0n,
    outputs: [freshTo(bob, 0n)],
  }),
  ...spoiled(issueBytes, limits.operationBytesMax - 16),
  malformed(
    'index above 2⁵³ − 1',
    'A u64 above 2⁵³ − 1.',
    patched(issueBytes, 34, number(8, 2n ** 53n)),
  ),
  malformed(
    'no outputs',
    'An issue makes a note.',
    concat(issueBytes.slice(0, fixedBytes), number(2, 0), number(2, 0), number(1, 0)),
  ),
  malformed(
    '65 outputs',
    'More than 64.',
    concat(
      issueBytes.slice(0, fixedBytes),
      number(2, 65),
      ...Array.from({ length: 65 }, () => output),
      number(2, 0),
      number(1, 0),
    ),
  ),
  malformed(
    '65 anchors',
    'More than 64.',
    concat(issueBytes.slice(0, -3), number(2, 65), new Uint8Array(65 * 32), number(1, 0)),
  ),
  malformed(
    'a note of kind 3',
    'There are three kinds.',
    patched(issueBytes, fixedBytes + 2 + 80, number(1, 3)),
  ),
  malformed('option byte 2', 'An option is 0 or 1.', patched(issueBytes, -1, number(1, 2))),
  malformed('a re-mint of nothing', 'One note at least.', withNotes()),
  malformed('notes descend', 'By id.', withNotes(noteBytes(1), noteBytes(0))),
  malformed('a note twice', 'A note goes once.', withNotes(noteBytes(0), noteBytes(0))),
  malformed(
    '33 notes',
    'More than 32.',
    withNotes(
      ...Array.from({ length: 33 }, (_, i) => patched(new Uint8Array(64), 32, number(2, i))),
    ),
  ),
];
