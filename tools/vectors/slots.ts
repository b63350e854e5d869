/** Vectors of what is sent to a slot and of what a node answers. */

import {
  compare,
  concat,
  limits,
  slotKey,
  slotPath,
  slotState,
  slotWrite,
  type Authorisation,
  type Backing,
  type KeySignature,
  type Slot,
  type SlotPlace,
  type SlotWrite,
} from '@dsm/primitive';
import { citedBy } from './authorise.ts';
import { framed, malformed, number, patched, spoiled, type Draft } from './draft.ts';
import { bob, carol, drawn, fakeSignature } from './world.ts';

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
  backing: undefined,
};
const key: KeySignature = {
  suite: bob.suite,
  publicKey: bob.workingKey,
  signature: fakeSignature,
};
const committee: Backing = {
  type: 'committee',
  committee: { threshold: 2, members: [bob, carol].map((of) => of.key).toSorted(compare) },
  further: [key],
};
const locks = [0, 1].map((i) => ({ hash: new Uint8Array(32).fill(i), amount: BigInt(i) }));
const exit: Backing = {
  type: 'exit',
  citation: citedBy(carol, { escrow: drawn('an escrow'), total: 30n, locks }),
  preimages: [drawn('a preimage')],
};
const backed = (backing: Backing): Uint8Array =>
  slotWrite.encode({ ...write, hint: undefined, authorisation: { ...authorisation, backing } });
const write: SlotWrite = {
  place: places,
  value,
  authorisation,
  hint: drawn('hint'),
  certificate: undefined,
};
const writeBytes = slotWrite.encode(write);
const suiteAt = 2 + 65 + 32;
const pathAt = suiteAt + 1 + 4 + 32 + 32;
/** The option byte, the tag and what follows, up to the hint's option byte. */
const backingAt = pathAt + 2 + 2 * 33 + 4 + fakeSignature.length;
const withBacking = (...parts: readonly Uint8Array[]): Uint8Array =>
  concat(writeBytes.slice(0, backingAt), ...parts, writeBytes.slice(backingAt + 1));
const keyBytes = concat(number(1, 2), framed(bob.workingKey), framed(fakeSignature));
const committeeBytes = concat(number(1, 1), number(1, 1), number(1, 2));
const lockBytes = (i: number): Uint8Array => concat(locks[i]!.hash, number(16, i));
const exitBytes = (...of: readonly Uint8Array[]): Uint8Array =>
  concat(
    Uint8Array.of(1, 2),
    drawn('an escrow'),
    number(16, 30),
    number(2, of.length),
    ...of,
    number(1, 2),
    framed(carol.workingKey),
    drawn('body'),
    number(2, 0),
    framed(fakeSignature),
    number(2, 0),
  );

export const slotWrites: readonly Draft[] = [
  { name: 'with a hint', comment: 'The middle line of three.', bytes: writeBytes },
  {
    name: 'without a hint',
    comment: 'The only line of its list: no path.',
    bytes: slotWrite.encode({
      ...write,
      hint: undefined,
      certificate: undefined,
      authorisation: { ...authorisation, path: [] },
    }),
  },
  {
    name: 'with a certificate',
    comment: 'Of an earlier version: it decides a slot that is frozen.',
    bytes: slotWrite.encode({
      ...write,
      certificate: {
        lineage: drawn('lineage'),
        version: 1,
        key: slotKey(places),
        value,
        votes: [{ node: 2, path: slotPath(lines, 0), signature: fakeSignature }],
      },
    }),
  },
  { name: 'backed by a committee', comment: 'One further signature.', bytes: backed(committee) },
  { name: 'backed by a citation', comment: 'Two locks, one opened.', bytes: backed(exit) },
  ...([2, 3, 4, 5, 6, 7, 8, 9, 10] as const).map((kind) => ({
    name: `kind ${kind}`,
    comment: 'Another kind of slot.',
    bytes: slotWrite.encode({ ...write, place: { ...places, kind } }),
  })),
  ...spoiled(writeBytes, limits.slotWriteBytesMax),
  ...[0, 11].map((kind) =>
    malformed(
      `slot of kind ${kind}`,
      'There are ten kinds.',
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
  malformed('option byte 2', 'An option is 0 or 1.', patched(writeBytes, -34, number(1, 2))),
  malformed(
    'half a certificate',
    'An option is 0 or 1, and what it says follows.',
    patched(writeBytes, -1, number(1, 1)),
  ),
  malformed('backing option 2', 'An option is 0 or 1.', withBacking(number(1, 2))),
  ...[0, 3].map((tag) =>
    malformed(`backing ${tag}`, 'There are two.', withBacking(Uint8Array.of(1, tag))),
  ),
  malformed(
    'a committee of nobody',
    'One member at least.',
    withBacking(committeeBytes, number(2, 0), number(2, 0)),
  ),
  malformed(
    'a committee that descends',
    'A set has one order.',
    withBacking(
      committeeBytes,
      number(2, 2),
      new Uint8Array(32).fill(1),
      new Uint8Array(32),
      number(2, 0),
    ),
  ),
  malformed(
    'five further signatures',
    'Five issuers sign, one of them first.',
    withBacking(
      committeeBytes,
      number(2, 1),
      bob.key,
      number(2, 5),
      ...Array.from({ length: 5 }, () => keyBytes),
    ),
  ),
  malformed('locks descend', 'By hash.', withBacking(exitBytes(lockBytes(1), lockBytes(0)))),
  malformed('a lock twice', 'Once each.', withBacking(exitBytes(lockBytes(1), lockBytes(1)))),
  malformed(
    '17 locks',
    'Sixteen at most.',
    withBacking(
      exitBytes(
        ...Array.from({ length: 17 }, (_, i) => patched(new Uint8Array(48), 0, number(1, i))),
      ),
    ),
  ),
  malformed(
    '17 preimages',
    'Sixteen at most.',
    withBacking(exitBytes(lockBytes(0)).slice(0, -2), number(2, 17), new Uint8Array(17 * 32)),
  ),
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
  vote: { version: 1, path: [], signature: fakeSignature },
  values: [{ value, authorisation, hints: [] }],
});
/** The option byte, version, empty path and signature of the vote come before. */
const countAt = 2 + 65 + 1 + 4 + 2 + 4 + fakeSignature.length;

export const slotStates: readonly Draft[] = [
  { name: 'one value', comment: 'The ordinary answer.', bytes: stateBytes },
  {
    name: 'four values',
    comment: 'A writer that forked.',
    bytes: slotState.encode({
      place: places,
      vote: { version: 7, path: slotPath(lines, 2), signature: fakeSignature },
      values: [1, 2, 3, 4].map(valueOf),
    }),
  },
  {
    name: 'frozen',
    comment: 'Two values were taken over, and no certificate was shown: no vote.',
    bytes: slotState.encode({ place: places, vote: undefined, values: [1, 2].map(valueOf) }),
  },
  malformed(
    'a vote that is half there',
    'An option is 0 or 1.',
    patched(stateBytes, 67, number(1, 2)),
  ),
  malformed(
    'a vote on a path of nine',
    'A tree of votes has 256 leaves at most.',
    concat(stateBytes.slice(0, 72), number(2, 9), new Uint8Array(9 * 33), stateBytes.slice(74)),
  ),
  ...spoiled(stateBytes, limits.slotStateBytesMax),
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
