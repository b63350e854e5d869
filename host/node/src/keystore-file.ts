/** A small sealed file: created once, replaced at once, read with a bound. Mode 0600. */

import crypto from 'node:crypto';
import { link, open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { KeystoreError } from '@dsm/ports';
import { syncFolder } from './folder.ts';

/** At most one byte more than such a file may have: whatever lies at `path`, no more of it is read. */
export async function readSmallFile(path: string, max: number): Promise<Uint8Array | undefined> {
  try {
    const file = await open(path, 'r');
    try {
      const bytes = new Uint8Array(max + 1);
      const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
      return bytes.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new KeystoreError('lost', `the keystore ${path} cannot be read`, { cause: error });
  }
}

/** Written beside its place, synced, and linked into it, which fails if the place is taken. */
export async function createSmallFile(path: string, bytes: Uint8Array): Promise<void> {
  const stray = strayOf(path);
  try {
    await writeDurably(stray, bytes);
    try {
      await link(stray, path);
    } finally {
      await unlink(stray);
    }
    await syncFolder(dirname(path));
  } catch (error) {
    throw translated(path, error);
  }
}

/** Written beside its place, synced, and moved over it: a crash leaves the old file or the new one. */
export async function replaceSmallFile(path: string, bytes: Uint8Array): Promise<void> {
  try {
    const stray = strayOf(path);
    await writeDurably(stray, bytes);
    await rename(stray, path).catch(async (error: unknown) => {
      await unlink(stray);
      throw error;
    });
    await syncFolder(dirname(path));
  } catch (error) {
    throw translated(path, error);
  }
}

function strayOf(path: string): string {
  return `${path}.${crypto.randomUUID()}.new`;
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } catch (error) {
    await unlink(path);
    throw error;
  } finally {
    await file.close();
  }
}

function translated(path: string, cause: unknown): KeystoreError {
  switch (codeOf(cause)) {
    case 'EEXIST':
      return new KeystoreError('exists', `there is a keystore at ${path} already`, { cause });
    case 'ENOSPC':
    case 'EDQUOT':
      return new KeystoreError('full', `no room for the keystore ${path}`, { cause });
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return new KeystoreError('read-only', `the keystore ${path} may not be written`, { cause });
    default:
      return new KeystoreError('lost', `the keystore ${path} could not be written`, { cause });
  }
}

export function damaged(path: string): KeystoreError {
  return new KeystoreError('damaged', `${path} is no keystore of a version known here`);
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
