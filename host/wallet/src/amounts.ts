/** Amounts as people write them. Inside, they are whole numbers of the smallest unit. */

import { DsmError } from './errors.ts';

/** `1234n` with 2 decimals is `12.34`. */
export function format(amount: bigint, decimals: number): string {
  const digits = amount.toString().padStart(decimals + 1, '0');
  if (decimals === 0) return digits;
  return `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

/** `12.34` with 2 decimals is `1234n`. More decimals than the token has are refused, not rounded. */
export function parse(text: string, decimals: number): bigint {
  const match = /^(\d+)(?:\.(\d+))?$/.exec(text.replaceAll(/(?<=\d)[_,](?=\d{3})/g, ''));
  if (match === null) throw new DsmError('usage', `"${text}" is no amount`);
  const [, whole = '0', part = ''] = match;
  if (part.length > decimals) {
    throw new DsmError('usage', `this token has ${decimals} decimals, "${text}" has more`);
  }
  return BigInt(whole + part.padEnd(decimals, '0'));
}
