/** Amounts as people write them. Inside, they are whole numbers of the smallest unit. */

import { DsmError } from './errors.ts';

/** Amounts are unsigned numbers of 128 bits. */
const amountMax = (1n << 128n) - 1n;

/** With all decimals of the token: `1234n` with 2 decimals is `12.34`. */
export function format(amount: bigint, decimals: number): string {
  const digits = amount.toString().padStart(decimals + 1, '0');
  return decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

/**
 * `12.34` with 2 decimals is `1234n`. Throws `usage` for anything that is not exact: more decimals
 * than the token has are refused, not rounded, and so is a comma, which parts thousands in one
 * country and decimals in the next.
 */
export function parse(text: string, decimals: number): bigint {
  const match = /^(\d{1,39})(?:\.(\d{1,38}))?$/.exec(text);
  if (match === null) {
    throw new DsmError('usage', `"${text}" is no amount: write digits, like 12 or 12.50`);
  }
  const [, whole = '0', part = ''] = match;
  if (part.length > decimals) {
    throw new DsmError('usage', `this token has ${decimals} decimals, "${text}" has more`);
  }
  const amount = BigInt(whole + part.padEnd(decimals, '0'));
  if (amount > amountMax) throw new DsmError('usage', `"${text}" is too large for an amount`);
  return amount;
}
