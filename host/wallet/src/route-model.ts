/** What a wallet holds in memory of routes, and how a change of it becomes durable. */

import { encodeWith, keyOf, u64 } from '@dsm/primitive';
import { isSettled } from '@dsm/bilateral';
import type { Draft } from './model.ts';
import {
  invoiceRow,
  relayRow,
  routeRow,
  toldRow,
  type InvoiceRow,
  type RelayRow,
  type RouteRow,
  type ToldRow,
} from './route-rows.ts';
import { rowKey } from './rows.ts';

/** Maps are keyed by `keyOf` the id. */
export interface Routing {
  readonly routes: RouteRow[];
  /** Numbers of routes by the escrow and the hash of either lock. */
  readonly byLock: Map<string, number>;
  /** Numbers of routes to which something may still happen, and of those that changed unnoticed. */
  readonly open: Set<number>;
  readonly changed: Set<number>;
  readonly invoices: Map<string, InvoiceRow>;
  /** By the contact that told. */
  readonly told: Map<string, ToldRow>;
  readonly relays: Map<string, RelayRow>;
}

export interface HasRouting {
  readonly routing: Routing;
}

export function noRouting(): Routing {
  return {
    routes: [],
    byLock: new Map(),
    open: new Set(),
    changed: new Set(),
    invoices: new Map(),
    told: new Map(),
    relays: new Map(),
  };
}

export function remember({ routes, byLock, open, changed }: Routing, row: RouteRow): void {
  routes[row.number] = row;
  changed.add(row.number);
  if (isSettled(row.passage)) open.delete(row.number);
  else open.add(row.number);
  for (const leg of [row.incoming, row.outgoing]) {
    if (leg !== undefined) byLock.set(lockKey(leg.escrow, row.passage.hash), row.number);
  }
}

/** The route that has this lock, on either side of this device. */
export function routeOfLock(
  { routing }: HasRouting,
  escrow: Uint8Array,
  hash: Uint8Array,
): RouteRow | undefined {
  const number = routing.byLock.get(lockKey(escrow, hash));
  return number === undefined ? undefined : routing.routes[number];
}

function lockKey(escrow: Uint8Array, hash: Uint8Array): string {
  return `${keyOf(escrow)} ${keyOf(hash)}`;
}

export function putRoute(to: Draft, { routing }: HasRouting, row: RouteRow): void {
  to.put(rowKey('route', encodeWith(u64, row.number)), routeRow.encode(row));
  to.after(() => remember(routing, row));
}

export function putInvoice(
  to: Draft,
  { routing }: HasRouting,
  hash: Uint8Array,
  row: InvoiceRow,
): void {
  to.put(rowKey('invoice', hash), invoiceRow.encode(row));
  to.after(() => routing.invoices.set(keyOf(hash), row));
}

export function putTold(
  to: Draft,
  { routing }: HasRouting,
  device: Uint8Array,
  row: ToldRow,
): void {
  to.put(rowKey('told', device), toldRow.encode(row));
  to.after(() => routing.told.set(keyOf(device), row));
}

export function putRelay(
  to: Draft,
  { routing }: HasRouting,
  device: Uint8Array,
  row: RelayRow,
): void {
  to.put(rowKey('relay', device), relayRow.encode(row));
  to.after(() => routing.relays.set(keyOf(device), row));
}
