/** The certificate of a node and its key, from files that may be replaced while the node runs. */

import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { Certificate } from '@dsm/storage-node/http';
import { DsmError } from '@dsm/wallet';

export interface TlsFiles {
  /** PEM files: a certificate with those that lead to its authority, and its private key. */
  readonly certFile: string;
  readonly keyFile: string;
}

/** Reads both, and refuses two that do not belong together. */
export async function readCertificate({ certFile, keyFile }: TlsFiles): Promise<Certificate> {
  const [cert, key] = await Promise.all([read(certFile), read(keyFile)]);
  try {
    createSecureContext({ cert, key });
  } catch (cause) {
    throw new DsmError('usage', `${certFile} and ${keyFile} are no certificate and its key`, {
      cause,
    });
  }
  return { cert, key };
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new DsmError('not-found', `${path} cannot be read`, { cause });
  }
}
