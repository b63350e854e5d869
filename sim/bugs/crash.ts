/** Mistakes in what wallets and nodes keep on disks, each found by a short run of the crash points. */

import type { SeededBug } from './bug.ts';

const log = ['sim/crash/main.ts', 'log', '--tiny'];
const logFiles = ['sim/crash/main.ts', 'log-files', '--tiny'];
const wallet = ['sim/crash/main.ts', 'wallet', '--tiny'];
const sqlite = ['sim/crash/main.ts', 'sqlite', '--tiny'];
const rot = ['sim/crash/main.ts', 'rot', '--tiny'];

const neither = 'neither the old nor the new state';

export const bugs: readonly SeededBug[] = [
  {
    name: 'log-commit-not-synced',
    why: 'a group is acknowledged before it is durable',
    edits: [
      {
        file: 'host/segment-log/src/group.ts',
        from: 'await file.sync();',
        to: '',
      },
    ],
    by: log,
    finding: neither,
  },
  {
    name: 'log-folder-not-synced',
    why: 'a file that was put in place is not there after a power cut',
    edits: [
      {
        file: 'host/segment-log/src/checkpoint.ts',
        from: 'await disk.syncFolder();',
        to: '',
      },
    ],
    by: log,
    finding: 'a power cut makes the log refuse',
  },
  {
    name: 'log-renamed-before-synced',
    why: 'a name stands for a file whose bytes are not there yet',
    edits: [
      {
        file: 'host/segment-log/src/checkpoint.ts',
        from: 'await file.sync();',
        to: '',
      },
    ],
    by: log,
    finding: 'a power cut makes the log refuse',
  },
  {
    name: 'log-torn-tail-accepted',
    why: 'a record whose value is torn counts',
    edits: [
      {
        file: 'host/segment-log/src/record.ts',
        from: 'return checksum === u32At(bytes, at + checkedBytes + 4);',
        to: 'return checksum >= 0;',
      },
    ],
    by: log,
    finding: neither,
  },
  {
    name: 'log-index-ahead-of-data',
    why: 'the index shows a group before it is written, also one for which there is no room',
    edits: [
      {
        file: 'host/segment-log/src/group.ts',
        from: '  const isSmall = length < smallGroupBytes;',
        to: '  show(log, needed, segment.end);\n  const isSmall = length < smallGroupBytes;',
      },
      {
        file: 'host/segment-log/src/group.ts',
        from: 'await file.sync();\n  show(log, needed, segment.end);',
        to: 'await file.sync();',
      },
    ],
    by: log,
    finding: 'after a failing call',
  },
  {
    name: 'log-moves-counted',
    why: 'compaction counts what it moves as new',
    edits: [
      {
        file: 'host/segment-log/src/group.ts',
        from: 'if (movedFrom !== undefined || record[0] === recordKinds.drop) continue;',
        to: 'if (record[0] === recordKinds.drop) continue;\n    if (movedFrom !== undefined) totals[shelf]!.records += 1;',
      },
    ],
    by: log,
    finding: 'totals say',
  },
  {
    name: 'disk-sync-does-nothing',
    why: 'what the log believes to be synced is not',
    edits: [
      {
        file: 'host/node/src/disk.ts',
        from: 'sync: () => translated(() => file.datasync()),',
        to: 'sync: () => translated(() => Promise.resolve()),',
      },
    ],
    by: logFiles,
    finding: 'after a power cut it is refused',
  },
  {
    name: 'log-lock-not-taken',
    why: 'a second process opens the log beside the first',
    edits: [
      {
        file: 'host/node/src/process-lock.ts',
        from: 'PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE',
        to: 'PRAGMA journal_mode = MEMORY',
      },
    ],
    by: rot,
    finding: 'a second process',
  },
  {
    name: 'wallet-commit-not-synced',
    why: 'a commit is acknowledged before either copy is durable',
    edits: [
      {
        file: 'host/node/src/group-commit.ts',
        from: 'if (batch.length > 0) await mirrored.sync();',
        to: '',
      },
    ],
    by: wallet,
    finding: neither,
  },
  {
    name: 'wallet-not-taken-back',
    why: 'a commit that the second copy has no room for stays in the first',
    edits: [
      {
        file: 'host/node/src/mirror.ts',
        from: 'if (isFull(error)) orLost(() => takeBack(rows));',
        to: '',
      },
    ],
    by: wallet,
    finding: 'after a failing call',
  },
  {
    name: 'wallet-falls-back',
    why: 'an intact but older copy takes the place of a damaged newer one',
    edits: [
      {
        file: 'host/node/src/mirror-rule.ts',
        from: 'known.sequence > intact.sequence',
        to: 'known.sequence < 0',
      },
    ],
    by: rot,
    finding: 'the newer copy rotten, the older one intact: not refused',
  },
  {
    name: 'wallet-checksum-not-compared',
    why: 'a row is served as it stands',
    edits: [
      {
        file: 'host/node/src/sqlite-copy.ts',
        from: 'return equal(rowChecksum(row.key, row.value), row.checksum);',
        to: 'return row.checksum.length > 0;',
      },
    ],
    by: rot,
    finding: 'another state is served',
  },
  {
    name: 'wallet-missing-copies-are-a-new-store',
    why: 'a wallet that lost both copies begins anew, and would sign again what it has signed',
    edits: [
      {
        file: 'host/node/src/mirror-open.ts',
        from: 'judge(findings[0], findings[1], reserve.exists())',
        to: 'judge(findings[0], findings[1], false)',
      },
    ],
    by: rot,
    finding: 'both copies rotten: not refused',
  },
  {
    name: 'made-in-the-log-alone',
    why: 'a new database is put in place although what is in it could not be moved out of its log',
    edits: [
      {
        file: 'host/node/src/sqlite-file.ts',
        from: "database.exec('PRAGMA wal_checkpoint(TRUNCATE)');",
        to: '',
      },
    ],
    by: sqlite,
    finding: 'its tables are gone',
  },
  {
    name: 'tidemark-after-its-engine',
    why: 'the name of an engine is durable before that of its tidemark, without which it is refused',
    edits: [
      {
        file: 'host/lmdb/src/lmdb-engine.ts',
        from: '  // There before the engine is: an engine without one is refused.\n  await syncFolder(directory);',
        to: '',
      },
    ],
    by: ['sim/crash/main.ts', 'lmdb'],
    finding: 'the tidemark of what was acknowledged is gone',
  },
  {
    name: 'sqlite-commit-not-synced',
    why: 'a node acknowledges what is not durable',
    edits: [
      {
        file: 'host/node/src/sqlite-engine.ts',
        from: 'await log.sync();',
        to: '',
      },
    ],
    by: sqlite,
    finding: neither,
  },
  {
    name: 'sqlite-checksum-not-compared',
    why: 'a node serves bytes that nobody gave it',
    edits: [
      {
        file: 'host/node/src/sqlite-engine.ts',
        from: 'if (!isRecord(shelf, key, value!, checksum!)) {',
        to: 'if (!isRecord(shelf, key, value!, checksum!) && value!.length < 0) {',
      },
    ],
    by: rot,
    finding: 'serves another state',
  },
  {
    name: 'sqlite-older-state-taken',
    why: 'a node goes on from a file that was put back, and votes twice',
    edits: [
      {
        file: 'host/node/src/tidemark.ts',
        from: 'if (known === undefined || known > sequence) {',
        to: 'if (known === undefined) {',
      },
    ],
    by: rot,
    finding: 'an older state put back: not refused',
  },
];
