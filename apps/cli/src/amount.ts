/** Amounts as people write them on a command line. */

import { DsmError, format, parse } from '@dsm/wallet';

/** The amount in smallest units. Throws `usage` for zero and for anything that is not exact. */
export function parseAmount(text: string, decimals: number): bigint {
  const units = parse(text, decimals);
  if (units === 0n) throw new DsmError('usage', 'an amount is more than zero');
  return units;
}

/** The amount as people read it, with all decimals of its token: `12.00`. */
export function formatAmount(units: bigint, decimals: number): string {
  return format(units, decimals);
}
