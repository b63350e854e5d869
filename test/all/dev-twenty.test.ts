/**
 * The demonstration comes up every time: twenty starts on the same folder, some of them after the
 * parent was ended by SIGKILL in the middle of the story.
 */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';

const main = resolve('apps/cli/src/main.ts');
const starts = 20;

interface End {
  readonly code: number | null;
  readonly events: readonly string[];
  readonly stderr: string;
}

test(`${starts} starts in a row, killed now and then, all tell the whole story`, async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'dsm-dev-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  for (let start = 0; start < starts; start++) {
    // Every fourth start is killed at another of its events, and the next one must not mind.
    if (start % 4 === 3) await begin(home, start);
    const { code, events, stderr } = await begin(home);
    assert.equal(code, 0, `start ${start + 1}: ${stderr}`);
    for (const event of [
      'network',
      'funded',
      'paid-offline',
      'returned',
      'refused',
      'alarm',
      'bricked',
    ]) {
      assert.ok(events.includes(event), `start ${start + 1} lacks ${event}`);
    }
  }
  assert.equal(readdirSync(join(home, 'runs')).length, 1);
});

/** Runs the story; after `killAfter` events the parent is killed. */
function begin(home: string, killAfter = Infinity): Promise<End> {
  return new Promise((done, reject) => {
    const child = spawn(process.execPath, [main, 'dev', '--once', '--json', '--home', home], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const events: string[] = [];
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      events.push((JSON.parse(line) as { event: string }).event);
      if (events.length === killAfter) child.kill('SIGKILL');
    });
    child.once('error', reject);
    child.once('close', (code) => done({ code, events, stderr }));
  });
}
