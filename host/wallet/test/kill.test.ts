/** Payer and payee as processes, killed at every effect: all of the payment or nothing, once. */

import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { preparedDirectories, runKill, type Kill, type Prepared } from './kill-cases.ts';

let prepared: Prepared;
before(async () => {
  prepared = await preparedDirectories();
});
after(() => rmSync(prepared.directory, { recursive: true }));

/** Processes of so many cases at one time. */
const width = 4;

/** The kth moment between two effects: before an odd one, after an odd one, in turn. */
function moment(k: number): Pick<Kill, 'at' | 'after'> {
  return { at: k - (k % 2 === 0 ? 1 : 0), after: k % 2 === 0 };
}

for (const flow of ['offline', 'online'] as const) {
  for (const victim of ['maya', 'cafe'] as const) {
    test(`${flow}, ${victim} is killed at any moment`, async (t) => {
      let kills = 0;
      for (let k = 1; ; k += width) {
        const batch = Array.from({ length: width }, (_, i) => moment(k + i));
        const killed = await Promise.all(
          batch.map((cut) => runKill(prepared, { flow, victim, ...cut })),
        );
        const all = killed.filter((was) => was).length;
        kills += all;
        if (all < width) break;
      }
      t.diagnostic(`${kills} kills`);
      assert.ok(kills >= 7, 'the flow has effects to be killed at');
    });
  }
}
