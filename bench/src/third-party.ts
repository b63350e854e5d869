/** What the benches compare with: installed from lockfiles of their own, never a dependency. */

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** The folders, below `bench`: most are in the first, Helia is large and alone. */
export type PeerFolder = 'third-party' | 'third-party/helia';

const bench = new URL('../', import.meta.url);
const require = createRequire(new URL('third-party/package.json', bench));

/** True if the others' packages are there, or came now. */
export function installPeers(name: PeerFolder, say: (sentence: string) => void): boolean {
  const folder = new URL(`${name}/`, bench);
  if (allThere(folder)) return true;
  say(`Installing what the benches compare with: npm ci in bench/${name}.`);
  const own = process.env['npm_execpath'];
  const [program, first] = own === undefined ? ['npm', []] : [process.execPath, [own]];
  const args = [...first, 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const shell = process.platform === 'win32' && own === undefined;
  const stdio = ['ignore', 'ignore', 'inherit'] as const;
  const ended = spawnSync(program, args, { cwd: fileURLToPath(folder), stdio: [...stdio], shell });
  return ended.status === 0;
}

/** True if every package of the lockfile is there in its version: a new peer is fetched once. */
function allThere(folder: URL): boolean {
  const { packages } = manifest<Lockfile>(folder, 'package-lock.json')!;
  return Object.entries(packages)
    .filter(([path, { optional = false }]) => path !== '' && !optional)
    .every(([path, { version }]) => {
      const found = manifest<Versioned>(folder, `${path}/package.json`);
      return found?.version === version;
    });
}

interface Versioned {
  readonly version: string;
}

interface Lockfile {
  readonly packages: Readonly<Record<string, Versioned & { readonly optional?: boolean }>>;
}

function manifest<T>(folder: URL, path: string): T | undefined {
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
