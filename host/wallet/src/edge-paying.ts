/**
 * Paying over an edge: a higher total for each escrow that the payment uses, in one run.
 *
 * There is no offer and no consent: the value was set apart before, and whoever gets more of it
 * loses nothing. So one message pays, and the peer's answer only stops resending.
 */

import { keyOf, zero32 } from '@dsm/primitive';
import { encodeOperation, restOf, type Escrow } from '@dsm/protocols';
import { format } from './amounts.ts';
import { escrowsOf, escrowStateOf, escrowStates, idOf } from './edge-value.ts';
import { DsmError } from './errors.ts';
import { soon } from './handing.ts';
import { draft, putPayment, type Model, type Token } from './model.ts';
import { appendRun, deliverRun } from './online.ts';
import { actingRelationship, type Beside } from './payable.ts';
import type { ContactRow, EscrowRow, PaymentRow } from './rows.ts';
import { current, liveSession, refresh, type Runtime } from './runtime.ts';

export async function payOverEdge(
  runtime: Runtime,
  to: ContactRow,
  {
    token,
    amount,
    note,
  }: { readonly token: Token; readonly amount: bigint; readonly note: string },
  { operations, check }: Beside,
): Promise<PaymentRow> {
  const { engine } = runtime;
  const { model } = engine;
  const { run, said } = await engine.exclusive(async () => {
    const contact = current(runtime, to);
    const on = actingRelationship(engine, contact);
    check();
    const totals = totalsFor(model, contact, token, amount, note);
    const written = await appendRun(engine, on.key, [...operations, ...totals], false);
    return { run: written, said: await liveSession(runtime, to.device)?.deliver(written.at) };
  });
  const { number } = run.payments[0]!;
  const bytes = said === undefined ? undefined : await soon(said.acked);
  if (bytes === undefined) {
    await deliverRun(engine, model.relationships.get(keyOf(to.relationship!))!, run.at);
  } else {
    await engine.exclusive(async () => {
      const change = draft();
      putPayment(change, model, { ...model.payments[number]!, wireBytes: bytes });
      await engine.commit(change);
    });
  }
  await refresh(runtime);
  return model.payments[number]!;
}

/** One `total` for each escrow that the amount uses, the oldest first. */
export function totalsFor(
  model: Model,
  contact: ContactRow,
  token: Token,
  amount: bigint,
  memo: string,
): Uint8Array[] {
  const funded = escrowsOf(model, contact.relationship!, token.id).filter(({ side }) => side === 0);
  const operations: Uint8Array[] = [];
  let missing = amount;
  for (const row of funded.filter((one) => escrowStateOf(model, one) === 'open')) {
    const rest = restOf(row.escrow);
    const part = rest < missing ? rest : missing;
    if (part === 0n) continue;
    operations.push(totalOf(row, part, memo));
    missing -= part;
  }
  if (missing === 0n) return operations;
  throw new DsmError(
    'insufficient-funds',
    tooLittle(model, contact, token, funded, amount, amount - missing),
  );
}

function totalOf(row: EscrowRow, part: bigint, memo: string): Uint8Array {
  const { total, count }: Escrow = row.escrow;
  return encodeOperation({
    type: 'total',
    escrow: idOf(row),
    total: total + part,
    count: count + 1,
    ticks: zero32,
    memo,
  });
}

/** Why the edge does not hold the amount: what is left, and what stands in escrows that are not open. */
function tooLittle(
  model: Model,
  { name }: ContactRow,
  { rules }: Token,
  funded: readonly EscrowRow[],
  amount: bigint,
  left: bigint,
): string {
  const [wanted, there] = [amount, left].map((units) => format(units, rules.decimals));
  const shut = funded.map((row) => escrowStateOf(model, row)).filter((state) => state !== 'open');
  const why = shut.length === 0 ? 'fund more first' : escrowStates[shut.at(-1)!];
  return `${wanted} ${rules.ticker} wanted, ${there} left in the edge with ${name}: ${why}`;
}
