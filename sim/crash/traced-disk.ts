/**
 * A disk in memory, as the port has it, that keeps a trace of what was done to it and fails when it is told
 * to. It begins with an image and decides nothing: what a power cut leaves is found out afterwards.
 */

import { StoreError, type Disk, type DiskFile, type StoreErrorCode } from '@dsm/ports';
import type { Image, TraceEvent } from './trace.ts';

export type CallKind =
  | 'list'
  | 'open'
  | 'rename'
  | 'remove'
  | 'syncFolder'
  | 'size'
  | 'read'
  | 'write'
  | 'sync'
  | 'truncate'
  | 'close';

/**
 * What becomes of one call: nothing of it happens, all of it and it fails all the same, or half: of a write its
 * first bytes, of a sync that what it should have covered is lost to later ones.
 */
export interface Fault {
  readonly code: StoreErrorCode;
  readonly happens: 'not' | 'half' | 'all';
}

export interface TracedDiskOptions {
  readonly image: Image;
  /** Asked at each call: the fault that it meets, if any. */
  readonly meets?: (kind: CallKind, number: number) => Fault | undefined;
  /** Without it nothing is kept. */
  readonly onEvent?: (event: TraceEvent) => void;
}

export interface TracedDisk {
  readonly disk: Disk;
  /** By name the number of each file that was there at the start. */
  readonly numbers: ReadonlyMap<string, number>;
  /** What a process sees that starts now. */
  readonly image: () => Image;
  readonly calls: () => number;
}

interface File {
  readonly number: number;
  bytes: Uint8Array;
  size: number;
}

const nothing = new Uint8Array(0);

export function tracedDisk(options: TracedDiskOptions): TracedDisk {
  const { meets, onEvent = () => {} } = options;
  const files = new Map<string, File>();
  let calls = 0;
  let made = 0;
  for (const [name, bytes] of options.image) {
    files.set(name, { number: made, bytes, size: bytes.length });
    made += 1;
  }
  const numbers = new Map([...files].map(([name, { number }]) => [name, number]));
  /** `act` does the call; `otherwise` does half of it. */
  const call = async <T>(kind: CallKind, act: () => T, otherwise?: () => void): Promise<T> => {
    const fault = meets?.(kind, calls);
    calls += 1;
    if (fault?.happens === 'half') otherwise?.();
    if (fault === undefined || fault.happens === 'all') {
      const result = act();
      if (fault === undefined) return result;
    }
    throw new StoreError(fault.code, 'a fault that was asked for');
  };
  const found = (name: string): File => {
    const file = files.get(name);
    if (file === undefined) throw new StoreError('lost', `there is no file ${name}`);
    return file;
  };
  const disk: Disk = {
    list: () => call('list', () => [...files.keys()]),
    open: (name, mode) =>
      call('open', () => {
        if (mode === 'create' && !files.has(name)) {
          files.set(name, { number: made, bytes: nothing, size: 0 });
          onEvent({ op: 'create', name, file: made });
          made += 1;
        }
        return openFile(found(name), call, onEvent);
      }),
    rename: (from, to) =>
      call('rename', () => {
        const file = found(from);
        files.delete(from);
        files.set(to, file);
        onEvent({ op: 'rename', from, to });
      }),
    remove: (name) =>
      call('remove', () => {
        found(name);
        files.delete(name);
        onEvent({ op: 'remove', name });
      }),
    syncFolder: () => call('syncFolder', () => onEvent({ op: 'syncFolder' })),
  };
  return {
    disk,
    numbers,
    image: () => new Map([...files].map(([name, file]) => [name, contents(file)])),
    calls: () => calls,
  };
}

type Call = <T>(kind: CallKind, act: () => T, otherwise?: () => void) => Promise<T>;

function openFile(file: File, call: Call, onEvent: (event: TraceEvent) => void): DiskFile {
  const write = (offset: number, bytes: Uint8Array): void => {
    put(file, offset, bytes);
    onEvent({ op: 'write', file: file.number, offset, bytes });
  };
  return {
    size: () => call('size', () => file.size),
    read: (offset, length) =>
      call('read', () => file.bytes.slice(offset, Math.min(file.size, offset + length))),
    write: (offset, parts) => {
      const bytes = joined(parts);
      return call(
        'write',
        () => write(offset, bytes),
        () => write(offset, bytes.slice(0, bytes.length >> 1)),
      );
    },
    sync: () =>
      call(
        'sync',
        () => onEvent({ op: 'sync', file: file.number }),
        () => onEvent({ op: 'syncFailed', file: file.number }),
      ),
    truncate: (size) =>
      call('truncate', () => {
        const bytes = new Uint8Array(size);
        bytes.set(file.bytes.subarray(0, Math.min(size, file.size)));
        file.bytes = bytes;
        file.size = size;
        onEvent({ op: 'truncate', file: file.number, size });
      }),
    close: () => call('close', () => {}),
  };
}

/** The bytes of an image are nobody's to change, so a file is copied before it is. */
function put(file: File, offset: number, bytes: Uint8Array): void {
  const end = offset + bytes.length;
  const made = new Uint8Array(Math.max(file.size, end));
  made.set(file.bytes.subarray(0, file.size));
  made.set(bytes, offset);
  file.bytes = made;
  file.size = made.length;
}

function contents({ bytes, size }: File): Uint8Array {
  return bytes.length === size ? bytes : bytes.slice(0, size);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
