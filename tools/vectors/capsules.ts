/** Vectors of capsules. The nonces are drawn from labels here, and nowhere else. */

import {
  capsule,
  capsulePlain,
  framesOf,
  ndefRecord,
  sealCapsule,
  firstState,
  type CapsulePlain,
  type CapsuleState,
  type RowChange,
} from '@dsm/identity';
import { portableAead } from '@dsm/portable';
import { concat, zero32 } from '@dsm/primitive';
import { malformed, number, patched, spoiled, type Draft } from './draft.ts';
import { drawn } from './world.ts';

const secret = drawn('capsule secret');
const device = drawn('capsule device');
const genesis = drawn('capsule genesis');

function seal(label: string): Parameters<typeof sealCapsule>[4] {
  const nonce = drawn(`capsule nonce ${label}`, 24);
  return (plaintext, associated) => ({
    nonce,
    box: portableAead.seal(secret, nonce, plaintext, associated),
  });
}

const put = (key: number, value: string, length = 20, from = 0): RowChange => ({
  key: Uint8Array.of(3, key),
  put: { from, bytes: drawn(value, length) },
});
const gone = (key: number): RowChange => ({ key: Uint8Array.of(3, key), put: undefined });

interface Sealed {
  readonly bytes: Uint8Array;
  readonly state: CapsuleState;
}

function next(
  state: CapsuleState,
  changes: readonly RowChange[],
  whole: 0 | 1 = 1,
  of: Pick<CapsulePlain, 'genesis' | 'device'> = { genesis: zero32, device },
): Sealed {
  return sealCapsule(state, of, changes, whole, seal(`${state.counter}`));
}

const start: CapsuleState = { ...firstState(2), base: 0, round: undefined };
const first = next(start, [put(1, 'a'), put(2, 'b'), put(3, 'c', 0)]);
const second = next(first.state, [gone(2), put(1, 'a2', 30)], 0);
const third = next(second.state, [put(1, 'tail', 5, 30)], 1, { genesis, device });
const three = [first, second, third].map(({ bytes }) => bytes);
/** A round began with the third capsule and has come through with it. */
const rebased = next({ ...second.state, base: 2 }, [put(1, 'x'), put(3, 'y')]);
const fourth = next(rebased.state, [gone(3)]);
const fork = next(start, [put(1, 'other')]);
const wrongPiece = next(first.state, [put(1, 'piece', 5, 19)]);
const baseBack = next({ ...third.state, base: undefined }, []);
const never = next({ ...start, base: undefined }, [put(1, 'a')]);
const later = next({ ...start, counter: 1, previous: drawn('x'), links: [drawn('x')] }, []);

function reading(
  name: string,
  comment: string,
  capsules: readonly Uint8Array[],
  expect = 'ok',
  more: object = {},
): Draft {
  const given = { secret, device, incarnation: 2, newest: capsules.length - 1, capsules, ...more };
  return { name, comment, check: 'read', given, expect };
}

const altered = (bytes: Uint8Array, change: Partial<CapsulePlain>): Uint8Array => {
  const decoded = capsule.decode(bytes);
  if (!decoded.ok) throw new RangeError('no capsule');
  return capsule.encode({ ...decoded.value, ...change });
};

/** Boxes whose plaintext is no body. */
function boxed(plaintext: Uint8Array): Uint8Array {
  const plain = {
    genesis: zero32,
    device,
    incarnation: 2,
    counter: 0,
    base: 0,
    previous: zero32,
  };
  return capsule.encode({ ...plain, ...seal('boxed')(plaintext, capsulePlain(plain)) });
}

const readings: readonly Draft[] = [
  reading('one', 'It holds all rows.', [first.bytes]),
  reading('three', 'Rows are put, removed and lengthened; the device joins a tree.', three),
  reading('from a later base', 'The third holds everything.', [rebased.bytes, fourth.bytes], 'ok', {
    newest: 3,
  }),
  reading('its own genesis', 'Zero before it joined, then its own.', three, 'ok', { genesis }),
  reading('nothing', 'There is no capsule.', [], 'truncated', { newest: 0 }),
  reading('the last is missing', 'Another one is known.', [first.bytes], 'truncated', {
    newest: 1,
  }),
  reading('within a change', 'The second is not whole.', three.slice(0, 2), 'truncated'),
  reading('no capsule', 'Bytes of something else.', [drawn('x')], 'malformed'),
  reading('another device', 'Read for another one.', three, 'device', { device: drawn('y') }),
  reading('another genesis', 'Of another user.', three, 'genesis', { genesis: drawn('y') }),
  reading('another incarnation', 'Of the one before.', three, 'incarnation', { incarnation: 1 }),
  reading('replayed', 'The first once more.', [...three, first.bytes], 'repeated'),
  reading('twice', 'The third twice.', [...three, third.bytes], 'repeated'),
  reading('a gap', 'The second is missing.', [first.bytes, third.bytes], 'gap'),
  reading('another past', 'The first is another one.', [fork.bytes, second.bytes], 'previous'),
  reading('a base that goes back', 'It was named before.', [...three, baseBack.bytes], 'base'),
  reading('no base', 'Rows may be missing.', [never.bytes], 'base'),
  reading('begun too late', 'The base is the first.', [later.bytes], 'base', { newest: 1 }),
  reading('another secret', 'It opens nothing.', three, 'box', { secret: drawn('y') }),
  reading('a changed genesis', 'It is sealed, too.', [altered(first.bytes, { genesis })], 'box'),
  reading(
    'a changed base',
    'It is sealed, too.',
    [altered(first.bytes, { base: undefined })],
    'box',
  ),
  reading('no body', 'The plaintext is empty.', [boxed(new Uint8Array(0))], 'body'),
  reading('a body of whole 2', 'It is 0 or 1.', [boxed(Uint8Array.of(2, 0, 0, 0, 0))], 'body'),
  reading(
    'a link too many',
    'The first has none.',
    [boxed(Uint8Array.of(1, 0, 1, ...drawn('x'), 0, 0))],
    'body',
  ),
  reading(
    'a key of nothing',
    'A row has a key.',
    [boxed(Uint8Array.of(1, 0, 0, 0, 1, 0, 0, 0, 0, 0))],
    'body',
  ),
  reading(
    'a piece of another row',
    'The row has 20 bytes.',
    [first.bytes, wrongPiece.bytes],
    'body',
  ),
];

/** Where the box of the first begins, with its length. */
const boxAt = 2 + 32 + 32 + 4 + 8 + 9 + 32 + 24;

// Paper and tags

const backup = drawn('a backup', 1_500);
const frames = framesOf(backup)!;
const other = framesOf(backup.with(0, 0))!;
const forged = frames[1]!.with(60, 1 ^ frames[1]![60]!);

const joining = (
  name: string,
  comment: string,
  of: readonly Uint8Array[],
  expect = 'ok',
): Draft => ({ name, comment, check: 'join', given: { frames: of }, expect });

const papers: readonly Draft[] = [
  {
    name: 'three frames',
    comment: 'Two full pieces, one shorter.',
    check: 'frames',
    bytes: backup,
  },
  { name: 'nothing', comment: 'One frame, of nothing.', check: 'frames', bytes: new Uint8Array(0) },
  joining('in any order', 'And one of them twice.', [
    frames[2]!,
    frames[0]!,
    frames[1]!,
    frames[0]!,
  ]),
  joining('two missing', 'They are named.', [frames[1]!], 'missing'),
  joining('no frame', 'Too short.', [frames[0]!, drawn('x', 20)], 'malformed'),
  joining('none at all', 'Nothing to join.', [], 'malformed'),
  joining('an index too high', 'Of three.', [patched(frames[2]!, 32, number(2, 3))], 'malformed'),
  joining(
    'a short piece',
    'Only the last is.',
    [patched(frames[2]!, 32, number(2, 1))],
    'malformed',
  ),
  joining('of two papers', 'They name different bytes.', [frames[0]!, other[1]!], 'mixed'),
  joining('one piece, two ways', 'They differ.', [frames[1]!, forged], 'mixed'),
  joining('damaged', 'The address is another one.', [frames[0]!, forged, frames[2]!], 'damaged'),
];

const record = ndefRecord(backup);
const tags: readonly Draft[] = [
  { name: 'a long record', comment: 'A length of four bytes.', check: 'record', bytes: backup },
  { name: 'a short record', comment: 'A length of one byte.', check: 'record', bytes: drawn('x') },
  { name: 'its payload', comment: 'As it was.', check: 'payload', bytes: record },
  {
    name: 'cut off',
    comment: 'A byte less.',
    check: 'payload',
    bytes: record.slice(0, -1),
    expect: 'malformed',
  },
  {
    name: 'another type',
    comment: 'One letter.',
    check: 'payload',
    bytes: record.with(8, 0x62),
    expect: 'malformed',
  },
  {
    name: 'other flags',
    comment: 'More records follow.',
    check: 'payload',
    bytes: record.with(0, 0x82),
    expect: 'malformed',
  },
];

export const capsuleDrafts: readonly Draft[] = [
  { name: 'the first', comment: 'Of a device without a tree.', bytes: first.bytes },
  { name: 'a later one', comment: 'It names a genesis and the one before.', bytes: third.bytes },
  { name: 'without a base', comment: 'The first round is under way.', bytes: never.bytes },
  ...spoiled(first.bytes, 1_048_576),
  malformed('a first with a past', 'Counter 0 has none.', patched(first.bytes, 87, number(1, 1))),
  malformed('a base ahead', 'It is at most the counter.', patched(first.bytes, 86, number(1, 1))),
  malformed('option byte 2', 'An option is 0 or 1.', patched(first.bytes, 78, number(1, 2))),
  malformed(
    'a box without a tag',
    'It has 16 bytes at least.',
    concat(first.bytes.slice(0, boxAt), number(4, 15), drawn('x', 15)),
  ),
  ...readings,
  ...papers,
  ...tags,
];
