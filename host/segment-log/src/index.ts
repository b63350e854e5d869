/** @dsm/segment-log: a storage engine on append-only segments. */

export * from './segment-log.ts';
export * from './segment-shelf.ts';
export * from './open-segment-log.ts';
export * from './check.ts';
