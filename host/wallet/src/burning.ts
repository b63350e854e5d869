/** Burning: value leaves the world. Certified like a payment, and shown as what it is. */

import { boundsAfter, encodeOperation, forms, noteKinds, type Output, sum } from '@dsm/protocols';
import { allowedProof } from './allow-lists.ts';
import type { Payment } from './api.ts';
import { mine } from './engine.ts';
import { DsmError } from './errors.ts';
import { appendRun } from './online.ts';
import { paymentOf } from './payments.ts';
import { checkReady, type Runtime } from './runtime.ts';
import { settle } from './settling.ts';
import { findToken } from './tokens.ts';
import { chosen, inputsOf } from './value.ts';
import { unitsOf } from './wishes.ts';

export async function burn(
  runtime: Runtime,
  name: string,
  what: bigint | { readonly item: bigint },
): Promise<Payment> {
  checkReady(runtime);
  const { engine, reserved } = runtime;
  const { model } = engine;
  const token = findToken(model, name);
  const { ticker, burn: burnable, form } = token.rules;
  const wanted = typeof what === 'bigint' ? { amount: what } : what;
  if (burnable === 0)
    throw new DsmError('refused', `${ticker} cannot be burnt: its policy says so`);
  if ('amount' in wanted !== (form === forms.fungible)) {
    throw new DsmError('usage', form === forms.fungible ? 'say an amount' : 'say which item');
  }
  if (unitsOf(wanted) <= 0n) throw new DsmError('usage', 'an amount is more than zero');
  const { head, number } = await engine.exclusive(async () => {
    const notes = chosen(model, token, noteKinds.online, wanted, reserved);
    const inputs = inputsOf(engine, notes);
    const left = sum(notes) - unitsOf(wanted);
    const bounds = boundsAfter(inputs);
    const outputs: Output[] =
      left > 0n ? [{ ...mine(engine), amount: left, kind: noteKinds.online, ...bounds }] : [];
    const allowed = await allowedProof(engine, token.rules, outputs);
    const moved = { token: token.id, inputs, outputs, allowed, memo: '' };
    const operation = encodeOperation({ type: 'burn', ...moved });
    const { payments } = await appendRun(engine, model.own, [operation], true);
    return payments[0]!;
  });
  await settle(runtime, head);
  return paymentOf(model, model.payments[number]!);
}
