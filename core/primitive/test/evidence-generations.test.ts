/** Evidence across changes of keys: each statement counts under the key that was in force at it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Card } from '../src/card.ts';
import { evidence, evidenceId } from '../src/evidence.ts';
import { actor, cardOf, named, type Actor } from './fixture.ts';
import { branchOf, cheat, entries, said, type Of } from './forking.ts';

/** The cheat with another working key, and the card that gives it that key after step `since`. */
function renewedTo(name: string, generation: number, since: number): { by: Actor; card: Card } {
  const by = { ...cheat, working: actor(name).working };
  const body = {
    generation,
    since,
    previous: named('the step before'),
    workingKey: by.working.publicKey,
  };
  return { by, card: cardOf(cheat, body) };
}

const renewed = renewedTo('cheat, renewed', 1, 5);
const renewedTwice = renewedTo('cheat, renewed twice', 2, 8);
/** One run signed before a change of keys, the other after it, or after two. */
const across: Of<'entries'> = {
  ...entries,
  later: [renewed.card],
  second: branchOf(renewed.by, ['to the other'], { seq: 9, previous: named('step 8') }),
};
const acrossTwo: Of<'entries'> = {
  ...across,
  later: [renewed.card, renewedTwice.card],
  second: branchOf(renewedTwice.by, ['to the other'], { seq: 9, previous: named('step 8') }),
};

test('two histories convict across changes of keys, each under the key of its time', () => {
  for (const claim of [across, acrossTwo]) {
    assert.equal(said(claim), 'convicted');
    const read = evidence.decode(evidence.encode(claim));
    assert.ok(read.ok && said(read.value) === 'convicted');
    assert.deepEqual(evidenceId(claim), evidenceId({ ...claim, later: [] }));
  }
});

test('a key that was stolen and replaced convicts its owner of nothing that comes after', () => {
  // Whoever stole the first key goes on with it: those who have the later card know better.
  const early = renewedTo('cheat, renewed', 1, 3);
  assert.equal(entries.first.signed.step.seq, 5);
  for (const claim of [
    { ...across, later: [early.card] },
    { ...across, later: [renewedTwice.card] },
    { ...acrossTwo, later: [renewedTwice.card, renewed.card] },
    { ...across, second: branchOf(renewed.by, ['to the other'], { seq: 5 }) },
    { ...entries, card: renewed.card, first: branchOf(renewed.by, ['x'], { seq: 5 }) },
  ]) {
    assert.equal(said(claim), 'card');
  }
  assert.equal(said({ ...across, second: entries.second }), 'signature');
});
