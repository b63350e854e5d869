/** @dsm/lmdb: a storage engine on LMDB. */

export * from './lmdb-engine.ts';
