/**
 * Mutants of StrykerJS: its instrumenter writes every mutant of a file into one text, each behind a
 * switch. Its runner is not used: a world of ours takes milliseconds, a process of its own a second.
 *
 * The instrumenter is no dependency of this repository: `npm ci` installs it into its own folder,
 * from a lock file, when mutants are made for the first time.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './tests.ts';

export interface Mutant {
  readonly file: string;
  /** The name by which it is switched on, unique within one call. */
  readonly id: string;
  readonly mutator: string;
  readonly line: number;
  readonly offset: number;
  readonly from: string;
  readonly to: string;
}

export interface Instrumented {
  readonly file: string;
  /** The text that holds all mutants of the file, none of them on. */
  readonly text: string;
  readonly mutants: readonly Mutant[];
}

interface Place {
  readonly line: number;
  readonly column: number;
}

/** What the instrumenter gives and takes, as far as it is used. */
interface Instrumenter {
  instrument(
    files: readonly { readonly name: string; readonly mutate: boolean; readonly content: string }[],
    options: object,
  ): Promise<{
    readonly files: readonly { readonly name: string; readonly content: string }[];
    readonly mutants: readonly {
      readonly id: string;
      readonly fileName: string;
      readonly mutatorName: string;
      readonly replacement: string;
      readonly location: { readonly start: Place; readonly end: Place };
    }[];
  }>;
}

type Library = { readonly Instrumenter: new (logger: object) => Instrumenter };

const folder = join(import.meta.dirname, 'stryker');

/** The switches that instrumented text asks; the worker keeps their state (`worker.ts`). */
const switches = [
  'const mutantSwitch = globalThis.mutantSwitch;',
  'function stryMutAct_9fa48(id) {',
  '  if (mutantSwitch.active !== id) return false;',
  "  if (++mutantSwitch.passes > mutantSwitch.passesMax) throw new Error('endless');",
  '  return true;',
  '}',
  'function stryCov_9fa48() {}',
].join(' ');

const silent = new Proxy({}, { get: (_, name) => () => !String(name).startsWith('is') });

export async function instrument(files: readonly string[]): Promise<readonly Instrumented[]> {
  const { Instrumenter } = await library();
  const sources = new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]));
  const made = await new Instrumenter(silent).instrument(
    files.map((name) => ({ name, mutate: true, content: sources.get(name)! })),
    { plugins: null, excludedMutations: [], ignorers: [], noHeader: true },
  );
  const byFile = Map.groupBy(made.mutants, ({ fileName }) => fileName);
  return made.files.map(({ name, content }) => {
    const source = sources.get(name)!;
    const starts = [0, ...[...source.matchAll(/\n/g)].map(({ index }) => index + 1)];
    const at = ({ line, column }: Place): number => starts[line]! + column;
    const mutants = (byFile.get(name) ?? []).map(
      ({ id, mutatorName, replacement, location: { start, end } }) => ({
        file: name,
        id,
        mutator: mutatorName,
        line: start.line + 1,
        offset: at(start),
        from: source.slice(at(start), at(end)),
        to: replacement,
      }),
    );
    return { file: name, text: switches + content, mutants };
  });
}

async function library(): Promise<Library> {
  if (!existsSync(join(folder, 'node_modules'))) install();
  const path = createRequire(join(folder, 'package.json')).resolve('@stryker-mutator/instrumenter');
  return (await import(pathToFileURL(path).href)) as Library;
}

function install(): void {
  process.stderr.write('installing the instrumenter of StrykerJS\n');
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];
  const { status } = spawnSync('npm', args, {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw new Error(`npm ci failed in ${folder}`);
}
