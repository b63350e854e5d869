/** Invoices: asking for a payment, as a text that can be sent, spoken in pieces or shown as a code. */

import { bech32m } from '@scure/base';
import { equal, keyOf, lockHash, utf8, limits } from '@dsm/primitive';
import { invoice as invoiceObject, type Invoice } from '@dsm/protocols';
import type { Engine } from './engine.ts';
import { DsmError } from './errors.ts';
import { draft, type Model } from './model.ts';
import type { InvoiceInfo, NewInvoice } from './route-api.ts';
import { putInvoice } from './route-model.ts';
import { idText } from './text.ts';
import { wishOf } from './wishes.ts';

const prefix = 'inv';
/** Longer than any invoice is as a text. */
const charactersMax = 1_024;

/** The preimage is durable before anybody can be told its hash. */
export async function makeInvoice(engine: Engine, wanted: NewInvoice): Promise<string> {
  const { model, entropy, clock } = engine;
  const { token, wanted: asked, note: memo } = wishOf(model, wanted);
  if ('item' in asked) throw new DsmError('refused', 'items do not travel by routes');
  const { amount } = asked;
  if (utf8(memo).length > limits.memoBytesMax) throw new DsmError('usage', 'the note is too long');
  const preimage = entropy.bytes(32);
  const hash = lockHash(preimage);
  await engine.exclusive(async () => {
    const to = draft();
    const row = { preimage, token: token.id, amount, memo, madeAt: clock.now() };
    putInvoice(to, model, hash, row);
    await engine.commit(to);
  });
  const { id: device, network } = model.device;
  return invoiceText({ network, device, hash, token: token.id, amount, memo });
}

export function invoiceText(asked: Invoice): string {
  return bech32m.encode(prefix, bech32m.toWords(invoiceObject.encode(asked)), charactersMax);
}

/** What a text asks for on this network. */
export function invoiceOf({ device }: Model, text: string): Invoice {
  const bytes = bytesOf(text.trim().toLowerCase());
  const decoded = bytes === undefined ? undefined : invoiceObject.decode(bytes);
  if (decoded?.ok !== true) throw new DsmError('usage', 'this is no invoice: one starts with inv1');
  if (!equal(decoded.value.network, device.network)) {
    throw new DsmError('usage', 'this invoice is of another network');
  }
  return decoded.value;
}

function bytesOf(text: string): Uint8Array | undefined {
  try {
    const decoded = bech32m.decode(text as `${string}1${string}`, charactersMax);
    return decoded.prefix === prefix ? bech32m.fromWords(decoded.words) : undefined;
  } catch {
    return undefined;
  }
}

export function invoiceInfo(model: Model, text: string): InvoiceInfo {
  const { device, token, amount, memo } = invoiceOf(model, text);
  return {
    text,
    device: idText('device', device),
    name: model.contacts.get(keyOf(device))?.name,
    token: idText('token', token),
    ticker: model.tokens.get(keyOf(token))?.rules.ticker ?? '?',
    amount,
    note: memo,
  };
}
