/**
 * The model: what a wallet holds in memory, and how a change becomes durable.
 *
 * A change is a draft: the rows to write and what to do in memory once they are durable. Memory
 * never runs ahead of the disk: if the commit fails, nothing has happened.
 */

import {
  deviceMap,
  encodeWith,
  keyOf,
  u64,
  type Card,
  type DeviceMap,
  type Lane,
  type Obj,
  type StepWrite,
} from '@dsm/primitive';
import type { Device, Relationship } from '@dsm/bilateral';
import { escrowId, noteId, policy, type KeptRun, type Origin, type Policy } from '@dsm/protocols';
import type { DeviceStatus } from '@dsm/identity';
import type { Store, Write } from '@dsm/ports';
import { DsmError } from './errors.ts';
import type { TreeRow } from './tree-rows.ts';
import {
  directoryRow,
  introductionRow,
  noDirectory,
  type DirectoryRow,
  type IntroductionRow,
} from './directory-rows.ts';
import type { FreshKeys } from './fresh-rows.ts';
import { heldRow, type HeldRow } from './held-rows.ts';
import { noMarks, type Marks } from './marks.ts';
import { noRouting, remember, type Routing } from './route-model.ts';
import { pinnedRow, type PinnedRow } from './pinned-rows.ts';
import { invoiceRow, relayRow, routeRow, toldRow } from './route-rows.ts';
import {
  alarmRow,
  checkpointRow,
  contactRow,
  escrowRow,
  laneKey,
  markRow,
  noteRow,
  originRow,
  paymentRow,
  policyRow,
  rowKey,
  runRow,
  unsignedRow,
  walletRow,
  type AlarmRow,
  type ContactRow,
  type EscrowRow,
  type MarkRow,
  type NoteRow,
  type NoticeRow,
  type PaymentRow,
  type PolicyRow,
  type RunRow,
  type Table,
  type WalletRow,
} from './rows.ts';

export interface Token extends PolicyRow {
  readonly id: Uint8Array;
  readonly rules: Policy;
}

/** Maps are keyed by `keyOf` the id. */
export interface Model {
  row: WalletRow;
  card: Card;
  device: Device;
  /** Key of the own lane among the relationships. */
  own: Uint8Array;
  readonly map: DeviceMap;
  readonly relationships: Map<string, Relationship>;
  /** Heads of the own lane that the peer has not absorbed yet, by head; and the last absorbed. */
  readonly tails: Map<string, Map<string, number>>;
  /** Own runs that are not acknowledged, by relationship, in lane order. */
  readonly open: Map<string, RunAt[]>;
  readonly contacts: Map<string, ContactRow>;
  readonly notes: Map<string, NoteRow>;
  readonly origins: Map<string, Origin>;
  readonly tokens: Map<string, Token>;
  readonly payments: PaymentRow[];
  readonly marks: Marks;
  readonly alarms: Map<string, AlarmRow>;
  readonly escrows: Map<string, EscrowRow>;
  /** Heads of issues and exits whose notes are in the map. */
  readonly collected: Set<string>;
  /** The newest payment over an escrow, if it is a stream, which then may go on: its number, by escrow. */
  readonly streams: Map<string, number>;
  /** What is taken of a stream without a signature, by token and device; zero stands for every device. */
  readonly unsigned: Map<string, bigint>;
  /** Issues that somebody said are for this device, and that are not here. */
  readonly notices: Map<string, NoticeRow>;
  /** Cards that later ones have replaced, of this device and of contacts, oldest first: cards.ts. */
  readonly former: Map<string, readonly Card[]>;
  /** What the two devices of a relationship seal to: fresh-keys.ts. */
  readonly fresh: Map<string, FreshKeys>;
  /** Whoever goes along with the lanes as they grow. */
  readonly followers: Set<Follower>;
  readonly routing: Routing;
  /** What peers committed to this wallet, restored, before its first sync: by relationship. */
  readonly held: Map<string, readonly HeldRow[]>;
  /** What this wallet is found by. */
  directory: DirectoryRow;
  /** How relationships began by introduction, by device. */
  readonly introductions: Map<string, Introduced>;
  /** What contacts’ devices are bound to, as it was shown. */
  readonly pinned: Map<string, PinnedRow>;
  /** Device trees by genesis; the identities that each device has named; devices that have left. */
  readonly trees: Map<string, TreeRow>;
  readonly named: Map<string, Map<string, Uint8Array>>;
  readonly left: Map<string, DeviceStatus>;
}

export interface Introduced extends IntroductionRow {
  readonly device: Uint8Array;
}

export interface Follower {
  /** A run of either lane of a relationship is durable. */
  readonly kept: (relationship: Uint8Array, run: KeptRun) => void;
  /** A relationship is not what it was: a lane has grown, or another has taken its place. */
  readonly moved: (relationship: Relationship) => void;
}

/** An own run and where it stands. */
export interface RunAt {
  readonly index: number;
  readonly row: RunRow;
}

export interface Draft {
  readonly put: (key: Uint8Array, value: Uint8Array) => void;
  readonly remove: (key: Uint8Array) => void;
  /** Do this in memory once the rows are durable. */
  readonly after: (apply: () => void) => void;
  readonly writes: readonly Write[];
  readonly applies: readonly (() => void)[];
}

export function draft(): Draft {
  const writes: Write[] = [];
  const applies: (() => void)[] = [];
  return {
    put: (key, value) => writes.push({ key, value }),
    remove: (key) => writes.push({ key, value: undefined }),
    after: (apply) => applies.push(apply),
    writes,
    applies,
  };
}

/** Make the draft durable, then true in memory. */
export async function commit(store: Store, change: Draft): Promise<void> {
  if (change.writes.length > 0) await store.commit(change.writes);
  for (const apply of change.applies) apply();
}

export function putWallet(to: Draft, model: Model, row: WalletRow): void {
  to.put(rowKey('wallet'), walletRow.encode(row));
  to.after(() => {
    model.row = row;
  });
}

export function putContact(to: Draft, model: Model, row: ContactRow): void {
  to.put(rowKey('contact', row.device), contactRow.encode(row));
  to.after(() => model.contacts.set(keyOf(row.device), row));
}

export function putNote(to: Draft, model: Model, row: NoteRow): void {
  const id = noteId(row.note.source, row.note.index);
  to.put(rowKey('note', id), noteRow.encode(row));
  to.after(() => model.notes.set(keyOf(id), row));
}

export function removeNote(to: Draft, model: Model, id: Uint8Array): void {
  to.remove(rowKey('note', id));
  to.after(() => model.notes.delete(keyOf(id)));
}

export function putOrigin(to: Draft, model: Model, origin: Origin, part: Uint8Array): void {
  to.put(rowKey('origin', origin.head), originRow.encode(origin));
  to.put(rowKey('part', origin.head), part);
  to.after(() => model.origins.set(keyOf(origin.head), origin));
}

export function putToken(to: Draft, model: Model, token: Token): void {
  to.put(rowKey('policy', token.id), policyRow.encode(token));
  to.after(() => model.tokens.set(keyOf(token.id), token));
}

export function removeToken(to: Draft, model: Model, id: Uint8Array): void {
  to.remove(rowKey('policy', id));
  to.after(() => model.tokens.delete(keyOf(id)));
}

export function putPayment(to: Draft, model: Model, row: PaymentRow): void {
  to.put(rowKey('payment', encodeWith(u64, row.number)), paymentRow.encode(row));
  to.after(() => {
    model.payments[row.number] = row;
  });
}

/** A stream goes on until something else is paid over its escrow. */
export function noteStream(
  { streams }: Model,
  { over, emptied, transfers, number }: PaymentRow,
): void {
  for (const { escrow } of emptied) streams.delete(keyOf(escrow));
  if (over === undefined) return;
  if (transfers > 0) streams.set(keyOf(over.escrow), number);
  else streams.delete(keyOf(over.escrow));
}

export function putMark(to: Draft, model: Model, row: MarkRow): void {
  to.put(rowKey('mark', row.position), markRow.encode(row));
  to.after(() => model.marks.put(row));
}

export function putEscrow(to: Draft, model: Model, row: EscrowRow): void {
  const id = escrowId(row.escrow);
  to.put(rowKey('escrow', id), escrowRow.encode(row));
  to.after(() => model.escrows.set(keyOf(id), row));
}

export function putCollected(to: Draft, model: Model, head: Uint8Array): void {
  to.put(rowKey('collected', head), Uint8Array.of(1));
  to.after(() => model.collected.add(keyOf(head)));
}

export function putNotice(to: Draft, model: Model, row: NoticeRow): void {
  to.put(rowKey('notice', row.head), row.token);
  to.after(() => model.notices.set(keyOf(row.head), row));
}

export function removeNotice(to: Draft, model: Model, head: Uint8Array): void {
  to.remove(rowKey('notice', head));
  to.after(() => model.notices.delete(keyOf(head)));
}

export function putDirectory(to: Draft, model: Model, row: DirectoryRow): void {
  to.put(rowKey('directory'), directoryRow.encode(row));
  to.after(() => {
    model.directory = row;
  });
}

export function putIntroduction(to: Draft, model: Model, row: Introduced): void {
  to.put(rowKey('introduction', row.device), introductionRow.encode(row));
  to.after(() => model.introductions.set(keyOf(row.device), row));
}

export function putAlarm(to: Draft, model: Model, row: AlarmRow): void {
  to.put(rowKey('alarm', row.id), alarmRow.encode(row));
  to.after(() => model.alarms.set(keyOf(row.id), row));
}

/** The leaves that a step moved, in the store and in the map. */
export function putLeaves(to: Draft, model: Model, writes: readonly StepWrite[]): void {
  for (const { key, after } of writes) {
    if (after.every((byte) => byte === 0)) to.remove(rowKey('leaf', key));
    else to.put(rowKey('leaf', key), after);
  }
  to.after(() => model.map.apply(writes.map(({ key, after }) => ({ key, value: after }))));
}

/** An own run. */
export function putRun(to: Draft, model: Model, on: Relationship, at: RunAt): void {
  const { key: relationship, mine } = on;
  to.put(laneKey('run', mine.start, at.index), runRow.encode(at.row));
  const settled = isSettled(at.row);
  const key = rowKey('open', relationship, encodeWith(u64, at.index));
  if (settled) to.remove(key);
  else to.put(key, Uint8Array.of(1));
  to.after(() => {
    const others = (model.open.get(keyOf(relationship)) ?? []).filter(
      ({ index }) => index !== at.index,
    );
    const all = settled ? others : [...others, at];
    model.open.set(
      keyOf(relationship),
      all.toSorted((a, b) => a.index - b.index),
    );
  });
}

/** Nothing is left to do for the run: the peer has it, or it is on the device's own lane. */
export function isSettled({ acked, delivered, online }: RunRow): boolean {
  return acked === 1 && (online === 0 || delivered === 1);
}

/** Read a whole table. A row that does not decode is rot or a newer version: never skipped. */
export async function readTable<T>(
  store: Store,
  table: Table,
  row: Obj<T>,
): Promise<readonly (readonly [Uint8Array, T])[]> {
  const rows = await store.scan(rowKey(table));
  return rows.map(([key, value]) => [key.subarray(1), decodeRow(row, value, table)] as const);
}

export function decodeRow<T>(row: Obj<T>, value: Uint8Array, table: Table): T {
  const decoded = row.decode(value);
  if (decoded.ok) return decoded.value;
  const newer = decoded.refusal === 'unknown-version';
  throw new DsmError(
    newer ? 'usage' : 'rotten',
    newer
      ? 'the wallet was written by a newer version of this software'
      : `a row of the table "${table}" cannot be read: ${decoded.refusal}`,
  );
}

/** A lane as it was at `index`, walked from the nearest checkpoint. */
export async function laneAt(
  store: Store,
  start: Lane,
  index: number,
  tools: {
    readonly before: (index: number) => number;
    readonly walk: (from: Lane, entries: readonly Uint8Array[]) => Lane | undefined;
  },
): Promise<Lane> {
  const from = tools.before(index);
  const kept = from === 0 ? undefined : await store.get(laneKey('checkpoint', start.start, from));
  const lane = kept === undefined ? start : decodeRow(checkpointRow, kept, 'checkpoint');
  const entries = await entriesBetween(store, start.start, lane.index + 1, index);
  const walked = tools.walk(lane, entries);
  if (walked === undefined) throw new DsmError('rotten', 'a lane does not follow from its entries');
  return walked;
}

/** The entries `from` … `to` of a lane, both included. */
export async function entriesBetween(
  store: Store,
  start: Uint8Array,
  from: number,
  to: number,
): Promise<readonly Uint8Array[]> {
  const entries: Uint8Array[] = [];
  for (let index = from; index <= to; index++) {
    const bytes = await store.get(laneKey('entry', start, index));
    if (bytes === undefined) throw new DsmError('rotten', 'an entry of a lane is missing');
    entries.push(bytes);
  }
  return entries;
}

export async function loadTables(store: Store, into: Model): Promise<void> {
  const { map, contacts, notes, origins, tokens, payments, alarms, escrows } = into;
  for (const [key, row] of await readTable(store, 'contact', contactRow)) {
    contacts.set(keyOf(key), row);
  }
  for (const [key, row] of await readTable(store, 'note', noteRow)) notes.set(keyOf(key), row);
  for (const [key, row] of await readTable(store, 'origin', originRow)) {
    origins.set(keyOf(key), row);
  }
  for (const [id, row] of await readTable(store, 'policy', policyRow)) {
    tokens.set(keyOf(id), { ...row, id, rules: decodeRow(policy, row.policy, 'policy') });
  }
  for (const [, row] of await readTable(store, 'payment', paymentRow)) payments[row.number] = row;
  for (const row of payments) noteStream(into, row);
  await loadMarks(store, into);
  for (const [device, row] of await readTable(store, 'pinned', pinnedRow)) {
    into.pinned.set(keyOf(device), { ...row, device });
  }
  for (const [key, row] of await readTable(store, 'alarm', alarmRow)) alarms.set(keyOf(key), row);
  for (const [key, row] of await readTable(store, 'escrow', escrowRow)) {
    escrows.set(keyOf(key), row);
  }
  for (const [key] of await store.scan(rowKey('collected'))) {
    into.collected.add(keyOf(key.subarray(1)));
  }
  await loadHeld(store, into);
  await loadRouting(store, into.routing);
  for (const [key, { most }] of await readTable(store, 'unsigned', unsignedRow)) {
    into.unsigned.set(keyOf(key), most);
  }
  await loadNotices(store, into);
  await loadDirectory(store, into);
  const leaves = await store.scan(rowKey('leaf'));
  map.apply(leaves.map(([key, value]) => ({ key: key.subarray(1), value })));
}

async function loadHeld(store: Store, { held }: Model): Promise<void> {
  for (const [, row] of await readTable(store, 'held', heldRow)) {
    const key = keyOf(row.relationship);
    held.set(key, [...(held.get(key) ?? []), row]);
  }
}

/** In the order in which each device stated them. */
async function loadMarks(store: Store, { marks }: Model): Promise<void> {
  const rows = await readTable(store, 'mark', markRow);
  const ordered = rows.toSorted(
    ([, a], [, b]) => a.incarnation - b.incarnation || a.index - b.index,
  );
  for (const [position, row] of ordered) marks.put({ position, ...row });
}

async function loadDirectory(store: Store, into: Model): Promise<void> {
  const published = await store.get(rowKey('directory'));
  if (published !== undefined) into.directory = decodeRow(directoryRow, published, 'directory');
  for (const [device, row] of await readTable(store, 'introduction', introductionRow)) {
    into.introductions.set(keyOf(device), { ...row, device: device.slice() });
  }
}

async function loadNotices(store: Store, { notices }: Model): Promise<void> {
  for (const [key, token] of await store.scan(rowKey('notice'))) {
    const head = key.slice(1);
    notices.set(keyOf(head), { head, token });
  }
}

async function loadRouting(store: Store, into: Routing): Promise<void> {
  for (const [, row] of await readTable(store, 'route', routeRow)) remember(into, row);
  // What was so before is no news.
  into.changed.clear();
  for (const [key, row] of await readTable(store, 'invoice', invoiceRow)) {
    into.invoices.set(keyOf(key), row);
  }
  for (const [key, row] of await readTable(store, 'told', toldRow)) into.told.set(keyOf(key), row);
  for (const [key, row] of await readTable(store, 'relay', relayRow)) {
    into.relays.set(keyOf(key), row);
  }
}

export function emptyModel(row: WalletRow, card: Card, device: Device, own: Uint8Array): Model {
  return {
    row,
    card,
    device,
    own,
    map: deviceMap(),
    relationships: new Map(),
    tails: new Map(),
    open: new Map(),
    contacts: new Map(),
    notes: new Map(),
    origins: new Map(),
    tokens: new Map(),
    payments: [],
    marks: noMarks(),
    alarms: new Map(),
    escrows: new Map(),
    collected: new Set(),
    former: new Map(),
    fresh: new Map(),
    followers: new Set(),
    routing: noRouting(),
    held: new Map(),
    streams: new Map(),
    unsigned: new Map(),
    notices: new Map(),
    directory: noDirectory,
    introductions: new Map(),
    pinned: new Map(),
    trees: new Map(),
    named: new Map(),
    left: new Map(),
  };
}
