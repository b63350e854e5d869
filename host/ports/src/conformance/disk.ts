/**
 * What every disk must do while the power is on. What is left after a power cut is tested beside the
 * adapter that can suffer one.
 */

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { concat } from '@dsm/primitive';
import type { Disk, DiskFile } from '../disk.ts';
import { StoreError } from '../store.ts';

/** A disk without files. */
export interface DiskUnderTest {
  readonly disk: Disk;
  /** A disk that can be filled and freed, if the adapter has one. */
  readonly room?: { readonly fill: () => void; readonly free: () => void };
  readonly dispose?: () => Promise<void> | void;
}

/** `skip` gives the reason why the adapter cannot be tested here. */
export function diskConformance(
  name: string,
  open: () => Promise<DiskUnderTest>,
  options: { readonly skip?: string } = {},
): void {
  const rule: Rule = (sentence, body) => {
    test(sentence, { skip: options.skip ?? false }, async (context) => {
      const subject = await open();
      try {
        await body(subject.disk, subject, (reason) => context.skip(reason));
      } finally {
        await subject.dispose?.();
      }
    });
  };
  suite(`disk: ${name}`, () => {
    contentRules(rule);
    nameRules(rule);
    roomRule(rule);
  });
}

type Rule = (
  sentence: string,
  body: (disk: Disk, subject: DiskUnderTest, skip: (reason: string) => void) => Promise<void>,
) => void;

function contentRules(rule: Rule): void {
  rule('parts are written one behind the other, and read from anywhere', async (disk) => {
    await withFile(disk, 'file', async (file) => {
      await file.write(0, [bytes(1, 2), bytes(), bytes(3)]);
      assert.deepEqual(await file.read(0, 10), bytes(1, 2, 3));
      assert.deepEqual(await file.read(1, 1), bytes(2));
      await file.write(1, [bytes(7)]);
      await file.write(3, [bytes(8, 9)]);
      assert.deepEqual(await file.read(0, 5), bytes(1, 7, 3, 8, 9));
      assert.equal(await file.size(), 5);
      await file.sync();
    });
  });

  rule('where a file ends, fewer bytes are read', async (disk) => {
    await withFile(disk, 'file', async (file) => {
      assert.deepEqual(await file.read(0, 4), bytes());
      await file.write(0, [bytes(1, 2, 3)]);
      assert.deepEqual(await file.read(2, 4), bytes(3));
      assert.deepEqual(await file.read(3, 4), bytes());
      assert.deepEqual(await file.read(9, 4), bytes());
    });
  });

  rule('what a file gains by growing is zero', async (disk) => {
    await withFile(disk, 'file', async (file) => {
      await file.write(0, [bytes(1, 2, 3)]);
      await file.truncate(1);
      assert.deepEqual(await file.read(0, 4), bytes(1));
      await file.truncate(3);
      assert.deepEqual(await file.read(0, 4), bytes(1, 0, 0));
      await file.write(5, [bytes(6)]);
      assert.deepEqual(await file.read(0, 9), bytes(1, 0, 0, 0, 0, 6));
    });
  });

  for (const [name, largeBytes] of [
    ['small and large', 50_000],
    ['all of them small', 20],
  ] as const) {
    rule(`many parts, ${name}, come back whole`, async (disk) => {
      const parts = Array.from({ length: 3_000 }, (_, n) =>
        new Uint8Array(n % 100 === 0 ? largeBytes : 10).fill(n),
      );
      await withFile(disk, 'file', async (file) => {
        await file.write(7, parts);
        const whole = concat(...parts);
        assert.equal(await file.size(), 7 + whole.length);
        assert.ok(Buffer.compare(await file.read(7, whole.length), whole) === 0);
      });
    });
  }

  rule('bytes given to a file and got from it are not shared', async (disk) => {
    await withFile(disk, 'file', async (file) => {
      const given = bytes(1, 2);
      await file.write(0, [given]);
      given[0] = 9;
      const got = await file.read(0, 2);
      got[1] = 9;
      assert.deepEqual(await file.read(0, 2), bytes(1, 2));
    });
  });

  rule('two who have a file open see the same', async (disk) => {
    await withFile(disk, 'file', async (one) => {
      await withFile(disk, 'file', async (other) => {
        await one.write(0, [bytes(5)]);
        assert.deepEqual(await other.read(0, 1), bytes(5));
      });
    });
  });
}

function nameRules(rule: Rule): void {
  rule('a file is made once, and listed', async (disk) => {
    assert.deepEqual(await disk.list(), []);
    await withFile(disk, 'one', (file) => file.write(0, [bytes(1)]));
    await withFile(disk, 'two', (file) => file.sync());
    await disk.syncFolder();
    assert.deepEqual([...(await disk.list())].toSorted(), ['one', 'two']);
    const again = await disk.open('one', 'existing');
    assert.deepEqual(await again.read(0, 2), bytes(1));
    await again.close();
    await withFile(disk, 'one', async (file) => assert.equal(await file.size(), 1));
  });

  rule('what is not there cannot be opened, renamed or removed', async (disk) => {
    const failures = [
      disk.open('none', 'existing'),
      disk.rename('none', 'other'),
      disk.remove('none'),
    ];
    for (const failure of failures) {
      await assert.rejects(
        failure,
        (error) => error instanceof StoreError && error.code === 'lost',
      );
    }
    assert.deepEqual(await disk.list(), []);
  });

  rule('a renamed file takes the place of another, and who has it open keeps it', async (disk) => {
    await withFile(disk, 'old', (file) => file.write(0, [bytes(1)]));
    await withFile(disk, 'new', async (file) => {
      await file.write(0, [bytes(2)]);
      await disk.rename('new', 'old');
      await file.write(1, [bytes(3)]);
    });
    await disk.syncFolder();
    assert.deepEqual(await disk.list(), ['old']);
    await withFile(disk, 'old', async (file) => {
      assert.deepEqual(await file.read(0, 4), bytes(2, 3));
    });
  });

  rule('a removed file is gone', async (disk) => {
    await withFile(disk, 'file', (file) => file.write(0, [bytes(1)]));
    await disk.remove('file');
    assert.deepEqual(await disk.list(), []);
    await withFile(disk, 'file', async (file) => assert.equal(await file.size(), 0));
  });
}

function roomRule(rule: Rule): void {
  rule('a disk without room says so, and takes more later', async (disk, subject, skip) => {
    const { room } = subject;
    if (room === undefined) {
      skip('this adapter has no disk that can be filled here');
      return;
    }
    await withFile(disk, 'file', async (file) => {
      await file.write(0, [new Uint8Array(10)]);
      await file.sync();
      room.fill();
      const large = new Uint8Array(200_000);
      await assert.rejects(
        file.write(10, [large]),
        (error) => error instanceof StoreError && error.code === 'full',
      );
      await file.truncate(10);
      room.free();
      await file.write(10, [large]);
      await file.sync();
      assert.equal(await file.size(), 200_010);
    });
  });
}

async function withFile(
  disk: Disk,
  name: string,
  body: (file: DiskFile) => Promise<void>,
): Promise<void> {
  const file = await disk.open(name, 'create');
  try {
    await body(file);
  } finally {
    await file.close();
  }
}

function bytes(...values: readonly number[]): Uint8Array {
  return Uint8Array.from(values);
}
