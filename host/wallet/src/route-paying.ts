/** Paying an invoice: a path over known edges, one lock, and patience. */

import { equal, keyOf } from '@dsm/primitive';
import { isSettled, paying } from '@dsm/bilateral';
import {
  amountMax,
  encodeHops,
  encodeOperation,
  findPath,
  type Hop,
  type Invoice,
} from '@dsm/protocols';
import { format } from './amounts.ts';
import { ownEdges, toldEdges } from './disclosing.ts';
import { DsmError } from './errors.ts';
import { idOf } from './edge-value.ts';
import { invoiceOf } from './invoices.ts';
import type { Model, Token } from './model.ts';
import { appendRun, deliverRun } from './online.ts';
import { actingRelationship } from './payable.ts';
import { escrowFor, type Said } from './relaying.ts';
import type { PayInvoiceOptions, RoutePayment } from './route-api.ts';
import { putRoute } from './route-model.ts';
import { routeOf } from './route-view.ts';
import type { RouteRow } from './route-rows.ts';
import { checkReady, liveSession, type Runtime } from './runtime.ts';
import { idText } from './text.ts';

const patienceMsUsual = 5_000;

export async function payInvoice(
  runtime: Runtime,
  text: string,
  { maxFee, patienceMs = patienceMsUsual }: PayInvoiceOptions = {},
): Promise<RoutePayment> {
  checkReady(runtime);
  const { engine } = runtime;
  const { model } = engine;
  const asked = invoiceOf(model, text);
  const token = model.tokens.get(keyOf(asked.token));
  if (token === undefined) {
    const id = idText('token', asked.token);
    throw new DsmError('not-found', `the invoice asks for ${id}, which this wallet does not know`);
  }
  const { number, said, session } = await engine.exclusive(async () => {
    const hops = pathFor(model, asked, token, maxFee ?? (asked.amount + 99n) / 100n);
    const locked = await lockFirst(runtime, asked, hops);
    const live = liveSession(runtime, locked.said.device);
    await live?.deliver(locked.said.at);
    return { ...locked, session: live };
  });
  if (session === undefined) {
    const on = model.relationships.get(keyOf(said.relationship))!;
    await deliverRun(engine, on, said.at);
  } else {
    await whenSettled(runtime, number, patienceMs);
  }
  return routeOf(model, model.routing.routes[number]!);
}

function pathFor(model: Model, asked: Invoice, token: Token, maxFee: bigint): readonly Hop[] {
  const { device, amount, hash } = asked;
  if (equal(device, model.device.id)) throw new DsmError('usage', 'this invoice is your own');
  const before = model.routing.routes.find(
    ({ passage, incoming }) =>
      incoming === undefined && equal(passage.hash, hash) && passage.outgoing !== 'returned',
  );
  if (before !== undefined) {
    const state = before.passage.outgoing === 'paid' ? 'paid' : 'being paid';
    throw new DsmError('refused', `this invoice is ${state} already`);
  }
  const edges = [...ownEdges(model, ({ blocked }) => blocked === 0), ...toldEdges(model)].filter(
    (edge) => equal(edge.token, token.id),
  );
  const hops = findPath(edges, { from: model.device.id, to: device, amount });
  const say = (units: bigint): string =>
    `${format(units, token.rules.decimals)} ${token.rules.ticker}`;
  if (hops === undefined) {
    const any = findPath(
      edges.map((edge) => ({ ...edge, capacity: amountMax })),
      { from: model.device.id, to: device, amount },
    );
    const why = any === undefined ? 'no path is known' : `no known path holds ${say(amount)}`;
    const whom = model.contacts.get(keyOf(device))?.name ?? idText('device', device);
    throw new DsmError('no-path', `${why} to ${whom}`);
  }
  const fee = hops[0]!.amount - amount;
  if (fee > maxFee) {
    throw new DsmError(
      'over-limit',
      `the fee would be ${say(fee)}, and at most ${say(maxFee)} is allowed`,
    );
  }
  return hops;
}

/** The first lock, and with it the row that says what it is for: one commit. */
async function lockFirst(
  { engine }: Runtime,
  { hash, token, memo }: Invoice,
  hops: readonly Hop[],
): Promise<{ readonly number: number; readonly said: Said }> {
  const { model, clock } = engine;
  const [first, ...rest] = hops;
  const { device, amount } = first!;
  const contact = model.contacts.get(keyOf(device))!;
  const { key: relationship } = actingRelationship(engine, contact);
  const escrow = escrowFor(model, contact, token, amount, hash);
  if (typeof escrow === 'string') throw new DsmError('refused', escrow);
  const id = idOf(escrow);
  const number = model.routing.routes.length;
  const row: RouteRow = {
    number,
    token,
    passage: paying(hash),
    incoming: undefined,
    outgoing: { escrow: id, device, amount },
    hops,
    memo,
    why: '',
    decided: undefined,
    seenAt: clock.now(),
  };
  const route = encodeHops(rest);
  const operation = encodeOperation({ type: 'lock', escrow: id, hash, amount, route });
  const { at } = await appendRun(engine, relationship, [operation], false, (to) =>
    putRoute(to, model, row),
  );
  return { number, said: { device, relationship, at } };
}

/** Resolves once the payment is paid or returned, or after a while. */
async function whenSettled(
  { engine, routed }: Runtime,
  number: number,
  patienceMs: number,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const check = (): void => {
    if (isSettled(engine.model.routing.routes[number]!.passage)) resolve();
  };
  const timer = setTimeout(resolve, patienceMs);
  routed.add(check);
  check();
  await promise;
  clearTimeout(timer);
  routed.delete(check);
}
