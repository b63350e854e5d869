/**
 * The hand-over of slots: what a CLOSE says, what is taken over, and that no two values of one slot
 * are ever certified, whatever a cheat shows and in whatever order things happen. The explorations
 * find the two certificates as soon as one rule is taken away.
 */

import assert from 'node:assert/strict';
import {
  closeDigest,
  closeHolds,
  closeStatement,
  fallsTo,
  groupsBefore,
  historyAfter,
  standingDigest,
  stoodIn,
  taken,
  takenOver,
  voteMapRoot,
  type Close,
  type KeptSlot,
} from '@dsm/availability';
import {
  compare,
  hash,
  isZero,
  kinds,
  limits,
  registryLineage,
  u32,
  encodeWith,
  zero32,
  type Registry,
  type SlotValue,
} from '@dsm/primitive';
import { cheapTest, once } from './cheap-signatures.ts';
import {
  exploreHandover,
  handoverRules,
  type HandoverRules,
  type Scene,
} from './handover-explorer.ts';
import { firstOf, network, signAs, voterOf } from './signers.ts';
import { filled, slotAuthor } from './slot-author.ts';

const registryOnce = once(() => firstOf(4));
const authorOnce = once(() => slotAuthor(network, 1));

function closedBy(node: number, changes: Partial<Close> = {}): Close {
  const lineage = registryLineage(registryOnce());
  const said = { lineage, version: 1, root: filled(7), slots: 3, ...changes };
  const signature = signAs(voterOf(node + 1, 1).secretKey, kinds.close, closeDigest(said));
  return { ...said, node, signature };
}

cheapTest(
  'a CLOSE is one of its node, its version and its lineage, over root and number of slots',
  () => {
    const registry = registryOnce();
    const good = closedBy(1);
    assert.equal(closeHolds(good, registry), true);
    assert.deepEqual(closeStatement.decode(closeStatement.encode(good)), { ok: true, value: good });
    const bad: readonly Close[] = [
      { ...good, node: 2 },
      { ...good, node: 9 },
      { ...good, version: 2 },
      { ...good, lineage: zero32 },
      { ...good, root: zero32 },
      { ...good, slots: 4 },
    ];
    // Signed with the key of this version, all the same: a liar says of another what it likes.
    const lies = [closedBy(1, { version: 2 }), closedBy(1, { lineage: filled(8) })];
    for (const claim of [...bad, ...lies]) assert.equal(closeHolds(claim, registry), false);
    const nodes = registry.nodes.map((node) => ({ ...node, missed: 1 }));
    const missed = { ...registry, nodes };
    const late = closedBy(1, { lineage: registryLineage(missed) });
    assert.equal(closeHolds(late, missed), false);
  },
);

cheapTest('the root of a vote map depends on its slots alone, and an empty one is zero', () => {
  const leaves = [5, 1, 200].map((byte) => ({
    key: filled(byte),
    value: standingDigest([filled(byte)]),
  }));
  assert.deepEqual(voteMapRoot(leaves), voteMapRoot(leaves.toReversed()));
  assert.ok(isZero(voteMapRoot([])));
  assert.notDeepEqual(voteMapRoot(leaves), voteMapRoot(leaves.slice(1)));
  assert.notDeepEqual(standingDigest([filled(1)]), standingDigest([filled(1), filled(2)]));
});

cheapTest('a group takes over from the same group, a new one from all', () => {
  const before = firstOf(8, { groupsMax: 2 });
  const after: Registry = { ...firstOf(12, { groupsMax: 3 }), first: registryLineage(before) };
  assert.deepEqual(
    [0, 1, 2].map((group) => groupsBefore(before, group)),
    [[0], [1], [0, 1]],
  );
  // Every slot falls to one group, and only to one that takes over from where it was.
  for (let i = 0; i < 300; i++) {
    const key = hash('slot', encodeWith(u32, i));
    const [from] = [0, 1].filter((group) => fallsTo(before, group, key));
    const to = [0, 1, 2].filter((group) => fallsTo(after, group, key));
    assert.equal(to.length, 1);
    assert.ok(groupsBefore(before, to[0]!).includes(from!));
  }
});

const slot = once(() => {
  const author = authorOnce();
  const values = [10, 20, 30, 40, 50].map((value): SlotValue => {
    const { authorisation } = author.write(1, value);
    return { value: filled(value), authorisation, hints: [] };
  });
  return { values, place: author.write(1, 10).place };
});

cheapTest('what maps show is taken once, in order, and no more than a node keeps', () => {
  const { values } = slot();
  const [ten, twenty] = values as [SlotValue, SlotValue];
  assert.deepEqual(taken([[], [], []]), []);
  assert.deepEqual(taken([[ten], [ten], []]), [ten]);
  assert.deepEqual(taken([[twenty], [ten], [ten]]), [ten, twenty]);
  const all = taken([values.slice(3), values.slice(0, 2), values.slice(1, 4)]);
  assert.deepEqual(all, values.slice(0, limits.slotValuesMax));
  assert.ok(all.every((one, i) => i === 0 || compare(all[i - 1]!.value, one.value) < 0));
});

cheapTest('what is taken over stands; the rest is kept behind it, and hints stay', () => {
  const { values, place } = slot();
  const [ten, twenty, thirty] = values as [SlotValue, SlotValue, SlotValue];
  const hinted = { ...twenty, hints: [filled(3)] };
  const kept: KeptSlot = { place, values: [ten, hinted], standing: 1 };
  assert.equal(takenOver(kept, place, [ten]), kept);
  assert.deepEqual(takenOver(kept, place, [twenty]), { place, values: [hinted, ten], standing: 1 });
  assert.deepEqual(takenOver(kept, place, [ten, thirty]), {
    place,
    values: [ten, thirty, hinted],
    standing: 2,
  });
  assert.deepEqual(takenOver(undefined, place, [ten]), { place, values: [ten], standing: 1 });
});

cheapTest('a history says what stood in each version, whatever came later', () => {
  let history = historyAfter([], 2, [filled(1)]);
  assert.equal(historyAfter(history, 4, [filled(1)]), history);
  history = historyAfter(history, 4, [filled(1), filled(2)]);
  history = historyAfter(history, 4, [filled(2)]);
  history = historyAfter(history, 6, [filled(3)]);
  const stood = [1, 2, 3, 4, 5, 6, 7].map((version) => stoodIn(history, version).map((v) => v[0]));
  assert.deepEqual(stood, [[], [1], [1], [2], [2], [3], [3]]);
  assert.deepEqual(historyAfter(history, 6, [filled(2)]).length, 2);
  for (let version = 7; version < 40; version++) {
    history = historyAfter(history, version, [filled(version)]);
  }
  assert.equal(history.length, limits.slotHistoryMax);
});

/** One member is replaced; the cheat stays, leaves, or comes. */
const scenes: Readonly<Record<string, Scene>> = {
  'the cheat stays': {
    groups: [
      [0, 1, 2, 3],
      [0, 1, 2, 4],
    ],
    cheat: 0,
  },
  'the cheat leaves': {
    groups: [
      [0, 1, 2, 3],
      [4, 1, 2, 3],
    ],
    cheat: 0,
  },
  'the cheat comes': {
    groups: [
      [4, 1, 2, 3],
      [0, 1, 2, 3],
    ],
    cheat: 0,
  },
};

for (const [what, scene] of Object.entries(scenes)) {
  cheapTest(`no two values are certified when a member is replaced and ${what}`, () => {
    const explored = exploreHandover(handoverRules, scene);
    assert.equal(explored.isBroken, false);
    assert.ok(explored.states > 20_000, `${explored.states} states`);
  });
}

const weakened: Readonly<Record<string, Partial<HandoverRules>>> = {
  'two maps are enough': { maps: 2 },
  'a node votes after its CLOSE': { votesAfterClose: true },
  'the key of a closed version is kept': { keepsKey: true },
  'a frozen slot is voted on': { votesFrozen: true },
  'a node forgets its votes and goes on': { forgets: true },
};

for (const [what, change] of Object.entries(weakened)) {
  cheapTest(`the exploration finds two certificates when ${what}`, () => {
    const rules = { ...handoverRules, ...change };
    const found = Object.values(scenes).some(
      (scene) => exploreHandover(rules, scene, 40_000).isBroken,
    );
    assert.equal(found, true);
  });
}
