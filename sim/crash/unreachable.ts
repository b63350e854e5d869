/** Call sites that no crash point reaches, each with the reason. What is not here must be reached. */

export interface Unreachable {
  /** How its name begins: the file, and perhaps what is called there. */
  readonly site: string;
  readonly why: string;
}

export const unreachable: readonly Unreachable[] = [
  {
    site: 'host/node/src/keystore-file.ts',
    why: 'the file of keys is written before there is anything to lose, or moved over the old one at once; host/node/test/keystore.test.ts, bound-keystore.test.ts',
  },
  {
    site: 'host/lmdb/src/lmdb-error.ts statfsSync',
    why: 'it is asked only when a call inside of LMDB fails',
  },
  {
    site: 'host/node/src/sqlite-copy.ts exec',
    why: 'one of them takes a transaction back that SQLite has not ended by itself, which none of its failing calls leaves',
  },
  {
    site: 'host/node/src/sqlite-engine.ts exec',
    why: 'the same',
  },
];
