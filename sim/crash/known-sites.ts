/**
 * The call sites of input and output that the crash points know, in the order of their files. A test compares
 * this with the source, so a new one is noticed; `npm run crash` then tells whether it is reached.
 */

export const knownSites: Readonly<Record<string, string>> = {
  'host/lmdb/src/lmdb-engine.ts':
    'existsSync rm transactionSync put close rm rename access openFile read close close get getBinaryFast transactionSync close remove put put getKeys getBinaryFast',
  'host/lmdb/src/lmdb-error.ts': 'statfsSync',
  'host/node/src/disk.ts':
    'mkdir readdir open rename rm stat datasync truncate close read writevSync writev',
  'host/node/src/folder.ts': 'open sync close',
  'host/node/src/keystore-file.ts':
    'open read close link unlink rename unlink open sync unlink close',
  'host/node/src/mirror-open.ts': 'rm closeSync openSync rename open sync close',
  'host/node/src/process-lock.ts': 'mkdir access existsSync access DatabaseSync exec',
  'host/node/src/reserve.ts':
    'existsSync existsSync statSync writeFileSync existsSync truncateSync truncateSync',
  'host/node/src/sqlite-copy.ts':
    'exec run existsSync accessSync get get iterate get get all all run run run run run run exec',
  'host/node/src/sqlite-engine.ts':
    'mkdir access existsSync access exec run exec rename all get get get all run run run run run exec',
  'host/node/src/sqlite-file.ts':
    'openSync closeSync fstatSync writeSync fdatasync DatabaseSync exec exec',
  'host/node/src/tidemark.ts':
    'openSync existsSync writeSync fsyncSync closeSync existsSync openSync closeSync writeSync fsyncSync closeSync readSync',
  'host/segment-log/src/check.ts':
    'list open size open write sync close open truncate write sync close',
  'host/segment-log/src/checkpoint.ts':
    'open truncate write sync close rename syncFolder open read close',
  'host/segment-log/src/cold-source.ts': 'open read read close',
  'host/segment-log/src/cold.ts': 'open size read close open read size close remove remove remove',
  'host/segment-log/src/group.ts': 'sync',
  'host/segment-log/src/head.ts': 'open sync write truncate truncate',
  'host/segment-log/src/opening.ts':
    'list open read size close open read size write read size truncate sync syncFolder open size list remove',
  'host/segment-log/src/segment.ts': 'read close',
  'host/segment-log/src/watched-disk.ts': 'open close close',
};
