/**
 * How modules of this repository are loaded while they are fuzzed: every value that stands at the
 * top of a module can be reached under another name, exported or not, and with `counting` there are
 * counters in their text. Edits that the process runs under are done before that.
 */

import { readFileSync } from 'node:fs';
import { registerHooks, stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { instrumented } from './instrument.ts';

export const root: string = join(import.meta.dirname, '..', '..');
const counters = new URL('coverage.ts', import.meta.url).href;
const mark = 'dsm$';

let mode: 'counting' | 'plain' | undefined;
let seed = 0;

/** To be called before the first module of the repository is loaded. */
export function installLoader(counting: boolean): void {
  if (mode !== undefined) throw new RangeError('the loader is installed already');
  mode = counting ? 'counting' : 'plain';
  registerHooks({
    load: (url, context, nextLoad) => {
      const loaded = nextLoad(url, context);
      if (!isSource(url)) return loaded;
      const text = textOf(loaded.source);
      const open = `${text}\n${exportsOf(text)}`;
      if (mode === 'plain') return { ...loaded, source: open };
      seed += 100_003;
      const source = instrumented(stripTypeScriptTypes(open), counters, seed);
      return { ...loaded, format: 'module', source };
    },
  });
}

/** Everything that is made at the top of a module, by its name in the source. */
export async function everythingIn(file: string): Promise<ReadonlyMap<string, unknown>> {
  if (mode === undefined) throw new RangeError('the loader is not installed');
  const url = pathToFileURL(join(root, file));
  const loaded = (await import(url.href)) as Record<string, unknown>;
  return new Map(topOf(readFileSync(url, 'utf8')).map((name) => [name, loaded[mark + name]]));
}

function isSource(url: string): boolean {
  if (!url.startsWith('file:')) return false;
  const path = fileURLToPath(url).slice(root.length).replaceAll('\\', '/');
  return /^\/(?:core|host|apps)\/[^/]+\/src\/.*\.ts$/.test(path);
}

function textOf(source: string | ArrayBuffer | NodeJS.TypedArray | null | undefined): string {
  if (typeof source === 'string') return source;
  return source === null || source === undefined
    ? ''
    : Buffer.from(source as Uint8Array).toString();
}

/** The names of every constant and function at the top of a text. */
export function topOf(text: string): readonly string[] {
  const found = [...text.matchAll(/^(?:export )?(?:const|(?:async )?function\*?) ([\w$]+)/gm)];
  return [...new Set(found.map(([, name]) => name!))];
}

/** The same, once more under names of ours. */
function exportsOf(text: string): string {
  return `export { ${topOf(text)
    .map((name) => `${name} as ${mark}${name}`)
    .join(', ')} };\n`;
}
