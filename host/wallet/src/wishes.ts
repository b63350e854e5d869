/** Wishes: what somebody asks to pay, read into tokens, amounts and items. */

import { keyOf } from '@dsm/primitive';
import { forms } from '@dsm/protocols';
import type { NewPayment } from './api.ts';
import { DsmError } from './errors.ts';
import type { Model, Token } from './model.ts';
import type { NewInvoice } from './route-api.ts';
import { findToken } from './tokens.ts';
import type { Wanted } from './value.ts';

export interface Wish {
  readonly token: Token;
  readonly wanted: Wanted;
  readonly note: string;
}

export function wishOf(model: Model, payment: NewPayment | NewInvoice): Wish {
  const { name, wanted } = namedIn(payment);
  const token = findToken(model, name);
  const { form, ticker } = token.rules;
  if (form === forms.credential) {
    throw new DsmError('refused', `${ticker} is a credential: it stays with its device`);
  }
  if ('amount' in wanted && form === forms.unique) {
    throw new DsmError('usage', `${ticker} is paid by the item: { token, item }`);
  }
  if ('item' in wanted && form === forms.fungible) {
    throw new DsmError('usage', `${ticker} has no items: say an amount`);
  }
  if (unitsOf(wanted) <= 0n) throw new DsmError('usage', 'an amount is more than zero');
  return { token, wanted, note: payment.note ?? '' };
}

/** What the output of the wish says: an amount, or the serial number of an item. */
export function unitsOf(wanted: Wanted): bigint {
  return 'amount' in wanted ? wanted.amount : wanted.item;
}

/** `{ ERA: 5n }`, `{ token: 'ERA', amount: 5n }` or `{ token: 'ART', item: 3n }`. */
function namedIn(payment: object): { readonly name: string; readonly wanted: Wanted } {
  const fields = payment as Record<string, unknown>;
  const { token, amount, item } = fields;
  if (typeof token === 'string' && (amount === undefined) !== (item === undefined)) {
    if (typeof amount === 'bigint') return { name: token, wanted: { amount } };
    if (typeof item === 'bigint') return { name: token, wanted: { item } };
  }
  const named = Object.entries(fields).filter(([, value]) => typeof value === 'bigint');
  const [first] = named;
  if (token === undefined && named.length === 1 && first !== undefined) {
    return { name: first[0], wanted: { amount: first[1] as bigint } };
  }
  throw new DsmError('usage', 'say one token and one amount: { ERA: 5n }, or { token, amount }');
}

/** The wishes of one run: a fungible token once, for its change is not spent in the same run. */
export function wishesOf(model: Model, payments: readonly NewPayment[]): readonly Wish[] {
  if (payments.length === 0) throw new DsmError('usage', 'there is nothing to pay');
  const wishes = payments.map((payment) => wishOf(model, payment));
  const amounts = wishes.filter(({ wanted }) => 'amount' in wanted).map(({ token }) => token.id);
  if (new Set(amounts.map(keyOf)).size < amounts.length) {
    throw new DsmError('usage', 'say each token once, with all that is paid of it');
  }
  return wishes;
}

/** How a list is paid: one way for all of it. */
export function overOf(payments: readonly NewPayment[]): NonNullable<NewPayment['over']> {
  const ways = new Set(payments.map(({ over }) => over ?? 'auto'));
  if (ways.size > 1) throw new DsmError('usage', 'what is paid in one run goes one way');
  return [...ways][0] ?? 'auto';
}
