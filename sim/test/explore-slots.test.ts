/**
 * Small spaces of the storage plane: counts that change when a rule changes, from two walks that share
 * no code of the search.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { search } from '../explore/engine.ts';
import { escrowSpace } from '../explore/escrow.ts';
import { lineageSpace } from '../explore/lineage.ts';
import { explored, type PlaneSpace } from '../explore/plane-space.ts';
import { planeBounds } from '../explore/plane-bounds.ts';
import { registrySpace } from '../explore/registry.ts';
import { routeSpace } from '../explore/route.ts';
import { slotsSpace } from '../explore/slots.ts';
import { successionSpace } from '../explore/succession.ts';
import { valueBounds } from '../explore/value-bounds.ts';
import { walk } from '../explore/walk.ts';

interface Golden {
  readonly distinct: number;
  readonly transitions: number;
  readonly depth: number;
  /** States that are left when interchangeable parts are taken as one. */
  readonly states: number;
}

function golden<L>(name: string, open: () => PlaneSpace<L>, wanted: Golden): void {
  test(name, () => {
    const found = search(explored(open()), { store: 'exact' });
    const again = walk(open());
    assert.equal(found.violation, undefined);
    assert.equal(again.finding, undefined);
    const { distinct, transitions, depth } = found;
    assert.deepEqual({ distinct, transitions, depth, states: again.states }, wanted);
    assert.deepEqual([again.all, again.depth], [distinct, depth]);
  });
}

golden('one slot, two values', () => slotsSpace({ cheats: [2], honest: false }), {
  // Fifteen local states for each of three nodes.
  distinct: 15 ** 3,
  transitions: 14_850,
  depth: 15,
  states: 680,
});
golden('one slot of an honest writer', () => slotsSpace({ cheats: [], honest: true }), {
  distinct: 153,
  transitions: 436,
  depth: 13,
  states: 53,
});
golden('two versions, one slot', () => registrySpace({ nodes: 4, leave: [[]], second: false }), {
  distinct: 18_340,
  transitions: 71_370,
  depth: 12,
  states: 3_389,
});
golden(
  'two versions, a member replaced',
  () => registrySpace({ nodes: 5, leave: [[3]], second: false }),
  { distinct: 63_878, transitions: 286_834, depth: 15, states: 33_319 },
);

golden('signers, one attempt', () => successionSpace(1), {
  distinct: 3_231,
  transitions: 15_246,
  depth: 15,
  states: 662,
});

golden('puppets, one payee', () => lineageSpace('puppets', 1), {
  distinct: 3_870,
  transitions: 18_233,
  depth: 11,
  states: 3_870,
});
golden('a note made anew, one payee', () => lineageSpace('remint', 1), {
  distinct: 4_302,
  transitions: 21_957,
  depth: 12,
  states: 4_302,
});

golden(
  'an escrow with one lock, an honest payer',
  () => escrowSpace({ funded: 3, locks: [2] }, 'payer'),
  { distinct: 2_210, transitions: 5_386, depth: 18, states: 2_210 },
);
golden(
  'an escrow with one lock, an honest payee',
  () => escrowSpace({ funded: 3, locks: [2] }, 'payee'),
  { distinct: 167, transitions: 302, depth: 14, states: 167 },
);

golden('a relay between two that are in league', routeSpace, {
  distinct: 910,
  transitions: 2_493,
  depth: 12,
  states: 910,
});

test('every bound of the plane says what must be reached, and what it leaves out', () => {
  for (const [name, { about, must, uncovered }] of Object.entries({
    ...planeBounds,
    ...valueBounds,
  })) {
    assert.ok(about.length > 20 && must.length > 4 && uncovered.length > 0, name);
  }
});

test('a state from which honest parts cannot go on is found', () => {
  const open = slotsSpace({ cheats: [], honest: true });
  // Nobody stores anything: what was written is never certified.
  const deaf: typeof open = {
    ...open,
    moves: (local, heard, role) => (role === 0 ? [] : open.moves(local, heard, role)),
  };
  assert.equal(walk(deaf).finding?.invariant, 'written-gets-certified');
});
