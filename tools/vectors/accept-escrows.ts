/** Vectors of the acceptance of what is said of escrows: lines of the slot list that are no slots. */

import {
  advance,
  entry,
  nextEntry,
  signedStep,
  sideOf,
  viewLeaf,
  type SignedStep,
} from '@dsm/primitive';
import { encodeOperation, escrowId, type Escrow } from '@dsm/protocols';
import { aliceKnown } from './accept.ts';
import type { Draft } from './draft.ts';
import { appended, signedBy, signedRun, stage } from './scenario.ts';
import { coinId, escrowFor } from './tokens.ts';
import { pays } from './totals.ts';
import { alice, bob, dora } from './world.ts';

const escrow = escrowFor(alice, bob, coinId);
const id = escrowId(escrow);
const first = encodeOperation(pays(id, 31n, 4));
const second = encodeOperation(pays(id, 32n, 5));

const { relationship } = stage(alice, bob, []);
const { mine, theirs } = relationship;

function draft(
  name: string,
  comment: string,
  signed: SignedStep,
  entries: readonly Uint8Array[],
  expect: string,
  escrows: readonly Escrow[] = [escrow],
): Draft {
  const known = {
    ...aliceKnown,
    lane: mine,
    absorbed: { index: 0, head: theirs.start },
    mineStart: theirs.start,
    mine: [{ index: 0, head: theirs.start }],
    theirs: [],
    steps: [],
    escrows,
  };
  const bytes = signedStep.encode(signed);
  return { name, comment, check: 'accept', bytes, given: { entries, known }, expect };
}

const one = appended(stage(alice, bob, [], [escrow]), [first]);
const signed = signedRun(alice, one);
const { entries } = one.run;

/** Two totals of one escrow in one run: each is good, and yet the run says two things of it. */
function repeated(): Draft {
  const side = sideOf(alice.id, bob.id);
  const follow = nextEntry(
    advance(mine, entryOf(entries[0]!), entries[0]!),
    side,
    theirs.start,
    second,
  );
  const bytes = entry.encode(follow);
  const lane = advance(advance(mine, entryOf(entries[0]!), entries[0]!), follow, bytes);
  const view = { mine: lane.head, theirs: theirs.start, mineStart: mine.start };
  const after = viewLeaf(side, { ...view, theirsStart: theirs.start });
  const { step, slots } = signed;
  if (step.cause.type !== 'append') throw new RangeError('a run is appended');
  const other = appended(stage(alice, bob, [], [escrow]), [second]).run.slots;
  const both = signedBy(
    alice,
    {
      ...step,
      cause: { ...step.cause, index: 2, count: 2, head: lane.head },
      writes: step.writes.map((write) => ({ ...write, after })),
    },
    [...slots, ...other],
  );
  return draft(
    'two totals',
    'A run says one thing of an escrow.',
    both,
    [...entries, bytes],
    'slots',
  );
}

function entryOf(bytes: Uint8Array): Parameters<typeof advance>[1] {
  const decoded = entry.decode(bytes);
  if (!decoded.ok) throw new RangeError('an own entry does not decode');
  return decoded.value;
}

const byDora: Escrow = { ...escrow, payerKey: dora.key };

export const escrowAcceptances: readonly Draft[] = [
  {
    ...draft('a total', 'Accepted, with its line in the list.', signed, entries, 'ok'),
    signature: true,
  },
  draft(
    'a total without its line',
    'The list must name it.',
    { ...signed, slots: [] },
    entries,
    'slots',
  ),
  draft(
    'a total by an older key',
    'That key has not signed.',
    signedRun(alice, appended(stage(alice, bob, [], [byDora]), [first])),
    entries,
    'key',
    [byDora],
  ),
  draft('a total of an unknown escrow', 'None of this lane.', signed, entries, 'operation', []),
  repeated(),
];
