/**
 * Value: which notes are whose, what may be spent, and how final a payment is.
 *
 * Nothing here is stored twice: balances and finality follow from notes and from the origins that
 * were checked (core/protocols/lineage.ts).
 */

import { compare, equal, isZero, keyOf, limits, lockHash } from '@dsm/primitive';
import {
  decodeOperation,
  noteBlind,
  noteId,
  noteKinds,
  sum,
  boundsAfter,
  choose,
  encodeOperation,
  forms,
  inputOrder,
  lockIn,
  type Finality,
  type Input,
  type Note,
  type NoteKind,
  type Operation,
  type Origin,
  type Output,
} from '@dsm/protocols';
import { allowedProof } from './allow-lists.ts';
import type { Balance } from './api.ts';
import { finalityOfTotal, heldInEdges } from './edge-value.ts';
import { mine, type Engine } from './engine.ts';
import { DsmError } from './errors.ts';
import type { HeldRow } from './held-rows.ts';
import type { Model, Token } from './model.ts';
import { routeOfLock } from './route-model.ts';
import type { NoteRow, PaidOver, PaymentRow } from './rows.ts';
import { tokenInfo } from './tokens.ts';

/** Where a note of this wallet stands. */
export type Standing = 'spendable' | 'uncertified' | 'pending' | 'void';

export function standingOf(model: Model, { note, state }: NoteRow): Standing {
  if (state !== 0) return 'void';
  const origin = model.origins.get(keyOf(note.source));
  if (origin === undefined) return 'pending';
  if (origin.certified) return 'spendable';
  const mine = model.payments.every((row) => row.side === 0 || !equal(row.head, note.source));
  return isPairFinal(model, origin) || mine ? 'uncertified' : 'pending';
}

export function balanceOf(model: Model, token: Token): Balance {
  let [online, purse, uncertified, worn] = [0n, 0n, 0n, 0n];
  const isFungible = token.rules.form === forms.fungible;
  for (const row of notesOf(model, token.id)) {
    const standing = standingOf(model, row);
    const { kind } = row.note;
    // Of a unique token the amount of a note is its serial number: items are counted.
    const amount = isFungible ? row.note.amount : 1n;
    // What an escrow is worth to each side follows from its total, not from its note.
    if (kind === noteKinds.escrow) continue;
    if (standing === 'uncertified') uncertified += amount;
    if (standing !== 'spendable') continue;
    if (isWorn(row.note, token)) worn += amount;
    if (kind === noteKinds.purse) purse += amount;
    else online += amount;
  }
  const edges = heldInEdges(model, token.id);
  const total = online + purse + uncertified + edges;
  return { token: tokenInfo(token), total, online, purse, uncertified, edges, worn };
}

/**
 * What was taken offline and may still turn out to be spent elsewhere: it counts towards the limits.
 * A conflict that is only heard of counts too, until the nodes have said which of the two it is.
 */
export function exposure(
  model: Model,
  token: Uint8Array,
  from: (peer: Uint8Array) => boolean = () => true,
): bigint {
  const held = [...model.held.values()].flat().reduce((sum, row) => sum + heldFrom(row), 0n);
  return model.payments.reduce(
    (sum, row) =>
      row.side === 1 && equal(row.token, token) && isOpen(model, row) && from(row.peer)
        ? sum + row.amount
        : sum,
    held,
  );

  /** What a restored wallet has consented to and not taken in is as uncertified as the rest. */
  function heldFrom({ relationship, taken, gifts }: HeldRow): bigint {
    const on = model.relationships.get(keyOf(relationship));
    if (taken !== 0 || on === undefined || !from(on.peer.device)) return 0n;
    return gifts.reduce(
      (sum, gift) =>
        gift.over === undefined && equal(gift.token, token) ? sum + gift.amount : sum,
      0n,
    );
  }
}

function isOpen(model: Model, { finality, online, head }: PaymentRow): boolean {
  if (finality === 1) return true;
  if (finality !== 4 || online !== 0) return false;
  return [...model.notes.values()].some(
    ({ note, state }) => state === 0 && equal(note.source, head),
  );
}

export function notesOf(model: Model, token: Uint8Array): NoteRow[] {
  return [...model.notes.values()].filter((row) => equal(row.note.token, token));
}

/** Certified notes of one kind that are not promised to an open offer, under as many keys as sign a step. */
export function spendable(
  model: Model,
  token: Uint8Array,
  kind: NoteKind,
  reserved: ReadonlySet<string>,
): Note[] {
  const free = notesOf(model, token)
    .filter((row) => row.note.kind === kind && standingOf(model, row) === 'spendable')
    .map((row) => row.note)
    .filter((note) => !reserved.has(keyOf(noteId(note.source, note.index))));
  const keys = [...new Set(free.map(({ key }) => keyOf(key)))].slice(0, limits.stepKeysMax);
  return free.filter(({ key }) => keys.includes(keyOf(key)));
}

/** Somebody to give to, and the key that will spend it. */
export interface Payee {
  readonly device: Uint8Array;
  readonly key: Uint8Array;
}

/** What is wanted of a token: an amount of it, or one item by its serial number. */
export type Wanted = { readonly amount: bigint } | { readonly item: bigint };

/** Hops that a movement leaves for what must come after it: a coin is paid, an escrow is left. */
export interface Room {
  readonly hops: number;
  /** Notes of this movement that one later movement takes together. */
  readonly together: number;
}

const noRoom: Room = { hops: 0, together: 1 };

/**
 * The notes to spend, those with the shortest lineage first. Throws `insufficient-funds` if they do
 * not suffice, and `worn` if they do but have come too far: then a re-mint shortens the way.
 */
export function chosen(
  model: Model,
  token: Token,
  kind: NoteKind,
  wanted: Wanted,
  reserved: ReadonlySet<string>,
  room: Room = noRoom,
): readonly Note[] {
  const available = spendable(model, token.id, kind, reserved);
  if (choice(available, wanted) === undefined) {
    throw new DsmError('insufficient-funds', shortOf(token, kind, wanted, available));
  }
  for (const measure of ['depth', 'receipts'] as const) {
    const steps = [...new Set(available.map((note) => note[measure]))].toSorted((a, b) => a - b);
    for (const most of steps) {
      const some = available.filter((note) => note[measure] <= most);
      const notes = choice(some, wanted);
      if (notes !== undefined && isWithin(notes, token, room)) return notes;
    }
  }
  throw new DsmError(
    'worn',
    `what there is of ${token.rules.ticker} has come too far from its mint`,
  );
}

function choice(notes: readonly Note[], wanted: Wanted): readonly Note[] | undefined {
  if ('amount' in wanted) return choose(notes, wanted.amount);
  const note = notes.find(({ amount }) => amount === wanted.item);
  return note && [note];
}

function isWithin(notes: readonly Note[], { rules }: Token, { hops, together }: Room): boolean {
  const { depth, receipts } = boundsAfter(notes);
  const after = hops === 0 ? receipts : receipts * together + 1;
  return depth + hops <= rules.depthMax && after <= rules.receiptsMax;
}

/** True if less than half of the way that the policy allows is left. */
export function isWorn({ depth, receipts }: Note, { rules }: Token): boolean {
  return depth * 2 > rules.depthMax || receipts * 2 > rules.receiptsMax;
}

/** The operation that moves the notes to `payee`, with change to this wallet. */
export async function transferOf(
  engine: Engine,
  token: Token,
  notes: readonly Note[],
  payee: Payee,
  wanted: Wanted,
  memo: string,
): Promise<Uint8Array> {
  const inputs = inputsOf(engine, notes);
  const bounds = boundsAfter(inputs);
  const given = 'amount' in wanted ? wanted.amount : wanted.item;
  const change = sum(notes) - given;
  const outputs: Output[] = [
    { owner: payee.device, key: payee.key, amount: given, kind: 0, ...bounds },
  ];
  if (change > 0n) outputs.push({ ...mine(engine), amount: change, kind: 0, ...bounds });
  const allowed = await allowedProof(engine, token.rules, outputs);
  const moved = { token: token.id, inputs, outputs, allowed, memo };
  return encodeOperation({ type: 'transfer', ...moved });
}

function shortOf(token: Token, kind: NoteKind, wanted: Wanted, notes: readonly Note[]): string {
  const { ticker } = token.rules;
  if ('item' in wanted) return `item ${wanted.item} of ${ticker} is not here, or not certified yet`;
  const there = sum(notes);
  const where = kind === noteKinds.purse ? 'in the purse' : 'in certified notes';
  return `${wanted.amount} ${ticker} wanted, ${there} ${where}`;
}

/** Notes as inputs, opened, in their canonical order. */
export function inputsOf({ keys }: Engine, notes: readonly Note[]): Input[] {
  return notes
    .map(({ source, index, key, amount, kind, depth, receipts }) => ({
      source,
      index,
      key,
      amount,
      kind,
      depth,
      receipts,
      blind: noteBlind(keys.blindSecret, noteId(source, index)),
    }))
    .toSorted((a, b) => compare(inputOrder(a), inputOrder(b)));
}

export interface Given {
  readonly token: Uint8Array;
  readonly amount: bigint;
  readonly memo: string;
  readonly over: PaidOver | undefined;
  /** Of a run of a stream: how many transfers it authorises. 0 for any other payment. */
  readonly transfers: number;
}

/** What an operation gives to `owner`, and of which token. A total gives what it adds to the last. */
export function givenTo(
  operation: Uint8Array,
  owner: Uint8Array,
  model?: Pick<Model, 'escrows' | 'routing'>,
): Given | undefined {
  const decoded = decodeOperation(operation);
  if (typeof decoded === 'string') return undefined;
  if (decoded.type === 'total' || decoded.type === 'claim') {
    return model === undefined ? undefined : givenOver(decoded, owner, model);
  }
  if (decoded.type !== 'transfer') return undefined;
  const amount = decoded.outputs.reduce(
    (sum, output) => (equal(output.owner, owner) ? sum + output.amount : sum),
    0n,
  );
  return { token: decoded.token, amount, memo: decoded.memo, over: undefined, transfers: 0 };
}

/** A total gives what it adds to the last one; a claim gives what was locked. */
function givenOver(
  said: Operation & { type: 'total' | 'claim' },
  owner: Uint8Array,
  model: Pick<Model, 'escrows' | 'routing'>,
): Given | undefined {
  const { escrow: id } = said;
  const escrow = model.escrows.get(keyOf(id))?.escrow;
  if (escrow === undefined || !equal(escrow.note.owner, owner)) return undefined;
  const { token } = escrow.note;
  if (said.type === 'total') {
    const { total, count, ticks, memo } = said;
    const transfers = isZero(ticks) ? 0 : count - escrow.count;
    const amount = total - escrow.total;
    return { token, amount, memo, over: { escrow: id, total }, transfers };
  }
  const hash = lockHash(said.preimage);
  const amount = lockIn(escrow, hash)?.amount ?? 0n;
  const memo = routeOfLock(model, id, hash)?.memo ?? '';
  const over = { escrow: id, total: escrow.total + amount };
  return { token, amount, memo, over, transfers: 0 };
}

/** What a burn takes out of the world. */
export function burntBy(operation: Uint8Array): Given | undefined {
  const decoded = decodeOperation(operation);
  if (typeof decoded === 'string' || decoded.type !== 'burn') return undefined;
  const { token, inputs, outputs, memo } = decoded;
  const amount = sum(inputs) - sum(outputs);
  return { token, amount, memo, over: undefined, transfers: 0 };
}

export const finalityNumbers: readonly Finality[] = [
  'pending',
  'pair-final',
  'edge-final',
  'certified',
  'conflicted',
];

/** How final a payment is, from what is known of its head; a conflict stays one. */
export function finalityOf(model: Model, row: PaymentRow): number {
  if (row.over !== undefined) return finalityOver(model, [row.over, ...row.emptied]);
  const origin = model.origins.get(keyOf(row.head));
  if (origin?.certified === true) return 3;
  if (row.finality === 4) return 4;
  if (origin === undefined || row.online !== 0) return 0;
  return isPairFinal(model, origin) ? 1 : 0;
}

/** Purse notes alone, every one certified up to here: all that can be known without a node. */
function isPairFinal({ origins }: Model, { purse, sources }: Origin): boolean {
  return purse && sources.every((head) => origins.get(keyOf(head))?.certified === true);
}

/** A payment over several escrows is as final as the least of them. */
function finalityOver(model: Model, totals: readonly PaidOver[]): number {
  const levels = totals.map((total) => finalityOfTotal(model, total));
  return levels.includes(4) ? 4 : Math.min(...levels);
}
