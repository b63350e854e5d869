/**
 * Every coder as a target: whatever stands at the top of a module under `core/` or `host/` and reads
 * and writes. They are found by looking at what the modules are made of, so none can be forgotten.
 */

import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeWith, reader, type CodecRefusal, type Coder, type Obj } from '@dsm/primitive';
import { everythingIn, root } from './load.ts';
import { Broken, same, type Target } from './target.ts';

const refusals: readonly string[] = [
  'too-large',
  'unknown-version',
  'wrong-kind',
  'malformed',
] satisfies readonly CodecRefusal[];

/** Sources in which a coder may stand. */
export function sourceFiles(): readonly string[] {
  return globSync('{core,host}/*/src/**/*.ts', { cwd: root })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => !file.includes('/conformance/'))
    .toSorted();
}

/** `core/primitive/src/entry.ts` as `primitive/entry`. */
export function placeOf(file: string): string {
  return file
    .replace(/^\w+\//, '')
    .replace(/\/src\//, '/')
    .replace(/\.ts$/, '');
}

export async function coderTargets(): Promise<readonly Target[]> {
  const targets: Target[] = [];
  for (const file of sourceFiles()) {
    const isNear = /@dsm\/primitive|^\s*import .*codec/m.test(
      readFileSync(join(root, file), 'utf8'),
    );
    if (!isNear && !file.startsWith('core/primitive/')) continue;
    for (const [name, value] of await everythingIn(file)) {
      if (isCoder(value)) targets.push(coderTarget(`${placeOf(file)}.${name}`, value));
    }
  }
  return targets;
}

function isCoder(value: unknown): value is Coder<unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const { read, write } = value as Partial<Coder<unknown>>;
  return typeof read === 'function' && typeof write === 'function';
}

export function coderTarget(name: string, coder: Coder<unknown>): Target {
  const [decode, encode] = 'decode' in coder ? objectWays(coder as Obj<unknown>) : coderWays(coder);
  const words = 'kind' in coder ? [Uint8Array.of(1, (coder as Obj<unknown>).kind)] : [];
  return {
    name,
    samples: [],
    words,
    layout: coder,
    cost: 1,
    run: (bytes) => {
      const decoded = decode(bytes);
      if (decoded === undefined) return false;
      judgeEncoding(bytes, decoded.value, encode, decode);
      return true;
    },
  };
}

interface Taken {
  readonly value: unknown;
}
type Decode = (bytes: Uint8Array) => Taken | undefined;
type Encode = (value: unknown) => Uint8Array;

function objectWays(coder: Obj<unknown>): [Decode, Encode] {
  const decode = (bytes: Uint8Array): Taken | undefined => {
    const decoded = coder.decode(bytes);
    if (decoded.ok) return decoded;
    if (refusals.includes(decoded.refusal)) return undefined;
    throw new Broken('untyped refusal', `refused as ${String(decoded.refusal)}`);
  };
  return [decode, coder.encode];
}

/** As `decodeWith`, which cannot tell a value that is undefined from a refusal. */
function coderWays(coder: Coder<unknown>): [Decode, Encode] {
  const decode = (bytes: Uint8Array): Taken | undefined => {
    const from = reader(bytes);
    const value = coder.read(from);
    return from.bad() || from.left() > 0 ? undefined : { value };
  };
  return [decode, (value) => encodeWith(coder, value)];
}

/** The input is overwritten before the value is encoded: nothing of it may be the input's. */
function judgeEncoding(bytes: Uint8Array, value: unknown, encode: Encode, decode: Decode): void {
  const before = bytes.slice();
  bytes.fill(0xa5);
  const again = encode(value);
  bytes.set(before);
  if (same(again, before)) return;
  const fresh = decode(before);
  const isShared = fresh !== undefined && same(encode(fresh.value), before);
  throw isShared
    ? new Broken('shared bytes', 'what was decoded changes with the input')
    : new Broken('two spellings', `${before.length} bytes were taken, ${again.length} are written`);
}
