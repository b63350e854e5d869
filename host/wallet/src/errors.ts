/**
 * The one error class of the SDK. The code is for programs, the sentence for people; `fix` says
 * what to do. The table is closed: each code has an exit code of the command line.
 */

import { explain } from '@dsm/bilateral';
import { operationRefusals, type OperationRefusal } from '@dsm/protocols';
import type { Unaccepted } from '@dsm/primitive';

export const errorCodes = {
  usage: { exit: 2, fix: 'see the documentation of the call' },
  'not-found': { exit: 3, fix: 'list what there is, then use a name or a unique prefix' },
  ambiguous: { exit: 2, fix: 'use a longer prefix' },
  'insufficient-funds': { exit: 4, fix: 'load the purse, or pay a smaller amount' },
  'over-limit': { exit: 4, fix: 'certify what is open (sync), or raise the offline limit' },
  'below-minimum': {
    exit: 4,
    fix: 'pay online, or over an edge: the receiver takes nothing less final from this device',
  },
  'no-path': {
    exit: 4,
    fix: 'fund an edge, or take part in routes with a contact that reaches the receiver (disclose)',
  },
  worn: {
    exit: 4,
    fix: 'meet an issuer of the token, who makes it anew: remint',
  },
  'look-alike': {
    exit: 4,
    fix: 'compare the whole id with its issuer, then adopt it with lookAlike (--look-alike)',
  },
  'already-signed': {
    exit: 4,
    fix: 'finish what was signed at this position; only the same can be signed again',
  },
  'not-adopted': { exit: 4, fix: 'the receiver adopts the token first' },
  refused: { exit: 4, fix: 'the reason names the rule' },
  blocked: { exit: 4, fix: 'unblock the contact' },
  flood: { exit: 4, fix: 'meet again, and say what changes something' },
  offline: { exit: 5, fix: 'try again when enough nodes answer; nothing is lost' },
  unreachable: { exit: 5, fix: 'try again; nothing is lost' },
  fork: { exit: 6, fix: 'see the alarm; do not take new payments from this device' },
  'already-spent': {
    exit: 6,
    fix: 'this wallet was copied or restored: restore it as a new incarnation',
  },
  integrity: { exit: 7, fix: 'the bytes are not what their name or signature says' },
  pending: { exit: 8, fix: 'sync later; the payment is kept' },
  locked: { exit: 9, fix: 'give the right passphrase' },
  'needs-words': { exit: 9, fix: 'give the 24 words of this identity' },
  elsewhere: { exit: 9, fix: 'open it on the device that it is sealed to, or restore it here' },
  'bad-words': { exit: 2, fix: 'type the 24 words as they were written down' },
  'bad-shares': { exit: 2, fix: 'ask the guardians for more shares of one set' },
  busy: { exit: 10, fix: 'another process holds this wallet; close it first' },
  full: { exit: 75, fix: 'make room on the disk, then repeat' },
  'read-only': { exit: 75, fix: 'make the directory writable' },
  rotten: { exit: 7, fix: 'both copies of the store are damaged: restore a backup' },
  exists: { exit: 2, fix: 'there is a wallet here already' },
  'needs-restore': {
    exit: 4,
    fix: 'go online once: the restored wallet certifies its incarnation',
  },
  superseded: {
    exit: 6,
    fix: 'go on with the copy that was restored; if that was not you, restore from the words at once',
  },
  retired: { exit: 6, fix: 'go on with another device of this identity' },
  closed: { exit: 10, fix: 'the wallet is closed' },
} as const;

export type ErrorCode = keyof typeof errorCodes;

export class DsmError extends Error {
  readonly code: ErrorCode;
  readonly fix: string;
  /** Anchor in docs/errors.md. */
  readonly docs: string;
  constructor(code: ErrorCode, sentence: string, options?: ErrorOptions) {
    super(sentence, options);
    this.name = 'DsmError';
    this.code = code;
    this.fix = errorCodes[code].fix;
    this.docs = `docs/errors.md#${code}`;
  }
}

/** A verdict on an own or a peer's run, in a sentence; for an operation, the rule that it breaks. */
export function sentenceOf(verdict: Unaccepted): string {
  const detail = verdict.type === 'refused' ? verdict.detail : undefined;
  if (detail !== undefined && Object.hasOwn(operationRefusals, detail)) {
    return operationRefusals[detail as OperationRefusal];
  }
  return explain(verdict)[1];
}

const portCodes: Partial<Record<string, ErrorCode>> = {
  full: 'full',
  'read-only': 'read-only',
  busy: 'busy',
  rotten: 'rotten',
  damaged: 'integrity',
  locked: 'locked',
  elsewhere: 'elsewhere',
  exists: 'exists',
  unreachable: 'unreachable',
  closed: 'unreachable',
  'word-count': 'bad-words',
  'unknown-word': 'bad-words',
  'words-checksum': 'bad-words',
  'no-share': 'bad-shares',
  'other-set': 'bad-shares',
  'too-few-shares': 'bad-shares',
  'wrong-share': 'bad-shares',
};

/** Errors of the ports, as this SDK names them; a programmer's fault stays what it is. */
export function translated(error: unknown): unknown {
  if (error instanceof DsmError || !(error instanceof Error)) return error;
  const code = portCodes[String((error as { code?: unknown }).code)];
  return code === undefined ? error : new DsmError(code, error.message, { cause: error });
}
