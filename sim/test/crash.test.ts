/** Crash points: the images are those that a power cut can leave, the sites are all, and a lost sync is found. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { installNative } from '@dsm/node';
import { crashPoints, endOf, type ImageOptions } from '../crash/images.ts';
import { knownSites } from '../crash/known-sites.ts';
import { live } from '../crash/log-life.ts';
import { logFaults } from '../crash/log-faults.ts';
import { judgeLife, logPoints } from '../crash/log-points.ts';
import {
  counting,
  filesWithSites,
  hostFolder,
  lmdbFolder,
  logFolder,
  sitesIn,
} from '../crash/sites.ts';
import { tally } from '../crash/tally.ts';
import type { Image, TraceEvent } from '../crash/trace.ts';
import { unreachable } from '../crash/unreachable.ts';

installNative();

const options: ImageOptions = { everyByteUpTo: 900, stride: 1, subsetsUpTo: 4 };
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const textOf = (image: Image): string =>
  [...image]
    .map(([name, contents]) => `${name}:${Buffer.from(contents).toString().replaceAll('\0', '_')}`)
    .toSorted()
    .join(' ');

function textsOf(events: readonly TraceEvent[], at = events.length - 1): ReadonlySet<string> {
  const points = [...crashPoints(new Map(), new Map(), events, options)];
  return new Set(points.filter((point) => point.at === at).map(({ image }) => textOf(image)));
}

suite('images', () => {
  const made: readonly TraceEvent[] = [{ op: 'create', name: 'a', file: 1 }, { op: 'syncFolder' }];

  test('a write that no sync has covered may be there, or not, or torn at each byte', () => {
    const write: TraceEvent = { op: 'write', file: 1, offset: 0, bytes: bytes('xyz') };
    assert.deepEqual(
      textsOf([...made, write]),
      new Set(['a:', 'a:x', 'a:xy', 'a:xyz', 'a:x__', 'a:xy_', 'a:_yz', 'a:__z']),
    );
  });

  test('what a sync covered stays, and a sync that failed covers nothing, later ones neither', () => {
    const write: TraceEvent = { op: 'write', file: 1, offset: 0, bytes: bytes('x') };
    assert.deepEqual(textsOf([...made, write, { op: 'sync', file: 1 }]), new Set(['a:x']));
    const failed: readonly TraceEvent[] = [
      ...made,
      write,
      { op: 'syncFailed', file: 1 },
      { op: 'sync', file: 1 },
    ];
    assert.equal(textOf(endOf(new Map(), new Map(), failed).sure), 'a:');
    assert.equal(textOf(endOf(new Map(), new Map(), failed).all), 'a:x');
  });

  test('names are durable once the folder is synced, each change by itself before', () => {
    const renamed: readonly TraceEvent[] = [
      ...made,
      { op: 'create', name: 'b', file: 2 },
      { op: 'rename', from: 'a', to: 'c' },
    ];
    assert.deepEqual(textsOf(renamed), new Set(['a:', 'a: b:', 'c:', 'b: c:']));
    assert.deepEqual(textsOf([...renamed, { op: 'syncFolder' }]), new Set(['b: c:']));
  });
});

suite('call sites', () => {
  test('the source has no other call sites than the crash points know', () => {
    const found = filesWithSites([hostFolder, logFolder, lmdbFolder]).map((file) => [
      file,
      sitesIn(file, readFileSync(file, 'utf8'))
        .map(({ callee }) => callee)
        .join(' '),
    ]);
    assert.deepEqual(Object.fromEntries(found), knownSites, 'then run `npm run crash`');
  });

  test('an excuse is about a site that there is', () => {
    const names = Object.entries(knownSites).map(([file, callees]) => `${file} ${callees}`);
    for (const { site } of unreachable) {
      const [file = '', callee = ''] = site.split(' ');
      const known = names.find((name) => name.startsWith(`${file} `));
      assert.ok(known !== undefined && ` ${known} `.includes(` ${callee}`), site);
    }
  });

  test('counting a site changes nothing else', () => {
    const source = [
      "import { openSync, rmSync as gone } from 'node:fs';",
      '// openSync( is no site here',
      'const a = openSync(path); gone(path);',
      'await file.sync(); keep(file.close);',
    ].join('\n');
    const sites = sitesIn('x.ts', source);
    assert.deepEqual(
      sites.map(({ line, callee }) => `${line} ${callee}`),
      ['3 openSync', '3 gone', '4 sync', '4 close'],
    );
    const counted = counting(source, sites, 5);
    assert.match(counted, /a = globalThis\.dsmReached\(5, openSync\)\(path\);/);
    assert.match(counted, /await file\[globalThis\.dsmReached\(7, 'sync'\)\]\(\);/);
  });
});

suite('the segment log', () => {
  const quiet = (): void => {};

  test('no crash point and no failing call of a few', async () => {
    const count = tally(quiet);
    const few = {
      ...options,
      stride: 600,
      subsetsUpTo: 1,
      seeds: 1,
      commits: 12,
      writtenAgain: 40,
    };
    await logPoints(few, count);
    await logFaults({ seeds: 1, stride: 700 }, count);
    assert.deepEqual(count.findings(), []);
    assert.ok(count.points() > 300, `${count.points()}`);
  });

  test('a sync that does nothing is found', async () => {
    const life = { seed: 'lost sync', image: new Map(), hasShelf: false, commits: 6 };
    const lived = await live(life);
    const events = lived.events.filter(({ op }) => op !== 'sync');
    const count = tally(quiet);
    const few = {
      ...options,
      stride: 211,
      subsetsUpTo: 1,
      seeds: 1,
      commits: 12,
      writtenAgain: 99,
    };
    await judgeLife(life, { ...lived, events }, [], few, count);
    assert.match(count.findings().join('\n'), /a power cut makes the log refuse/);
  });
});
