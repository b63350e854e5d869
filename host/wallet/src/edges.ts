/** Edges: what the escrows with a contact add up to, what is said before funding, and funding. */

import { equal, keyDigest, limits } from '@dsm/primitive';
import type { Relationship } from '@dsm/bilateral';
import {
  boundsAfter,
  encodeOperation,
  forms,
  lockedIn,
  noteKinds,
  restOf,
  type Note,
  type Output,
  sum,
} from '@dsm/protocols';
import { allowedProof } from './allow-lists.ts';
import { format } from './amounts.ts';
import { findContact } from './contacts.ts';
import type { Edge, EscrowView } from './edge-api.ts';
import { escrowsOf, escrowStateOf, escrowStates, idOf, worthOf } from './edge-value.ts';
import { mine, type Engine } from './engine.ts';
import { DsmError } from './errors.ts';
import { draft, putContact, type Model, type Token } from './model.ts';
import { appendRun } from './online.ts';
import { actingRelationship } from './payable.ts';
import type { ContactRow, EscrowRow } from './rows.ts';
import { checkReady, current, liveSession, type Runtime } from './runtime.ts';
import { handOver } from './handing.ts';
import { chosenFresh } from './reminting.ts';
import { idText } from './text.ts';
import { findToken, tokenInfo } from './tokens.ts';
import { chosen, inputsOf, type Room } from './value.ts';

export function edgeOf(model: Model, contact: ContactRow, token: Token): Edge {
  const { relationship } = contact;
  const rows = relationship === undefined ? [] : escrowsOf(model, relationship, token.id);
  const open = rows.filter((row) => escrowStateOf(model, row) === 'open');
  const worth = rows.map((row) => worthOf(model, row));
  const inAll = (amounts: readonly bigint[]): bigint => amounts.reduce((all, one) => all + one, 0n);
  const restsOf = (side: EscrowRow['side']): bigint =>
    inAll(open.filter((row) => row.side === side).map(({ escrow }) => restOf(escrow)));
  return {
    contact: contact.name,
    device: idText('device', contact.device),
    token: tokenInfo(token),
    mine: inAll(worth.map((one) => one.mine)),
    theirs: inAll(worth.map((one) => one.theirs)),
    locked: inAll(worth.map((one) => one.locked)),
    canPay: restsOf(0),
    canReceive: restsOf(1),
    limit: limitOf(contact, token),
    finality: open.length > 0 ? 'edge-final' : 'pending',
    escrows: rows.map((row) => escrowView(model, row)),
  };
}

function escrowView(model: Model, row: EscrowRow): EscrowView {
  const { escrow, side } = row;
  const state = escrowStateOf(model, row);
  return {
    id: idText('escrow', idOf(row)),
    direction: side === 0 ? 'out' : 'in',
    amount: escrow.note.amount,
    paid: escrow.total,
    locked: lockedIn(escrow),
    rest: restOf(escrow),
    state,
    why: escrowStates[state],
  };
}

/** Every edge that has an escrow, in order of contact and ticker. */
export function allEdges(model: Model): Edge[] {
  return [...model.contacts.values()]
    .flatMap((contact) => [...model.tokens.values()].map((token) => edgeOf(model, contact, token)))
    .filter(({ escrows }) => escrows.length > 0)
    .toSorted((a, b) => (a.contact + a.token.ticker < b.contact + b.token.ticker ? -1 : 1));
}

function limitOf({ edgeLimits }: ContactRow, { id }: Token): bigint | undefined {
  return edgeLimits.find(({ token }) => equal(token, id))?.limit;
}

export async function setEdgeLimit(
  engine: Engine,
  contact: ContactRow,
  name: string,
  limit: bigint | undefined,
): Promise<void> {
  const { model } = engine;
  if (limit !== undefined && limit < 0n) {
    throw new DsmError('usage', 'a limit is an amount, or zero to set nothing apart');
  }
  await engine.exclusive(async () => {
    const { id } = findToken(model, name);
    const row = findContact(model, idText('device', contact.device));
    const others = row.edgeLimits.filter(({ token }) => !equal(token, id));
    const edgeLimits = limit === undefined ? others : [...others, { token: id, limit }];
    const to = draft();
    putContact(to, model, { ...row, edgeLimits });
    await engine.commit(to);
  });
}

/** What each side can and cannot get back alone: to be read before anything is set apart. */
export function fundTerms(
  model: Model,
  contact: ContactRow,
  token: Token,
  amount: bigint,
): readonly string[] {
  const { ticker, decimals } = token.rules;
  const text = (units: bigint): string => `${format(units, decimals)} ${ticker}`;
  const { name } = contact;
  const limit = limitOf(contact, token);
  const already = setApart(model, contact, token);
  return [
    `You set ${text(amount)} apart for ${name}, certified by the nodes. From then on every payment out of it needs no network, and you cannot spend it elsewhere.`,
    `You cannot take the rest back alone. It returns when ${name} leaves the escrow, and not before.`,
    `${name} can leave at any time without you, and gets what you have paid by then and nothing more.`,
    `If the device of ${name} is lost without a backup, the rest is held for ever: at most ${text(amount)} of this, and ${text(already)} that you have set apart for it before.`,
    `${name} must back up after payments: a total that its lost device did not mirror is lost to it, and returns to you.`,
    limit === undefined
      ? `You have set no limit on what stands in the edge with ${name}.`
      : `Your limit on the edge with ${name} is ${text(limit)}.`,
  ];
}

/** What stands in escrows to the contact: paid, locked or rest, as long as nobody has left. */
function setApart(model: Model, contact: ContactRow, token: Token): bigint {
  return standing(model, contact, token).reduce(
    (sum, { escrow }) => sum + escrow.note.amount - escrow.total,
    0n,
  );
}

function standing(model: Model, { relationship }: ContactRow, token: Token): EscrowRow[] {
  if (relationship === undefined) return [];
  return escrowsOf(model, relationship, token.id).filter(
    (row) => row.side === 0 && row.state === 0 && row.exit === undefined,
  );
}

/** What leaves an escrow has come one hop more. */
const exitRoom: Room = { hops: 1, together: 1 };

/** Set value apart for a contact: certified notes become an escrow, and change. */
export async function fund(
  runtime: Runtime,
  to: ContactRow,
  name: string,
  amount: bigint,
): Promise<Edge> {
  checkReady(runtime);
  const { engine, reserved } = runtime;
  const { model } = engine;
  const token = findToken(model, name);
  if (token.rules.form !== forms.fungible) {
    throw new DsmError('refused', `${token.rules.ticker} has items: they are never in an edge`);
  }
  if (amount > 0n) await chosenFresh(runtime, token, noteKinds.online, { amount }, exitRoom);
  const { at, said } = await engine.exclusive(async () => {
    const contact = current(runtime, to);
    const on = actingRelationship(engine, contact);
    if (amount <= 0n) throw new DsmError('usage', 'an amount is more than zero');
    checkLimits(model, contact, token, amount);
    const notes = chosen(model, token, noteKinds.online, { amount }, reserved, exitRoom);
    const operation = await fundOperation(engine, on, token, notes, amount);
    const run = await appendRun(engine, on.key, [operation], true);
    return { at: run.at, said: await liveSession(runtime, to.device)?.deliver(run.at) };
  });
  const { certified } = await handOver(runtime, current(runtime, to), at, [at.row.head], said);
  if (!certified) {
    throw new DsmError('pending', 'set apart and kept; too few nodes answered to certify it now');
  }
  return edgeOf(model, current(runtime, to), findToken(model, name));
}

function checkLimits(model: Model, contact: ContactRow, token: Token, amount: bigint): void {
  const { ticker, decimals } = token.rules;
  const limit = limitOf(contact, token);
  const already = setApart(model, contact, token);
  if (limit !== undefined && already + amount > limit) {
    const [most, there] = [limit, already].map((units) => format(units, decimals));
    throw new DsmError(
      'over-limit',
      `your limit on the edge with ${contact.name} is ${most} ${ticker}, and ${there} stand there`,
    );
  }
  if (standing(model, contact, token).length >= limits.escrowsMax) {
    throw new DsmError(
      'refused',
      `${limits.escrowsMax} escrows to ${contact.name} stand already: it leaves some of them first`,
    );
  }
}

async function fundOperation(
  engine: Engine,
  { peer }: Relationship,
  token: Token,
  notes: readonly Note[],
  amount: bigint,
): Promise<Uint8Array> {
  const inputs = inputsOf(engine, notes);
  const bounds = boundsAfter(inputs);
  const self = mine(engine);
  const taken = sum(notes);
  const key = keyDigest(peer.suite, peer.workingKey);
  const outputs: Output[] = [
    { owner: peer.device, key, amount, kind: noteKinds.escrow, ...bounds },
  ];
  if (taken > amount) {
    outputs.push({ ...self, amount: taken - amount, kind: noteKinds.online, ...bounds });
  }
  const allowed = await allowedProof(engine, token.rules, outputs);
  const moved = { token: token.id, inputs, outputs, allowed, memo: '' };
  return encodeOperation({ type: 'fund', payerKey: self.key, ...moved });
}
