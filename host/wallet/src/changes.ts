/**
 * Changes: what each decision of the core makes durable, row by row.
 *
 * An own run is kept as a statement first, then signed, then kept with its signature and as a part
 * of the lineage. A peer's run is complete when it comes: entries, step, notes, receipt, marks and
 * this device's own absorb step are one commit.
 */

import {
  entry,
  equal,
  exitHead,
  keyOf,
  nextHead,
  slotKey,
  stepPosition,
  stepStatement,
  workingKeyDigest,
  type Card,
  type Countersignature,
  type SignedStep,
} from '@dsm/primitive';
import type { Absorbed, Appended, Relationship, OwnRun } from '@dsm/bilateral';
import {
  inputsIn,
  isEscrowOperation,
  issueHead,
  noteId,
  noteKinds,
  spendPlace,
  type LineagePart,
  type Note,
  operationOf,
} from '@dsm/protocols';
import { cardAt, cardsOf } from './cards.ts';
import { putDevice, putRelationship, putEntries, type Engine } from './engine.ts';
import {
  draft,
  putLeaves,
  putCollected,
  putMark,
  putNote,
  putPayment,
  putRun,
  removeNote,
  type Draft,
  type RunAt,
} from './model.ts';
import { laneKey, runRow, type LaneSide, type PaymentRow, type RunRow } from './rows.ts';
import { putSaid } from './route-facts.ts';
import { inputsOfEntry, partsOf, putParts } from './parts.ts';
import { putFunded, putPaid } from './escrow-rows.ts';
import { putGiven } from './credential-giving.ts';
import { putNotices } from './notices.ts';
import { putRecalls } from './recalling.ts';
import { inItsStream, isNew, putPaymentOf } from './stream-rows.ts';
import { burntBy, finalityOf, givenTo, type Given } from './value.ts';

/** An own run, stated and durable, not signed. */
export function appendedDraft(
  engine: Engine,
  before: Relationship,
  change: Appended,
  run: OwnRun,
  online: boolean,
): { readonly change: Draft; readonly at: RunAt; readonly payments: readonly PaymentRow[] } {
  const { model } = engine;
  const to = draft();
  const { relationship } = change;
  putDevice(to, model, change.device);
  putRelationship(to, model, relationship);
  putEntries(to, model, before, 0, before.mine, run.entries);
  putLeaves(to, model, change.leaves);
  for (const note of change.gained) putNote(to, model, { note, state: 0 });
  for (const id of spentIds(run)) removeNote(to, model, id);
  for (const escrow of change.escrows) putFunded(to, model, relationship, escrow);
  for (const head of collectedHeads(run.entries)) putCollected(to, model, head);
  const at: RunAt = {
    index: relationship.mine.index,
    row: {
      before: run.before,
      head: relationship.mine.head,
      count: run.entries.length,
      step: run.step,
      slots: run.slots,
      signature: new Uint8Array(0),
      further: [],
      countersignature: run.countersignature,
      absorbed: undefined,
      acked: 0,
      delivered: 0,
      online: online ? 1 : 0,
    },
  };
  putRun(to, model, relationship, at);
  const { entries, heads } = run;
  const payments = paymentsOf(engine, relationship, 0, entries, heads, online ? 1 : 0);
  for (const row of payments) putPaymentOf(to, model, row);
  return { change: to, at, payments };
}

/** Heads of issues and exits whose notes an own run brings into the map. */
function collectedHeads(entries: readonly Uint8Array[]): Uint8Array[] {
  return entries.flatMap((bytes) => {
    const operation = operationOf(bytes);
    if (typeof operation === 'string') return [];
    if (operation.type === 'collect') return [operation.source];
    if (operation.type === 'exit') return [exitHead(operation.claim)];
    return operation.type === 'remint' ? [issueHead(operation.issue)] : [];
  });
}

/** Ids of the notes that the run's operations spend. */
function spentIds({ entries }: Pick<OwnRun, 'entries'>): Uint8Array[] {
  return entries.flatMap((bytes) =>
    inputsOfEntry(bytes).map(({ source, index }) => noteId(source, index)),
  );
}

/**
 * One row for each burn, and for each transfer of a run that gives something to the other device. Totals
 * of one token are one payment: it emptied the older escrows and went on over the last. A stream is one
 * payment too.
 */
function paymentsOf(
  { model, clock }: Engine,
  on: Relationship,
  side: LaneSide,
  entries: readonly Uint8Array[],
  heads: readonly Uint8Array[],
  online: number,
): PaymentRow[] {
  const receiver = side === 0 ? on.peer.device : model.device.id;
  const isOwn = equal(on.peer.device, model.device.id);
  const rows: PaymentRow[] = [];
  for (const [i, bytes] of entries.entries()) {
    const gift = giftOf(bytes, receiver, isOwn, model);
    if (gift === undefined) continue;
    const { given, index } = gift;
    const { amount, emptied } = withTotalsBefore(rows, given);
    const row: PaymentRow = {
      number: model.payments.length + rows.filter(({ number }) => isNew(model, number)).length,
      head: heads[i]!,
      relationship: on.key,
      lane: side === 0 ? on.mine.start : on.theirs.start,
      side,
      index,
      peer: on.peer.device,
      token: given.token,
      amount,
      note: given.memo,
      online,
      finality: 0,
      over: given.over,
      emptied,
      transfers: given.transfers,
      wireBytes: 0,
      seenAt: clock.now(),
    };
    rows.push(inItsStream(model, row));
  }
  return rows;
}

/** What an entry gives to a device, and its place on the lane. */
function giftOf(
  bytes: Uint8Array,
  receiver: Uint8Array,
  isOwn: boolean,
  model: Engine['model'],
): { readonly given: Given; readonly index: number } | undefined {
  const decoded = entry.decode(bytes);
  if (!decoded.ok) return undefined;
  const { operation, index } = decoded.value;
  const given = isOwn ? burntBy(operation) : givenTo(operation, receiver, model);
  return given === undefined || given.amount === 0n ? undefined : { given, index };
}

/** What a total gives together with those before it in its run, which it takes out of the rows. */
function withTotalsBefore(
  rows: PaymentRow[],
  { amount, over, token, transfers }: Given,
): Pick<PaymentRow, 'amount' | 'emptied'> {
  const before = over === undefined ? undefined : rows.at(-1);
  const isJoined = before?.over !== undefined && equal(before.token, token);
  // A stream is a payment of its own.
  if (!isJoined || before.transfers + transfers > 0) return { amount, emptied: [] };
  rows.pop();
  return { amount: before.amount + amount, emptied: [...before.emptied, before.over!] };
}

/** An own run after signing: the signature and what the run is in the lineage of its notes. */
export function signedDraft(
  engine: Engine,
  on: Relationship,
  at: RunAt,
  entries: readonly Uint8Array[],
  signed: SignedStep,
  reminted: readonly LineagePart[] = [],
): { readonly change: Draft; readonly at: RunAt } {
  const to = draft();
  const { signature, further } = signed;
  // Nobody else waits for a run of the own lane: it is done once it is signed.
  const own = equal(on.key, engine.model.own) ? { acked: 1, delivered: 1 } : {};
  const row: RunRow = { ...at.row, signature, further, ...own };
  putRun(to, engine.model, on, { index: at.index, row });
  const card = cardAt(engine, engine.model.device.id, signed.step)!;
  const parts = partsOf(at.row.before, entries, signed, card);
  putParts(to, engine, [...parts, ...reminted]);
  return { change: to, at: { index: at.index, row } };
}

/** A lane that is recalled may pay to a key that was destroyed meanwhile: the words lead to it again. */
function keyStateOf({ keys }: Engine, { key }: Note): number {
  return keys.byDigest(key) === undefined ? 2 : 0;
}

/** How a peer's run counts: with own consent, with consent beyond the limits of now, without any. */
export type Taken = 'paid' | 'beyond' | 'unasked';

const takenOnline: Record<Taken, number> = { paid: 0, beyond: 2, unasked: 1 };

/** A peer's run that was accepted, with everything that follows from it. */
export function absorbedDraft(
  engine: Engine,
  before: Relationship,
  change: Absorbed,
  card: Card,
  countersignature: Countersignature | undefined,
  taken: Taken,
): { readonly change: Draft; readonly payments: readonly PaymentRow[] } {
  const { model } = engine;
  const to = draft();
  const { relationship, absorbed } = change;
  const { run } = absorbed;
  const { signed, entries } = run.claim;
  putDevice(to, model, change.device);
  putRelationship(to, model, relationship);
  putEntries(to, model, before, 1, before.theirs, entries);
  putLeaves(to, model, change.leaves);
  for (const note of change.gained) putNote(to, model, { note, state: keyStateOf(engine, note) });
  for (const escrow of change.escrows) putPaid(to, model, relationship, escrow, signed);
  const row: RunRow = {
    before: before.theirs.head,
    head: run.lane.head,
    count: entries.length,
    step: signed.step,
    slots: signed.slots,
    signature: signed.signature,
    further: signed.further,
    countersignature,
    absorbed: { step: absorbed.step, slots: [], signature: new Uint8Array(0), further: [] },
    acked: 1,
    delivered: 1,
    online: takenOnline[taken],
  };
  to.put(laneKey('run', relationship.theirs.start, run.lane.index), runRow.encode(row));
  putParts(to, engine, partsOf(before.theirs.head, entries, signed, card));
  putMarks(to, engine, relationship, before.theirs.head, entries, signed, card);
  putSaid(to, model, entries);
  putNotices(to, engine, entries);
  putRecalls(to, engine, relationship, entries);
  putGiven(to, engine, entries);
  acknowledge(to, engine, relationship);
  const payments = paymentsOf(engine, relationship, 1, entries, run.heads, takenOnline[taken]);
  for (const payment of payments) putPaymentOf(to, model, payment);
  return { change: to, payments };
}

/** The peer's entry says how far it has absorbed this lane: runs up to there need no resending. */
function acknowledge(to: Draft, { model }: Engine, on: Relationship): void {
  for (const { index, row } of model.open.get(keyOf(on.key)) ?? []) {
    if (index > on.absorbed.index) continue;
    putRun(to, model, on, { index, row: { ...row, acked: 1 } });
  }
}

/** The digests of the keys that must sign a run with these entries, beside the working key. */
export function writersOf(model: Engine['model'], entries: readonly Uint8Array[]): Uint8Array[] {
  return entries.flatMap((bytes) => {
    const operation = operationOf(bytes);
    if (typeof operation === 'string') return [];
    if (isEscrowOperation(operation)) {
      const row = model.escrows.get(keyOf(operation.escrow));
      return row === undefined ? [] : [row.escrow.payerKey];
    }
    return inputsIn(operation).map(({ key }) => key);
  });
}

/** Statements of the peer, kept to be compared with what others hold. */
function putMarks(
  to: Draft,
  { model }: Engine,
  on: Relationship,
  before: Uint8Array,
  entries: readonly Uint8Array[],
  { step, slots }: SignedStep,
  card: Card,
): void {
  const { device } = on.peer;
  const { incarnation, seq, previous } = step;
  const { start: lane, index } = on.theirs;
  const at = { device, incarnation, lane, index };
  putMark(to, model, {
    ...at,
    position: stepPosition(device, incarnation, seq),
    statement: stepStatement(step, slots),
    step: { previous, before: step.before, after: step.after },
  });
  const keys = new Set(
    [card, ...cardsOf({ model }, device)]
      .filter((one) => one.body.incarnation === incarnation)
      .map((one) => keyOf(workingKeyDigest(one))),
  );
  let head = before;
  for (const bytes of entries) {
    head = nextHead(head, bytes);
    for (const input of inputsOfEntry(bytes)) {
      if (input.kind !== noteKinds.purse || !keys.has(keyOf(input.key))) continue;
      const position = slotKey(spendPlace(input));
      putMark(to, model, { ...at, position, statement: head, step: undefined });
    }
  }
}

/** Bring the finality of all payments up to date, durably. Answers with those that changed. */
export async function refreshFinality(engine: Engine): Promise<readonly PaymentRow[]> {
  const { model } = engine;
  const to = draft();
  const changed: PaymentRow[] = [];
  for (const row of model.payments) {
    const finality = finalityOf(model, row);
    if (finality === row.finality) continue;
    const next = { ...row, finality };
    putPayment(to, model, next);
    changed.push(next);
  }
  await engine.commit(to);
  return changed;
}
