/** Amounts are exact, whatever their decimals. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DsmError } from '@dsm/wallet';
import { formatAmount, parseAmount } from '../src/amount.ts';

const units = fc.bigInt({ min: 1n, max: (1n << 128n) - 1n });
const decimals = fc.integer({ min: 0, max: 38 });

test('what is written is read again', () => {
  fc.assert(
    fc.property(units, decimals, (amount, places) => {
      assert.equal(parseAmount(formatAmount(amount, places), places), amount);
    }),
  );
});

test('an amount is its digits, moved by the decimals', () => {
  fc.assert(
    fc.property(units, decimals, (amount, places) => {
      const [whole = '', fraction = ''] = formatAmount(amount, places).split('.');
      assert.equal(fraction.length, places);
      assert.equal(BigInt(whole) * 10n ** BigInt(places) + BigInt(fraction), amount);
    }),
  );
});

test('digits after the point may lack', () => {
  assert.deepEqual(
    ['12', '12.5', '12.50', '0.01', '012'].map((text) => parseAmount(text, 2)),
    [1_200n, 1_250n, 1_250n, 1n, 1_200n],
  );
});

const wrong = [
  '',
  ' ',
  '0',
  '0.00',
  '-1',
  '+1',
  '1e3',
  '1,5',
  '1.',
  '.5',
  '1.234',
  '0x1',
  '١',
  '1 2',
];
for (const text of [...wrong, '9'.repeat(39), '9'.repeat(40), 'NaN', '1_000', '1.2.3']) {
  test(`"${text}" is refused`, () => {
    assert.throws(() => parseAmount(text, 2), isUsage);
  });
}

test('the largest amount has 128 bits', () => {
  const largest = ((1n << 128n) - 1n).toString();
  assert.equal(parseAmount(largest, 0), (1n << 128n) - 1n);
  assert.throws(() => parseAmount((1n << 128n).toString(), 0), isUsage);
});

function isUsage(error: unknown): boolean {
  return error instanceof DsmError && error.code === 'usage';
}
