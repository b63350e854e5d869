/**
 * A disk in memory that does to its files what real ones may do.
 *
 * It keeps two truths: what a process sees, and what a power cut leaves. What was written since the
 * last `sync` of a file survives a power cut sector by sector (512 bytes), each sector with any of
 * its later writes, in any order, one of them cut at any byte; names that were made, renamed or
 * removed since the last `syncFolder` survive or not, each change by itself. All choices are drawn
 * from the seed, so a run can be repeated. After a failed `sync` what was written stays visible, but it
 * may never reach the medium, and a later `sync` says nothing about it, as on Linux (fsyncgate).
 */

import { StoreError, type Disk, type DiskFile, type StoreErrorCode } from '@dsm/ports';
import { dice, type Dice } from './dice.ts';

export type DiskOperationKind =
  | 'list'
  | 'open'
  | 'rename'
  | 'remove'
  | 'syncFolder'
  | 'size'
  | 'read'
  | 'write'
  | 'sync'
  | 'truncate';

/** Something that is about to happen, or has just happened. */
export interface DiskOperation {
  readonly kind: DiskOperationKind;
  /** The file, or the empty string if it concerns the folder. */
  readonly name: string;
  readonly moment: 'before' | 'after';
}

export interface MemoryDiskOptions {
  readonly seed?: string | number;
  /**
   * Called before and after every operation. It may cut the power, change what is allowed, or throw
   * a `StoreError`: the operation then rejects with it, having happened if the moment is `after`.
   */
  readonly onOperation?: (operation: DiskOperation) => void;
  /** What an operation waits for, up to three times, before it happens: a microtask without it. */
  readonly turn?: () => Promise<void>;
}

export interface MemoryDisk {
  /** The disk as a process sees it that starts now. */
  readonly start: () => Disk;
  /**
   * The power goes and comes back: what was not synced is lost or torn, and whoever used the disk until
   * now gets nothing but `lost` from it.
   */
  readonly powerCut: () => void;
  /** The process ends, the machine goes on: nothing is lost, but nothing becomes durable either. */
  readonly kill: () => void;
  /**
   * From now on so many bytes more find room, and what truncating frees; growing beyond them rejects
   * with `full`.
   */
  readonly leaveRoom: (bytes: number) => void;
  /** The next `sync` of a file fails, unless the process ends before. */
  readonly failNextSync: () => void;
  /** Changes one bit of a file, as age does: position in bytes, bit 0 to 7. */
  readonly rot: (name: string, position: number, bit?: number) => void;
  /** The whole file as a process sees it, or undefined. */
  readonly contents: (name: string) => Uint8Array | undefined;
  /** Puts a file there, or takes it away, behind everybody's back and durably. */
  readonly replace: (name: string, bytes: Uint8Array | undefined) => void;
  readonly names: () => readonly string[];
}

const sectorBytes = 512;

/** A change of contents that no sync has covered. `size` is the size of the file after it. */
interface PendingWrite {
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly size: number;
}

interface Inode {
  visible: Contents;
  durable: Contents;
  pending: PendingWrite[];
}

interface Contents {
  bytes: Uint8Array;
  size: number;
}

/** A change of names that no sync has covered. */
type PendingName = (names: Map<string, Inode>) => void;

interface State {
  visible: Map<string, Inode>;
  durable: Map<string, Inode>;
  pending: PendingName[];
  /** Grows with each power cut and kill: what was opened before is dead. */
  life: number;
  room: number;
  failSync: boolean;
}

export function memoryDisk(options: MemoryDiskOptions = {}): MemoryDisk {
  const roll = dice(options.seed ?? 0);
  const state: State = {
    visible: new Map(),
    durable: new Map(),
    pending: [],
    life: 0,
    room: Infinity,
    failSync: false,
  };
  return {
    start: () => processView(state, roll, options),
    powerCut: () => {
      state.life += 1;
      state.failSync = false;
      cutPower(state, roll);
    },
    kill: () => {
      state.life += 1;
      state.failSync = false;
    },
    leaveRoom: (bytes) => {
      state.room = bytes;
    },
    failNextSync: () => {
      state.failSync = true;
    },
    rot: (name, position, bit = 0) => {
      const { visible, durable } = found(state, name);
      if (position >= visible.size) throw new RangeError(`${name} has no byte ${position}`);
      visible.bytes[position]! ^= 1 << bit;
      if (position < durable.size) durable.bytes[position]! ^= 1 << bit;
    },
    contents: (name) => {
      const inode = state.visible.get(name);
      return inode === undefined ? undefined : whole(inode.visible);
    },
    replace: (name, bytes) => {
      for (const names of [state.visible, state.durable]) {
        if (bytes === undefined) names.delete(name);
        else names.set(name, inodeOf(bytes));
      }
      // The same inode under both, or what is written later would be durable under no name.
      if (bytes !== undefined) state.durable.set(name, state.visible.get(name)!);
    },
    names: () => [...state.visible.keys()].toSorted(),
  };
}

/** Runs `act` between the two moments of an operation, in a later turn, if the process still lives. */
type Operate = <T>(kind: DiskOperationKind, name: string, act: () => T) => Promise<T>;

function processView(
  state: State,
  roll: Dice,
  { onOperation, turn = () => Promise.resolve() }: MemoryDiskOptions,
): Disk {
  const { life } = state;
  const alive = (): void => {
    if (state.life !== life) throw failure('lost', 'this process has ended');
  };
  const operate: Operate = async (kind, name, act) => {
    for (let turns = roll(3); turns >= 0; turns--) await turn();
    alive();
    onOperation?.({ kind, name, moment: 'before' });
    alive();
    const result = act();
    onOperation?.({ kind, name, moment: 'after' });
    alive();
    return result;
  };
  return {
    list: () => operate('list', '', () => [...state.visible.keys()]),
    open: (name, mode) =>
      operate('open', name, () => {
        if (mode === 'existing' || state.visible.has(name)) {
          return openFile(state, roll, name, operate);
        }
        const inode = inodeOf(new Uint8Array(0));
        changeNames(state, (names) => names.set(name, inode));
        return openFile(state, roll, name, operate);
      }),
    rename: (from, to) =>
      operate('rename', from, () => {
        const inode = found(state, from);
        changeNames(state, (names) => {
          if (names.get(from) === inode) names.delete(from);
          names.set(to, inode);
        });
      }),
    remove: (name) =>
      operate('remove', name, () => {
        const inode = found(state, name);
        changeNames(state, (names) => {
          if (names.get(name) === inode) names.delete(name);
        });
      }),
    syncFolder: () =>
      operate('syncFolder', '', () => {
        state.durable = new Map(state.visible);
        state.pending = [];
      }),
  };
}

function openFile(state: State, roll: Dice, name: string, operate: Operate): DiskFile {
  const inode = found(state, name);
  let open = true;
  const whileOpen: Operate = (kind, of, act) => {
    if (!open) return Promise.reject(new RangeError(`${of} is closed`));
    return operate(kind, of, act);
  };
  return {
    size: () => whileOpen('size', name, () => inode.visible.size),
    read: (offset, length) => whileOpen('read', name, () => part(inode.visible, offset, length)),
    write: (offset, parts) => {
      // The bytes are taken now: a real disk reads them before it answers, at a time of its own.
      const bytes = joined(parts);
      return whileOpen('write', name, () => writeBytes(state, inode, offset, bytes));
    },
    sync: () => whileOpen('sync', name, () => syncInode(state, inode, roll)),
    truncate: (size) => whileOpen('truncate', name, () => truncateTo(state, inode, size)),
    close: async () => {
      open = false;
    },
  };
}

function changeNames(state: State, change: PendingName): void {
  change(state.visible);
  state.pending.push(change);
}

function writeBytes(state: State, inode: Inode, offset: number, bytes: Uint8Array): void {
  const growth = Math.max(0, offset + bytes.length - inode.visible.size);
  const lacking = Math.max(0, growth - state.room);
  // A disk without room takes what fits, and then says so.
  const kept = lacking === 0 ? bytes : bytes.subarray(0, Math.max(0, bytes.length - lacking));
  state.room -= growth - lacking;
  if (kept.length > 0) {
    put(inode.visible, offset, kept);
    inode.pending.push({ offset, bytes: kept, size: inode.visible.size });
  }
  if (lacking > 0) throw failure('full', 'the disk has no room');
}

function truncateTo(state: State, inode: Inode, size: number): void {
  state.room += Math.max(0, inode.visible.size - size);
  resize(inode.visible, size);
  inode.pending.push({ offset: size, bytes: new Uint8Array(0), size });
}

function syncInode(state: State, inode: Inode, roll: Dice): void {
  if (state.failSync) {
    state.failSync = false;
    // The system believes that it has written; whether it has is a matter of luck.
    tear(inode, roll);
    throw failure('lost', 'the disk failed');
  }
  for (const write of inode.pending) apply(inode.durable, write);
  inode.pending = [];
}

function cutPower(state: State, roll: Dice): void {
  const names = new Map(state.durable);
  for (const change of state.pending) if (roll(2) === 0) change(names);
  state.pending = [];
  for (const inode of new Set(names.values())) {
    tear(inode, roll);
    inode.visible = { bytes: inode.durable.bytes.slice(), size: inode.durable.size };
  }
  state.durable = names;
  state.visible = new Map(names);
}

/** Lets any part of what is pending reach the medium, and forgets the rest. */
function tear(inode: Inode, roll: Dice): void {
  const { durable, pending } = inode;
  inode.pending = [];
  if (pending.length === 0) return;
  // A third of the cuts take nothing or all: the cases in which something depends on both.
  const luck = roll(6);
  if (luck === 0) return;
  const sizes = [durable.size, ...pending.map(({ size }) => size)];
  const size = luck === 1 ? sizes.at(-1)! : sizes[roll(sizes.length)]!;
  for (const write of pending) {
    if (luck === 1) apply(durable, write);
    else for (const piece of torn(write, roll)) put(durable, piece.offset, piece.bytes);
  }
  resize(durable, size);
}

/** The sectors of a write that survive, one of them perhaps in part. */
function torn({ offset, bytes }: PendingWrite, roll: Dice): Omit<PendingWrite, 'size'>[] {
  const pieces: Omit<PendingWrite, 'size'>[] = [];
  const survivors = 1 + roll(7);
  for (let at = 0; at < bytes.length;) {
    const end = Math.min(bytes.length, at + sectorBytes - ((offset + at) % sectorBytes));
    const length = roll(8) === 0 ? roll(end - at + 1) : end - at;
    if (roll(8) < survivors) {
      pieces.push({ offset: offset + at, bytes: bytes.subarray(at, at + length) });
    }
    at = end;
  }
  return pieces;
}

function apply(contents: Contents, { offset, bytes, size }: PendingWrite): void {
  put(contents, offset, bytes);
  resize(contents, size);
}

function put(contents: Contents, offset: number, bytes: Uint8Array): void {
  const end = offset + bytes.length;
  if (end > contents.bytes.length) {
    const larger = new Uint8Array(Math.max(end, contents.bytes.length * 2));
    larger.set(contents.bytes.subarray(0, contents.size));
    contents.bytes = larger;
  }
  contents.bytes.set(bytes, offset);
  contents.size = Math.max(contents.size, end);
}

/** What a file gains by growing is zero. */
function resize(contents: Contents, size: number): void {
  if (size > contents.size) put(contents, size, new Uint8Array(0));
  else contents.bytes.fill(0, size, contents.size);
  contents.size = size;
}

function whole({ bytes, size }: Contents): Uint8Array {
  return bytes.slice(0, size);
}

function part({ bytes, size }: Contents, offset: number, length: number): Uint8Array {
  return bytes.slice(offset, Math.min(size, offset + length));
}

function inodeOf(bytes: Uint8Array): Inode {
  const contents = (): Contents => ({ bytes: bytes.slice(), size: bytes.length });
  return { visible: contents(), durable: contents(), pending: [] };
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

function found(state: State, name: string): Inode {
  const inode = state.visible.get(name);
  if (inode === undefined) throw failure('lost', `there is no file ${name}`);
  return inode;
}

function failure(code: StoreErrorCode, sentence: string): StoreError {
  return new StoreError(code, sentence);
}
