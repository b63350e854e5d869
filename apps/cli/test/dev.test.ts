/** The demonstration, told once, and once more on what the first left behind. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';

const main = resolve(import.meta.dirname, '../src/main.ts');

interface Told {
  readonly event: string;
  readonly wallet?: string;
  readonly exit?: number;
  readonly finality?: string;
  readonly sum?: string;
  readonly terms?: readonly string[];
  readonly gained?: string;
  readonly rest?: string;
  readonly returned?: string;
}

test('two starts tell the whole story from what has happened', (t) => {
  const home = mkdtempSync(join(tmpdir(), 'dsm-dev-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  for (const start of [1, 2]) {
    const args = [main, 'dev', '--once', '--json', '--home', home];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    assert.equal(status, 0, `start ${start}: ${stderr}`);
    const told = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Told);
    const all = (event: string): readonly Told[] => told.filter((one) => one.event === event);
    assert.equal(all('chapter').length, 8);
    assert.deepEqual(
      all('paid-offline').map(({ finality }) => finality),
      ['pair-final', ...Array<string>(3).fill('edge-final'), 'pair-final', 'pair-final'],
    );
    const terms = all('set-apart').flatMap((one) => one.terms ?? []);
    assert.ok(terms.some((line) => line.startsWith('You cannot take the rest back alone')));
    assert.deepEqual(
      [...all('left'), ...all('returned')].map(({ wallet, gained, rest, returned }) => [
        wallet,
        gained ?? returned,
        rest,
      ]),
      [
        ['Café', '600', '400'],
        ['Maya', '400', undefined],
      ],
    );
    assert.deepEqual(
      all('refused').map(({ exit }) => exit),
      [6, 6],
    );
    assert.deepEqual(
      all('bricked').map(({ wallet }) => wallet),
      ['Café', 'Bazaar'],
    );
    assert.deepEqual(
      all('sum').map(({ sum }) => sum),
      ['100000'],
    );
  }
});
