/**
 * A world: every module that one test file asks for, made once, with at most one file of the core
 * changed. Nothing that a test or a module remembers gets from one world into another, so a mutant
 * is judged as if its text stood in the source, at the price of running the modules' own lines.
 */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative, sep } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Script } from 'node:vm';
import { factoryOf } from './source.ts';

type Exports = Record<string, unknown>;
type Make = (request: (index: number) => Exports, exported: Exports) => void;

/** A module that can be made: one of ours, or the finished exports of somebody else's. */
export interface Loaded {
  readonly make: Make;
  readonly imports: readonly (string | Exports)[];
}

/** Modules by their path from the root of the repository. */
export type Library = Map<string, Loaded>;

interface Test {
  readonly name: string;
  readonly body: (context: object) => void | Promise<void>;
}

export interface World {
  readonly tests: readonly Test[];
  /** Runs one test; throws what it throws. */
  readonly run: (index: number) => Promise<void>;
}

const root = join(import.meta.dirname, '..', '..');

/** Where a compiled module of ours stands in stack traces and in the profile of what was run. */
export function scriptName(file: string): string {
  return `dsm-world:${file}`;
}

/** Compiles a file and all that it asks for into the library. */
export async function load(
  library: Library,
  file: string,
  substitutes: Substitutes,
): Promise<void> {
  if (library.has(file)) return;
  const loaded = await compiled(file, readFileSync(join(root, file), 'utf8'), substitutes);
  library.set(file, loaded);
  for (const target of loaded.imports) {
    if (typeof target === 'string') await load(library, target, substitutes);
  }
}

/** Modules that tests are given in place of what they ask for. */
export type Substitutes = Readonly<Record<string, Exports>>;

/** One module of other text, as if it stood in `file`. */
export async function compiled(
  file: string,
  source: string,
  substitutes: Substitutes,
): Promise<Loaded> {
  const { text, requests } = factoryOf(source);
  const make = new Script(text, { filename: scriptName(file) }).runInThisContext() as Make;
  const imports: (string | Exports)[] = [];
  for (const request of requests) imports.push(await target(file, request, substitutes));
  return { make, imports };
}

async function target(
  file: string,
  request: string,
  substitutes: Substitutes,
): Promise<string | Exports> {
  const instead = substitutes[request];
  if (instead !== undefined) return instead;
  if (request.startsWith('node:')) return (await import(request)) as Exports;
  const path = createRequire(join(root, file)).resolve(request);
  const inside = relative(root, path).split(sep).join('/');
  const ours = !inside.startsWith('..') && !inside.includes('node_modules/');
  return ours ? inside : ((await import(request)) as Exports);
}

/** The tests of whoever registers at the moment: modules run one at a time, never interleaved. */
interface Registering {
  readonly tests: Test[];
  readonly before: (() => void)[];
  readonly beforeEach: (() => void)[];
}

let registering: Registering | undefined;

function register(name: string, ...rest: readonly unknown[]): void {
  const body = rest.at(-1);
  const skipped = rest.length > 1 && Boolean((rest[0] as { skip?: unknown }).skip);
  if (typeof body !== 'function') throw new TypeError(`${name} is a test without a body`);
  if (!skipped) registering!.tests.push({ name, body: body as Test['body'] });
}

/** What tests of the core use of node:test. What is not here fails where it is called. */
export const testModule: Exports = {
  default: register,
  test: register,
  before: (hook: () => void) => registering!.before.push(hook),
  beforeEach: (hook: () => void) => registering!.beforeEach.push(hook),
};

/** node:assert/strict, but what differs is not drawn: nobody reads it, and drawing takes long. */
export function quietAssert(strict: Exports): Exports {
  const instead = {
    deepEqual: (a: unknown, b: unknown): void => {
      if (!isDeepStrictEqual(a, b)) throw new Error('not deeply equal');
    },
    notDeepEqual: (a: unknown, b: unknown): void => {
      if (isDeepStrictEqual(a, b)) throw new Error('deeply equal');
    },
  };
  const quiet = Object.assign(
    (...args: readonly unknown[]) =>
      (strict['ok'] as (...all: readonly unknown[]) => void)(...args),
    strict,
    instead,
  );
  return { ...strict, ...instead, default: quiet };
}

/** Makes the world of a test file. `changed` stands in for modules of the library. */
export function makeWorld(
  library: Library,
  testFile: string,
  changed: ReadonlyMap<string, Loaded>,
): World {
  const made = new Map<string, Exports>();
  const here: Registering = { tests: [], before: [], beforeEach: [] };
  const instance = (file: string): Exports => {
    const known = made.get(file);
    if (known !== undefined) return known;
    const { make, imports } = changed.get(file) ?? library.get(file)!;
    const exported: Exports = {};
    made.set(file, exported);
    make((index) => {
      const asked = imports[index]!;
      return typeof asked === 'string' ? instance(asked) : asked;
    }, exported);
    return exported;
  };
  registering = here;
  try {
    instance(testFile);
  } finally {
    registering = undefined;
  }
  let opened = false;
  const run = async (index: number): Promise<void> => {
    const test = here.tests[index];
    if (test === undefined) throw new RangeError(`${testFile} has no test ${index}`);
    for (const hook of opened ? [] : here.before) hook();
    opened = true;
    for (const hook of here.beforeEach) hook();
    await test.body({ diagnostic: () => undefined });
  };
  return { tests: here.tests, run };
}
