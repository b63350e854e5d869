/** Policies: what may be said of a token for ever, and what may not; allow-lists; fresh notes. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { address, committeeWriter, compare, isZero, kinds, utf8 } from '@dsm/primitive';
import fc from 'fast-check';

import { allowList, areAllowed, ownersIn, proveAllowed } from '../src/allow-list.ts';
import {
  isWorthTheSame,
  issuedRefusal,
  mayBeSpentBy,
  type MovementRefusal,
} from '../src/movement.ts';
import { noteKinds, type Output } from '../src/note.ts';
import { forms, issuerOf, policy, tokenId, type Policy } from '../src/policy.ts';
import {
  diploma,
  gold,
  listed,
  membership,
  named,
  output,
  painting,
  peer,
  third,
  token,
  writer,
} from './rules-scene.ts';

const members = [named('b'), named('a'), named('c'), named('d'), named('e')].toSorted((a, b) =>
  compare(a, b),
);
const anchor = (label: string): Policy['anchors'][number] => ({ label, address: named(label) });

const good: readonly Policy[] = [
  gold,
  listed,
  painting,
  diploma,
  { ...gold, decimals: 38, cap: (1n << 128n) - 1n, depthMax: 64, receiptsMax: 4_096 },
  { ...gold, name: 'Été 後で', suites: [1, 2], burn: 0, depthMax: 1, receiptsMax: 1 },
  { ...gold, name: 'x'.repeat(48), ticker: 'aZ0123456789' },
  { ...gold, threshold: 3, members, bad: 0 },
  { ...gold, threshold: 4, members, bad: 1 },
  { ...gold, anchors: [anchor('photo'), anchor('prospectus')] },
];

test('items are worth the same if each comes out once, amounts if their sum does', () => {
  const of = (...all: readonly bigint[]): readonly { amount: bigint }[] =>
    all.map((amount) => ({ amount }));
  assert.ok(isWorthTheSame(of(7n, 8n), of(8n, 7n), painting));
  assert.ok(!isWorthTheSame(of(7n, 7n), of(7n), painting));
  assert.ok(!isWorthTheSame(of(7n), of(7n, 7n), painting));
  assert.ok(!isWorthTheSame(of(7n, 8n), of(15n), painting));
  assert.ok(isWorthTheSame(of(7n, 8n), of(15n), gold));
  assert.ok(!isWorthTheSame(of(7n, 8n), of(14n), gold));
});

test('a policy has one spelling, and a token is the address of its policy', () => {
  for (const each of good) {
    const bytes = policy.encode(each);
    assert.equal(bytes[1], kinds.policy);
    assert.deepEqual(policy.decode(bytes), { ok: true, value: each });
    assert.deepEqual(tokenId(each), address(bytes));
  }
  assert.equal(new Set(good.map((each) => tokenId(each).join())).size, good.length);
  assert.ok(!isZero(token));
});

/** What no policy says; each breaks one rule and no other. */
const wrong: readonly Partial<Policy>[] = [
  { ticker: '' },
  { ticker: 'G LD' },
  { ticker: 'GÖLD' },
  // The letter Ge of the Cyrillic alphabet, and a G that is twice as wide.
  { ticker: '\u{413}LD' },
  { ticker: '\u{ff27}LD' },
  { ticker: 'ABCDEFGHIJKLM' },
  { name: '' },
  { name: ' Gold' },
  { name: 'Gold ' },
  { name: 'x'.repeat(49) },
  // Not composed: an E and an accent that stand for one letter; a Kelvin sign for a K.
  { name: 'E\u{301}te' },
  { name: '\u{212a}' },
  // Control characters, line ends, what turns the direction, what shows nothing, private use.
  { name: 'Go\u{0}ld' },
  { name: 'Go\nld' },
  { name: 'Go\u{7f}ld' },
  { name: 'Go\u{85}ld' },
  { name: 'Go\u{2028}ld' },
  { name: 'Go\u{2029}ld' },
  { name: '\u{202e}dloG' },
  { name: '\u{2066}Gold' },
  { name: 'Go\u{200b}ld' },
  { name: 'Go\u{200f}ld' },
  { name: '\u{feff}Gold' },
  { name: 'Go\u{e000}ld' },
  { decimals: 39 },
  { form: forms.unique, decimals: 2 },
  { form: forms.credential, decimals: 1 },
  { cap: 0n },
  { cap: 1n << 128n },
  { depthMax: 0 },
  { depthMax: 65 },
  { receiptsMax: 0 },
  { receiptsMax: 4_097 },
  { suites: [] },
  { suites: [2, 1] },
  { suites: [1, 1] },
  // Unsound: two sets of signers that share no honest one, or more needed than honest ones are.
  { threshold: 0 },
  { threshold: 2 },
  { bad: 1 },
  { threshold: 2, members },
  { threshold: 3, members, bad: 1 },
  { threshold: 4, members, bad: 2 },
  { threshold: 5, members, bad: 1 },
  { threshold: 6, members },
  { threshold: 2, members: members.slice(0, 4) },
  { threshold: 1, members: [] },
  { threshold: 2, members: members.slice(0, 2).toReversed() },
  { threshold: 2, members: [members[0]!, members[0]!] },
  { threshold: 4, members: [...members, new Uint8Array(32).fill(0xff)] },
  { anchors: [anchor('b'), anchor('a')] },
  { anchors: [anchor('a'), anchor('a')] },
  { anchors: [anchor('')] },
  { anchors: [anchor('tab\t')] },
  { anchors: [anchor('x'.repeat(33))] },
  { anchors: Array.from({ length: 9 }, (_, i) => anchor(`${i}`)) },
];

test('a policy that could not hold has no bytes', () => {
  for (const change of wrong) {
    assert.throws(() => policy.encode({ ...gold, ...change }), RangeError, printed(change));
  }
});

/** The same in bytes: what encoding refuses to write, decoding refuses to read. */
test('bytes of a policy that could not hold are malformed', () => {
  const bytes = policy.encode({ ...gold, name: 'Gold' });
  const at = 2 + 32 + 32;
  const texts = at + 4 + 3 + 4 + 4;
  assert.equal(bytes[texts], forms.fungible);
  const malformed = { ok: false, refusal: 'malformed' };
  const bent: readonly Uint8Array[] = [
    bytes.with(at + 4, 0x2d),
    bytes.with(at + 4 + 3 + 4, 0x0a),
    bytes.with(texts, 3),
    bytes.with(texts, forms.unique),
    bytes.with(texts + 1, 39),
    bytes.with(texts + 2 + 14, 0).with(texts + 2 + 15, 0),
    bytes.with(texts + 2 + 16, 2),
    bytes.with(texts + 2 + 16, 0),
    bytes.with(texts + 2 + 16 + 1 + 2 + 32, 1),
    bytes.with(texts + 2 + 16 + 1 + 2 + 32 + 1, 2),
    Uint8Array.of(...bytes, 0),
  ];
  for (const [i, each] of bent.entries()) {
    assert.deepEqual(policy.decode(each), malformed, `bend ${i}`);
  }
  const decomposed = utf8('e\u{301}x');
  const said = bytes.slice();
  said.set(decomposed, at + 4 + 3 + 4);
  assert.deepEqual(policy.decode(said), malformed);
});

function printed(change: Partial<Policy>): string {
  return JSON.stringify(change, (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
}

test('one issuer is its key; several are one writer, which every detail of them changes', () => {
  assert.deepEqual(issuerOf(gold), gold.members[0]);
  const several = { ...gold, threshold: 3, members };
  assert.deepEqual(issuerOf(several), committeeWriter(several));
  const writers = [
    several,
    { ...several, threshold: 4 },
    { ...several, members: members.slice(1) },
  ];
  assert.equal(new Set(writers.map((each) => issuerOf(each).join())).size, 3);
});

test('a token is spent by keys of the suites that its policy names', () => {
  assert.deepEqual([mayBeSpentBy(gold, 1), mayBeSpentBy(gold, 2)], [true, false]);
  assert.equal(mayBeSpentBy({ suites: [1, 2] }, 2), true);
});

const devices = fc.uniqueArray(fc.nat({ max: 40 }), { minLength: 1, maxLength: 12 });
const owned = (numbers: readonly number[]): { readonly owner: Uint8Array }[] =>
  numbers.map((number) => ({ owner: named(`device ${number}`) }));

test('owners are shown on a list exactly if all of them are on it', () => {
  fc.assert(
    fc.property(devices, devices, fc.nat(), (on, asked, again) => {
      const list = allowList(owned(on).map(({ owner }) => owner));
      const outputs = owned([...asked, asked[again % asked.length]!]);
      assert.equal(ownersIn(outputs).length, asked.length);
      const proof = proveAllowed(list, outputs);
      const all = asked.every((number) => on.includes(number));
      assert.equal(areAllowed(list.root(), proof, outputs), all);
      assert.equal(areAllowed(undefined, proof, outputs), false);
      assert.equal(areAllowed(list.root(), undefined, outputs), false);
      assert.equal(areAllowed(undefined, undefined, outputs), true);
    }),
    { numRuns: 200 },
  );
});

test('a proof shows the owners that it was made for, under the root that it was made under', () => {
  const list = membership();
  const outputs = [{ owner: writer }, { owner: peer }];
  const proof = proveAllowed(list, outputs);
  assert.equal(areAllowed(list.root(), proof, outputs), true);
  assert.equal(areAllowed(list.root(), proof, [{ owner: writer }, { owner: third }]), false);
  assert.equal(areAllowed(list.root(), proof, [{ owner: writer }]), false);
  assert.equal(areAllowed(list.root(), proof, [...outputs, { owner: third }]), false);
  assert.equal(areAllowed(named('another root'), proof, outputs), false);
  assert.equal(proveAllowed(list, []), undefined);
  assert.equal(areAllowed(list.root(), undefined, []), true);
  assert.equal(areAllowed(list.root(), proof, []), false);
  // A leaf says of its own device that it is on the list, so no proof of a leaf serves for another.
  const alone = allowList([writer]);
  assert.equal(areAllowed(alone.root(), alone.prove([peer]), [{ owner: peer }]), false);
});

const fresh = (amount: bigint, changes: Partial<Output> = {}): Output =>
  output(writer, amount, { depth: 0, receipts: 1, ...changes });
const unique = forms.unique;

test('fresh notes are online, have nothing behind them and are what the issue says', () => {
  const cases: readonly (readonly [
    MovementRefusal | undefined,
    readonly Output[],
    bigint,
    bigint,
    Policy['form']?,
  ])[] = [
    [undefined, [fresh(60n), fresh(40n)], 100n, 300n],
    ['zero-amount', [fresh(100n), fresh(0n)], 100n, 300n],
    ['wrong-output', [fresh(100n, { kind: noteKinds.purse })], 100n, 300n],
    ['wrong-output', [fresh(100n, { kind: noteKinds.escrow })], 100n, 300n],
    ['bounds', [fresh(100n, { depth: 1 })], 100n, 300n],
    ['bounds', [fresh(100n, { receipts: 0 })], 100n, 300n],
    ['conservation', [fresh(100n)], 101n, 300n],
    ['conservation', [fresh(100n)], 99n, 300n],
    // Items carry the serial numbers that follow those that were issued before.
    [undefined, [fresh(6n), fresh(7n)], 2n, 7n, unique],
    [undefined, [fresh(1n)], 1n, 1n, forms.credential],
    ['conservation', [fresh(7n), fresh(6n)], 2n, 7n, unique],
    ['conservation', [fresh(5n), fresh(6n)], 2n, 7n, unique],
    ['conservation', [fresh(7n), fresh(7n)], 2n, 7n, unique],
    ['conservation', [fresh(6n)], 2n, 7n, unique],
    ['conservation', [fresh(6n), fresh(7n), fresh(8n)], 2n, 7n, unique],
    ['conservation', [fresh(1n)], 1n, 7n, forms.credential],
  ];
  for (const [i, [refusal, outputs, amount, total, form = forms.fungible]] of cases.entries()) {
    assert.equal(issuedRefusal(outputs, amount, total, { form }), refusal, `case ${i}`);
  }
});
