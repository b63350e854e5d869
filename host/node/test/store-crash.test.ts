/** What was acknowledged survives `kill -9`, whole. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Store } from '@dsm/ports';
import { utf8 } from '@dsm/primitive';
import { fileStore } from '../src/store.ts';

const fixture = fileURLToPath(new URL('./fixtures/commit-loop.ts', import.meta.url));
const slots = 20;

/** Let a process commit, kill it after `count` acknowledgements, and give the last of them. */
async function killedAfter(directory: string, count: number, inFlight: number): Promise<number> {
  const child = spawn(process.execPath, [fixture, directory, String(inFlight)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (text: string) => {
    output += text;
    if (output.split('\n').length > count) child.kill('SIGKILL');
  });
  if (count === 0) child.kill('SIGKILL');
  const [, signal] = (await once(child, 'close')) as [number | null, string | null];
  assert.equal(signal, 'SIGKILL');
  // The last line may be cut short; whole ones end with a line feed.
  const acknowledged = output.split('\n').slice(0, -1).map(Number);
  return Math.max(0, ...acknowledged);
}

async function numberAt(store: Store, key: string): Promise<number> {
  const value = await store.get(utf8(key));
  return value === undefined ? 0 : Number.parseInt(new TextDecoder().decode(value), 10);
}

test('what was acknowledged before kill -9 is there, in order, each commit whole', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'dsm-crash-'));
  let known = 0;
  try {
    for (const [count, inFlight] of [
      [1, 1],
      [0, 1],
      [7, 1],
      [40, 4],
      [300, 16],
      [1, 64],
      [900, 64],
    ] as const) {
      const acknowledged = await killedAfter(directory, count, inFlight);
      const store = await fileStore(directory);
      const last = await numberAt(store, 'last');
      assert.ok(last >= acknowledged, `${acknowledged} was acknowledged, ${last} is there`);
      assert.ok(last >= known, `${known} was there before, ${last} is now`);
      for (let slot = 0; slot < slots; slot++) {
        // The largest number of this slot up to the last commit: no commit is missing or half there.
        const expected = Math.max(0, last - ((last - slot + slots) % slots));
        assert.equal(await numberAt(store, `left ${slot}`), expected);
        assert.equal(await numberAt(store, `right ${slot}`), expected);
      }
      known = last;
      await store.close();
    }
    assert.ok(known >= 900);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
