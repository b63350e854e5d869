/** Amounts as people write them: decimal digits with a point, never a floating number. */

import { DsmError } from '@dsm/wallet';

/** Amounts are unsigned numbers of 128 bits. */
const amountMax = (1n << 128n) - 1n;
const form = /^(\d{1,39})(?:\.(\d{1,38}))?$/;

/** The amount in smallest units. Throws `usage` for zero and for anything that is not exact. */
export function parseAmount(text: string, decimals: number): bigint {
  const [, whole, fraction = ''] = form.exec(text) ?? [];
  if (whole === undefined) {
    throw new DsmError('usage', `"${text}" is no amount: write digits, like 12 or 12.50`);
  }
  if (fraction.length > decimals) {
    throw new DsmError('usage', `"${text}" has more than ${decimals} digits after the point`);
  }
  const units = BigInt(whole + fraction.padEnd(decimals, '0'));
  if (units === 0n) throw new DsmError('usage', 'an amount is more than zero');
  if (units > amountMax) throw new DsmError('usage', `"${text}" is too large for an amount`);
  return units;
}

/** The amount as people read it, with all decimals of its token: `12.00`. */
export function formatAmount(units: bigint, decimals: number): string {
  const digits = units.toString().padStart(decimals + 1, '0');
  if (decimals === 0) return digits;
  return `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}
