/** Paying: from a wish to a run of the lane, offline over a live session or online with the nodes. */

import { keyDigest, keyOf } from '@dsm/primitive';
import {
  boundsAfter,
  choose,
  denominations,
  encodeOperation,
  noteId,
  noteKinds,
  type NoteKind,
  type Output,
} from '@dsm/protocols';
import type { Balance, NewPayment, Payment } from './api.ts';
import type { Relationship } from '@dsm/bilateral';
import type { NewInvoice } from './route-api.ts';
import { DsmError } from './errors.ts';
import { certifyOne } from './certify.ts';
import { payOverEdge } from './edge-paying.ts';
import { edgeOf } from './edges.ts';
import { handOver } from './handing.ts';
import type { Model, Token } from './model.ts';
import { appendRun } from './online.ts';
import { actingRelationship, type Beside } from './payable.ts';
import { paymentOf } from './payments.ts';
import { checkReady, current, liveSession, refresh, type Runtime } from './runtime.ts';
import type { ContactRow, PaymentRow } from './rows.ts';
import { mintOf } from './issuing.ts';
import { findToken } from './tokens.ts';
import { mine } from './engine.ts';
import { balanceOf, inputsOf, spendable, transferOf } from './value.ts';

export async function pay(runtime: Runtime, to: ContactRow, wanted: NewPayment): Promise<Payment> {
  const row = await payWith(runtime, to, wanted, { operations: [], check: () => undefined });
  return paymentOf(runtime.engine.model, row);
}

/** Pay, in one run with other operations: both are made, or neither. */
export async function payWith(
  runtime: Runtime,
  to: ContactRow,
  wanted: NewPayment,
  beside: Beside,
): Promise<PaymentRow> {
  checkReady(runtime);
  const { model } = runtime.engine;
  const { token, amount } = wantedOf(model, wanted);
  const contact = current(runtime, to);
  const on = actingRelationship(runtime.engine, contact);
  if (amount <= 0n) throw new DsmError('usage', 'an amount is more than zero');
  const session = liveSession(runtime, contact.device);
  const over = wanted.over ?? 'auto';
  const note = wanted.note ?? '';
  const edge = over === 'auto' && edgeOf(model, contact, token).canPay >= amount;
  if (over === 'edge' || edge) {
    return payOverEdge(runtime, contact, { token, amount, note }, beside);
  }
  const covered = balanceOf(model, token).purse >= amount;
  const offline = over === 'offline' || (over === 'auto' && session !== undefined && covered);
  if (!offline) return payOnline(runtime, contact, on, { token, amount, note }, beside);
  if (session === undefined) {
    throw new DsmError('unreachable', `${contact.name} is not connected: meet, or pay online`);
  }
  const { operations, check } = beside;
  check();
  const { operation, release } = promise(runtime, noteKinds.purse, token, on, amount, note);
  const [paid] = await session.trade([...operations, operation], release, check);
  return model.payments[paid!.number]!;
}

/** The token and the amount that are meant. */
export function wantedOf(
  model: Model,
  wanted: NewPayment | NewInvoice,
): { readonly token: Token; readonly amount: bigint } {
  const { name, amount } = amountOf(wanted);
  return { token: findToken(model, name), amount };
}

/** `{ ERA: 5n }` or `{ token: 'ERA', amount: 5n }`. */
function amountOf(wanted: NewPayment | NewInvoice): {
  readonly name: string;
  readonly amount: bigint;
} {
  const fields = wanted as Record<string, unknown>;
  const { token, amount } = fields;
  if (typeof token === 'string' && typeof amount === 'bigint') return { name: token, amount };
  const named = Object.entries(fields).filter(([, value]) => typeof value === 'bigint');
  const [first] = named;
  if (named.length === 1 && first !== undefined) {
    return { name: first[0], amount: first[1] as bigint };
  }
  throw new DsmError('usage', 'say one token and one amount: { ERA: 5n }, or { token, amount }');
}

/** Choose notes and promise them to nobody else until `release`. */
function promise(
  { engine, reserved }: Runtime,
  kind: NoteKind,
  token: Token,
  { peer }: Relationship,
  amount: bigint,
  memo: string,
): { readonly operation: Uint8Array; readonly release: () => void } {
  const payee = { device: peer.device, key: keyDigest(peer.suite, peer.workingKey) };
  const chosen = transferOf(engine, token, kind, payee, amount, memo, reserved);
  const ids = chosen.notes.map(({ source, index }) => keyOf(noteId(source, index)));
  for (const id of ids) reserved.add(id);
  const release = (): void => {
    for (const id of ids) reserved.delete(id);
  };
  return { operation: chosen.operation, release };
}

async function payOnline(
  runtime: Runtime,
  to: ContactRow,
  on: Relationship,
  {
    token,
    amount,
    note,
  }: { readonly token: Token; readonly amount: bigint; readonly note: string },
  { operations, check }: Beside,
): Promise<PaymentRow> {
  const { engine } = runtime;
  const { model } = engine;
  const { operation, release } = promise(runtime, noteKinds.online, token, on, amount, note);
  const { run, said } = await engine
    .exclusive(async () => {
      check();
      const appended = await appendRun(engine, on.key, [...operations, operation], true);
      return { run: appended, said: await liveSession(runtime, to.device)?.deliver(appended.at) };
    })
    .finally(release);
  const { number, head } = run.payments[0]!;
  await handOver(runtime, to, run.at, head, said);
  return model.payments[number]!;
}

/** Online notes become purse notes: a load on the own lane, certified. */
export async function load(runtime: Runtime, name: string, amount: bigint): Promise<Balance> {
  checkReady(runtime);
  const { engine, reserved } = runtime;
  const { model } = engine;
  const token = findToken(model, name);
  const { notes: coins, rest } = denominations(amount);
  if (amount <= 0n || coins.length === 0)
    throw new DsmError('usage', 'an amount is more than zero');
  const { head } = await engine.exclusive(async () => {
    const chosen = choose(spendable(model, token.id, noteKinds.online, reserved), amount);
    if (chosen === undefined) {
      const { ticker } = token.rules;
      throw new DsmError(
        'insufficient-funds',
        `${amount} ${ticker} are not there in certified notes`,
      );
    }
    const inputs = inputsOf(engine, chosen);
    const bounds = boundsAfter(inputs);
    const self = mine(engine);
    const taken = inputs.reduce((sum, input) => sum + input.amount, 0n);
    const outputs: Output[] = coins.map((coin) => ({ ...self, amount: coin, kind: 1, ...bounds }));
    const change = taken - amount + rest;
    if (change > 0n) outputs.push({ ...self, amount: change, kind: 0, ...bounds });
    const moved = { token: token.id, inputs, outputs, allowed: undefined, memo: '' };
    const operation = { type: 'load', ...moved } as const;
    const { at } = await appendRun(engine, model.own, [encodeOperation(operation)], false);
    return at.row;
  });
  await settle(runtime, head);
  return balanceOf(model, findToken(model, name));
}

/** New units for the issuer itself, certified at the slot after the issue before. */
export async function mint(runtime: Runtime, name: string, amount: bigint): Promise<void> {
  checkReady(runtime);
  const { engine } = runtime;
  const { model } = engine;
  const head = await engine.exclusive(async () => {
    const minted = mintOf(engine, findToken(model, name), amount);
    const collect = encodeOperation(minted.collect);
    await appendRun(engine, model.own, [collect], false, minted.keep);
    return minted.head;
  });
  await settle(runtime, head);
}

/** Own operations count once they are certified. Without the nodes they stay, and `sync` goes on. */
async function settle(runtime: Runtime, head: Uint8Array): Promise<void> {
  const outcome = await certifyOne(runtime.engine, head);
  await refresh(runtime);
  if (outcome === 'conflicted') {
    throw new DsmError('already-spent', 'the nodes hold another spend of these notes');
  }
  if (outcome === 'undecided') {
    throw new DsmError('pending', 'made and kept; too few nodes answered to certify it now');
  }
}
