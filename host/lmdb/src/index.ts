/** @dsm/lmdb: a storage engine on LMDB. */
export {};
