/**
 * The shim between a process and the system (shim.c): built where there is a C compiler, loaded into a
 * process of its own, steered and read through two files.
 */

import { spawnSync } from 'node:child_process';
import {
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { TraceEvent } from './trace.ts';

/** As in shim.c. */
export const callKinds = [
  'none',
  'open',
  'create',
  'write',
  'truncate',
  'sync',
  'rename',
  'remove',
  'syncFolder',
  'link',
  'mkdir',
  'read',
  'close',
  'syncFailed',
] as const;
export type SystemCall = (typeof callKinds)[number];

/** What becomes of the call that fails, by its number in shim.c. */
export const happenings = {
  not: 0,
  all: 1,
  half: 2,
  short: 3,
  notFromHereOn: 4,
  killed: 5,
  halfKilled: 6,
} as const;

export interface SystemFault {
  readonly at: number;
  readonly errno: number;
  readonly happens: keyof typeof happenings;
}

export interface Shim {
  /** From now on calls under `folder` are counted from zero, written down, and one of them fails. */
  readonly watch: (folder: string, fault?: SystemFault) => void;
  /** Ends it, and gives what happened. */
  readonly unwatch: () => Watched;
  /** How much has been written down so far: for events of one's own in between. */
  readonly position: () => number;
}

export interface Watched {
  readonly calls: readonly SystemCall[];
  /** How many calls failed. */
  readonly failed: number;
  readonly records: readonly TraceRecord[];
}

export interface TraceRecord {
  /** Where it stands in what was written down. */
  readonly position: number;
  readonly event:
    | TraceEvent
    | { readonly op: 'open'; readonly file: number; readonly name: string };
  /** Of the file that a write, sync or truncation is about. */
  readonly name: string;
}

const controlBytes = 4_096;
const folderAt = 64;
const kindsAt = 1_024;

/** Builds the library in `place`. A sentence if that cannot be done. */
export function buildShim(
  place: string,
): { readonly library: string } | { readonly lacks: string } {
  if (process.platform !== 'linux') return { lacks: 'the shim is for Linux' };
  const library = join(place, 'shim.so');
  const source = join(import.meta.dirname, 'shim.c');
  const { status, stderr } = spawnSync(
    'cc',
    ['-shared', '-fPIC', '-O2', '-o', library, source, '-ldl', '-lpthread'],
    { encoding: 'utf8' },
  );
  if (status === 0) return { library };
  return { lacks: `there is no C compiler to build the shim with (${String(stderr)})` };
}

/** The environment of a process that has the shim. */
export function shimEnvironment(library: string, place: string): Readonly<Record<string, string>> {
  const control = join(place, 'control');
  writeFileSync(control, new Uint8Array(controlBytes));
  return { LD_PRELOAD: library, DSM_SHIM: control };
}

/** What the control file says so that calls under `folder` are counted from zero, and one of them fails. */
export function orderFor(folder: string, fault?: SystemFault): Uint8Array {
  const page = new DataView(new ArrayBuffer(controlBytes));
  const isKill = fault?.happens === 'killed' || fault?.happens === 'halfKilled';
  // Whoever is killed reads nothing of what would be written down.
  page.setUint32(0, fault === undefined ? 1 : isKill ? 2 : 3, true);
  page.setUint32(8, fault?.at ?? 0, true);
  page.setUint32(12, fault?.errno ?? 0, true);
  page.setUint32(16, happenings[fault?.happens ?? 'not'], true);
  const bytes = new Uint8Array(page.buffer);
  bytes.set(Buffer.from(folder), folderAt);
  return bytes;
}

/** In the process that has the shim. */
export function shim(): Shim {
  const path = process.env['DSM_SHIM'];
  if (path === undefined) throw new RangeError('this process has no shim');
  const control = openSync(path, 'r+');
  const trace = openSync(`${path}.trace`, 'r+');
  return {
    watch: (folder, fault) => {
      ftruncateSync(trace, 0);
      const page = orderFor(folder, fault);
      writeSync(control, page, 0, controlBytes, 0);
    },
    unwatch: () => {
      const page = new DataView(new ArrayBuffer(controlBytes));
      readSync(control, page, 0, controlBytes, 0);
      writeSync(control, new Uint8Array(controlBytes), 0, controlBytes, 0);
      const count = Math.min(page.getUint32(4, true), controlBytes - kindsAt);
      const calls = Array.from(
        { length: count },
        (_, n) => callKinds[page.getUint8(kindsAt + n)] ?? 'none',
      );
      const records = recordsIn(readFileSync(`${path}.trace`));
      return { calls, failed: page.getUint32(20, true), records };
    },
    position: () => fstatSync(trace).size,
  };
}

const headBytes = 24;

function recordsIn(bytes: Uint8Array): readonly TraceRecord[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const records: TraceRecord[] = [];
  const names = new Map<number, string>();
  for (let at = 0; at < bytes.length;) {
    const position = at;
    const kind = callKinds[view.getUint32(at, true)];
    const file = view.getUint32(at + 4, true);
    const nameBytes = view.getUint32(at + 8, true);
    const length = view.getUint32(at + 12, true);
    const offset = Number(view.getBigUint64(at + 16, true));
    at += headBytes;
    const name = Buffer.from(bytes.subarray(at, at + nameBytes)).toString();
    at += nameBytes;
    const part = bytes.slice(at, at + length);
    at += length;
    if (kind === 'create' || kind === 'open') names.set(file, name);
    const event = eventOf(kind, file, name, offset, part);
    if (event !== undefined) {
      records.push({ position, event, name: name === '' ? (names.get(file) ?? '') : name });
    }
  }
  return records;
}

function eventOf(
  kind: SystemCall | undefined,
  file: number,
  name: string,
  offset: number,
  bytes: Uint8Array,
): TraceRecord['event'] | undefined {
  switch (kind) {
    case 'open':
      return { op: 'open', file, name };
    case 'create':
      return { op: 'create', file, name };
    case 'write':
      return { op: 'write', file, offset, bytes };
    case 'truncate':
      return { op: 'truncate', file, size: offset };
    case 'sync':
      return { op: 'sync', file };
    case 'syncFailed':
      return { op: 'syncFailed', file };
    case 'rename':
      return { op: 'rename', from: name, to: Buffer.from(bytes).toString() };
    case 'remove':
      return { op: 'remove', name };
    case 'syncFolder':
      return { op: 'syncFolder' };
    case 'none':
    case 'link':
    case 'mkdir':
    case 'read':
    case 'close':
    case undefined:
      return undefined;
  }
}
