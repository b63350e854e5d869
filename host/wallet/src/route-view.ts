/** Routes as people and programs see them. */

import { encodeWith, hash, keyOf, u64 } from '@dsm/primitive';
import { isSettled } from '@dsm/bilateral';
import type { Finality, Hop } from '@dsm/protocols';
import { escrowStateOf } from './edge-value.ts';
import { DsmError } from './errors.ts';
import type { Model } from './model.ts';
import type { RouteHop, RoutePayment } from './route-api.ts';
import type { RouteRow } from './route-rows.ts';
import { idText } from './text.ts';
import { tokenInfo } from './tokens.ts';

export function routeOf(model: Model, row: RouteRow): RoutePayment {
  const { passage, incoming, hops, memo, why, seenAt, number } = row;
  return {
    id: idText('route', hash('lock', passage.hash, encodeWith(u64, number))),
    token: tokenInfo(model.tokens.get(keyOf(row.token))!),
    ...amountsOf(model, row),
    hops: (hops.length > 0 ? hops : nextHop(row)).map((hop) => hopOf(model, hop)),
    from: incoming === undefined ? undefined : nameOf(model, incoming.device),
    note: memo,
    state: stateOf(row),
    waiting: isSettled(passage) ? '' : waitingFor(model, row),
    why,
    finality: finalityOf(model, row),
    seenAt,
  };
}

type Amounts = Pick<RoutePayment, 'role' | 'amount' | 'fee' | 'locked'>;

function amountsOf({ routing }: Model, row: RouteRow): Amounts {
  const { passage, incoming, outgoing, hops } = row;
  const sent = outgoing?.amount ?? 0n;
  const locked = passage.outgoing === 'held' || passage.outgoing === 'gone' ? sent : 0n;
  if (incoming === undefined) {
    const { amount } = hops.at(-1)!;
    return { role: 'payer', amount, fee: sent - amount, locked };
  }
  if (outgoing === undefined) {
    const role = routing.invoices.has(keyOf(passage.hash)) ? 'recipient' : 'relay';
    return { role, amount: incoming.amount, fee: 0n, locked };
  }
  return { role: 'relay', amount: sent, fee: incoming.amount - sent, locked };
}

function nextHop({ outgoing }: RouteRow): readonly Hop[] {
  return outgoing === undefined ? [] : [{ device: outgoing.device, amount: outgoing.amount }];
}

function hopOf(model: Model, hop: Hop): RouteHop {
  const { device, amount } = hop;
  return { device: idText('device', device), name: nameOf(model, device), amount };
}

/** The contact's name, or the beginning of the id of somebody whom this wallet has not met. */
function nameOf({ contacts }: Model, device: Uint8Array): string {
  return contacts.get(keyOf(device))?.name ?? `${idText('device', device).slice(0, 12)}…`;
}

/** A relay is paid or not; a lock whose slot is certified as opened cannot be taken back any more. */
function stateOf({ passage }: RouteRow): RoutePayment['state'] {
  const { incoming, outgoing } = passage;
  if (outgoing === 'held' || outgoing === 'gone') return 'pending';
  const got = incoming === 'none' ? outgoing : incoming;
  if (got === 'paid' || got === 'opened') return 'paid';
  return got === 'returned' ? 'returned' : 'pending';
}

function waitingFor(model: Model, { passage, incoming, outgoing }: RouteRow): string {
  const next = outgoing === undefined ? '' : nameOf(model, outgoing.device);
  const from = incoming === undefined ? '' : nameOf(model, incoming.device);
  if (passage.outgoing === 'held' && passage.preimage === undefined) {
    return `${next}, who has not answered: it can open the lock or give it up`;
  }
  if (passage.outgoing === 'held' || passage.outgoing === 'gone') {
    const row = model.escrows.get(keyOf(outgoing!.escrow))!;
    return escrowStateOf(model, row) === 'closing'
      ? `${next}, who can leave the edge: a restore has ended it`
      : 'this device: meet or sync';
  }
  switch (passage.incoming) {
    case 'held':
      return `${from}, who was told the preimage and has not paid: sync opens the lock without it`;
    case 'declined':
      return 'the nodes, to certify that the lock is given up';
    case 'given-up':
      return `${from}, who can take the lock back`;
    case 'opened':
      return `nothing: the lock is opened for good; ${from} pays it, or leaving the edge does`;
    case 'none':
    case 'paid':
    case 'returned':
      return '';
  }
}

/** Of the payer what it has paid, of everybody else what it has got. */
function finalityOf(model: Model, row: RouteRow): Finality {
  if (stateOf(row) !== 'paid') return 'pending';
  const leg = row.incoming ?? row.outgoing;
  const exit = leg === undefined ? undefined : model.escrows.get(keyOf(leg.escrow))?.exit;
  const left = exit === undefined ? undefined : model.origins.get(keyOf(exit));
  return left?.certified === true ? 'certified' : 'edge-final';
}

export function findRoute(model: Model, prefix: string): RoutePayment {
  const all = model.routing.routes.map((row) => routeOf(model, row));
  const found = all.filter(({ id }) => id.startsWith(prefix));
  if (found.length === 1) return found[0]!;
  if (found.length === 0) throw new DsmError('not-found', `no route "${prefix}"`);
  throw new DsmError('ambiguous', `several routes start with "${prefix}"`);
}
