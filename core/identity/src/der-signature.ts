/** ECDSA signatures as TPMs and authenticators write them: DER, two integers. Kept as r ‖ s. */

const pointBytes = 32;

/** An ECDSA signature as r ‖ s, of what TPMs and authenticators write as DER. Undefined if it is none. */
export function plainSignature(der: Uint8Array): Uint8Array | undefined {
  if (der[0] !== 0x30 || der[1] !== der.length - 2) return undefined;
  const r = integerAt(der, 2);
  const s = r && integerAt(der, r.end);
  if (r === undefined || s === undefined || s.end !== der.length) return undefined;
  const both = new Uint8Array(2 * pointBytes);
  both.set(r.digits, pointBytes - r.digits.length);
  both.set(s.digits, 2 * pointBytes - s.digits.length);
  return both;
}

function integerAt(
  der: Uint8Array,
  at: number,
): { readonly digits: Uint8Array; readonly end: number } | undefined {
  const length = der[at + 1];
  if (der[at] !== 0x02 || length === undefined) return undefined;
  const end = at + 2 + length;
  let from = at + 2;
  // What follows an integer is a tag, or nothing: no zero.
  while (der[from] === 0) from += 1;
  if (end - from > pointBytes) return undefined;
  return { digits: der.subarray(from, end), end };
}
