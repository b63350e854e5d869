/** What the benches compare with: installed from a lockfile of its own, never a dependency. */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
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

/** True if exactly what the lockfile names is installed, so that a new peer is fetched once. */
function allThere(): boolean {
  const wanted = versions('package-lock.json');
  const present = versions('node_modules/.package-lock.json');
  return [...wanted].every(([name, version]) => present.get(name) === version);
}

function versions(lockfile: string): ReadonlyMap<string, string> {
  try {
    const { packages } = JSON.parse(readFileSync(new URL(lockfile, folder), 'utf8')) as Lockfile;
    const inside = Object.entries(packages).filter(([name]) => name !== '');
    return new Map(inside.map(([name, { version }]) => [name, version]));
  } catch {
    return new Map();
  }
}

interface Lockfile {
  readonly packages: Readonly<Record<string, { readonly version: string }>>;
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
