/** The quick run of all crash points finds nothing, and reaches every call site. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

test('the quick run of the crash points', () => {
  const { stdout, status } = spawnSync(process.execPath, ['sim/crash/main.ts', '--json'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 100_000_000,
  });
  assert.equal(status, 0, stdout);
  const result = JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as {
    readonly ok: boolean;
    readonly figures: Readonly<Record<string, number>>;
  };
  assert.ok(result.ok);
  assert.ok(result.figures['crash points']! >= 100_000);
});
