/** Payer and payee as processes, killed before and after every single effect. */

import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { preparedDirectories, runKill, type Prepared } from './kill-cases.ts';

let prepared: Prepared;
before(async () => {
  prepared = await preparedDirectories();
});
after(() => rmSync(prepared.directory, { recursive: true }));

for (const flow of ['offline', 'online'] as const) {
  for (const victim of ['maya', 'cafe'] as const) {
    test(`${flow}, ${victim} is killed before and after each effect`, async (t) => {
      let kills = 0;
      for (let at = 1; ; at++) {
        const cuts = [false, true].map((isAfter) => ({ flow, victim, at, after: isAfter }));
        const killed = await Promise.all(cuts.map((kill) => runKill(prepared, kill)));
        kills += killed.filter((was) => was).length;
        if (killed.includes(false)) break;
      }
      t.diagnostic(`${kills} kills`);
      assert.ok(kills >= 14, 'the flow has effects to be killed at');
    });
  }
}
