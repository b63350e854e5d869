/**
 * Relaying: what this device does with a lock that came to it. It takes it if its own invoice asks
 * for it, passes it on if the terms are kept, and otherwise decides to give it up.
 */

import { equal, keyOf, limits, type Lock } from '@dsm/primitive';
import { declining, receiving, relaying } from '@dsm/bilateral';
import {
  encodeOperation,
  forwardRefusals,
  giveUp,
  lockedIn,
  onwards,
  restOf,
  type Hop,
} from '@dsm/protocols';
import { escrowsOf, escrowStateOf, idOf } from './edge-value.ts';
import type { Engine } from './engine.ts';
import { hasLeft } from './belonging.ts';
import { draft, putEscrow, type Model, type RunAt } from './model.ts';
import { appendRun } from './online.ts';
import { putRoute, routeOfLock } from './route-model.ts';
import type { Leg, RelayRow, RouteRow } from './route-rows.ts';
import type { ContactRow, EscrowRow } from './rows.ts';
import { belowMinimum } from './standing.ts';

/** A run that this device has made and that has to be said. */
export interface Said {
  readonly device: Uint8Array;
  readonly relationship: Uint8Array;
  readonly at: RunAt;
}

/** Locks to this device that nothing was decided about, in escrows that hold. */
export function undecidedLocks(model: Model): { readonly row: EscrowRow; readonly lock: Lock }[] {
  return [...model.escrows.values()].flatMap((row) => {
    if (row.side === 0 || row.escrow.locks.length === 0) return [];
    if (escrowStateOf(model, row) !== 'open') return [];
    return row.escrow.locks
      .filter(({ hash }) => routeOfLock(model, idOf(row), hash) === undefined)
      .map((lock) => ({ row, lock }));
  });
}

/** Decide about one of them, durably. Answers with the run that passes it on, if one does. */
export async function decide(
  engine: Engine,
  escrow: Uint8Array,
  hash: Uint8Array,
): Promise<Said | undefined> {
  const { model } = engine;
  const row = model.escrows.get(keyOf(escrow));
  const lock = row?.escrow.locks.find((one) => equal(one.hash, hash));
  if (row === undefined || lock === undefined || row.exit !== undefined) return undefined;
  if (routeOfLock(model, escrow, hash) !== undefined) return undefined;
  const fresh = freshRoute(engine, row, lock);
  // Paid by lock is edge-final at best: who wants more of a contact takes no locks from it.
  const less = belowMinimum(model, row.escrow.payer, 'edge-final');
  if (less !== undefined) return decline(engine, row, fresh, less.why);
  const asked = model.routing.invoices.get(keyOf(hash));
  if (asked !== undefined) {
    const why = whyNotTaken(engine, row, lock);
    if (why !== undefined) return decline(engine, row, fresh, why);
    const to = draft();
    const passage = receiving(asked.preimage);
    putRoute(to, model, { ...fresh, passage, memo: asked.memo });
    await engine.commit(to);
    return undefined;
  }
  const onward = onwardOf(model, row, lock);
  if (typeof onward === 'string') return decline(engine, row, fresh, onward);
  return pass(engine, fresh, onward);
}

function freshRoute({ model, clock }: Engine, row: EscrowRow, lock: Lock): RouteRow {
  const incoming: Leg = { escrow: idOf(row), device: row.escrow.payer, amount: lock.amount };
  return {
    number: model.routing.routes.length,
    token: row.escrow.note.token,
    passage: declining(lock.hash),
    incoming,
    outgoing: undefined,
    hops: [],
    memo: '',
    why: '',
    decided: undefined,
    seenAt: clock.now(),
  };
}

/** What keeps a recipient from taking a lock: it takes what its invoice says, once. */
function whyNotTaken({ model }: Engine, row: EscrowRow, lock: Lock): string | undefined {
  const asked = model.routing.invoices.get(keyOf(lock.hash))!;
  const { note, locks } = row.escrow;
  const { route } = locks.find(({ hash }) => equal(hash, lock.hash))!;
  if (route.length > 0) return 'the invoice is of this device, and the route goes on';
  if (!equal(note.token, asked.token)) return 'the invoice asks for another token';
  if (lock.amount !== asked.amount) return 'the invoice asks for another amount';
  const taken = model.routing.routes.some(
    ({ passage }) =>
      equal(passage.hash, lock.hash) && ['held', 'opened', 'paid'].includes(passage.incoming),
  );
  return taken ? 'the invoice is paid, or being paid' : undefined;
}

interface Onward {
  readonly escrow: EscrowRow;
  readonly next: Hop;
  readonly route: Uint8Array;
  readonly hash: Uint8Array;
}

/** Over which escrow a lock goes on, or why it does not. */
function onwardOf(model: Model, row: EscrowRow, lock: Lock): Onward | string {
  const { relays } = model.routing;
  const { route } = row.escrow.locks.find(({ hash }) => equal(hash, lock.hash))!;
  const said = onwards(lock.amount, route, (device) => feeTo(model, device));
  if (typeof said === 'string') return forwardRefusals[said];
  const { next } = said;
  const contact = model.contacts.get(keyOf(next.device));
  const both = [row.escrow.payer, next.device].every(
    (device) => relays.get(keyOf(device))?.edges === 1,
  );
  if (contact === undefined || !both) return 'no payments go that way through this device';
  const why = whyNotPayable(model, contact);
  if (why !== undefined) return why;
  const { token } = row.escrow.note;
  const escrow = escrowFor(model, contact, token, next.amount, lock.hash);
  if (typeof escrow === 'string') return escrow;
  return { escrow, next, route: said.route, hash: lock.hash };
}

export function feeTo({ routing }: Model, device: Uint8Array): RelayRow['fee'] {
  return routing.relays.get(keyOf(device))?.fee ?? { flat: 0n, perMillion: 0 };
}

function whyNotPayable(
  model: Model,
  { device, relationship, blocked }: ContactRow,
): string | undefined {
  const on = relationship === undefined ? undefined : model.relationships.get(keyOf(relationship));
  return on === undefined || on.bricked !== 0 || blocked === 1 || hasLeft(model, device)
    ? 'nothing is paid to the next device'
    : undefined;
}

/**
 * The escrow that can lock the amount for a contact: a lock stands in one of them. A hash is used
 * once in an escrow, because the slot of its lock is written once.
 */
export function escrowFor(
  model: Model,
  contact: ContactRow,
  token: Uint8Array,
  amount: bigint,
  hash: Uint8Array,
): EscrowRow | string {
  const rows = lockable(model, contact, token);
  const most = model.routing.relays
    .get(keyOf(contact.device))
    ?.lockedMax.find((one) => equal(one.token, token))?.limit;
  const locked = rows.reduce((sum, { escrow }) => sum + lockedIn(escrow), 0n);
  if (most !== undefined && locked + amount > most) return 'too much is locked on the next edge';
  const found = rows.find(
    (row) => restOf(row.escrow) >= amount && routeOfLock(model, idOf(row), hash) === undefined,
  );
  return found ?? 'the next edge does not hold the amount';
}

/** Own escrows to a contact in which one more lock has its place. */
export function lockable(model: Model, contact: ContactRow, token: Uint8Array): EscrowRow[] {
  const { relationship } = contact;
  if (relationship === undefined) return [];
  return escrowsOf(model, relationship, token).filter(
    (row) =>
      row.side === 0 &&
      escrowStateOf(model, row) === 'open' &&
      row.escrow.locks.length < limits.locksMax,
  );
}

/** Never to be passed on from here: durable before anything of it is said. */
async function decline(
  engine: Engine,
  row: EscrowRow,
  fresh: RouteRow,
  why: string,
): Promise<undefined> {
  const to = draft();
  putRoute(to, engine.model, { ...fresh, why });
  putEscrow(to, engine.model, { ...row, escrow: giveUp(row.escrow, fresh.passage.hash) });
  await engine.commit(to);
  return undefined;
}

/** The lock onwards, and with it in one commit that it belongs to the one that came. */
async function pass(
  engine: Engine,
  fresh: RouteRow,
  { escrow, next, route, hash }: Onward,
): Promise<Said> {
  const { model } = engine;
  const { amount, device } = next;
  const outgoing: Leg = { escrow: idOf(escrow), device, amount };
  const row = { ...fresh, outgoing, passage: relaying(hash) };
  const lock = { type: 'lock', escrow: outgoing.escrow, hash, amount, route } as const;
  const operation = encodeOperation(lock);
  const { relationship } = escrow;
  const { at } = await appendRun(engine, relationship, [operation], false, (to) =>
    putRoute(to, model, row),
  );
  return { device, relationship, at };
}
