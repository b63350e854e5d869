/**
 * Servers of others, started for one bench: in a temporary folder, on free ports of this machine,
 * children of this process that the kernel ends when it ends.
 *
 * They come from the packages of a Linux distribution; which of them are missing is said, and the
 * bench goes on without them.
 */

import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, globSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Servers {
  readonly folder: string;
  /** Starts a server that stays. */
  readonly start: (program: string, ...args: readonly string[]) => number;
  /** Runs a program to its end; what it says comes back. */
  readonly run: (program: string, ...args: readonly string[]) => string;
  /** Ends all of them and removes the folder. */
  readonly stop: () => Promise<void>;
}

export interface ServersOptions {
  /** Some servers refuse to run as root: those run as nobody then. */
  readonly neverRoot?: boolean;
}

const nobody = 65_534;

export function servers(name: string, { neverRoot = false }: ServersOptions = {}): Servers {
  const folder = mkdtempSync(join(tmpdir(), `dsm-${name}-`));
  const drops = neverRoot && process.getuid?.() === 0;
  if (drops) chownSync(folder, nobody, nobody);
  const user = drops ? [`--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'] : [];
  const environment = { ...process.env, HOME: folder, LC_ALL: 'C.UTF-8' };
  const children: ChildProcess[] = [];
  return {
    folder,
    start: (program, ...args) => {
      const child = spawn('setpriv', [...user, '--pdeathsig', 'KILL', program, ...args], {
        cwd: folder,
        env: environment,
        stdio: 'ignore',
      });
      children.push(child);
      return child.pid ?? 0;
    },
    run: (program, ...args) =>
      execFileSync('setpriv', [...user, '--pdeathsig', 'KILL', program, ...args], {
        cwd: folder,
        env: environment,
        stdio: ['ignore', 'pipe', 'pipe'],
        encoding: 'utf8',
      }),
    stop: async () => {
      await Promise.all(children.map(ended));
      rmSync(folder, { recursive: true, maxRetries: 20, retryDelay: 100 });
    },
  };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** Where the program is: on the path, or where distributions put servers. */
export function programAt(name: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(':').filter((folder) => folder !== '');
  const servers = ['/usr/sbin', ...globSync('/usr/lib/postgresql/*/bin').toSorted().toReversed()];
  return [...folders, ...servers]
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
}

/** Ports that nobody has now, all held at once so that they differ. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const listeners = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(listeners.map((listener) => once(listener, 'listening')));
  const ports = listeners.map((listener) => (listener.address() as AddressInfo).port);
  await Promise.all(listeners.map((listener) => once(listener.close(), 'close')));
  return ports;
}

/** Tries until it goes, for as long as servers take to find each other. */
export async function whenReady<T>(work: () => Promise<T>, withinMs = 30_000): Promise<T> {
  const end = performance.now() + withinMs;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
