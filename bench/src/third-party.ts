/** What the benches compare with: installed from a lockfile of its own, never a dependency. */

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const folder = new URL('../third-party/', import.meta.url);
const require = createRequire(new URL('package.json', folder));

/** True if the others' packages are there, or came now. */
export function installPeers(say: (sentence: string) => void): boolean {
  if (allThere()) return true;
  say('Installing what the benches compare with: npm ci in bench/third-party.');
  const own = process.env['npm_execpath'];
  const [program, first] = own === undefined ? ['npm', []] : [process.execPath, [own]];
  const args = [...first, 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const shell = process.platform === 'win32' && own === undefined;
  const stdio = ['ignore', 'ignore', 'inherit'] as const;
  const ended = spawnSync(program, args, { cwd: fileURLToPath(folder), stdio: [...stdio], shell });
  return ended.status === 0;
}

/** True if every package of the lockfile is there in its version: a new peer is fetched once. */
function allThere(): boolean {
  const { packages } = manifest<Lockfile>('package-lock.json')!;
  return Object.entries(packages)
    .filter(([path]) => path !== '')
    .every(
      ([path, { version }]) => manifest<Versioned>(`${path}/package.json`)?.version === version,
    );
}

interface Versioned {
  readonly version: string;
}

interface Lockfile {
  readonly packages: Readonly<Record<string, Versioned>>;
}

function manifest<T>(path: string): T | undefined {
  const url = new URL(path, folder);
  return existsSync(url) ? (JSON.parse(readFileSync(url, 'utf8')) as T) : undefined;
}

/** A package of theirs, or undefined if it is not installed or does not run here. */
export function requirePeer(name: string): object | undefined {
  try {
    return require(name) as object;
  } catch {
    return undefined;
  }
}

/** Where a package of theirs is, or undefined if it is not installed. */
export function resolvePeer(name: string): string | undefined {
  try {
    return require.resolve(name);
  } catch {
    return undefined;
  }
}
