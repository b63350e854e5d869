/** What two copies do together when one of them fails, with copies that fail on demand. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StoreError, type StoreErrorCode } from '@dsm/ports';
import { keyOf, utf8 } from '@dsm/primitive';
import { groupCommit } from '../src/group-commit.ts';
import { mirror, type Mirrored } from '../src/mirror.ts';
import type { Row, SqliteCopy } from '../src/sqlite-copy.ts';
import type { Summary } from '../src/store-summary.ts';

interface FakeCopy extends SqliteCopy {
  readonly rows: Map<string, Row>;
  readonly summaries: Summary[];
  /** How many transactions each sync has seen. */
  readonly syncs: number[];
  /** What the next calls of `apply` throw, one after the other. */
  readonly failures: (StoreErrorCode | undefined)[];
}

function fakeCopy(): FakeCopy {
  const rows = new Map<string, Row>();
  const summaries: Summary[] = [];
  const syncs: number[] = [];
  const failures: (StoreErrorCode | undefined)[] = [];
  return {
    path: 'fake',
    rows,
    summaries,
    syncs,
    failures,
    row: (key) => rows.get(keyOf(key)),
    checksum: (key) => rows.get(keyOf(key))?.checksum,
    range: () => [...rows.values()],
    apply: (changes, summary) => {
      const failure = failures.shift();
      if (failure !== undefined) throw new StoreError(failure, 'on demand');
      summaries.push(summary);
      for (const change of changes) {
        if (change.value === undefined) rows.delete(keyOf(change.key));
        else rows.set(keyOf(change.key), change);
      }
    },
    sync: async () => {
      syncs.push(summaries.length);
    },
    copyInto: () => {},
    close: () => {},
  };
}

const opened: Summary = {
  store: new Uint8Array(16),
  sequence: 0,
  rows: 0,
  digest: new Uint8Array(32),
};
const a = utf8('a');
const write = (text: string): { key: Uint8Array; value: Uint8Array } => ({
  key: a,
  value: utf8(text),
});

function pair(): { first: FakeCopy; second: FakeCopy; both: Mirrored; drops: () => number } {
  const first = fakeCopy();
  const second = fakeCopy();
  let drops = 0;
  const drop = (): void => {
    drops += 1;
  };
  const reserve = { exists: () => true, keep: () => true, drop };
  return { first, second, both: mirror(first, second, opened, reserve), drops: () => drops };
}

const code = (expected: StoreErrorCode): { name: string; code: string } => ({
  name: 'StoreError',
  code: expected,
});

test('a commit that only the first copy has room for is taken back, under a number of its own', () => {
  const { first, second, both, drops } = pair();
  both.write([write('old')]);
  second.failures.push('full');
  assert.throws(
    () => both.write([write('new'), { key: utf8('b'), value: utf8('b') }]),
    code('full'),
  );
  assert.deepEqual(both.get(a), utf8('old'));
  assert.deepEqual(first.rows, second.rows);
  assert.deepEqual(first.summaries.at(-1), { ...second.summaries.at(-1)!, sequence: 3 });
  assert.equal(drops(), 0);
  both.write([write('newer')]);
  assert.deepEqual(first.summaries.at(-1), second.summaries.at(-1));
  assert.equal(first.summaries.at(-1)!.sequence, 4);
});

test('the reserve is given up if there is no room for taking back', () => {
  const { first, second, both, drops } = pair();
  first.failures.push(undefined, 'full');
  second.failures.push('full');
  assert.throws(() => both.write([write('new')]), code('full'));
  assert.equal(drops(), 1);
  assert.equal(both.get(a), undefined);
});

test('a commit is acknowledged when both copies were synced after it', async () => {
  const { first, second, both } = pair();
  const commits = groupCommit(both);
  await commits.ask([write('1')]);
  assert.deepEqual([first.syncs, second.syncs], [[1], [1]]);
  await commits.ask([write('2')]);
  assert.deepEqual(
    [first.syncs, second.syncs],
    [
      [1, 2],
      [1, 2],
    ],
  );
});

test('nothing is written without a reserve', () => {
  const first = fakeCopy();
  const reserve = { exists: () => true, keep: () => false, drop: () => {} };
  const both = mirror(first, fakeCopy(), opened, reserve);
  assert.throws(() => both.write([write('new')]), code('full'));
  assert.deepEqual(first.summaries, []);
});

test('what cannot be taken back is lost: nobody can say whether it will be there', () => {
  const { first, second, both } = pair();
  first.failures.push(undefined, 'full', 'full');
  second.failures.push('full');
  assert.throws(() => both.write([write('new')]), code('lost'));
});

test('rot in one copy, met while reading, is made good from the other', () => {
  const { first, second, both } = pair();
  both.write([write('value')]);
  const rot = (copy: FakeCopy): void => {
    copy.rows.set('a', { ...copy.rows.get('a')!, value: utf8('volue') });
  };
  rot(first);
  assert.deepEqual(both.get(a), utf8('value'));
  assert.deepEqual(both.scan(new Uint8Array()), [[a, utf8('value')]]);
  rot(second);
  assert.throws(() => both.get(a), code('rotten'));
  assert.throws(() => both.scan(new Uint8Array()), code('rotten'));
});

test('rot in a checksum, met while writing, ends writing before anything is written', () => {
  const { first, second, both } = pair();
  both.write([write('value')]);
  second.rows.set('a', { ...second.rows.get('a')!, checksum: new Uint8Array(32) });
  assert.throws(() => both.write([write('other')]), code('rotten'));
  assert.equal(first.summaries.length, 1);
});

/** Two copies behind a queue, with a sync that can be held up and can fail. */
function queue(): {
  commits: ReturnType<typeof groupCommit>;
  written: (readonly string[])[];
  syncs: ((error?: Error) => void)[];
  fail: (error: Error) => void;
} {
  const written: (readonly string[])[] = [];
  const syncs: ((error?: Error) => void)[] = [];
  let failure: Error | undefined;
  const commits = groupCommit({
    get: () => undefined,
    scan: () => [],
    write: (changes) => {
      if (failure !== undefined) throw failure;
      written.push(changes.map(({ key, value }) => `${keyOf(key)}=${keyOf(value!)}`));
    },
    sync: () =>
      new Promise((resolve, reject) => {
        syncs.push((error) => (error === undefined ? resolve() : reject(error)));
      }),
    close: () => {},
  });
  const fail = (error: Error): void => {
    failure = error;
  };
  return { commits, written, syncs, fail };
}

const turn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

test('commits of one turn, and those that wait for the disk, share a transaction each', async () => {
  const { commits, written, syncs } = queue();
  const done: string[] = [];
  const ask = (text: string): Promise<void> =>
    commits.ask([write(text)]).then(() => void done.push(text));
  const first = [ask('1'), ask('2')];
  await turn();
  const second = [ask('3'), ask('4'), ask('5')];
  await turn();
  assert.deepEqual(written, [['a=2']]);
  assert.deepEqual(done, []);
  syncs[0]!();
  await Promise.all(first);
  while (syncs.length < 2) await turn();
  assert.deepEqual(done, ['1', '2']);
  assert.deepEqual(written, [['a=2'], ['a=5']]);
  syncs[1]!();
  await Promise.all(second);
  await commits.finished();
  assert.equal(syncs.length, 2);
});

test('what a reader made visible during a sync waits for the next one', async () => {
  const { commits, written, syncs } = queue();
  const first = commits.ask([write('1')]);
  await turn();
  let isDone = false;
  const second = commits.ask([write('2')]).then(() => {
    isDone = true;
  });
  commits.writeAsked();
  assert.equal(written.length, 2);
  syncs[0]!();
  await first;
  while (syncs.length < 2) await turn();
  assert.equal(isDone, false);
  syncs[1]!();
  await second;
});

test('after a failed sync nothing is acknowledged any more', async () => {
  const { commits, syncs } = queue();
  const first = commits.ask([write('1')]);
  await turn();
  const second = commits.ask([write('2')]);
  syncs[0]!(new StoreError('lost', 'on demand'));
  await assert.rejects(first, code('lost'));
  await assert.rejects(second, code('lost'));
  await assert.rejects(commits.ask([write('3')]), code('lost'));
  assert.throws(() => commits.writeAsked(), code('lost'));
  await commits.finished();
});

test('after a copy failed to write nothing is acknowledged any more', async () => {
  const { commits, fail } = queue();
  fail(new StoreError('rotten', 'on demand'));
  const asked = [commits.ask([write('1')]), commits.ask([write('2')])];
  for (const each of asked) await assert.rejects(each, code('rotten'));
  await assert.rejects(commits.ask([write('3')]), code('rotten'));
});

test('a refused commit is answered when its absence is durable, after those before it', async () => {
  const { commits, syncs, fail } = queue();
  const answers: string[] = [];
  const first = commits.ask([write('1')]).then(() => void answers.push('first'));
  commits.writeAsked();
  fail(new StoreError('full', 'on demand'));
  const second = commits.ask([write('2')]).catch(() => void answers.push('second'));
  await turn();
  assert.deepEqual(answers, []);
  syncs[0]!();
  await Promise.all([first, second]);
  assert.deepEqual(answers, ['first', 'second']);
});
