/**
 * Tests of the core that take seconds. To measure what they pass costs more than they find that the
 * quick ones do not, so they are asked last, of what is still open, and only where time allows.
 */

export const slow: readonly (readonly [testFile: string, name: string])[] = [
  [
    'core/primitive/test/proof.test.ts',
    '100,000 changed proofs: never an exception, never the root without the bytes',
  ],
  ['core/primitive/test/map.test.ts', '100,000 operations, every root, against the definition'],
  [
    'core/bilateral/test/decoders.test.ts',
    '25 decoders take 10000 mutations each: one spelling, no exception',
  ],
  [
    'core/bilateral/test/conservation.test.ts',
    'issued is held, under way, set apart, waiting or burnt, and all ends in agreement',
  ],
  [
    'core/bilateral/test/escrow-model.test.ts',
    'what leaves an escrow is what was put in, once, and never more than was said and opened',
  ],
  [
    'core/bilateral/test/trade.test.ts',
    'two crossing trades: neither loses, blocks or forks the other',
  ],
];

export function isSlow(testFile: string, name: string): boolean {
  return slow.some(([file, slowName]) => file === testFile && slowName === name);
}
