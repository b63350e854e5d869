/** Amounts as people write them: decimal digits with a point, never a floating number. */

import { DsmError, format, parse } from '@dsm/wallet';

/** Amounts are unsigned numbers of 128 bits. */
const amountMax = (1n << 128n) - 1n;

/**
 * The amount in smallest units. Throws `usage` for zero and for anything that is not exact. A comma
 * is refused: it parts thousands in one country and decimals in the next.
 */
export function parseAmount(text: string, decimals: number): bigint {
  if (!/^\d{1,39}(?:\.\d{1,38})?$/.test(text)) {
    throw new DsmError('usage', `"${text}" is no amount: write digits, like 12 or 12.50`);
  }
  const units = parse(text, decimals);
  if (units === 0n) throw new DsmError('usage', 'an amount is more than zero');
  if (units > amountMax) throw new DsmError('usage', `"${text}" is too large for an amount`);
  return units;
}

/** The amount as people read it, with all decimals of its token: `12.00`. */
export function formatAmount(units: bigint, decimals: number): string {
  return format(units, decimals);
}
