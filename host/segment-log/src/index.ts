/** @dsm/segment-log: a storage engine on append-only segments. */
export {};
