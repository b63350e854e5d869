/**
 * The call sites of input and output in the shipped code, found in its source and counted as they are
 * reached, so that a new one that no check reaches is noticed by a test and not forgotten.
 *
 * A site is: a call of a function that a file imports from `node:fs`, a method of a file handle or of
 * a disk, a statement of SQLite, a call of LMDB. What SQLite and LMDB do below them is seen where it meets
 * the system (shim.c).
 */

import { readdirSync, readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export interface Site {
  readonly file: string;
  readonly line: number;
  /** What is called there. */
  readonly callee: string;
  /** Where in the source it stands. */
  readonly at: number;
  readonly how: 'function' | 'method' | 'class';
}

/** The folders in which wallets and nodes keep what they acknowledge. */
export const logFolder = 'host/segment-log/src';
export const hostFolder = 'host/node/src';
export const lmdbFolder = 'host/lmdb/src';

const root = join(import.meta.dirname, '..', '..');

/** All sites of a file, in order. */
export function sitesIn(file: string, source: string): readonly Site[] {
  const code = withoutComments(source);
  const sites: Site[] = [];
  const add = (how: Site['how'], callee: string, at: number): void => {
    const line = code.slice(0, at).split('\n').length;
    sites.push({ file, line, callee, at, how });
  };
  for (const name of importedFunctions(code)) {
    for (const found of code.matchAll(new RegExp(`(?<![.\\w])${name}(?=\\()`, 'g'))) {
      add('function', name, found.index);
    }
  }
  for (const pattern of methodsIn(code)) {
    for (const found of code.matchAll(pattern)) add('method', found[1]!, found.index);
  }
  for (const found of code.matchAll(/(?<=new )DatabaseSync(?=\()/g)) {
    add('class', 'DatabaseSync', found.index);
  }
  return sites.toSorted((a, b) => a.at - b.at);
}

/** The names of functions that come from the file system. */
function importedFunctions(code: string): readonly string[] {
  const lists = code.matchAll(/import \{([^}]*)\} from 'node:fs(?:\/promises)?'/g);
  return [...lists]
    .flatMap(([, list]) => list!.split(','))
    .map((name) => name.trim().replace(/^.* as /, ''))
    .filter((name) => /^[a-z]\w*$/.test(name) && name !== 'constants');
}

const handleMethods =
  /(?<=\b(?:file|folder|disk)\s*)\.(list|open|rename|remove|syncFolder|size|stat|read|write|writev|datasync|sync|truncate|close)\b(?!:)/g;
const sqliteMethods = /(?<=[\w)])\.(run|exec|iterate|all|get)(?=\()/g;
const lmdbMethods =
  /(?<=\bdatabase)\.(get|getBinaryFast|getKeys|put|remove|transactionSync|close)(?=\()/g;

function methodsIn(code: string): readonly RegExp[] {
  const isSqlite = /'(?:node:sqlite|\.\/sqlite-file\.ts)'/.test(code);
  const isLmdb = code.includes("'lmdb'");
  return [handleMethods, ...(isSqlite ? [sqliteMethods] : []), ...(isLmdb ? [lmdbMethods] : [])];
}

/** The source with spaces in place of its comments, so that places stay. */
function withoutComments(source: string): string {
  return source.replace(/\/\*[^]*?\*\/|(?<=^|\s)\/\/.*$/gm, (comment) =>
    comment.replace(/[^\n]/g, ' '),
  );
}

/** The source in which each site tells that it is reached. */
export function counting(source: string, sites: readonly Site[], first: number): string {
  let made = '';
  let done = 0;
  for (const [n, { at, callee, how }] of sites.entries()) {
    const call = `globalThis.dsmReached(${first + n}, ${how === 'method' ? `'${callee}'` : callee})`;
    made += source.slice(done, at);
    made += how === 'method' ? `[${call}]` : how === 'class' ? `(${call})` : call;
    done = at + callee.length + (how === 'method' ? 1 : 0);
  }
  return made + source.slice(done);
}

export interface Reached {
  readonly sites: readonly Site[];
  /** How often each was reached, in the order of `sites`. */
  readonly counts: Uint32Array;
}

/** Every source of a folder that has a site, whoever adds it. */
export function filesWithSites(folders: readonly string[]): readonly string[] {
  return folders
    .flatMap((folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`))
    .filter((file) => sitesIn(file, readFileSync(join(root, file), 'utf8')).length > 0)
    .toSorted();
}

/** From now on the sites of these folders are counted, in files that are loaded after this call. */
export function countSites(folders: readonly string[]): Reached {
  const files = filesWithSites(folders);
  const byUrl = new Map<string, { readonly sites: readonly Site[]; readonly first: number }>();
  const all: Site[] = [];
  for (const file of files) {
    const sites = sitesIn(file, readFileSync(join(root, file), 'utf8'));
    byUrl.set(pathToFileURL(join(root, file)).href, { sites, first: all.length });
    all.push(...sites);
  }
  const counts = new Uint32Array(all.length);
  Object.assign(globalThis, {
    dsmReached: <T>(site: number, callee: T): T => {
      counts[site]! += 1;
      return callee;
    },
  });
  registerHooks({
    load: (url, context, nextLoad) => {
      const loaded = nextLoad(url, context);
      const known = byUrl.get(url);
      if (known === undefined) return loaded;
      const source = textOf(loaded.source);
      // Under edits the sites stand elsewhere.
      const sites = sitesIn(known.sites[0]?.file ?? '', source);
      const isSame = sites.length === known.sites.length;
      return isSame ? { ...loaded, source: counting(source, sites, known.first) } : loaded;
    },
  });
  return { sites: all, counts };
}

function textOf(source: unknown): string {
  return typeof source === 'string' ? source : new TextDecoder().decode(source as Uint8Array);
}

/** A site as people write it. */
export function siteName({ file, line, callee }: Site): string {
  return `${file}:${line} ${callee}`;
}
