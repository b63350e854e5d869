/** Paying: from a wish to a run of the lane, offline over a live session or online with the nodes. */

import { keyDigest, keyOf } from '@dsm/primitive';
import {
  boundsAfter,
  denominations,
  encodeOperation,
  forms,
  noteId,
  noteKinds,
  type Note,
  type NoteKind,
  type Output,
  sum,
} from '@dsm/protocols';
import { allowedProof } from './allow-lists.ts';
import type { Balance, NewPayment, Payment } from './api.ts';
import type { Relationship } from '@dsm/bilateral';
import { DsmError } from './errors.ts';
import { payOverEdge } from './edge-paying.ts';
import { edgeOf } from './edges.ts';
import { handOver } from './handing.ts';
import type { Model, Token } from './model.ts';
import { appendRun } from './online.ts';
import { actingRelationship, checkSuites, type Beside } from './payable.ts';
import { paymentOf } from './payments.ts';
import { chosenFresh } from './reminting.ts';
import { checkReady, current, liveSession, type Runtime } from './runtime.ts';
import type { ContactRow, PaymentRow } from './rows.ts';
import { settle } from './settling.ts';
import { findToken } from './tokens.ts';
import { mine } from './engine.ts';
import { balanceOf, chosen, inputsOf, transferOf, type Room } from './value.ts';
import { overOf, wishesOf, type Wish } from './wishes.ts';

export async function pay(
  runtime: Runtime,
  to: ContactRow,
  payments: readonly NewPayment[],
): Promise<readonly Payment[]> {
  const rows = await payWith(runtime, to, payments, { operations: [], check: () => undefined });
  return rows.map((row) => paymentOf(runtime.engine.model, row));
}

/** Pay, in one run with other operations: all are made, or none is. */
export async function payWith(
  runtime: Runtime,
  to: ContactRow,
  payments: readonly NewPayment[],
  beside: Beside,
): Promise<readonly PaymentRow[]> {
  checkReady(runtime);
  const { model } = runtime.engine;
  const wishes = wishesOf(model, payments);
  const contact = current(runtime, to);
  const on = actingRelationship(runtime.engine, contact);
  checkSuites(
    runtime.engine,
    on,
    wishes.map(({ token }) => token),
  );
  const session = liveSession(runtime, contact.device);
  const over = overOf(payments);
  const [only] = wishes.length === 1 ? wishes : [];
  if (only !== undefined && isOverEdge(model, contact, over, only)) {
    return [await payOverEdge(runtime, contact, edgePayment(only), beside)];
  }
  if (over === 'edge') throw new DsmError('usage', 'over an edge, pay one after the other');
  const covered = session !== undefined && isInPurse(model, wishes);
  if (over === 'online' || (over === 'auto' && !covered)) {
    return payOnline(runtime, contact, on, wishes, beside);
  }
  if (wishes.some(({ wanted }) => 'item' in wanted)) {
    throw new DsmError('refused', 'items are paid online: they are never in the purse');
  }
  if (session === undefined) {
    throw new DsmError('unreachable', `${contact.name} is not connected: meet, or pay online`);
  }
  const { operations, check } = beside;
  check();
  const { made, release } = await promise(runtime, noteKinds.purse, wishes, on);
  const paid = await session.trade([...operations, ...made], release, check);
  return paid.map(({ number }) => model.payments[number]!);
}

/** Over the edge if that is wished, or if its rest suffices and nothing else is wished. */
function isOverEdge(
  model: Model,
  contact: ContactRow,
  over: ReturnType<typeof overOf>,
  { token, wanted }: Wish,
): boolean {
  if (over === 'edge') return true;
  return (
    over === 'auto' && 'amount' in wanted && edgeOf(model, contact, token).canPay >= wanted.amount
  );
}

function edgePayment({ token, wanted, note }: Wish): Parameters<typeof payOverEdge>[2] {
  if ('amount' in wanted) return { token, amount: wanted.amount, note };
  throw new DsmError('refused', 'items are paid online: they are never in an edge');
}

/** True if the purse suffices for all of it together. */
function isInPurse(model: Model, wishes: readonly Wish[]): boolean {
  return wishes.every(
    ({ token, wanted }) => 'amount' in wanted && balanceOf(model, token).purse >= wanted.amount,
  );
}

/** Choose notes and promise them to nobody else until `release`. */
async function promise(
  runtime: Runtime,
  kind: NoteKind,
  wishes: readonly Wish[],
  { peer }: Relationship,
): Promise<{ readonly made: readonly Uint8Array[]; readonly release: () => void }> {
  const { engine, reserved } = runtime;
  const payee = { device: peer.device, key: keyDigest(peer.suite, peer.workingKey) };
  const ids: string[] = [];
  const release = (): void => {
    for (const id of ids) reserved.delete(id);
  };
  try {
    const made: Uint8Array[] = [];
    for (const { token, wanted, note } of wishes) {
      await chosenFresh(runtime, token, kind, wanted);
      // Chosen in turn: what another decision spends is still in the model until that is durable.
      const notes = await engine.exclusive(async () => {
        const free = chosen(engine.model, token, kind, wanted, reserved);
        const taken = free.map(({ source, index }) => keyOf(noteId(source, index)));
        ids.push(...taken);
        for (const id of taken) reserved.add(id);
        return free;
      });
      made.push(await transferOf(engine, token, notes, payee, wanted, note));
    }
    return { made, release };
  } catch (error) {
    release();
    throw error;
  }
}

async function payOnline(
  runtime: Runtime,
  to: ContactRow,
  on: Relationship,
  wishes: readonly Wish[],
  { operations, check }: Beside,
): Promise<readonly PaymentRow[]> {
  const { engine } = runtime;
  const { model } = engine;
  const { made, release } = await promise(runtime, noteKinds.online, wishes, on);
  const { run, said } = await engine
    .exclusive(async () => {
      check();
      const appended = await appendRun(engine, on.key, [...operations, ...made], true);
      return { run: appended, said: await liveSession(runtime, to.device)?.deliver(appended.at) };
    })
    .finally(release);
  const { at, payments } = run;
  await handOver(
    runtime,
    to,
    at,
    payments.map(({ head }) => head),
    said,
  );
  return payments.map(({ number }) => model.payments[number]!);
}

/** A coin is paid, and whoever has it pays again; as many coins as a payment may take go together. */
const coinRoom: Room = { hops: 1, together: 10 };
const leastRoom: Room = { hops: 1, together: 1 };

/** Online notes become purse notes: a load on the own lane, certified. */
export async function load(runtime: Runtime, name: string, amount: bigint): Promise<Balance> {
  checkReady(runtime);
  const { engine } = runtime;
  const { model } = engine;
  const token = findToken(model, name);
  if (token.rules.form !== forms.fungible) {
    throw new DsmError('refused', `${token.rules.ticker} has items: they are never in the purse`);
  }
  const { notes: coins, rest } = denominations(amount);
  if (amount <= 0n || coins.length === 0)
    throw new DsmError('usage', 'an amount is more than zero');
  await loadable(runtime, token, amount);
  const { head } = await engine.exclusive(async () => {
    const notes = fitting(runtime, token, amount);
    const inputs = inputsOf(engine, notes);
    const bounds = boundsAfter(inputs);
    const self = mine(engine);
    const taken = sum(inputs);
    const outputs: Output[] = coins.map((coin) => ({ ...self, amount: coin, kind: 1, ...bounds }));
    const change = taken - amount + rest;
    if (change > 0n) outputs.push({ ...self, amount: change, kind: 0, ...bounds });
    const allowed = await allowedProof(engine, token.rules, outputs);
    const moved = { token: token.id, inputs, outputs, allowed, memo: '' };
    const operation = { type: 'load', ...moved } as const;
    const { at } = await appendRun(engine, model.own, [encodeOperation(operation)], false);
    return at.row;
  });
  await settle(runtime, head);
  return balanceOf(model, findToken(model, name));
}

/** Worn notes are made anew before they become coins, which cannot be: as far as that is possible. */
async function loadable(runtime: Runtime, token: Token, amount: bigint): Promise<void> {
  await chosenFresh(runtime, token, noteKinds.online, { amount }, coinRoom).catch(
    (error: unknown) => {
      if (!(error instanceof DsmError) || error.code !== 'worn') throw error;
    },
  );
}

/** Notes whose coins can be paid many together, or else at least one by one. */
function fitting({ engine, reserved }: Runtime, token: Token, amount: bigint): readonly Note[] {
  const find = (room: Room): readonly Note[] =>
    chosen(engine.model, token, noteKinds.online, { amount }, reserved, room);
  try {
    return find(coinRoom);
  } catch {
    return find(leastRoom);
  }
}
