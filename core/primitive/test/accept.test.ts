/** The predicate, rule by rule and in the order of its page. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { accept, judgeRun, type Known } from '../src/accept.ts';
import { nextHead } from '../src/entry.ts';
import { limits } from '../src/limits.ts';
import { pendings, refusals, type Pending, type Refusal, type Verdict } from '../src/verdict.ts';
import { knownStep, pendingBends, refusedBends } from './bends.ts';
import { bent, both, history, laneBefore, rules, toys, type Bend } from './claim.ts';
import { actor, named } from './fixture.ts';

/** A line of the page: what `accept` answers, and when. */
interface Line {
  readonly answer: string;
  readonly name: string;
  readonly rule: string;
}

const page = readFileSync('docs/spec/acceptance.md', 'utf8');
const lines: readonly Line[] = [
  ...page.matchAll(/^\| (refused|pending) +\| `([\w-]+)` +\| (.+?) +\|$/gm),
].map(([, answer, name, rule]) => ({ answer: answer!, name: name!, rule: rule! }));

const said = (verdict: Verdict<unknown>): string => {
  if (verdict.type === 'refused') return `refused ${verdict.refusal}`;
  return verdict.type === 'pending' ? `pending ${verdict.pending}` : verdict.type;
};

const bendsOf = ({ answer, name }: Line): readonly [Bend, ...Bend[]] =>
  answer === 'refused' ? refusedBends[name as Refusal] : pendingBends[name as Pending];

const judged = (bend: Bend): string => {
  const { claim, known } = bent(bend);
  return said(accept(claim, known, rules));
};

test('the page lists every refusal and every pending, in the order of the code', () => {
  const onPage = (answer: string): [string, string][] =>
    lines.filter((line) => line.answer === answer).map(({ name, rule }) => [name, rule]);
  assert.deepEqual(onPage('refused'), Object.entries(refusals));
  assert.deepEqual(onPage('pending'), Object.entries(pendings));
});

test('an honest claim is accepted, with what it leads to', () => {
  const { claim, known } = bent();
  const verdict = accept(claim, known, rules);
  assert.equal(said(verdict), 'accepted');
  if (verdict.type !== 'accepted') return;
  const { lane, heads, absorbed, demand } = verdict.value;
  assert.deepEqual(heads.at(-1), claim.entries.reduce(nextHead, laneBefore.head));
  assert.deepEqual(lane.head, heads.at(-1));
  assert.deepEqual(lane.start, laneBefore.start);
  assert.equal(lane.index, laneBefore.index + 2);
  assert.equal(absorbed.index, 2);
  assert.equal(demand.slots.length, 2);
  assert.equal(demand.writes.length, 1);
});

/** A later key of the author that is in force after this step, and not at the claim's. */
function replacedSince(since: number, name: string): Bend {
  return {
    known: (known) => ({
      ...known,
      author: {
        ...known.author,
        workingKey: actor(name).working.publicKey,
        since,
        retired: [{ workingKey: known.author.workingKey, since: 0, until: since }],
      },
    }),
  };
}

/** Half of what a run may still hold beside the two entries of the honest claim. */
const half = [new Uint8Array((limits.runBytesMax - 2 * (79 + 2)) / 2 - 79).fill(toys.plain)];

test('honest claims of other shapes are accepted', () => {
  const shapes: Bend[] = [
    { known: (known) => ({ ...known, stepAt: () => undefined }) },
    knownStep(0, () => ({})),
    knownStep(1, () => ({})),
    { known: (known) => ({ ...known, absorbed: { index: 2, head: named('unused') } }) },
    {
      operations: () => Array.from({ length: 200 }, (_, i) => Uint8Array.of(toys.plain, i)),
      signed: (signed) => ({ ...signed, further: [] }),
    },
    {
      operations: () => [Uint8Array.of(toys.slot, 1), Uint8Array.of(toys.slot, 2)],
      signed: (signed) => ({ ...signed, further: [] }),
    },
    { operations: (all) => [...all, ...half, ...half] },
    replacedSince(9, 'the run was signed before the change'),
    replacedSince(20, 'it was signed long before'),
  ];
  for (const shape of shapes) assert.equal(judged(shape), 'accepted');
});

for (const line of lines) {
  test(`${line.answer} ${line.name}: ${line.rule}`, () => {
    for (const [i, bend] of bendsOf(line).entries()) {
      assert.equal(judged(bend), `${line.answer} ${line.name}`, `bend ${i}`);
    }
  });
}

/** Two that no claim can earn at once: one entry means one thing, one lane stands at one place. */
const exclusive: readonly (readonly string[])[] = [
  ['refused operation', 'pending operation', 'pending policy'],
  ['refused old-incarnation', 'pending incarnation'],
  ['pending early', 'refused fork'],
  ['pending card', 'refused retired'],
];

test('of two faults the one that stands first on the page is answered', () => {
  const names = lines.map(({ answer, name }) => `${answer} ${name}`);
  let pairs = 0;
  for (const [j, later] of lines.entries()) {
    for (const [i, earlier] of lines.slice(0, j).entries()) {
      if (exclusive.some((set) => set.includes(names[i]!) && set.includes(names[j]!))) continue;
      const [a, b] = [bendsOf(earlier)[0], bendsOf(later)[0]];
      assert.equal(judged(both(a, b)), names[i], `with ${names[j]}`);
      assert.equal(judged(both(b, a)), names[i], `after ${names[j]}`);
      pairs++;
    }
  }
  const all = (lines.length * (lines.length - 1)) / 2;
  assert.equal(pairs, all - 6);
});

const headsOf = (entries: readonly Uint8Array[]): Uint8Array[] => {
  const heads = history.lanes.map(({ head }) => head);
  for (const bytes of entries) heads.push(nextHead(heads.at(-1)!, bytes));
  return heads;
};

/** What is known once `count` entries of the claim were absorbed. */
const afterwards = (known: Known, entries: readonly Uint8Array[], count: number): Known => {
  const index = laneBefore.index + count;
  const heads = headsOf(entries.slice(0, count));
  return {
    ...known,
    lane: { ...known.lane, index, head: heads[index]! },
    headOfTheirs: (i) => heads[i],
  };
};

test('the same run again has no second effect, even of a device that is bricked since', () => {
  const { claim, known } = bent();
  const later = afterwards(known, claim.entries, 2);
  assert.equal(said(accept(claim, later, rules)), 'already-accepted');
  const bricked = { ...later, author: { ...later.author, bricked: true } };
  assert.equal(said(accept(claim, bricked, rules)), 'already-accepted');
  const first = { ...claim, entries: claim.entries.slice(0, 1) };
  assert.equal(said(accept(first, later, rules)), 'already-accepted');
  const oldest = { ...claim, entries: history.bytes };
  assert.equal(said(accept(oldest, later, rules)), 'already-accepted');
});

test('a known run that goes on, or whose start is not kept, is refused and not taken twice', () => {
  const { claim, known } = bent();
  assert.equal(said(accept(claim, afterwards(known, claim.entries, 1), rules)), 'refused index');
  const later = afterwards(known, claim.entries, 2);
  const forgotten = { ...later, headOfTheirs: () => undefined };
  assert.equal(said(accept(claim, forgotten, rules)), 'refused index');
  const zero = bent({ entry: (one) => ({ ...one, index: 0 }) });
  assert.equal(said(accept(zero.claim, later, rules)), 'refused index');
});

test('another entry anywhere in the known part of the lane is a fork', () => {
  const { claim, known } = bent();
  const later = afterwards(known, claim.entries, 2);
  const other = bent({ operations: (all) => all.with(1, Uint8Array.of(toys.plain, 77)) });
  assert.equal(said(accept(other.claim, later, rules)), 'refused fork');
  assert.equal(said(accept(bent().claim, later, rules)), 'already-accepted');
});

test('an offer is judged by the rules about entries, before anything is signed', () => {
  const { claim, known } = bent();
  assert.equal(judgeRun({ entries: claim.entries }, known, rules).type, 'accepted');
  for (const [name, bends] of Object.entries(refusedBends)) {
    for (const bend of entryRules.has(name as Refusal) ? bends : []) {
      const made = bent(bend);
      assert.equal(said(judgeRun(made.claim, made.known, rules)), `refused ${name}`);
    }
  }
});

const entryRules = new Set<Refusal>([
  'too-large',
  'malformed',
  'fork',
  'bricked',
  'side',
  'index',
  'entropy',
  'absorbed',
  'operation',
]);
