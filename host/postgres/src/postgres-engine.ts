/**
 * The engine on PostgreSQL, in a schema of its own.
 *
 *     records   shelf, key, checksum, value     totals   shelf, records, bytes
 *
 * Each group of commits is one statement: the server takes it whole or not at all, and answers when
 * it is durable, on the synchronous standby too if it has one. docs/decisions/0012-engines.md
 */

import { groupedEngine, isRecord, type Records } from '@dsm/node';
import {
  shelvesMax,
  StoreError,
  type Engine,
  type EngineEntry,
  type ShelfTotals,
} from '@dsm/ports';
import { escapeIdentifier, type ClientConfig, type QueryConfig } from 'pg';
import { packed } from './packed-writes.ts';
import { openSession, type Rows, type Session, type SessionOptions } from './session.ts';

export interface PostgresEngineOptions {
  /** Where the tables are. One engine has one schema. */
  readonly schema?: string;
  /** Refuse to start, and to go on after a failure, unless a synchronous standby is connected. */
  readonly requireStandby?: boolean;
  /** Longest wait for the server, in milliseconds; then a commit is `lost`. Without it, for ever. */
  readonly answerMsMax?: number;
}

/** The engine that `connection` leads to. Rejects with `StoreError`. */
export async function postgresEngine(
  connection: ClientConfig | string,
  options: PostgresEngineOptions = {},
): Promise<Engine> {
  const { schema = 'dsm', requireStandby = false, answerMsMax } = options;
  return groupedEngine(
    await openRecords({
      connection: typeof connection === 'string' ? { connectionString: connection } : connection,
      schema,
      requireStandby,
      answerMsMax,
    }),
  );
}

async function openRecords(options: SessionOptions): Promise<Records> {
  const queries = queriesOn(options.schema);
  const onLost = { tell: (_error: Error): void => {} };
  let session = await openSession(options, (error) => onLost.tell(error));
  let totals = await totalsIn(session, queries.totals);
  const reads = new Set<Promise<Rows>>();
  const read = (query: QueryConfig): Promise<Rows> => {
    const asked = session.read(query);
    reads.add(asked);
    const done = (): void => {
      reads.delete(asked);
    };
    asked.then(done, done);
    return asked;
  };
  return {
    get: async (shelf, key) => {
      const [row] = await read({ ...queries.get, values: [shelf, key] });
      if (row === undefined) return undefined;
      const [checksum, value] = row.map(bytesOf);
      if (isRecord(shelf, key, value!, checksum!)) return value;
      throw new StoreError('rotten', 'PostgreSQL: a record does not match its checksum');
    },
    sizeOf: async (shelf, key) => {
      const [row] = await read({ ...queries.sizeOf, values: [shelf, key] });
      return row === undefined ? undefined : Number(row[0]);
    },
    page: async (shelf, from, to, count) =>
      (await read({ ...queries.page, values: [shelf, from, to, count] })).map(entryOf),
    totals: (shelf) => totals[shelf]!,
    write: async (writes) => {
      // A read that was asked for before this commit must not see it.
      await Promise.allSettled(reads);
      const changed = await session.write({ ...queries.write, values: packed(writes) });
      totals = withChanged(totals, changed);
    },
    onFailure: (tell) => {
      onLost.tell = tell;
    },
    recover: async () => {
      await session.end();
      session = await openSession(options, (error) => onLost.tell(error));
      totals = await totalsIn(session, queries.totals);
    },
    close: () => session.end(),
  };
}

interface Queries {
  readonly get: QueryConfig;
  readonly sizeOf: QueryConfig;
  readonly page: QueryConfig;
  readonly totals: QueryConfig;
  readonly write: QueryConfig;
}

function queriesOn(schema: string): Queries {
  const name = escapeIdentifier(schema);
  const prepared = (query: string, text: string): QueryConfig => ({ name: query, text });
  return {
    get: prepared(
      'get',
      `SELECT checksum, value FROM ${name}.records WHERE shelf = $1 AND key = $2`,
    ),
    sizeOf: prepared(
      'size',
      `SELECT octet_length(value) FROM ${name}.records WHERE shelf = $1 AND key = $2`,
    ),
    page: prepared(
      'page',
      `SELECT key, octet_length(value) FROM ${name}.records
       WHERE shelf = $1 AND key >= $2 AND key <= $3 ORDER BY key LIMIT $4`,
    ),
    totals: prepared('totals', `SELECT shelf, records, bytes FROM ${name}.totals`),
    write: prepared('write', writeStatement(name)),
  };
}

/**
 * All parts see the table as it was before the statement, so `before` holds the old sizes. The bytes
 * of all writes come in one piece (packed-writes.ts); a size of -1 removes.
 */
function writeStatement(name: string): string {
  return `
    WITH asked AS MATERIALIZED (
      SELECT shelf, size, substring($1::bytea FROM at FOR 32) AS key,
        substring($1::bytea FROM at + 32 FOR 16) AS checksum, at + 48 AS value_at
      FROM unnest($2::smallint[], $3::integer[], $4::integer[]) AS asked (shelf, at, size)
    ), before AS (
      SELECT shelf, octet_length(records.value) AS size
      FROM asked JOIN ${name}.records USING (shelf, key)
    ), removed AS (
      DELETE FROM ${name}.records USING asked
      WHERE records.shelf = asked.shelf AND records.key = asked.key AND asked.size < 0
    ), put AS (
      INSERT INTO ${name}.records (shelf, key, checksum, value)
      SELECT shelf, key, checksum, substring($1::bytea FROM value_at FOR size)
      FROM asked WHERE size >= 0
      ON CONFLICT (shelf, key) DO UPDATE SET checksum = excluded.checksum, value = excluded.value
    ), change AS (
      SELECT shelf, sum(records) AS records, sum(bytes) AS bytes FROM (
        SELECT shelf, 1 AS records, size AS bytes FROM asked WHERE size >= 0
        UNION ALL SELECT shelf, -1, -size FROM before
      ) AS each GROUP BY shelf
    )
    UPDATE ${name}.totals
    SET records = totals.records + change.records, bytes = totals.bytes + change.bytes
    FROM change WHERE totals.shelf = change.shelf
    RETURNING totals.shelf, totals.records, totals.bytes
  `;
}

type AllTotals = readonly ShelfTotals[];

async function totalsIn(session: Session, query: QueryConfig): Promise<AllTotals> {
  const rows = await session.read(query);
  if (rows.length === shelvesMax) return withChanged([], rows);
  await session.end();
  throw new StoreError('rotten', 'PostgreSQL: the totals of a shelf are gone');
}

function withChanged(totals: AllTotals, rows: Rows): AllTotals {
  const changed = [...totals];
  for (const [shelf, records, bytes] of rows) {
    changed[Number(shelf)] = { records: Number(records), bytes: Number(bytes) };
  }
  return changed;
}

function entryOf([key, size]: readonly unknown[]): EngineEntry {
  return { key: bytesOf(key), size: Number(size) };
}

/** Plain bytes: what the driver gives is a Buffer, part of a larger piece. */
function bytesOf(column: unknown): Uint8Array {
  return column instanceof Uint8Array ? Uint8Array.from(column) : new Uint8Array(0);
}
