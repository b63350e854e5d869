/** The long proofs of a registry change: hand-over over three versions, a fourth attempt, histories. */

import assert from 'node:assert/strict';
import { cheapTest } from './cheap-signatures.ts';
import { exploreHandover, handoverRules, type Scene } from './handover-explorer.ts';
import { checkHistories } from './registry-histories.ts';
import { exploreSuccession, honestRules } from './succession-explorer.ts';

const statesMax = 1_000_000;

const scenes: Readonly<Record<string, Scene>> = {
  'the group stays': {
    groups: [
      [0, 1, 2, 3],
      [0, 1, 2, 3],
      [0, 1, 2, 3],
    ],
    cheat: 0,
  },
  'one member is replaced, then another': {
    groups: [
      [0, 1, 2, 3],
      [0, 1, 2, 4],
      [0, 1, 5, 4],
    ],
    cheat: 0,
  },
  'a member leaves and comes back': {
    groups: [
      [0, 1, 2, 3],
      [0, 1, 2, 4],
      [0, 1, 2, 3],
    ],
    cheat: 0,
  },
};

for (const [what, scene] of Object.entries(scenes)) {
  cheapTest(`three versions, ${what}: no two values in the first million states`, () => {
    const explored = exploreHandover(handoverRules, scene, statesMax);
    assert.equal(explored.isBroken, false);
  });
}

cheapTest('two members replaced at once: no two values are certified', () => {
  const scene = {
    groups: [
      [0, 1, 2, 3],
      [0, 1, 4, 5],
    ],
    cheat: 0,
  };
  assert.equal(exploreHandover(handoverRules, scene).isBroken, false);
});

cheapTest('in no order of messages are two successors certified: four attempts', () => {
  assert.equal(exploreSuccession(honestRules, 4, statesMax).isForked, false);
});

cheapTest('in twenty histories of thirty changes nothing is broken', () => {
  checkHistories(20);
});
