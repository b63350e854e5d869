/**
 * A session with the server: one connection that writes and holds the lock, one that reads.
 *
 * The lock and the writes share a connection, so that whoever has lost the lock can write nothing:
 * the server gives it up when that connection, and the commit under way on it, have ended.
 */

import { StoreError } from '@dsm/ports';
import { Client, escapeIdentifier, type ClientConfig, type QueryConfig } from 'pg';
import { postgresError } from './postgres-error.ts';

export interface SessionOptions {
  readonly connection: ClientConfig;
  readonly schema: string;
  readonly requireStandby: boolean;
  /** Longest wait for the server, in milliseconds, if there is one. */
  readonly answerMsMax: number | undefined;
}

export type Rows = readonly (readonly unknown[])[];

export interface Session {
  /** Rejects with `StoreError`; after `lost` the session is over. */
  readonly write: (query: QueryConfig) => Promise<Rows>;
  readonly read: (query: QueryConfig) => Promise<Rows>;
  readonly end: () => Promise<void>;
}

const connectMsMax = 10_000;

/** Connects, and makes sure that the place is ours and promises what we promise. */
export async function openSession(
  options: SessionOptions,
  onLost: (error: StoreError) => void,
): Promise<Session> {
  const clients: Client[] = [];
  let over: StoreError | undefined;
  const end = async (): Promise<void> => {
    over ??= new StoreError('lost', 'the connection was closed');
    await Promise.all(clients.map((client) => client.end()));
  };
  const lose = (error: StoreError): void => {
    if (over !== undefined) return;
    over = error;
    // No farewell: a server that does not answer would not hear it either.
    for (const client of clients) client.connection.stream.destroy();
    onLost(error);
  };
  const connect = async (pipeline: boolean): Promise<Client> => {
    const client = new Client({
      connectionTimeoutMillis: connectMsMax,
      application_name: 'dsm',
      keepAlive: true,
      ...options.connection,
      pipeline,
    });
    client.on('error', (error) => lose(postgresError(error)));
    await client.connect();
    clients.push(client);
    return client;
  };
  try {
    const ask = asking(await connect(false), options.answerMsMax);
    await makeOurs(ask, options);
    const read = asking(await connect(true), options.answerMsMax);
    const watched = async (asked: Promise<Rows>): Promise<Rows> => {
      try {
        return await asked;
      } catch (error) {
        const translated = over ?? postgresError(error);
        if (translated.code === 'lost') lose(translated);
        throw translated;
      }
    };
    return {
      write: (query) => watched(ask(query)),
      read: (query) => watched(read(query)),
      end,
    };
  } catch (error) {
    await end();
    throw postgresError(error);
  }
}

type Ask = (query: QueryConfig | string) => Promise<Rows>;

/** Asks `client`. A warning is a failure, and so is an answer that does not come in time. */
function asking(client: Client, answerMsMax: number | undefined): Ask {
  let warning: string | undefined;
  client.on('notice', ({ severity, message }) => {
    // A commit whose wait for the standby was cut short is acknowledged with a warning.
    if (severity === 'WARNING') warning = message;
  });
  return async (query) => {
    const config = typeof query === 'string' ? { text: query } : query;
    const asked = client.query<unknown[]>({ ...config, rowMode: 'array' });
    const { rows } = await inTime(asked, answerMsMax);
    if (warning !== undefined) throw new StoreError('lost', `PostgreSQL: ${warning}`);
    return rows;
  };
}

/** The caller ends the connection of what comes too late: nobody hears of it any more. */
async function inTime<T>(asked: Promise<T>, msMax: number | undefined): Promise<T> {
  if (msMax === undefined) return asked;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const sentence = `PostgreSQL did not answer within ${msMax} ms`;
    timer = setTimeout(() => reject(new StoreError('lost', sentence)), msMax);
  });
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function makeOurs(ask: Ask, { schema, requireStandby }: SessionOptions): Promise<void> {
  const lock = { text: 'SELECT pg_try_advisory_lock(hashtextextended($1, 0))' };
  const [locked] = await ask({ ...lock, values: [`dsm engine ${schema}`] });
  if (locked?.[0] !== true) {
    const sentence = `another process uses schema ${schema}, or an earlier commit still waits there`;
    throw new StoreError('busy', sentence);
  }
  await checkPromises(ask, requireStandby);
  // The tables are small where plans are made and large where they are used.
  await ask(`
    SET synchronous_commit = on;
    SET enable_seqscan = off;
    SET enable_hashjoin = off;
    SET enable_mergejoin = off;
  `);
  await prepareTables(ask, schema);
}

/** What the server must promise, so that an acknowledged commit is durable. */
async function checkPromises(ask: Ask, requireStandby: boolean): Promise<void> {
  const [settings] = await ask(`
    SELECT pg_is_in_recovery(), current_setting('fsync'), current_setting('full_page_writes'),
      current_setting('synchronous_standby_names') <> '' AND EXISTS (
        SELECT FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum')
      )
  `);
  const [inRecovery, fsync, fullPages, hasStandby] = settings!;
  const refuse = (sentence: string): never => {
    throw new StoreError('read-only', `PostgreSQL: ${sentence}`);
  };
  if (inRecovery === true) refuse('this server is a standby; the primary takes commits');
  if (fsync !== 'on' || fullPages !== 'on') {
    refuse('fsync and full_page_writes are not both on: it would lose what it acknowledges');
  }
  if (requireStandby && hasStandby !== true) {
    refuse('no synchronous standby is connected, or this user may not see it (pg_read_all_stats)');
  }
}

const format = 1;

/** Ends with a commit of its own: what an earlier session left behind is where that is. */
async function prepareTables(ask: Ask, schema: string): Promise<void> {
  const name = escapeIdentifier(schema);
  const [found] = await ask({
    text: `SELECT count(*)::int FROM information_schema.tables
      WHERE table_schema = $1 AND table_name IN ('records', 'totals', 'summary')`,
    values: [schema],
  });
  const tables = Number(found?.[0]);
  if (tables === 0) {
    await ask(`
      BEGIN;
      CREATE SCHEMA IF NOT EXISTS ${name};
      CREATE TABLE ${name}.records (
        shelf smallint NOT NULL, key bytea NOT NULL, checksum bytea NOT NULL, value bytea NOT NULL,
        PRIMARY KEY (shelf, key)
      );
      ALTER TABLE ${name}.records ALTER COLUMN value SET STORAGE EXTERNAL;
      CREATE TABLE ${name}.totals (
        shelf smallint PRIMARY KEY, records bigint NOT NULL, bytes bigint NOT NULL
      );
      INSERT INTO ${name}.totals SELECT shelf, 0, 0 FROM generate_series(0, 7) AS shelf;
      CREATE TABLE ${name}.summary (
        one boolean PRIMARY KEY CHECK (one), format integer NOT NULL, opened bigint NOT NULL
      );
      INSERT INTO ${name}.summary VALUES (true, ${format}, 0);
      COMMIT;
    `);
  } else if (tables < 3) throw new StoreError('rotten', `a table of schema ${schema} is gone`);
  const [opened] = await ask(`UPDATE ${name}.summary SET opened = opened + 1 RETURNING format`);
  if (opened === undefined) throw new StoreError('rotten', `schema ${schema} has no summary`);
  if (Number(opened[0]) > format) {
    throw new StoreError('version', `schema ${schema} was written by a newer version`);
  }
}
