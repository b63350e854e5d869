/**
 * The disk of the port on a folder of this machine.
 *
 * Only plain files directly in the folder count. What may wait for the medium goes on in the threads of Node,
 * so a slow disk stops nobody. Nobody is kept out: that is what the lock of the folder is for.
 */

import { constants, writevSync, type Dirent } from 'node:fs';
import { mkdir, open, readdir, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { StoreError, type Disk, type DiskFile } from '@dsm/ports';
import { syncFolder } from './folder.ts';
import { storeError } from './store-error.ts';

/** The disk in `folder`, which is made if it is not there. Rejects with `StoreError`. */
export async function nodeDisk(folder: string): Promise<Disk> {
  const translated = translating(folder);
  await translated(() => mkdir(folder, { recursive: true, mode: 0o700 }));
  return {
    list: async () => {
      const found: Dirent[] = await translated(() => readdir(folder, { withFileTypes: true }));
      return found.filter((entry) => entry.isFile()).map(({ name }) => name);
    },
    open: async (name, mode) => {
      const path = join(folder, name);
      const flags = constants.O_RDWR | (mode === 'create' ? constants.O_CREAT : 0);
      return fileOf(await translating(path)(() => open(path, flags, 0o600)), path);
    },
    rename: (from, to) => translated(() => rename(join(folder, from), join(folder, to))),
    remove: (name) => translated(() => rm(join(folder, name))),
    syncFolder: () => translated(() => syncFolder(folder)),
  };
}

function fileOf(file: FileHandle, path: string): DiskFile {
  const translated = translating(path);
  return {
    size: () => translated(async () => (await file.stat()).size),
    read: (offset, length) => translated(() => readFrom(file, offset, length)),
    write: (offset, parts) => translated(() => writeTo(file, offset, parts, path)),
    sync: () => translated(() => file.datasync()),
    truncate: (size) => translated(() => file.truncate(size)),
    close: () => translated(() => file.close()),
  };
}

async function readFrom(file: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let at = 0;
  while (at < length) {
    const { bytesRead } = await file.read(bytes, at, length - at, offset + at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return at === length ? bytes : bytes.subarray(0, at);
}

/**
 * Up to so much is written without another thread: it only goes into the cache of the system, which takes less
 * time than the way to a thread and back. On a busy machine that way is most of a commit.
 */
const directBytesMax = 262_144;

async function writeTo(
  file: FileHandle,
  offset: number,
  parts: readonly Uint8Array[],
  path: string,
): Promise<void> {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  let left = parts;
  for (let at = offset; at < offset + length;) {
    const isDirect = length <= directBytesMax;
    const written = isDirect
      ? writevSync(file.fd, left, at)
      : (await file.writev(left, at)).bytesWritten;
    if (written === 0) throw new StoreError('full', `the disk has no room: ${path}`);
    at += written;
    if (at < offset + length) left = behind(left, written);
  }
}

/** The parts without their first bytes. */
function behind(parts: readonly Uint8Array[], bytes: number): readonly Uint8Array[] {
  let skipped = 0;
  return parts.flatMap((part) => {
    const from = Math.min(part.length, bytes - skipped);
    skipped += from;
    return from === part.length ? [] : [part.subarray(from)];
  });
}

type Translated = <T>(act: () => Promise<T>) => Promise<T>;

function translating(path: string): Translated {
  return async (act) => {
    try {
      return await act();
    } catch (error) {
      throw storeError(error, path);
    }
  };
}
