/** Capsules: what was written comes back, and nothing else is read. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address, ascii, encodeWith, limits } from '@dsm/primitive';
import fc from 'fast-check';
import {
  bodyBytesMax,
  capsule,
  capsuleBody,
  capsulePlain,
  capsulePosition,
  capsuleRefusals,
  capsuleState,
  cutRows,
  endReading,
  firstLink,
  firstState,
  nextLinks,
  readCapsule,
  roundOn,
  sealCapsule,
  startReading,
  withRound,
  type Capsule,
  type CapsuleReading,
  type CapsuleState,
  type Row,
  type RowChange,
} from '../src/index.ts';
import {
  begun,
  device,
  identity,
  largeRow,
  open,
  openOther,
  readAll,
  row,
  seal,
  sealed,
} from './capsule-scene.ts';

const value = (bytes: Uint8Array): Capsule => {
  const decoded = capsule.decode(bytes);
  assert.ok(decoded.ok);
  return decoded.value;
};

function reading(of: ReturnType<typeof readAll>): CapsuleReading {
  assert.ok(typeof of !== 'string', `refused: ${JSON.stringify(of)}`);
  return of.reading;
}

const { capsules, state } = sealed(begun, [row(1, 1), row(2, 2)], [row(1, 3)], [row(2, undefined)]);
const [first, second, third] = capsules as [Uint8Array, Uint8Array, Uint8Array];

test('rows come back as they were when the last capsule was sealed', () => {
  const all = readAll(capsules);
  assert.ok(typeof all !== 'string');
  assert.deepEqual([...all.rows], [['1', Uint8Array.of(3, 3, 3)]]);
  assert.equal(endReading(all.reading, 2), undefined);
});

test('whatever is changed, and however it is cut, the rows at the end are those of the source', () => {
  const change = fc.record({
    key: fc.nat(5),
    value: fc.option(fc.nat(255), { nil: undefined }),
  });
  const commits = fc.array(fc.array(change, { maxLength: 6 }), { minLength: 1, maxLength: 80 });
  fc.assert(
    fc.property(commits, (all) => {
      const source = new Map<string, number>();
      for (const { key, value: now } of all.flat()) {
        if (now === undefined) source.delete(`${key}`);
        else source.set(`${key}`, now);
      }
      const rows = all.map((changes) => changes.map((one) => row(one.key, one.value, 1)));
      const read = readAll(sealed(begun, ...rows).capsules);
      assert.ok(typeof read !== 'string');
      const there = [...read.rows].map(([key, bytes]): [string, number] => [key, bytes[0]!]);
      assert.deepEqual(Object.fromEntries(there), Object.fromEntries(source));
      assert.equal(endReading(read.reading, all.length - 1), undefined);
    }),
  );
});

test('a row of any size is cut, and put together again', () => {
  const before = [row(1, 1), largeRow(2, 9)];
  const { capsules: cut } = sealed(begun, before, [largeRow(2, 8), row(3, 1)]);
  assert.ok(cut.length > 4 && cut.every(({ length }) => length <= limits.objectBytesMax));
  const read = readAll(cut);
  assert.ok(typeof read !== 'string');
  assert.deepEqual(read.rows.get('2'), largeRow(2, 8).value);
  const half = readAll(cut.slice(0, 2));
  assert.ok(typeof half !== 'string');
  assert.equal(endReading(half.reading, 1), 'truncated', 'in the middle of a change');
  // A piece that does not go on where the row ends belongs to other rows.
  assert.equal(readAll([cut[0]!, ...sealedAfter(cut[0]!, 5)]), 'body');
});

/** A capsule after this one with a piece of row 2 that begins at `from`. */
function sealedAfter(bytes: Uint8Array, from: number): readonly Uint8Array[] {
  const at: CapsuleState = {
    ...begun,
    counter: 1,
    previous: address(bytes),
    links: [address(bytes)],
  };
  const put = { from, bytes: Uint8Array.of(1) };
  return [sealCapsule(at, identity, [{ key: Uint8Array.of(2), put }], 1, seal).bytes];
}

test('a replayed, missing, truncated or foreign capsule is refused, each with its reason', () => {
  assert.equal(readAll([first, second, second]), 'repeated');
  assert.equal(readAll([first, second, first]), 'repeated', 'a counter that goes back');
  assert.equal(readAll([first, third]), 'gap');
  assert.equal(endReading(reading(readAll([first, second])), 2), 'truncated');
  assert.equal(endReading(reading(readAll([second, third])), 2), 'base');
  assert.equal(endReading(startReading(device, 0), 0), 'truncated');
  const other = startReading(address(ascii('another')), 0);
  assert.equal(readAll(capsules, other), 'device');
  assert.equal(readAll(capsules, startReading(device, 1)), 'incarnation');
  assert.equal(readAll([first.subarray(0, 100)]), 'malformed');
  assert.equal(readAll(capsules, startReading(device, 0), openOther), 'box');
});

test('a capsule with the right counter that follows another one is refused', () => {
  const fork = sealed(begun, [row(1, 9)]).capsules[0]!;
  assert.equal(readAll([fork, second]), 'previous');
});

test('a base does not go back, and capsules that are not from their base on are not whole', () => {
  const back = { ...state, base: undefined };
  assert.equal(readAll([...capsules, ...sealed(back, []).capsules]), 'base');
  const never = sealed({ ...begun, base: undefined }, [row(1, 1)]).capsules;
  assert.equal(endReading(reading(readAll(never)), 0), 'base');
});

test('a device keeps its capsules when it joins a tree, and shows them under no other genesis', () => {
  const genesis = address(ascii('genesis'));
  const joined = sealCapsule(state, { genesis, device }, [], 1, seal).bytes;
  const all = [...capsules, joined];
  assert.equal(reading(readAll(all, startReading(device, 0, genesis))).next, 4);
  assert.equal(readAll(all, startReading(device, 0, address(ascii('other')))), 'genesis');
});

test('each plain field is sealed with the box', () => {
  const plain = value(third);
  const altered: readonly Partial<Capsule>[] = [
    { genesis: address(ascii('genesis')) },
    { base: 1 },
    { nonce: plain.nonce.with(0, 1 ^ plain.nonce[0]!) },
    { box: plain.box.with(3, 1 ^ plain.box[3]!) },
  ];
  for (const change of altered) {
    const bytes = capsule.encode({ ...plain, ...change });
    assert.equal(readAll([first, second, bytes]), 'box', Object.keys(change).join());
  }
  // Those of which a reader knows what they must be are bound all the same.
  for (const change of [
    { device: zeroed },
    { incarnation: 1 },
    { counter: 1 },
    { previous: first.slice(0, 32) },
  ]) {
    const changed = { ...plain, ...change };
    assert.equal(open(changed.nonce, changed.box, capsulePlain(changed)), undefined);
  }
});

const zeroed = new Uint8Array(32);

test('the same rows sealed twice are never the same box', () => {
  const twice = [1, 2].map(() => sealed(begun, [row(1, 1)]).capsules[0]!);
  assert.notDeepEqual(value(twice[0]!).nonce, value(twice[1]!).nonce);
  assert.notDeepEqual(value(twice[0]!).box, value(twice[1]!).box);
});

test('a body with a wrong number of links, of another shape, or too large is none', () => {
  const write = (plaintext: Uint8Array): Uint8Array => {
    const plain = { ...identity, incarnation: 0, counter: 0, base: 0, previous: zeroed };
    return capsule.encode({ ...plain, ...seal(plaintext, capsulePlain(plain)) });
  };
  const body = (links: readonly Uint8Array[]): Uint8Array =>
    encodeWith(capsuleBody, { whole: 1, links, changes: [] });
  assert.ok(typeof readAll([write(body([]))]) !== 'string');
  assert.equal(readAll([write(body([zeroed]))]), 'body');
  assert.equal(readAll([write(Uint8Array.of(2, 0, 0))]), 'body');
  assert.equal(readAll([write(new Uint8Array(1_000_000))]), 'body');
  const half = (key: number): RowChange => ({
    key: Uint8Array.of(key),
    put: { from: 0, bytes: new Uint8Array(bodyBytesMax / 2) },
  });
  const large = encodeWith(capsuleBody, { whole: 1, links: [], changes: [half(1), half(2)] });
  assert.ok(large.length > bodyBytesMax);
  assert.equal(readAll([write(large)]), 'body', 'more than a body has');
});

test('by the links, one capsule in 64 leads to all of them', () => {
  const rows = Array.from({ length: 200 }, (): Row[] => []);
  const { capsules: many } = sealed(begun, ...rows);
  const byAddress = new Map(many.map((bytes, i) => [address(bytes).join(), i]));
  const found = new Set<number>([199]);
  let at = 199;
  let fetched = 0;
  while (at > 0) {
    const before = { ...startReading(device, 0), next: undefined };
    const step = readCapsule(before, many[at]!, open);
    assert.ok(step.type === 'read');
    assert.equal(step.links.length, at - firstLink(at));
    for (const link of step.links) found.add(byAddress.get(link.join())!);
    at = firstLink(at);
    fetched += 1;
  }
  assert.equal(found.size, 200);
  assert.equal(fetched, 4);
  const all = Array.from({ length: 64 }, () => zeroed);
  assert.equal(nextLinks(63, all.slice(1), zeroed).length, 64);
  assert.equal(nextLinks(64, all, zeroed).length, 1);
});

test('a round begins when the changes outgrow twice the base, and makes its start the base', () => {
  const small = { ...begun, counter: 9, baseBytes: 100 };
  assert.equal(withRound({ ...small, logBytes: 1_048_776 }).round, undefined);
  const due = withRound({ ...small, logBytes: 1_048_777 });
  assert.deepEqual(due.round, { start: 9, place: 0, bytes: 0 });
  const half = roundOn(due, 70, 3);
  assert.deepEqual([half.base, half.round], [0, { start: 9, place: 3, bytes: 70 }]);
  const done = roundOn({ ...half, counter: 12 }, 5, undefined);
  assert.deepEqual([done.base, done.round, done.baseBytes, done.logBytes], [9, undefined, 75, 0]);
  assert.equal(roundOn(small, 5, undefined), small, 'there is none');
  assert.equal(withRound({ ...due, counter: 30 }).round?.start, 9, 'one at a time');
});

test('the first round makes a base before anything is whole', () => {
  const { round, base, counter } = roundOn(firstState(3), 10, undefined);
  assert.deepEqual([round, base, counter], [undefined, 0, 0]);
});

test('positions differ by device, incarnation and counter', () => {
  const other = address(ascii('other'));
  const all = [
    capsulePosition(device, 0, 0),
    capsulePosition(device, 0, 1),
    capsulePosition(device, 1, 0),
    capsulePosition(other, 0, 0),
  ];
  assert.equal(new Set(all.map((one) => one.join())).size, 4);
});

test('what decodes encodes to the same bytes, and a contradiction decodes to nothing', () => {
  for (const bytes of capsules) assert.deepEqual(capsule.encode(value(bytes)), bytes);
  const kept = capsuleState.decode(capsuleState.encode(state));
  assert.deepEqual(kept, { ok: true, value: state });
  assert.throws(() => capsule.encode({ ...value(first), base: 1 }), RangeError);
  assert.throws(() => capsule.encode({ ...value(second), previous: zeroed }), RangeError);
  assert.throws(() => capsule.encode({ ...value(first), box: new Uint8Array(15) }), RangeError);
});

test('nothing to say is one body, and an empty row stays a row', () => {
  assert.deepEqual(cutRows([]), [[]]);
  const gone = { key: Uint8Array.of(1), value: undefined };
  const bodies = cutRows(Array.from({ length: 65_536 }, () => gone));
  assert.deepEqual(
    bodies.map(({ length }) => length),
    [65_535, 1],
  );
  const read = readAll(sealed(begun, [row(1, 1, 0)]).capsules);
  assert.ok(typeof read !== 'string');
  assert.deepEqual(read.rows.get('1'), new Uint8Array(0));
});

test('every refusal says why in a sentence', () => {
  for (const sentence of Object.values(capsuleRefusals)) assert.ok(sentence.length > 20);
});
