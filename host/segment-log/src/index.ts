/** @dsm/segment-log: a storage engine on append-only segments. */

export * from './segment-shelf.ts';
