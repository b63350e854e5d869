/** From what went wrong to a sentence, a code for programs and an exit code. */

import { CommanderError } from 'commander';
import { DsmError, errorCodes, type ErrorCode } from '@dsm/wallet';
import {
  KeystoreError,
  NodeError,
  StoreError,
  TransportError,
  type KeystoreErrorCode,
  type NodeErrorCode,
  type StoreErrorCode,
  type TransportErrorCode,
} from '@dsm/ports';
import { WordsError, type WordsRefusal } from '@dsm/words';

/** Codes that only the command line has: a fault of this program, and Ctrl-C. */
export const ownCodes = {
  bug: { exit: 1, fix: 'report what you did and this message' },
  interrupted: { exit: 130, fix: 'start again; nothing is lost' },
} as const;

export type FailureCode = ErrorCode | keyof typeof ownCodes;

export interface Failure {
  readonly code: FailureCode;
  readonly message: string;
  readonly cause?: string;
  readonly fix: string;
  readonly docs: string;
}

const byStoreCode: Record<StoreErrorCode, ErrorCode> = {
  full: 'full',
  'read-only': 'read-only',
  busy: 'busy',
  rotten: 'rotten',
  version: 'integrity',
  lost: 'full',
};

const byKeystoreCode: Record<KeystoreErrorCode, ErrorCode> = {
  locked: 'locked',
  elsewhere: 'elsewhere',
  exists: 'exists',
  damaged: 'integrity',
  full: 'full',
  'read-only': 'read-only',
  lost: 'full',
};

const byTransportCode: Record<TransportErrorCode, ErrorCode> = {
  unreachable: 'unreachable',
  'in-use': 'busy',
  address: 'usage',
  closed: 'unreachable',
  'too-large': 'integrity',
};

const byNodeCode: Record<NodeErrorCode, ErrorCode> = {
  unreachable: 'unreachable',
  full: 'full',
  refused: 'refused',
  unpaid: 'full',
};

const byWordsCode: Record<WordsRefusal, ErrorCode> = {
  'word-count': 'bad-words',
  'unknown-word': 'bad-words',
  'words-checksum': 'bad-words',
  'no-share': 'bad-shares',
  'other-set': 'bad-shares',
  'too-few-shares': 'bad-shares',
  'wrong-share': 'bad-shares',
};

/** What is reported of an error, whatever it is. */
export function failureOf(error: unknown): Failure {
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : undefined;
  return {
    code,
    message: message.replace(/^error: /, ''),
    ...(cause !== undefined && { cause: cause.message }),
    fix: fixOf(code, error),
    docs: `docs/errors.md#${code}`,
  };
}

export function exitOf(code: FailureCode): number {
  return code in ownCodes
    ? ownCodes[code as keyof typeof ownCodes].exit
    : errorCodes[code as ErrorCode].exit;
}

/** For people: what, why, and what to try. */
export function failureText({ message, cause, fix, docs }: Failure): string {
  const why = cause === undefined || message.includes(cause) ? '' : `  why: ${cause}\n`;
  return `dsm: ${message}\n${why}  try: ${fix}\n  see: ${docs}\n`;
}

function codeOf(error: unknown): FailureCode {
  if (error instanceof DsmError) return error.code;
  if (error instanceof CommanderError) return 'usage';
  if (error instanceof StoreError) return byStoreCode[error.code];
  if (error instanceof KeystoreError) return byKeystoreCode[error.code];
  if (error instanceof TransportError) return byTransportCode[error.code];
  if (error instanceof NodeError) return byNodeCode[error.code];
  if (error instanceof WordsError) return byWordsCode[error.code];
  if (error instanceof Error && error.name === 'AbortError') return 'interrupted';
  return 'bug';
}

function fixOf(code: FailureCode, error: unknown): string {
  if (error instanceof CommanderError) return 'dsm --help lists the commands, dsm help NAME one';
  if (error instanceof TransportError) return transportFix[error.code];
  return fixOfCode(code);
}

/** What to do, where the command line knows better than the library. */
const fixHere: Partial<Record<FailureCode, string>> = {
  usage: 'dsm help NAME shows how a command is used',
  exists: 'use it, or name another place with --home or --profile',
  locked: 'set DSM_PASSPHRASE, or type the passphrase where you are asked',
};

export function fixOfCode(code: FailureCode): string {
  const here = fixHere[code];
  if (here !== undefined) return here;
  return code in ownCodes
    ? ownCodes[code as keyof typeof ownCodes].fix
    : errorCodes[code as ErrorCode].fix;
}

const transportFix: Record<TransportErrorCode, string> = {
  unreachable: 'is the other side listening there? dsm meet --listen prints its address',
  'in-use': 'another program listens there; take another port, or :0 for any',
  address: 'write an address like 127.0.0.1:4700',
  closed: 'meet again; what was begun goes on where it stopped',
  'too-large': 'the other side does not speak this protocol',
};
