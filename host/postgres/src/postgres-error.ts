/** Errors of PostgreSQL and of the way to it, as errors of the port. */

import { StoreError, type StoreErrorCode } from '@dsm/ports';

/** By the condition that the server names (SQLSTATE); two characters stand for a class. */
const codes: Readonly<Record<string, StoreErrorCode>> = {
  '25006': 'read-only', // in recovery, or told so
  '28': 'read-only', // not let in
  '3D000': 'read-only', // no such database
  '42501': 'read-only', // not permitted
  '53100': 'full',
  XX001: 'rotten',
  XX002: 'rotten',
};

/** `error` as a `StoreError`. Whatever is not known to leave all as it was is `lost`. */
export function postgresError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const { message } = error as Error;
  const state = error instanceof Error && 'code' in error ? String(error.code) : '';
  const code = codes[state] ?? codes[state.slice(0, 2)] ?? 'lost';
  return new StoreError(code, `PostgreSQL: ${message}`, { cause: error });
}
