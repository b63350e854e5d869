/** What several chapters of the demonstration tell and expect. */

import type { Finality } from '@dsm/protocols';
import type { Handover } from './cast.ts';
import type { Teller } from './teller.ts';

/** A payment from hand to hand, which must be of this finality on both sides. */
export function tellHandOver(
  { payer, payee, paid, got }: Handover,
  finality: Finality,
  tell: Teller['tell'],
): void {
  const { value } = paid;
  if (paid.exit !== 0 || value === undefined || got === undefined) {
    const why = paid.error?.message ?? 'nothing arrived';
    throw new Error(`${payer.name} could not pay ${payee.name} offline: ${why}`);
  }
  const { payment, milliseconds } = value;
  expect(payment.finality === finality, `it is ${payment.finality} at ${payer.name}`);
  expect(got.finality === finality, `it is ${got.finality} at ${payee.name}`);
  tell(
    'paid-offline',
    { payer: payer.name, payee: payee.name, ...payment, milliseconds },
    `${payer.name} has paid ${payee.name} ${payment.decimal} ERA for ${payment.note}: ` +
      `${payment.finality} at ${payer.name}, ${got.finality} at ${payee.name}; ` +
      `${payment.wireBytes.toLocaleString('en')} bytes, ${milliseconds} ms.`,
  );
}

export function expect(isSo: boolean, otherwise: string): void {
  if (!isSo) throw new Error(`the demonstration went wrong: ${otherwise}`);
}
