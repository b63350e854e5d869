/**
 * Crash images: every state of a folder that a power cut during a trace may leave behind.
 *
 * What is assumed of the medium is what docs/spec/segment-log.md assumes: what a sync covered stays;
 * of what was written since, any part may be there, each write torn at any byte, in any order, and the
 * length of a file may be there before its bytes; names that were made, changed or removed since the
 * folder was synced are there or not, each by itself.
 *
 * At each point of time these images are made:
 *
 *     nothing, all       of what no sync has covered
 *     without, only      one of the uncovered changes is missing, or alone there
 *     subset             each subset of the uncovered changes, where there are few
 *     torn               the write under way is there up to a byte, or from a byte on, or without a piece; and
 *                        up to a byte with the file as long as it will be; each with and without what was
 *                        before it
 */

import type { Image, TraceEvent } from './trace.ts';

export interface CrashPoint {
  /** Number of the event at which the power goes. */
  readonly at: number;
  readonly how: 'whole' | 'without' | 'only' | 'subset' | 'torn';
  readonly image: Image;
  readonly asked: number;
  readonly acknowledged: number;
}

export interface ImageOptions {
  /** Writes up to this long are torn at every byte, longer ones at sectors and next to them. */
  readonly everyByteUpTo: number;
  /** Of the cuts of a short write each so many-th is taken. */
  readonly stride: number;
  /** For LMDB, which assumes it: a sector is written as a whole or not at all. */
  readonly sectorsAreWhole?: boolean;
  /** Where there are at most so many uncovered changes every subset of them is made. */
  readonly subsetsUpTo: number;
}

const sectorBytes = 512;
const holeBytes = 64;
const nothing = new Uint8Array(0);

type Contents = Uint8Array;
type Change = (contents: Contents) => Contents;

interface File {
  durable: Contents;
  visible: Contents;
  pending: Change[];
}

type Names = ReadonlyMap<string, File>;
type NameChange = (names: Map<string, File>) => void;

interface Folder {
  readonly files: Map<number, File>;
  durable: Names;
  visible: Names;
  pending: NameChange[];
  asked: number;
  acknowledged: number;
}

/** All crash points of a trace that begins with the files of `start`, whose numbers are in `numbers`. */
export function* crashPoints(
  start: Image,
  numbers: ReadonlyMap<string, number>,
  events: readonly TraceEvent[],
  options: ImageOptions,
): Generator<CrashPoint> {
  const folder = folderOf(start, numbers);
  for (const [at, event] of events.entries()) {
    const { asked, acknowledged } = folder;
    if (event.op === 'write') {
      for (const image of tornImages(folder, event, options)) {
        yield { at, how: 'torn', image, asked, acknowledged };
      }
    }
    happen(folder, event);
    for (const [how, image] of wholeImages(folder, options)) {
      yield { at, how, image, asked: folder.asked, acknowledged: folder.acknowledged };
    }
  }
}

/** What a trace leaves at its end: all that was done, and what a power cut surely leaves of it. */
export function endOf(
  start: Image,
  numbers: ReadonlyMap<string, number>,
  events: readonly TraceEvent[],
): { readonly all: Image; readonly sure: Image } {
  const folder = folderOf(start, numbers);
  for (const event of events) happen(folder, event);
  return { all: imageOf(folder.visible, asVisible), sure: imageOf(folder.durable, asDurable) };
}

function folderOf(start: Image, numbers: ReadonlyMap<string, number>): Folder {
  const names = new Map<string, File>();
  const files = new Map<number, File>();
  for (const [name, bytes] of start) {
    const file: File = { durable: bytes, visible: bytes, pending: [] };
    names.set(name, file);
    const number = numbers.get(name);
    if (number !== undefined) files.set(number, file);
  }
  return { files, durable: names, visible: names, pending: [], asked: 0, acknowledged: 0 };
}

function happen(folder: Folder, event: TraceEvent): void {
  switch (event.op) {
    case 'create': {
      const file: File = { durable: nothing, visible: nothing, pending: [] };
      folder.files.set(event.file, file);
      return rename(folder, (names) => names.set(event.name, file));
    }
    case 'write':
      return change(fileOf(folder, event.file), (old) => written(old, event.offset, event.bytes));
    case 'truncate':
      return change(fileOf(folder, event.file), (old) => resized(old, event.size));
    case 'sync': {
      const file = fileOf(folder, event.file);
      file.durable = file.pending.reduce((contents, how) => how(contents), file.durable);
      file.pending = [];
      return;
    }
    case 'syncFailed':
      fileOf(folder, event.file).pending = [];
      return;
    case 'rename': {
      const file = folder.visible.get(event.from);
      if (file === undefined) throw new RangeError(`there is no ${event.from} to rename`);
      return rename(folder, (names) => {
        if (names.get(event.from) === file) names.delete(event.from);
        names.set(event.to, file);
      });
    }
    case 'remove': {
      const file = folder.visible.get(event.name);
      return rename(folder, (names) => {
        if (names.get(event.name) === file) names.delete(event.name);
      });
    }
    case 'syncFolder':
      folder.durable = folder.visible;
      folder.pending = [];
      return;
    case 'shelved':
      folder.visible = shelved(folder.visible, event.name, event.bytes);
      folder.durable = shelved(folder.durable, event.name, event.bytes);
      return;
    case 'told':
      folder.asked = event.asked;
      folder.acknowledged = event.acknowledged;
  }
}

function fileOf({ files }: Folder, number: number): File {
  const file = files.get(number);
  if (file === undefined) throw new RangeError(`there is no file ${number}`);
  return file;
}

function change(file: File, how: Change): void {
  file.visible = how(file.visible);
  file.pending.push(how);
}

function rename(folder: Folder, how: NameChange): void {
  const names = new Map(folder.visible);
  how(names);
  folder.visible = names;
  folder.pending.push(how);
}

function shelved(names: Names, name: string, bytes: Contents | undefined): Names {
  const changed = new Map(names);
  if (bytes === undefined) changed.delete(name);
  else changed.set(name, { durable: bytes, visible: bytes, pending: [] });
  return changed;
}

function written(old: Contents, offset: number, bytes: Uint8Array): Contents {
  const made = new Uint8Array(Math.max(old.length, offset + bytes.length));
  made.set(old);
  made.set(bytes, offset);
  return made;
}

function resized(old: Contents, size: number): Contents {
  const made = new Uint8Array(size);
  made.set(old.subarray(0, size));
  return made;
}

type Contained = (file: File) => Contents;

function imageOf(names: Names, contained: Contained): Image {
  return new Map([...names].map(([name, file]) => [name, contained(file)]));
}

const asVisible: Contained = ({ visible }) => visible;
const asDurable: Contained = ({ durable }) => durable;

function* wholeImages(
  folder: Folder,
  { subsetsUpTo }: ImageOptions,
): Generator<readonly [CrashPoint['how'], Image]> {
  yield ['whole', imageOf(folder.visible, asVisible)];
  const changes = uncovered(folder);
  if (changes.length === 0) return;
  yield ['whole', imageOf(folder.durable, asDurable)];
  // A change of names and a change of bytes may be covered apart from each other.
  yield ['whole', imageOf(folder.visible, asDurable)];
  yield ['whole', imageOf(folder.durable, asVisible)];
  if (changes.length <= 1) return;
  if (changes.length <= subsetsUpTo) {
    for (let chosen = 1; chosen < 2 ** changes.length - 1; chosen++) {
      yield ['subset', partly(folder, changes, (n) => Math.floor(chosen / 2 ** n) % 2 === 1)];
    }
    return;
  }
  // Of very many the last ones are the ones that something may depend on.
  for (let one = Math.max(0, changes.length - 24); one < changes.length; one++) {
    yield ['without', partly(folder, changes, (n) => n !== one)];
    yield ['only', partly(folder, changes, (n) => n === one)];
  }
}

type Uncovered = { readonly file: File; readonly how: Change } | { readonly how: NameChange };

function uncovered({ pending, durable, visible }: Folder): readonly Uncovered[] {
  const files = new Set([...durable.values(), ...visible.values()]);
  return [
    ...pending.map((how) => ({ how })),
    ...[...files].flatMap((file) => file.pending.map((how) => ({ file, how }))),
  ];
}

function partly(
  folder: Folder,
  changes: readonly Uncovered[],
  isThere: (number: number) => boolean,
): Image {
  const names = new Map(folder.durable);
  const contents = new Map<File, Contents>();
  for (const [n, each] of changes.entries()) {
    if (!isThere(n)) continue;
    if (!('file' in each)) each.how(names);
    else contents.set(each.file, each.how(contents.get(each.file) ?? each.file.durable));
  }
  return imageOf(names, (file) => contents.get(file) ?? file.durable);
}

function* tornImages(
  folder: Folder,
  { file: number, offset, bytes }: TraceEvent & { readonly op: 'write' },
  options: ImageOptions,
): Generator<Image> {
  const file = fileOf(folder, number);
  const isQuiet = uncovered(folder).length === 0;
  for (const [names, contained] of isQuiet
    ? ([[folder.visible, asVisible]] as const)
    : ([
        [folder.visible, asVisible],
        [folder.durable, asDurable],
      ] as const)) {
    const before = contained(file);
    const size = Math.max(before.length, offset + bytes.length);
    const torn = (contents: Contents): Image =>
      imageOf(names, (each) => (each === file ? contents : contained(each)));
    for (const cut of cuts(offset, bytes.length, options)) {
      const head = written(before, offset, bytes.subarray(0, cut));
      yield torn(head);
      if (head.length < size) yield torn(resized(head, size));
      yield torn(written(resized(before, size), offset + cut, bytes.subarray(cut)));
      if (cut + holeBytes < bytes.length) {
        yield torn(
          written(resized(head, size), offset + cut + holeBytes, bytes.subarray(cut + holeBytes)),
        );
      }
    }
  }
}

/** Where a write of so many bytes is torn. */
function* cuts(
  offset: number,
  length: number,
  { everyByteUpTo, stride, sectorsAreWhole = false }: ImageOptions,
): Generator<number> {
  if (length <= everyByteUpTo && !sectorsAreWhole) {
    for (let at = 1; at < length; at += stride) yield at;
    return;
  }
  const sectors = Math.ceil(length / sectorBytes);
  const each = Math.max(1, Math.floor(sectors / 16));
  for (let sector = 0; sector <= sectors; sector += each) {
    const edge = sector * sectorBytes - (offset % sectorBytes);
    for (const at of sectorsAreWhole ? [edge] : [edge, edge + 1, edge + 137]) {
      if (at > 0 && at < length) yield at;
    }
  }
  if (!sectorsAreWhole) yield length - 1;
}
