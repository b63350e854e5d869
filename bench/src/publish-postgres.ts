/** PostgreSQL with one synchronous standby, by `pg` with a pool of 16 connections. */

import { appendFileSync } from 'node:fs';
import type { Publisher, Started } from './publishers.ts';
import { freePorts, programAt, servers, whenReady, type Servers } from './servers.ts';
import { requirePeer } from './third-party.ts';

interface Postgres {
  readonly Pool: new (options: {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly database: string;
    readonly max: number;
  }) => Pool;
}

interface Pool {
  readonly query: (statement: string | Prepared) => Promise<{ readonly rows: readonly object[] }>;
  readonly end: () => Promise<void>;
}

interface Prepared {
  readonly name: string;
  readonly text: string;
  readonly values: readonly Uint8Array[];
}

const user = 'dsm';
const connections = 16;

export async function startPostgres(): Promise<Started> {
  const postgres = programAt('postgres');
  const library = requirePeer('pg') as Postgres | undefined;
  if (postgres === undefined) return 'PostgreSQL is not installed (Debian: postgresql)';
  if (library === undefined) return 'pg is not installed in bench/third-party';
  const group = servers('postgres', { neverRoot: true });
  try {
    const [primary, standby] = await freePorts(2);
    const pids = await startPair(group, postgres, primary!, standby!);
    const pool = new library.Pool({
      host: '127.0.0.1',
      port: primary!,
      user,
      database: 'postgres',
      max: connections,
    });
    await whenReady(() => synchronous(pool));
    await pool.query('create table objects (address bytea primary key, bytes bytea not null)');
    // Random bytes do not compress, so nobody tries.
    await pool.query('alter table objects alter bytes set storage external');
    return publisher(pool, pids, group);
  } catch (error) {
    await group.stop();
    throw error;
  }
}

async function startPair(
  group: Servers,
  postgres: string,
  primary: number,
  standby: number,
): Promise<readonly number[]> {
  const [one, two] = [`${group.folder}/primary`, `${group.folder}/standby`];
  const initdb = programAt('initdb')!;
  group.run(initdb, '-D', one, '-U', user, '-A', 'trust', '-E', 'UTF8', '--no-sync');
  settings(one, primary, group.folder, [
    'wal_level = replica',
    'max_wal_senders = 5',
    'shared_buffers = 128MB',
    "synchronous_standby_names = 'standby'",
    'synchronous_commit = on',
  ]);
  const first = group.start(postgres, '-D', one);
  const source = `host=127.0.0.1 port=${primary} user=${user}`;
  const backup = ['-D', two, '-d', source, '-R', '-c', 'fast', '--no-sync'];
  await whenReady(async () => group.run(programAt('pg_basebackup')!, ...backup));
  settings(two, standby, group.folder, [`primary_conninfo = '${source} application_name=standby'`]);
  return [first, group.start(postgres, '-D', two)];
}

/** Later lines of the file win. */
function settings(folder: string, port: number, sockets: string, lines: readonly string[]): void {
  const own = [
    `port = ${port}`,
    "listen_addresses = '127.0.0.1'",
    `unix_socket_directories = '${sockets}'`,
    ...lines,
  ];
  appendFileSync(`${folder}/postgresql.conf`, `\n${own.join('\n')}\n`);
  // What pg_basebackup has written about the primary would win over the above.
  appendFileSync(`${folder}/postgresql.auto.conf`, `\n${lines.join('\n')}\n`);
}

async function synchronous(pool: Pool): Promise<void> {
  const { rows } = await pool.query(
    "select 1 from pg_stat_replication where sync_state = 'sync' and state = 'streaming'",
  );
  if (rows.length === 0) throw new Error('the standby of PostgreSQL is not there yet');
}

function publisher(pool: Pool, pids: readonly number[], group: Servers): Publisher {
  return {
    name: `PostgreSQL with a synchronous standby, ${connections} connections`,
    promise: 'in the log of both, synced (fdatasync)',
    publish: async (name, bytes) => {
      const text = 'insert into objects values ($1, $2) on conflict do nothing';
      await pool.query({ name: 'publish', text, values: [name, bytes] });
    },
    pids,
    stop: async () => {
      await pool.end();
      await group.stop();
    },
  };
}
