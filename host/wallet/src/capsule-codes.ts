/**
 * A backup as codes for paper: each a text of letters and digits, which any scanner reads, in any order.
 *
 *     code = bech32m( "cap", frame )        upper case, which codes hold in fewer squares
 */

import { frameRefusals, framesOf, joinFrames, framesMax, pieceBytes } from '@dsm/identity';
import { bech32m } from '@scure/base';
import { DsmError } from './errors.ts';

const prefix = 'cap';

/** Throws `usage` if the backup is too large for paper. */
export function backupCodes(backup: Uint8Array): readonly string[] {
  const frames = framesOf(backup);
  if (frames === undefined) {
    const most = Math.floor((framesMax * pieceBytes) / 1_000);
    const size = Math.ceil(backup.length / 1_000);
    throw new DsmError('usage', `the backup has ${size} kB, and paper holds ${most}: use a file`);
  }
  return frames.map((bytes) => bech32m.encode(prefix, bech32m.toWords(bytes), false).toUpperCase());
}

/** The backup again, or which codes are missing, counted from 1. Throws `integrity` for anything else. */
export function backupFromCodes(
  codes: readonly string[],
): { readonly backup: Uint8Array } | { readonly missing: readonly number[] } {
  const joined = joinFrames(codes.map(frameIn));
  if (joined.type === 'refused') throw new DsmError('integrity', frameRefusals[joined.refusal]);
  if (joined.type === 'whole') return { backup: joined.bytes };
  return { missing: joined.missing.map((index) => index + 1) };
}

function frameIn(code: string): Uint8Array {
  try {
    const decoded = bech32m.decode(code.trim() as `${string}1${string}`, false);
    if (decoded.prefix === prefix) return bech32m.fromWords(decoded.words);
  } catch {
    // A slip of the pen, or no code at all: said below.
  }
  throw new DsmError('integrity', 'a code cannot be read: scan or type it again');
}
