/** Vectors of the bytes of operations, and of notes. */

import { concat, limits, utf8, type Citation, type Multiproof } from '@dsm/primitive';
import {
  allowList,
  encodeOperation,
  escrowId,
  proveAllowed,
  tokenId,
  type Escrow,
  type Movement,
  type Note,
  type Operation,
} from '@dsm/protocols';
import { citedBy } from './authorise.ts';
import { illFormed } from './cards.ts';
import { framed, malformed, number, patched, type Draft } from './draft.ts';
import { remint as remintIssue, firstHead } from './issues.ts';
import { memoOperation, payment } from './scenario.ts';
import {
  club,
  clubMembers,
  coinId,
  escrowFor,
  euroId,
  freshTo,
  inputOf,
  noteFor,
  outputTo,
  preimages,
} from './tokens.ts';
import { alice, bob, carol, drawn } from './world.ts';

export const note: Note = noteFor(carol, euroId);
export const second: Note = noteFor(carol, euroId, {
  index: 1,
  amount: 28n,
  depth: 2,
  receipts: 5,
});
export const purse: Note = noteFor(carol, euroId, { index: 7, kind: 1, amount: 64n });
const huge = (1n << 128n) - 1n;

type Moving = Extract<Operation, Movement>;

export const pay: Moving = payment(note, carol, bob) as Moving;
export const load: Moving = {
  type: 'load',
  token: euroId,
  inputs: [inputOf(note), inputOf(second)],
  outputs: [64n, 32n, 32n].map((amount, i) =>
    outputTo(carol, amount, { kind: i < 2 ? 1 : 0, depth: 3, receipts: 7 }),
  ),
  allowed: undefined,
  memo: '',
};
export const burn: Moving = { ...pay, type: 'burn', outputs: [outputTo(carol, 40n)] };
/** 60 set apart for bob, 40 back. */
export const fund: Moving & { readonly type: 'fund' } = {
  ...pay,
  type: 'fund',
  payerKey: carol.key,
  outputs: [outputTo(carol, 40n), outputTo(bob, 60n, { kind: 2 })],
};
export const collect: Operation & { readonly type: 'collect' } = {
  type: 'collect',
  token: euroId,
  source: drawn('an issue'),
  outputs: [
    { index: 1, ...freshTo(carol, 5n) },
    { index: 4, ...freshTo(carol, 7n) },
  ],
};
/** An escrow that bob has funded for carol, in the middle of its life. */
export const held: Escrow = escrowFor(bob, carol, euroId);
const heldLocks = held.locks.map(({ hash, amount }) => ({ hash, amount }));
export const citation: Citation = citedBy(bob, {
  escrow: escrowId(held),
  total: 30n,
  locks: heldLocks,
});
export const exit: Operation & { readonly type: 'exit' } = {
  type: 'exit',
  token: euroId,
  input: inputOf(held.note),
  claim: { citation, preimages: [] },
};
export const remint: Operation & { readonly type: 'remint' } = {
  type: 'remint',
  inputs: [inputOf(noteFor(alice, coinId, { source: firstHead, amount: 300n }))],
  issue: remintIssue,
};
const ofEscrow = { escrow: escrowId(held) };
export const total: Operation = {
  type: 'total',
  ...ofEscrow,
  total: 31n,
  count: 4,
  ticks: drawn('ticks'),
  memo: 'for a song',
};
export const lock: Operation = {
  type: 'lock',
  ...ofEscrow,
  hash: drawn('a new lock'),
  amount: 40n,
  route: drawn('a route', 1_024),
};
export const claim: Operation = { type: 'claim', ...ofEscrow, preimage: preimages[0]! };
export const cancel: Operation = { type: 'cancel', ...ofEscrow, hash: drawn('a lock') };
/** Shows bob and carol on the list of the club. */
export const shownAllowed: Multiproof = proveAllowed(allowList(clubMembers), pay.outputs)!;
export const listedPay: Moving = {
  ...pay,
  token: tokenId(club),
  allowed: shownAllowed,
};

const loadBytes = encodeOperation(load);
const inputsAt = 1 + 32;
const inputBytes = 32 + 2 + 32 + 16 + 1 + 2 + 4 + 32;
const outputBytes = 32 + 32 + 16 + 1 + 2 + 4;
const input = (i: number): Uint8Array =>
  loadBytes.slice(inputsAt + 2 + i * inputBytes, inputsAt + 2 + (i + 1) * inputBytes);
const afterInputs = loadBytes.slice(inputsAt + 2 + 2 * inputBytes);
const withInputs = (...parts: readonly Uint8Array[]): Uint8Array =>
  concat(loadBytes.slice(0, inputsAt), number(2, parts.length), ...parts, afterInputs);
const collectBytes = encodeOperation(collect);
const collected = (i: number): Uint8Array =>
  collectBytes.slice(67 + i * (2 + outputBytes), 67 + (i + 1) * (2 + outputBytes));
const collecting = (...parts: readonly Uint8Array[]): Uint8Array =>
  concat(collectBytes.slice(0, 65), number(2, parts.length), ...parts);
const remintBytes = encodeOperation(remint);
const lockBytes = encodeOperation(lock);
const appOf = (data: string): Operation => ({
  type: 'app',
  app: drawn('an app'),
  data: utf8(data),
});
const memoLong = memoOperation('m'.repeat(limits.operationBytesMax - 8));

const goods: readonly (readonly [name: string, comment: string, operation: Operation])[] = [
  ['transfer', '100 in, 60 and 40 out.', pay],
  ['transfer on a list', 'Its owners are shown.', listedPay],
  ['load', 'Two online notes to two purse notes and change.', load],
  ['collect', 'Two notes of five that an issue made.', collect],
  ['burn', '100 in, 40 out.', burn],
  ['burn of everything', 'Nothing comes out.', { ...burn, outputs: [] }],
  ['fund', '60 for the peer, 40 back.', fund],
  ['exit', 'With a total and two locks.', exit],
  [
    'exit with locks',
    'Two are opened.',
    {
      ...exit,
      claim: { citation, preimages: preimages.slice(0, 2) },
    },
  ],
  ['total', 'A higher one.', total],
  ['lock', 'With the longest route.', lock],
  ['claim', 'A preimage.', claim],
  ['cancel', 'The hash of a lock.', cancel],
  ['remint', 'An issue inside.', remint],
  ['app', 'Bytes for a reducer.', appOf('to do')],
  ['app without data', 'The reducer may know why.', appOf('')],
  ['the longest app', '12,251 bytes.', appOf('a'.repeat(12_251))],
];

const cut: readonly Draft[] = goods.map(([name, , operation]) =>
  malformed(
    `${name}, cut off`,
    'The last byte is missing.',
    encodeOperation(operation).slice(0, -1),
  ),
);
const longer: readonly Draft[] = goods.map(([name, , operation]) =>
  malformed(
    `${name}, and more`,
    'A byte after the last field.',
    concat(encodeOperation(operation), Uint8Array.of(0)),
  ),
);

export const operations: readonly Draft[] = [
  { name: 'memo', comment: 'A text.', bytes: memoOperation('größer als 漢字 🙂') },
  { name: 'the longest memo', comment: '12,280 bytes.', bytes: memoLong },
  ...goods.map(([name, comment, operation]) => ({
    name,
    comment,
    bytes: encodeOperation(operation),
  })),
  { name: 'nothing', comment: 'No tag.', bytes: new Uint8Array(0), expect: 'malformed' },
  ...[0, 200, 255].map((tag) => ({
    name: `tag ${tag}`,
    comment: 'Of a newer version, perhaps.',
    bytes: Uint8Array.of(tag),
    expect: 'unknown',
  })),
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
  ...cut,
  ...longer,
  malformed(
    'an app too long',
    '12,252 bytes.',
    concat(Uint8Array.of(13), drawn('an app'), framed(new Uint8Array(12_252))),
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
    'a note of kind 3',
    'There are three kinds.',
    withInputs(input(0), patched(input(1), 82, number(1, 3))),
  ),
  malformed(
    '65 outputs',
    'More than 64.',
    concat(
      loadBytes.slice(0, loadBytes.length - afterInputs.length),
      number(2, 65),
      ...Array.from({ length: 65 }, () => afterInputs.slice(2, 2 + outputBytes)),
      number(1, 0),
      number(4, 0),
    ),
  ),
  malformed('list option 2', 'An option is 0 or 1.', patched(loadBytes, -5, number(1, 2))),
  malformed(
    'a proof of no keys',
    'A proof covers one key at least.',
    concat(loadBytes.slice(0, -5), Uint8Array.of(1, 0), new Uint8Array(6), number(4, 0)),
  ),
  malformed(
    'a memo of 257 bytes',
    '256 at most.',
    concat(loadBytes.slice(0, -4), framed(new Uint8Array(257))),
  ),
  malformed('a collection of nothing', 'One note at least.', collecting()),
  malformed('places descend', 'As the source made them.', collecting(collected(1), collected(0))),
  malformed('a place twice', 'Each note once.', collecting(collected(0), collected(0))),
  malformed(
    'a count above 2⁵³ − 1',
    'A u64 above 2⁵³ − 1.',
    patched(encodeOperation(total), 1 + 32 + 16, number(8, 2n ** 53n)),
  ),
  malformed(
    'a route of 1,025 bytes',
    '1,024 at most.',
    concat(lockBytes.slice(0, 81), framed(new Uint8Array(1_025))),
  ),
  malformed(
    'a re-mint of another kind',
    'An object inside has its own kind.',
    patched(remintBytes, 1 + 2 + inputBytes + 1, number(1, 0x20)),
  ),
  malformed(
    'a re-mint without inputs',
    'One note at least.',
    concat(number(1, 12), number(2, 0), remintBytes.slice(1 + 2 + inputBytes)),
  ),
];

export const notes: readonly Draft[] = [
  note,
  second,
  purse,
  held.note,
  noteFor(carol, euroId, { index: 1, amount: huge }),
].map((one, i) => ({
  name: `note ${i}`,
  comment: 'From the fields of a note to its id, its leaf and its slot.',
  check: 'derive',
  given: { ...one, secret: drawn('the secret of the blinds') },
}));
