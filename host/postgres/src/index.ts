/** @dsm/postgres: a storage engine on PostgreSQL. */
export {};
