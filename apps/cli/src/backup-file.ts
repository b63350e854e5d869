/**
 * A backup as a file:
 *
 *     { "version": 1, "name": "…", "key": "<sealed secret>", "wallet": "<rows>" }     in base64url
 *
 * The secret stays sealed as it is in the wallet's folder; what it signs with is in no other part.
 */

import { DsmError } from '@dsm/wallet';

export interface BackupFile {
  /** What the owner calls the device. */
  readonly name: string;
  /** The keystore's file, as it is. */
  readonly key: Uint8Array;
  readonly wallet: Uint8Array;
}

/** As in the layout of the keystore. */
const keyBytes = 128;

export function backupText({ name, key, wallet }: BackupFile): string {
  return `${JSON.stringify({ version: 1, name, key: encoded(key), wallet: encoded(wallet) })}\n`;
}

/** Reads the text strictly; `source` is named in what it throws. */
export function parseBackup(text: string, source: string): BackupFile {
  const { version, name, key, wallet } = fieldsOf(text);
  const isRead = typeof name === 'string' && typeof key === 'string' && typeof wallet === 'string';
  if (version !== 1 || !isRead) throw new DsmError('integrity', `${source} is no backup`);
  const [sealed, rows] = [decoded(key), decoded(wallet)];
  if (sealed?.length !== keyBytes || rows === undefined) {
    throw new DsmError('integrity', `${source} is a damaged backup`);
  }
  return { name, key: sealed, wallet: rows };
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function encoded(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}

function decoded(text: string): Uint8Array | undefined {
  const bytes = Uint8Array.from(Buffer.from(text, 'base64url'));
  return encoded(bytes) === text ? bytes : undefined;
}
