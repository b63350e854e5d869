/** Damage to either copy, in every file: mended from the other, or refused; never an older state. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { StoreError } from '@dsm/ports';
import { concat, utf8 } from '@dsm/primitive';
import { rowChecksum } from '../src/store-summary.ts';
import { fileStore } from '../src/store.ts';

const fixture = fileURLToPath(new URL('./fixtures/commit-loop.ts', import.meta.url));
const whole = mkdtempSync(join(tmpdir(), 'dsm-rot-'));
/** Three states of one store: closed early, closed later, and killed with its logs still there. */
const early = join(whole, 'early');
const closed = join(whole, 'closed');
const killed = join(whole, 'killed');
const place = join(whole, 'place');

type Rows = readonly (readonly [Uint8Array, Uint8Array])[];

async function contents(directory: string, onMended?: (sentence: string) => void): Promise<Rows> {
  const store = await fileStore(directory, onMended === undefined ? {} : { onMended });
  const rows = await store.scan(new Uint8Array());
  await store.close();
  return rows;
}

/** Commits that a process made before it was killed, with nothing under way. */
async function commitSome(directory: string, count: number): Promise<void> {
  const child = spawn(process.execPath, [fixture, directory, '4', String(count)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
  assert.equal(signal, 'SIGKILL');
}

/** Rows that no later commit touches: the logs of later commits have only some of the pages. */
async function commitStill(directory: string, count: number): Promise<void> {
  const store = await fileStore(directory);
  for (let n = 0; n < count; n++) {
    await store.commit([{ key: utf8(`still ${n}`), value: new Uint8Array(700).fill(n) }]);
  }
  await store.close();
}

/** The directory as it was, in a place of its own, with one thing done to it. */
function spoiled(state: string, ...faults: readonly (() => void)[]): string {
  rmSync(place, { recursive: true, force: true });
  cpSync(state, place, { recursive: true });
  for (const fault of faults) fault();
  return place;
}

const at = (file: string): string => join(place, file);
const remove = (file: string) => (): void => rmSync(at(file));
const cut = (file: string, part: number) => (): void =>
  truncateSync(at(file), Math.floor(statSync(at(file)).size * part));
const overwrite = (file: string, byte: number) => (): void =>
  writeFileSync(at(file), new Uint8Array(statSync(at(file)).size).fill(byte));
const flip = (file: string, offset: number) => (): void => {
  const bytes = readFileSync(at(file));
  bytes[offset % bytes.length]! ^= 1 << (offset % 8);
  writeFileSync(at(file), bytes);
};
const fromEarly = (file: string) => (): void => cpSync(join(early, file), at(file));

async function rejectsRotten(directory: string): Promise<void> {
  await assert.rejects(contents(directory), (error: unknown) => {
    assert.ok(error instanceof StoreError, String(error));
    assert.equal(error.code, 'rotten');
    return true;
  });
}

let expected: { readonly closed: Rows; readonly killed: Rows };

before(async () => {
  await commitSome(early, 60);
  await commitStill(early, 300);
  cpSync(early, closed, { recursive: true });
  await commitSome(closed, 120);
  cpSync(closed, killed, { recursive: true });
  await contents(closed);
  // Killed once more, so that both logs hold commits that the databases lack.
  const probe = spoiled(killed);
  expected = { closed: await contents(closed), killed: await contents(probe) };
  for (const file of ['wallet.db-wal', 'mirror.db-wal']) assert.ok(existsSync(join(killed, file)));
});
after(() => rmSync(whole, { recursive: true, force: true }));

async function survives(
  state: 'closed' | 'killed',
  fault: () => void,
  what: string,
): Promise<string[]> {
  const mended: string[] = [];
  const directory = spoiled(join(whole, state), fault);
  const rows = await contents(directory, (sentence) => mended.push(sentence));
  assert.deepEqual(rows, expected[state], what);
  await contents(directory, () => assert.fail(`${what}: not mended the first time`));
  return mended;
}

/** Change one byte of one value, which SQLite by itself does not notice. */
function overwriteRow(file: string): void {
  const bytes = readFileSync(at(file));
  const [key, value] = expected.closed.at(-1)!;
  const cell = concat(key, rowChecksum(key, value));
  let changed = 0;
  for (let from = bytes.indexOf(cell); from >= 0; from = bytes.indexOf(cell, from + 1)) {
    bytes[from + cell.length]! ^= 1;
    changed += 1;
  }
  assert.ok(changed > 0);
  writeFileSync(at(file), bytes);
}

suite('one fault', () => {
  for (const [state, files] of [
    ['closed', ['wallet.db', 'mirror.db']],
    ['killed', ['wallet.db', 'mirror.db', 'wallet.db-wal', 'mirror.db-wal']],
  ] as const) {
    for (const file of files) {
      test(`${state}, ${file} lost, cut or overwritten: mended, nothing missing`, async () => {
        for (const [what, fault] of [
          ['removed', remove(file)],
          ['emptied', cut(file, 0)],
          ['cut in half', cut(file, 0.5)],
          ['cut short', cut(file, 0.999)],
          ['zeros', overwrite(file, 0)],
          ['noise', overwrite(file, 0xa5)],
        ] as const) {
          const mended = await survives(state, fault, `${file} ${what}`);
          // Cut at its end, a log may lose room only; and a log may hold what a database lost.
          const isSure = state === 'closed' || (file.endsWith('-wal') && what !== 'cut short');
          if (isSure) assert.equal(mended.length, 1, `${file} ${what}`);
        }
      });

      test(`${state}, any one bit of ${file} changed: nothing missing`, async () => {
        const { size } = statSync(join(whole, state, file));
        let mended = 0;
        for (let n = 0; n < 30; n++) {
          const offset = n < 12 ? n * 9 : Math.floor((size * (n - 12)) / 18) + n * 7;
          mended += (await survives(state, flip(file, offset), `${file} bit ${offset}`)).length;
        }
        // A log may hold what was changed in the database; then nothing is wrong there.
        const isRead = state === 'closed' || file.endsWith('-wal');
        assert.ok(!isRead || mended > 0, 'no change was noticed at all');
      });
    }
  }
});

suite('which copy', () => {
  test('a copy that was rolled back is brought forward', async () => {
    for (const file of ['wallet.db', 'mirror.db']) {
      const mended = await survives('closed', fromEarly(file), `${file} rolled back`);
      assert.match(mended.join(), new RegExp(`${file} was behind`));
    }
  });

  test('two faults are refused, and nothing older is served', async () => {
    const walletRow = (): void => overwriteRow('wallet.db');
    const mirrorRow = (): void => overwriteRow('mirror.db');
    await rejectsRotten(spoiled(closed, walletRow, mirrorRow));
    await rejectsRotten(spoiled(closed, walletRow, remove('mirror.db')));
    await rejectsRotten(spoiled(closed, cut('wallet.db', 0.5), overwrite('mirror.db', 0)));
    // The damaged copy shows that there was more than the intact but older one knows.
    await rejectsRotten(spoiled(closed, walletRow, fromEarly('mirror.db')));
    await rejectsRotten(spoiled(closed, fromEarly('wallet.db'), mirrorRow));
  });

  test('a store whose copies are gone is not taken for a new one', async () => {
    await rejectsRotten(spoiled(closed, remove('wallet.db'), remove('mirror.db')));
  });

  test('a row that is an older one, intact by itself, is noticed', async () => {
    const [key, value] = expected.closed.find(([of]) => new TextDecoder().decode(of) === 'last')!;
    const older = utf8('1');
    assert.notDeepEqual(value, older);
    for (const file of ['wallet.db', 'mirror.db']) {
      const rollBackRow = (): void => {
        const database = new DatabaseSync(at(file));
        const change = database.prepare('UPDATE rows SET value = ?, checksum = ? WHERE key = ?');
        assert.equal(change.run(older, rowChecksum(key, older), key).changes, 1);
        database.close();
      };
      assert.equal((await survives('closed', rollBackRow, `${file}, one row`)).length, 1);
    }
  });

  test('a copy of another store is refused', async () => {
    const other = join(whole, 'other');
    const store = await fileStore(other);
    await store.commit([{ key: utf8('other'), value: utf8('store') }]);
    await store.close();
    await rejectsRotten(spoiled(closed, () => cpSync(join(other, 'mirror.db'), at('mirror.db'))));
  });

  test('two copies that say different things under one number are refused', async () => {
    const branches = ['a', 'b'].map((name) => join(whole, name));
    for (const [n, directory] of branches.entries()) {
      cpSync(closed, directory, { recursive: true });
      const store = await fileStore(directory);
      await store.commit([{ key: utf8('branch'), value: utf8(String(n)) }]);
      await store.close();
    }
    renameSync(join(branches[0]!, 'mirror.db'), join(branches[1]!, 'mirror.db'));
    await rejectsRotten(branches[1]!);
  });
});
