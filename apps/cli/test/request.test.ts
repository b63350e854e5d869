/** A request for payment says exactly one thing. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DsmError } from '@dsm/wallet';
import { parseRequest, requestText } from '../src/request.ts';

const id = (prefix: string): fc.Arbitrary<string> =>
  fc.stringMatching(/^[a-z0-9]{1,60}$/).map((rest) => `${prefix}1${rest}`);

test('what is written is read again', () => {
  const request = fc.record(
    {
      to: id('dev'),
      token: id('tok'),
      units: fc.bigInt({ min: 1n, max: (1n << 128n) - 1n }).filter((n) => `${n}`.length < 39),
      at: fc.constantFrom('127.0.0.1:4700', '[::1]:1'),
      note: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
    },
    { requiredKeys: ['to', 'token', 'units'], noNullPrototype: true },
  );
  fc.assert(
    fc.property(request, (wanted) => {
      assert.deepEqual(parseRequest(requestText(wanted)), wanted);
    }),
  );
});

const good = 'dsm:pay?to=dev1q&token=tok1q&units=1200';

for (const text of [
  'pay?to=dev1q&token=tok1q&units=1200',
  'dsm:pay?token=tok1q&units=1200',
  'dsm:pay?to=Maya&token=tok1q&units=1200',
  'dsm:pay?to=dev1q&token=ERA&units=1200',
  'dsm:pay?to=dev1q&token=tok1q&units=12.00',
  'dsm:pay?to=dev1q&token=tok1q&units=0',
  'dsm:pay?to=dev1q&token=tok1q&units=-1',
  `${good}&units=1`,
  `${good}&colour=red`,
  `${good}&note=${'x'.repeat(2_000)}`,
]) {
  test(`${text.slice(0, 60)} is refused`, () => {
    assert.equal(parseRequest(good).units, 1_200n);
    assert.throws(
      () => parseRequest(text),
      (error: unknown) => error instanceof DsmError && error.code === 'usage',
    );
  });
}
