/** Vectors of what a device does alone (collect, exit, re-mint), and of what payers of escrows say. */

import { compare } from '@dsm/primitive';
import { tokenId, type Operation } from '@dsm/protocols';
import type { Draft } from './draft.ts';
import { spentNote } from './issues.ts';
import { own, rule } from './movement-rules.ts';
import { cancel, citation, claim, collect, exit, held, lock, remint, total } from './operations.ts';
import { coinBytes, freshTo, inputOf, noteFor, preimages, title, titleBytes } from './tokens.ts';
import { alice, bob, carol, drawn } from './world.ts';

const ofCoin = { policies: [coinBytes], ...own, writer: alice.id, peer: alice.id };
const reminting = (change: object, inputs = remint.inputs): Operation => ({
  ...remint,
  inputs,
  issue: { ...remint.issue, ...change },
});
const leaving = (claimed: object, input = exit.input): Operation => ({
  ...exit,
  input,
  claim: { ...exit.claim, ...claimed },
});
const cite = (change: object): object => ({ citation: { ...citation, ...change } });
const issueNotes = remint.issue.remint!;

/** Items 3 and 5, made anew as others or the same. */
function items(...serials: readonly bigint[]): Operation {
  const notes = [3n, 5n].map((amount, index) =>
    noteFor(alice, tokenId(title), { source: drawn('items'), index, amount }),
  );
  const named = notes.map(({ source, index }) => spentNote(source, index));
  return {
    ...remint,
    inputs: notes.map(inputOf),
    issue: {
      ...remint.issue,
      token: tokenId(title),
      total: 9n,
      outputs: serials.map((serial) => freshTo(alice, serial)),
      remint: { ...issueNotes, notes: named.toSorted((a, b) => compare(a.id, b.id)) },
    },
  };
}
const ofTitle = { ...ofCoin, policies: [titleBytes] };

export const loneRules: readonly Draft[] = [
  rule('collect', 'Two leaves come; no slot.', collect, 'ok', own),
  rule('a collection of an unknown token', 'Its policy is missing.', collect, 'pending policy', {
    ...own,
    policies: [],
  }),
  rule('a collection on a lane', 'Not on the own lane.', collect, 'own-lane'),
  rule(
    'another’s notes',
    'They are the writer’s.',
    { ...collect, outputs: [{ index: 0, ...freshTo(bob, 5n) }] },
    'own-lane',
    own,
  ),
  rule('exit', 'The escrow goes, the total comes; the exit slot.', exit, 'ok', own),
  rule(
    'exit with locks',
    'Their amounts come too.',
    leaving({ preimages: preimages.slice(0, 2) }),
    'ok',
    own,
  ),
  rule('exit with nothing', 'Nothing comes.', leaving(cite({ total: 0n })), 'ok', own),
  rule('exit with everything', 'All of it comes.', leaving(cite({ total: 100n })), 'ok', own),
  rule('an exit of an unknown token', 'Its policy is missing.', exit, 'pending policy', {
    ...own,
    policies: [],
  }),
  rule('an exit on a lane', 'Not on the own lane.', exit, 'own-lane'),
  rule(
    'an exit of a note',
    'It is no escrow.',
    leaving({}, { ...exit.input, kind: 0 }),
    'wrong-input',
    own,
  ),
  rule(
    'what was said of another',
    'Another escrow.',
    leaving(cite({ escrow: drawn('x') })),
    'exit',
    own,
  ),
  rule(
    'more than there is',
    'The payer said too much.',
    leaving(cite({ total: 101n })),
    'exit',
    own,
  ),
  rule(
    'more with a lock',
    'Total and lock are too much.',
    leaving({ ...cite({ total: 81n }), preimages: preimages.slice(0, 2) }),
    'exit',
    own,
  ),
  rule(
    'a preimage of nothing',
    'It opens no lock.',
    leaving({ preimages: [preimages[2]!] }),
    'exit',
    own,
  ),
  rule(
    'preimages that descend',
    'By the hashes of their locks.',
    leaving({ preimages: preimages.slice(0, 2).toReversed() }),
    'exit',
    own,
  ),
  rule('remint', 'One leaf goes, one comes; one slot.', remint, 'ok', ofCoin),
  rule('a re-mint of an unknown token', 'Its policy is missing.', remint, 'pending policy', {
    ...ofCoin,
    policies: [],
  }),
  rule(
    'a re-mint of a mint',
    'It names no notes.',
    reminting({ remint: undefined }),
    'remint',
    ofCoin,
  ),
  rule(
    'a re-mint that adds',
    'The total is unchanged.',
    reminting({ amount: 1n }),
    'remint',
    ofCoin,
  ),
  rule(
    'a re-mint above the cap',
    'There was no such total.',
    reminting({ total: 1_000_001n }),
    'remint',
    ofCoin,
  ),
  rule(
    'a re-mint of other notes',
    'It does not name these.',
    reminting({ remint: { ...issueNotes, notes: [spentNote(drawn('x'), 0)] } }),
    'remint',
    ofCoin,
  ),
  rule(
    'a re-mint of more notes',
    'One of them is not spent.',
    reminting({
      remint: {
        ...issueNotes,
        notes: [...issueNotes.notes, spentNote(drawn('x'), 0)].toSorted((a, b) =>
          compare(a.id, b.id),
        ),
      },
    }),
    'remint',
    ofCoin,
  ),
  rule(
    'a re-mint of less',
    'It is not worth the same.',
    reminting({ outputs: [freshTo(alice, 299n)] }),
    'remint',
    ofCoin,
  ),
  rule(
    'a re-mint of purse notes',
    'They are online notes.',
    reminting({}, [{ ...remint.inputs[0]!, kind: 1 }]),
    'wrong-input',
    ofCoin,
  ),
  rule('a re-mint on a lane', 'Not on the own lane.', remint, 'own-lane', {
    ...ofCoin,
    peer: bob.id,
  }),
  rule(
    'a re-mint for another',
    'It is the holder’s.',
    reminting({ outputs: [freshTo(bob, 300n)] }),
    'own-lane',
    ofCoin,
  ),
  rule('a re-mint of items', 'The same items.', items(3n, 5n), 'ok', ofTitle),
  rule('a re-mint into other items', 'Their sum is no measure.', items(2n, 6n), 'remint', ofTitle),
  rule('a re-mint into one item', 'Their sum is no measure.', items(8n), 'remint', ofTitle),
];

/** Bob is the payer here, and carol the payee. */
const known = { writer: bob.id, peer: carol.id, policies: [], escrows: [held] };
const say = (
  name: string,
  comment: string,
  operation: Operation,
  expect = 'ok',
  changes: object = {},
): Draft => rule(name, comment, operation, expect, { ...known, ...changes });
const said = (operation: Operation, change: object): Operation =>
  ({ ...operation, ...change }) as Operation;
const [kept, givenUp] = [0, 1].map((is) => held.locks.find((one) => one.givenUp === is)!);

export const escrowRules: readonly Draft[] = [
  say('total', 'One line, which the payer’s key signs.', total),
  say('lock', 'It joins the line.', lock),
  say('claim', 'The lock joins the total.', claim),
  say('cancel', 'A lock that was given up leaves.', said(cancel, { hash: givenUp!.hash })),
  say('an unknown escrow', 'None of this lane.', total, 'escrow', { escrows: [] }),
  say('another escrow', 'None of this lane.', said(total, { escrow: drawn('x') }), 'escrow'),
  say('by the payee', 'Only the payer speaks.', total, 'escrow', {
    writer: carol.id,
    peer: bob.id,
  }),
  say('by a third', 'Only the payer speaks.', total, 'escrow', { writer: alice.id }),
  say('to a third', 'The payee is another device.', total, 'escrow', { peer: alice.id }),
  say('the same total', 'It does not grow.', said(total, { total: 30n }), 'total-falls'),
  say('the same count', 'A payment is a transfer.', said(total, { count: 3 }), 'total-falls'),
  say('more than is left', 'The rest is locked.', said(total, { total: 71n }), 'over-funded'),
  say('a lock of more', 'More than is left.', said(lock, { amount: 41n }), 'over-funded'),
  say('a lock of nothing', 'Nothing would be locked.', said(lock, { amount: 0n }), 'over-funded'),
  say('a lock that stands', 'It stands already.', said(lock, { hash: kept!.hash }), 'lock-known'),
  say(
    'a claim of nothing',
    'No such lock.',
    said(claim, { preimage: preimages[2]! }),
    'lock-unknown',
  ),
  say('a cancel of nothing', 'No such lock.', cancel, 'lock-unknown'),
  say(
    'a cancel of a lock that is kept',
    'The payee may open it.',
    said(cancel, { hash: kept!.hash }),
    'lock-kept',
  ),
];
