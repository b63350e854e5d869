/** @dsm/postgres: a storage engine on PostgreSQL. */

export * from './postgres-engine.ts';
