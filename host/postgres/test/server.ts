/**
 * A PostgreSQL server of our own, with a synchronous standby: started in a temporary folder, on free
 * ports, as a user without rights, and always stopped.
 */

import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chownSync,
  existsSync,
  globSync,
  mkdtempSync,
  rmSync,
  statfsSync,
} from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Client, type ClientConfig } from 'pg';

export interface Server {
  readonly connection: ClientConfig;
  readonly start: () => Promise<void>;
  /** Resolves when the process has ended. */
  readonly kill: (signal: NodeJS.Signals) => Promise<void>;
  readonly restart: () => Promise<void>;
  /** Makes a standby a primary. */
  readonly promote: () => Promise<void>;
  /** Rows of one statement, asked on a connection of its own. */
  readonly ask: (sql: string) => Promise<readonly (readonly unknown[])[]>;
}

export interface Lone {
  readonly primary: Server;
  readonly stop: () => Promise<void>;
}

export interface Cluster extends Lone {
  readonly standby: Server;
  /** Resolves when the standby follows, and commits wait for it. */
  readonly synchronous: () => Promise<void>;
}

const programs = globSync('/usr/lib/postgresql/*/bin/initdb').toSorted().map(dirname).at(-1);

/** Why there is no server here. */
export const noServer: string | undefined =
  programs === undefined ? 'PostgreSQL is not installed in /usr/lib/postgresql' : undefined;

/** PostgreSQL refuses to run as root; this is `nobody` on Debian. */
const nobody = { uid: 65_534, gid: 65_534 };
const env = { PATH: process.env['PATH'], LC_ALL: 'C' };
const identity = process.getuid?.() === 0 ? nobody : {};

/** A server without a standby. */
export async function startLone(): Promise<Lone> {
  return started(async (folder, running) => {
    const primary = await preparePrimary(folder, running);
    await primary.start();
    return { primary };
  });
}

/** A server and its synchronous standby. */
export async function startCluster(): Promise<Cluster> {
  return started(async (folder, running) => {
    const primary = await preparePrimary(folder, running);
    await primary.start();
    const standby = await prepareStandby(folder, running, primary);
    await standby.start();
    await primary.ask(`ALTER SYSTEM SET synchronous_standby_names = 'standby'`);
    await primary.ask('SELECT pg_reload_conf()');
    const synchronous = (): Promise<void> => followed(primary);
    await synchronous();
    return { primary, standby, synchronous };
  });
}

async function started<T>(
  prepare: (folder: string, running: Set<ChildProcess>) => Promise<T>,
): Promise<T & { readonly stop: () => Promise<void> }> {
  const folder = mkdtempSync(join(quickFolder(), 'dsm-postgres-'));
  giveAway(folder);
  const running = new Set<ChildProcess>();
  const endAll = (): void => {
    for (const child of running) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', endAll);
  const stop = async (): Promise<void> => {
    for (const child of running) {
      const ended = once(child, 'exit');
      child.kill('SIGQUIT');
      await ended;
    }
    process.off('exit', endAll);
    endAll();
  };
  try {
    return { ...(await prepare(folder, running)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Memory, if there is enough: a server that is killed loses nothing there, and its syncs are free. */
function quickFolder(): string {
  const memory = '/dev/shm';
  if (!existsSync(memory)) return tmpdir();
  const { bavail, bsize } = statfsSync(memory);
  return bavail * bsize < 2_147_483_648 ? tmpdir() : memory;
}

/** Lets the server, which may not be root, write in `folder`. */
export function giveAway(folder: string): void {
  if (identity === nobody) chownSync(folder, nobody.uid, nobody.gid);
}

async function preparePrimary(folder: string, running: Set<ChildProcess>): Promise<Server> {
  const data = join(folder, 'primary');
  run('initdb', ['-D', data, '-U', 'owner', '-A', 'trust', '-E', 'UTF8', '--no-sync']);
  appendFileSync(
    join(data, 'postgresql.conf'),
    `listen_addresses = '127.0.0.1'\nunix_socket_directories = ''\nshared_buffers = 32MB\n` +
      `wal_level = replica\nmax_wal_senders = 5\nwal_keep_size = 64MB\n` +
      `wal_retrieve_retry_interval = 100ms\n`,
  );
  return server(data, await freePort(), running);
}

async function prepareStandby(
  folder: string,
  running: Set<ChildProcess>,
  primary: Server,
): Promise<Server> {
  const data = join(folder, 'standby');
  const { host, port, user } = primary.connection;
  const from = `host=${host} port=${port} user=${user} application_name=standby`;
  run('pg_basebackup', ['-d', from, '-D', data, '-R', '-c', 'fast', '--no-sync']);
  return server(data, await freePort(), running);
}

function server(data: string, port: number, running: Set<ChildProcess>): Server {
  const connection = { host: '127.0.0.1', port, user: 'owner', database: 'postgres' };
  let child: ChildProcess | undefined;
  const ask = async (sql: string): Promise<readonly (readonly unknown[])[]> => {
    const client = new Client(connection);
    await client.connect();
    try {
      return (await client.query<unknown[]>({ text: sql, rowMode: 'array' })).rows;
    } finally {
      await client.end();
    }
  };
  const start = async (): Promise<void> => {
    // The server dies with this process, however that ends; a server dies whole with its first process.
    const server = [join(programs!, 'postgres'), '-D', data, '-p', String(port)];
    const begun = spawn('setpriv', ['--pdeathsig', 'SIGKILL', ...server], {
      ...identity,
      stdio: 'ignore',
      env,
    });
    child = begun;
    running.add(begun);
    begun.once('exit', () => running.delete(begun));
    await until(() => ask('SELECT 1').then(() => true, refusedYet));
  };
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    const ended = once(child!, 'exit');
    child!.kill(signal);
    await ended;
  };
  return {
    connection,
    ask,
    start,
    kill,
    restart: async () => {
      await kill('SIGINT');
      await start();
    },
    promote: async () => {
      await ask('SELECT pg_promote()');
      await until(async () => (await ask('SELECT pg_is_in_recovery()'))[0]![0] === false);
    },
  };
}

function followed(primary: Server): Promise<void> {
  return until(async () => {
    const rows = await primary.ask(`SELECT FROM pg_stat_replication WHERE sync_state = 'sync'`);
    return rows.length > 0;
  });
}

/** A server that starts refuses connections, or says that it is starting. */
function refusedYet(error: unknown): boolean {
  const code = String((error as { code?: unknown }).code);
  if (code === 'ECONNREFUSED' || code === '57P03') return false;
  throw error;
}

/** Asks again and again. A test that hangs here is ended by the limit of its run. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await wait(20);
}

function run(program: string, args: readonly string[]): void {
  execFileSync(join(programs!, program), args, {
    ...identity,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  listener.close();
  await once(listener, 'close');
  return port;
}
