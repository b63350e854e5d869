/** Vectors of what is sent to a slot and of what a node answers. */

import {
  concat,
  slotKey,
  slotState,
  slotWrite,
  slotPath,
  type Authorisation,
  type Slot,
  type SlotPlace,
  type SlotWrite,
} from '@dsm/primitive';
import { malformed, number, patched, spoiled, type Draft } from './draft.ts';
import { bob, drawn, fakeSignature } from './world.ts';

const places: SlotPlace = { kind: 1, writer: bob.key, position: drawn('a note') };
const value = drawn('a head');
const lines: readonly Slot[] = [
  { key: drawn('line 0'), value: drawn('line value 0') },
  { key: slotKey(places), value },
  { key: drawn('line 2'), value: drawn('line value 2') },
];
const authorisation: Authorisation = {
  suite: bob.suite,
  publicKey: bob.workingKey,
  body: drawn('body'),
  path: slotPath(lines, 1),
  signature: fakeSignature,
};
const write: SlotWrite = { place: places, value, authorisation, hint: drawn('hint') };
const writeBytes = slotWrite.encode(write);
const suiteAt = 2 + 65 + 32;
const pathAt = suiteAt + 1 + 4 + 32 + 32;

export const slotWrites: readonly Draft[] = [
  { name: 'with a hint', comment: 'The middle line of three.', bytes: writeBytes },
  {
    name: 'without a hint',
    comment: 'The only line of its list: no path.',
    bytes: slotWrite.encode({
      ...write,
      hint: undefined,
      authorisation: { ...authorisation, path: [] },
    }),
  },
  ...([2, 3, 4] as const).map((kind) => ({
    name: `kind ${kind}`,
    comment: 'Another kind of slot.',
    bytes: slotWrite.encode({ ...write, place: { ...places, kind } }),
  })),
  ...spoiled(writeBytes, 20_480),
  ...[0, 5].map((kind) =>
    malformed(
      `slot of kind ${kind}`,
      'There are four kinds.',
      patched(writeBytes, 2, number(1, kind)),
    ),
  ),
  ...[0, 3].map((suite) =>
    malformed(
      `suite ${suite}`,
      'There are suites 1 and 2.',
      patched(writeBytes, suiteAt, number(1, suite)),
    ),
  ),
  malformed(
    'side 2',
    'A sibling stands on the left or on the right.',
    patched(writeBytes, pathAt + 2, number(1, 2)),
  ),
  malformed(
    'a path of nine',
    'Longer than any list.',
    concat(
      writeBytes.slice(0, pathAt),
      number(2, 9),
      new Uint8Array(9 * 33),
      writeBytes.slice(pathAt + 2 + 2 * 33),
    ),
  ),
  malformed('option byte 2', 'An option is 0 or 1.', patched(writeBytes, -33, number(1, 2))),
];

const valueOf = (
  i: number,
): { value: Uint8Array; authorisation: Authorisation; hints: readonly Uint8Array[] } => ({
  value: drawn(`value ${i}`),
  authorisation: { ...authorisation, path: [], body: drawn(`body ${i}`) },
  hints: Array.from({ length: i }, (_, j) => drawn(`hint ${i} ${j}`)),
});
const stateBytes = slotState.encode({
  place: places,
  vote: { version: 1, signature: fakeSignature },
  values: [{ value, authorisation, hints: [] }],
});
const countAt = 2 + 65 + 4 + 4 + fakeSignature.length;

export const slotStates: readonly Draft[] = [
  { name: 'one value', comment: 'The ordinary answer.', bytes: stateBytes },
  {
    name: 'four values',
    comment: 'A writer that forked.',
    bytes: slotState.encode({
      place: places,
      vote: { version: 7, signature: fakeSignature },
      values: [1, 2, 3, 4].map(valueOf),
    }),
  },
  ...spoiled(stateBytes, 98_304),
  malformed(
    'no values',
    'A slot without a value has no state.',
    concat(stateBytes.slice(0, countAt), number(2, 0)),
  ),
  malformed(
    'five values',
    'More than a node keeps.',
    concat(
      stateBytes.slice(0, countAt),
      number(2, 5),
      ...Array.from({ length: 5 }, () => stateBytes.slice(countAt + 2)),
    ),
  ),
  malformed(
    'five hints',
    'More than a node keeps.',
    concat(stateBytes.slice(0, -2), number(2, 5), new Uint8Array(160)),
  ),
];
