/**
 * A backup as it comes back: a file, the bytes of an NFC tag, or a text with the codes of the paper,
 * one on a line.
 */

import { readFile } from 'node:fs/promises';
import { backupFromCodes, decodeNdef, DsmError, openBackup, type Backup } from '@dsm/wallet';

export interface BackupSource {
  readonly bytes: Uint8Array;
  readonly backup: Backup;
}

export async function backupAt(path: string): Promise<BackupSource> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new DsmError('not-found', `${path} cannot be read`, { cause });
  });
  return parseBackup(Uint8Array.from(bytes));
}

export function parseBackup(given: Uint8Array): BackupSource {
  const bytes = decodeNdef(given) ?? (isText(given) ? paperBackup(given) : given);
  return { bytes, backup: openBackup(bytes) };
}

/** Codes begin with their prefix, in either case; a backup begins with its version. */
function isText(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, 256))
    .toString('latin1')
    .trimStart()
    .toLowerCase()
    .startsWith('cap1');
}

function paperBackup(bytes: Uint8Array): Uint8Array {
  const codes = Buffer.from(bytes)
    .toString('latin1')
    .split(/\s+/)
    .filter((code) => code !== '');
  const read = backupFromCodes(codes);
  if ('backup' in read) return read.backup;
  const missing = read.missing.slice(0, 8).join(', ');
  throw new DsmError(
    'integrity',
    `codes are missing: ${missing}${read.missing.length > 8 ? ', …' : ''}`,
  );
}
