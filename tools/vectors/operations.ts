/** Vectors of operations, of their rules, and of notes. */

import { concat, limits, utf8 } from '@dsm/primitive';
import { encodeOperation, type Input, type Issue, type Operation } from '@dsm/protocols';
import { illFormed } from './cards.ts';
import { framed, malformed, number, patched, type Draft } from './draft.ts';
import {
  coinBytes,
  euroBytes,
  euroId,
  inputOf,
  memoOperation,
  noteFor,
  outputTo,
  payment,
} from './scenario.ts';
import { alice, bob, carol, drawn } from './world.ts';
import { firstIssue } from './value.ts';
const note = noteFor(carol, euroId);
const second = noteFor(carol, euroId, { index: 1, amount: 28n, depth: 2, receipts: 5 });
const purse = noteFor(carol, euroId, { index: 7, kind: 1, amount: 64n });
const pay = payment(note, carol, bob);
const load: Operation = {
  type: 'load',
  token: euroId,
  inputs: [inputOf(note), inputOf(second)],
  outputs: [64n, 32n, 32n].map((amount, i) =>
    outputTo(carol, amount, { kind: i < 2 ? 1 : 0, depth: 3, receipts: 7 }),
  ),
  memo: '',
};
const mint: Operation = {
  type: 'mint',
  issue: {
    ...firstIssue,
    token: euroId,
    parent: euroId,
    outputs: [outputTo(carol, 500n, { depth: 0, receipts: 1 })],
  },
};
const loadBytes = encodeOperation(load);
const inputsAt = 1 + 32;
const inputBytes = 32 + 2 + 32 + 16 + 1 + 2 + 4 + 32;
const input = (i: number): Uint8Array =>
  loadBytes.slice(inputsAt + 2 + i * inputBytes, inputsAt + 2 + (i + 1) * inputBytes);
const afterInputs = loadBytes.slice(inputsAt + 2 + 2 * inputBytes);
const withInputs = (...parts: readonly Uint8Array[]): Uint8Array =>
  concat(loadBytes.slice(0, inputsAt), number(2, parts.length), ...parts, afterInputs);
const appBytes = (data: string): Uint8Array =>
  encodeOperation({ type: 'app', app: drawn('an app'), data: utf8(data) });
const memoLong = memoOperation('m'.repeat(limits.operationBytesMax - 8));

const rules = (
  name: string,
  comment: string,
  operation: Operation | Uint8Array,
  expect = 'ok',
  changes: object = {},
): Draft => ({
  name: `rule: ${name}`,
  comment,
  check: 'rules',
  bytes: operation instanceof Uint8Array ? operation : encodeOperation(operation),
  given: { writer: carol.id, peer: bob.id, head: drawn('head'), policies: [euroBytes], ...changes },
  expect,
});

type Moving = Extract<Operation, { type: 'transfer' | 'load' }>;
const transfer = (changes: Partial<Moving>): Operation => ({ ...(pay as Moving), ...changes });
const loading = (changes: Partial<Moving>): Operation => ({
  ...(load as Moving),
  ...changes,
  type: 'load',
});
const minting = (changes: Partial<Issue>): Operation => ({
  type: 'mint',
  issue: { ...(mint as { issue: Issue }).issue, ...changes },
});
const own = { peer: carol.id };
const huge = (1n << 128n) - 1n;
const hugeNotes = [0, 1].map((index) => noteFor(carol, euroId, { index, amount: huge }));
const purseInput: Input = inputOf(purse);
const fresh = (amount: bigint, changes: object = {}): ReturnType<typeof outputTo> =>
  outputTo(carol, amount, { depth: 0, receipts: 1, ...changes });

export const operations: readonly Draft[] = [
  { name: 'memo', comment: 'A text.', bytes: memoOperation('größer als 漢字 🙂') },
  { name: 'the longest memo', comment: '12,280 bytes.', bytes: memoLong },
  { name: 'transfer', comment: '100 in, 60 and 40 out.', bytes: encodeOperation(pay) },
  { name: 'load', comment: 'Two online notes to two purse notes and change.', bytes: loadBytes },
  { name: 'mint', comment: 'An issue.', bytes: encodeOperation(mint) },
  { name: 'nothing', comment: 'No tag.', bytes: new Uint8Array(0), expect: 'malformed' },
  ...[0, 5, 255].map((tag) => ({
    name: `tag ${tag}`,
    comment: 'Of a newer version, perhaps.',
    bytes: Uint8Array.of(tag),
    expect: 'unknown',
  })),
  { name: 'app', comment: 'Bytes for a reducer.', bytes: appBytes('to do') },
  { name: 'app without data', comment: 'The reducer may know why.', bytes: appBytes('') },
  { name: 'the longest app', comment: '12,251 bytes.', bytes: appBytes('a'.repeat(12_251)) },
  malformed('an app cut off', 'The last byte is missing.', appBytes('to do').slice(0, -1)),
  malformed('an app and more', 'A byte after it.', concat(appBytes('to do'), Uint8Array.of(0))),
  malformed(
    'an app too long',
    '12,252 bytes.',
    concat(Uint8Array.of(13), drawn('an app'), framed(new Uint8Array(12_252))),
  ),
  malformed('a memo cut off', 'The last byte is missing.', memoOperation('hello').slice(0, -1)),
  malformed(
    'a memo and more',
    'A byte after the text.',
    concat(memoOperation('hello'), Uint8Array.of(0)),
  ),
  malformed(
    'a memo too long',
    '12,281 bytes.',
    concat(Uint8Array.of(1), framed(new Uint8Array(12_281))),
  ),
  ...illFormed.map(([name, bytes]) =>
    malformed(
      `memo with ${name}`,
      'Not the UTF-8 of a text.',
      concat(Uint8Array.of(1), framed(Uint8Array.from(bytes))),
    ),
  ),
  malformed('no inputs', 'A movement takes at least one note.', withInputs()),
  malformed(
    '33 inputs',
    'More than 32.',
    withInputs(...Array.from({ length: 33 }, (_, i) => patched(input(0), 32, number(2, i)))),
  ),
  malformed('inputs descend', 'A set has one order.', withInputs(input(1), input(0))),
  malformed('an input twice', 'A note is spent once.', withInputs(input(0), input(0))),
  malformed(
    'a note twice',
    'The same note with another blind.',
    withInputs(input(0), patched(input(0), -1, number(1, 0))),
  ),
  malformed(
    'a note of kind 2',
    'There are kinds 0 and 1.',
    withInputs(input(0), patched(input(1), 82, number(1, 2))),
  ),
  malformed(
    'no outputs',
    'A movement makes at least one note.',
    concat(loadBytes.slice(0, loadBytes.length - afterInputs.length), number(2, 0), number(4, 0)),
  ),
  malformed('a load cut off', 'The last byte is missing.', loadBytes.slice(0, -1)),
  malformed('a load and more', 'A byte after the memo.', concat(loadBytes, Uint8Array.of(0))),
  malformed(
    'a mint of another kind',
    'An object inside has its own kind.',
    patched(encodeOperation(mint), 2, number(1, 0x20)),
  ),
  rules('memo', 'Demands nothing.', memoOperation('hello')),
  rules('app', 'Demands nothing.', appBytes('to do')),
  rules('transfer', 'One leaf goes, the change comes; one slot.', pay),
  rules(
    'transfer to oneself',
    'On the own lane, both notes come.',
    transfer({ outputs: [outputTo(carol, 100n)] }),
    'ok',
    own,
  ),
  rules('load', 'Two leaves go, three come; two slots.', load, 'ok', own),
  rules('mint', 'One leaf comes; the slot is the issuer’s.', mint, 'ok', own),
  rules('an unknown tag', 'Not invalid.', Uint8Array.of(5), 'pending operation'),
  rules('an unknown token', 'Its policy is missing.', pay, 'pending policy', {
    policies: [coinBytes],
  }),
  rules('cut off', 'Not canonical.', memoOperation('hello').slice(0, -1), 'malformed'),
  rules(
    'an output of zero',
    'Nothing is given.',
    transfer({ outputs: [outputTo(bob, 100n), outputTo(carol, 0n)] }),
    'zero-amount',
  ),
  rules(
    'an input of zero',
    'Nothing is taken.',
    transfer({ inputs: [inputOf({ ...note, amount: 0n })], outputs: [outputTo(bob, 1n)] }),
    'zero-amount',
  ),
  rules(
    'inputs above 128 bits',
    'The sum overflows.',
    transfer({ inputs: hugeNotes.map(inputOf), outputs: [outputTo(bob, huge)] }),
    'overflow',
  ),
  rules(
    'outputs above 128 bits',
    'The sum overflows.',
    transfer({ outputs: [outputTo(bob, huge), outputTo(bob, huge)] }),
    'overflow',
  ),
  rules(
    'more out than in',
    'Value from nothing.',
    transfer({ outputs: [outputTo(bob, 101n)] }),
    'conservation',
  ),
  rules(
    'less out than in',
    'Value into nothing.',
    transfer({ outputs: [outputTo(bob, 99n)] }),
    'conservation',
  ),
  rules(
    'two kinds of inputs',
    'A purse note and an online note.',
    transfer({
      inputs: [inputOf(note), purseInput],
      outputs: [outputTo(bob, 164n, { receipts: 3 })],
    }),
    'mixed-inputs',
  ),
  rules(
    'depth too small',
    'The bound does not follow.',
    transfer({ outputs: [outputTo(bob, 100n, { depth: 0 })] }),
    'bounds',
  ),
  rules(
    'receipts too many',
    'The bound does not follow.',
    transfer({ outputs: [outputTo(bob, 100n, { receipts: 3 })] }),
    'bounds',
  ),
  rules(
    'too deep',
    'More than the policy allows.',
    transfer({
      inputs: [inputOf({ ...note, depth: 8 })],
      outputs: [outputTo(bob, 100n, { depth: 9 })],
    }),
    'bounds',
  ),
  rules(
    'too many receipts',
    'More than the policy allows.',
    transfer({
      inputs: [inputOf({ ...note, receipts: 64 })],
      outputs: [outputTo(bob, 100n, { receipts: 65 })],
    }),
    'bounds',
  ),
  rules(
    'a purse note by transfer',
    'Purse notes come only of a load.',
    transfer({ outputs: [outputTo(bob, 100n, { kind: 1 })] }),
    'purse-output',
  ),
  rules(
    'a third owner',
    'Neither device of the lane.',
    transfer({ outputs: [outputTo(alice, 100n)] }),
    'owner',
  ),
  rules('a load for somebody', 'Not on the own lane.', load, 'own-lane'),
  rules(
    'a load to somebody',
    'An output is not the writer’s.',
    loading({ outputs: [outputTo(bob, 128n, { kind: 1, depth: 3, receipts: 7 })] }),
    'own-lane',
    own,
  ),
  rules(
    'a load of a purse note',
    'It is loaded already.',
    loading({ inputs: [purseInput], outputs: [outputTo(carol, 64n, { kind: 1 })] }),
    'purse-input',
    own,
  ),
  rules(
    'a load of nothing',
    'No purse note is made.',
    loading({ outputs: [outputTo(carol, 128n, { depth: 3, receipts: 7 })] }),
    'no-purse-note',
    own,
  ),
  rules(
    'a note of 96',
    'Not a power of two.',
    loading({
      outputs: [
        outputTo(carol, 96n, { kind: 1, depth: 3, receipts: 7 }),
        outputTo(carol, 32n, { kind: 1, depth: 3, receipts: 7 }),
      ],
    }),
    'denomination',
    own,
  ),
  rules('a mint for somebody', 'Not on the own lane.', mint, 'own-lane'),
  rules(
    'a mint to somebody',
    'An output is not the writer’s.',
    minting({ outputs: [outputTo(bob, 500n, { depth: 0, receipts: 1 })] }),
    'own-lane',
    own,
  ),
  rules(
    'a mint of zero',
    'An output is zero.',
    minting({ outputs: [fresh(500n), fresh(0n)] }),
    'zero-amount',
    own,
  ),
  rules(
    'a mint of purse notes',
    'Fresh notes are online.',
    minting({ outputs: [fresh(500n, { kind: 1 })] }),
    'purse-output',
    own,
  ),
  rules(
    'a mint with a past',
    'Fresh notes have no lineage.',
    minting({ outputs: [fresh(500n, { depth: 1 })] }),
    'bounds',
    own,
  ),
  rules(
    'a mint that does not add up',
    'Outputs and amount differ.',
    minting({ outputs: [fresh(499n)] }),
    'total',
    own,
  ),
  rules(
    'a first mint with a parent',
    'The parent of the first is the token.',
    minting({ parent: drawn('x') }),
    'total',
    own,
  ),
  rules(
    'a later mint without a parent',
    'Only the first has the token as parent.',
    minting({ index: 2 }),
    'total',
    own,
  ),
  rules('a total below the amount', 'Totals never fall.', minting({ total: 499n }), 'total', own),
  rules(
    'a total above the cap',
    'More than the policy allows.',
    minting({ total: 1_000_001n }),
    'total',
    own,
  ),
];

export const notes: readonly Draft[] = [note, second, purse, hugeNotes[1]!].map((one, i) => ({
  name: `note ${i}`,
  comment: 'From the fields of a note to its id, its leaf and its slot.',
  check: 'derive',
  given: { ...one, secret: drawn('the secret of the blinds') },
}));
