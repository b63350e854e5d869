/** Kept traces of the second models, replayed on the core; and that the replay can fail. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { installIdeal } from '../ideal.ts';
import { bounds } from '../explore/bounds.ts';
import { search } from '../explore/engine.ts';
import { packed, setOf, textOf, unpacked, type Fields, type Trace } from '../formal/itf.ts';
import { replay, type Replayer } from '../formal/replay.ts';
import { relationshipReplayer } from '../formal/replay-relationship.ts';
import { slotReplayer } from '../formal/replay-slot.ts';
import { stepReplayer } from '../formal/replay-step.ts';

installIdeal();
const folder = join(import.meta.dirname, '..', 'formal', 'traces');

function keptOf(model: string, count: number): readonly Trace[] {
  return unpacked(readFileSync(join(folder, `${model}.jsonl.gz`))).slice(0, count);
}

/** What any thirty traces meet; some answers are rarer. */
function actionsOf({ must }: Replayer): readonly string[] {
  return must.filter((name) => !name.startsWith('answer'));
}

/** The trace with one field of its last state changed. */
function bent(trace: Trace, change: (after: Fields) => Fields): Trace {
  const last = trace.acts.at(-1)!;
  return { ...trace, acts: [...trace.acts.slice(0, -1), { ...last, after: change(last.after) }] };
}

for (const replayer of [relationshipReplayer(), stepReplayer(), slotReplayer()]) {
  const { model } = replayer;
  suite(model, () => {
    test('the core does what the model says, action by action', () => {
      const { differences, met } = replay(replayer, keptOf(model, 30));
      assert.deepEqual(differences, []);
      for (const name of actionsOf(replayer)) assert.ok(met[name] !== undefined, name);
    });

    test('a trace that says something else is a difference, at its place', () => {
      const [trace] = keptOf(model, 1);
      const field = Object.keys(trace!.start).at(-1)!;
      const wrong = bent(trace!, (after) => ({ ...after, [field]: 'something else' }));
      const { differences } = replay(replayer, [wrong]);
      assert.equal(differences.length, 1);
      assert.equal(differences[0]!.at, trace!.acts.length);
      assert.equal(differences[0]!.where, field);
    });
  });
}

test('what is packed is unpacked', () => {
  const states = [
    { a: 1, of: setOf([3, 1, 1]), deep: { x: [1], y: '' } },
    { a: 1, of: setOf([1, { z: 2 }]), deep: { x: [1, 2], y: '' } },
  ] as const;
  const trace: Trace = {
    start: states[0],
    acts: [{ name: 'moved', picks: { at: 'a' }, after: states[1] }],
  };
  assert.equal(
    textOf(unpacked(packed([trace])) as unknown as Fields),
    textOf([trace] as unknown as Fields),
  );
});

const counts = { 'common-slot': 78_608, 'common-trade': 21_081 } as const;

for (const [bound, states] of Object.entries(counts)) {
  test(`the core has as many states of ${bound} as Spin stores`, () => {
    const found = search(bounds[bound]!.open(), { store: 'exact' });
    assert.equal(found.violation, undefined);
    assert.equal(found.distinct, states);
  });
}
