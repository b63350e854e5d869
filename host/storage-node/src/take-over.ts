/**
 * Taking over: what a node does before it votes under the next version.
 *
 * Of every group whose slots fall to its own, it reads the closed maps of q nodes (its own among
 * them, if it was there) side by side, checks them, and writes down what stands in the next version.
 * Rows are written as they come, before the last root is checked: a value that stands too many is
 * one that its writer has signed and nobody has certified, and a value that is missing comes with
 * the next attempt, before the node votes.
 */

import {
  closeHolds,
  closeStatement,
  groupsBefore,
  historyAfter,
  fallsTo,
  taken,
  takenOver,
  type Close,
  type KeptSlot,
} from '@dsm/availability';
import { NodeError, type Engine, type EngineWrite, type NodeApi } from '@dsm/ports';
import {
  authorises,
  equal,
  slotKey,
  type Registry,
  type SlotValue,
  type SlotVote,
} from '@dsm/primitive';
import { askOne, type Dial } from './peers.ts';
import { translated } from './room.ts';
import { decodeSlotRow, encodeSlotRow, shelves, type SlotRow } from './rows.ts';
import {
  merged,
  ownSource,
  peerSource,
  SourceError,
  SourceFault,
  type Source,
  type SourceRow,
} from './vote-source.ts';

export interface TakeOver {
  readonly engine: Engine;
  readonly dial: Dial;
  readonly before: Registry;
  readonly after: Registry;
  /** The node's index in the version before, or -1, and the number of its group in the next. */
  readonly index: number;
  readonly group: number;
  /** Waits before a further attempt; rejects when the node is closed. */
  readonly pause: (attempt: number) => Promise<void>;
  readonly isDone: (group: number) => Promise<boolean>;
  /** Durable: what falls to this node from the group is here. */
  readonly done: (group: number) => Promise<void>;
}

export async function takeOver(work: TakeOver): Promise<void> {
  for (const group of groupsBefore(work.before, work.group)) {
    if (await work.isDone(group)) continue;
    const failures = new Map<number, number>();
    for (let attempt = 0; !(await attempted(work, group, failures)); attempt++) {
      await work.pause(attempt);
    }
    await work.done(group);
  }
}

/** A node of the group before, and how its map is read. */
interface Member {
  readonly index: number;
  readonly slots: number;
  readonly open: () => Source;
}

async function attempted(
  work: TakeOver,
  group: number,
  failures: Map<number, number>,
): Promise<boolean> {
  const found = await Promise.all(
    work.before.groups[group]!.map((index) => memberOf(work, group, index)),
  );
  const members = found.filter((one) => one !== undefined);
  const { q } = work.before;
  if (members.length < q) return false;
  const failed = ({ index }: Member): number => failures.get(index) ?? 0;
  // A liar can claim slots without end, so the shortest maps come first among those that never failed.
  const chosen = members.toSorted((a, b) => failed(a) - failed(b) || a.slots - b.slots).slice(0, q);
  const sources = chosen.map(({ open }) => open());
  try {
    await mergedInto(work, sources);
    return true;
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    const { index } = chosen[error.source]!;
    failures.set(index, (failures.get(index) ?? 0) + 1);
    return false;
  } finally {
    await Promise.all(sources.map((source) => source.return(undefined)));
  }
}

async function memberOf(
  { engine, dial, before, index: own, group: asking }: TakeOver,
  group: number,
  index: number,
): Promise<Member | undefined> {
  const { missed, address } = before.nodes[index]!;
  if (missed > 0) return undefined;
  if (index === own) return { index, slots: 0, open: () => ownSource(engine, before, group) };
  const node = dial(address);
  const close = await closeOf(node, before, index);
  if (close === undefined) return undefined;
  return { index, slots: close.slots, open: () => peerSource(node, close, asking) };
}

/** The node's CLOSE of the version, if it has closed it and says so now. */
async function closeOf(
  node: NodeApi,
  { version, ...rest }: Registry,
  index: number,
): Promise<Close | undefined> {
  try {
    const body = await askOne(node, { type: 'close', version });
    const decoded = body === undefined ? undefined : closeStatement.decode(body);
    if (decoded?.ok !== true || decoded.value.node !== index) return undefined;
    return closeHolds(decoded.value, { version, ...rest }) ? decoded.value : undefined;
  } catch (error) {
    if (error instanceof NodeError) return undefined;
    throw error;
  }
}

const commitMax = 128;

async function mergedInto(work: TakeOver, sources: readonly Source[]): Promise<void> {
  const { engine, after, group } = work;
  let writes: EngineWrite[] = [];
  const flush = async (): Promise<void> => {
    if (writes.length > 0) await translated(engine.commit(writes));
    writes = [];
  };
  for await (const rows of merged(sources)) {
    const { key } = rows[0]!.row;
    if (!fallsTo(after, group, key)) continue;
    const write = await rowAfter(work, key, rows);
    if (write !== undefined) writes.push(write);
    if (writes.length >= commitMax) await flush();
  }
  await flush();
}

/** The row of a slot in the next version, if it is another than now. */
async function rowAfter(
  { engine, after }: TakeOver,
  key: Uint8Array,
  rows: readonly { readonly from: number; readonly row: SourceRow }[],
): Promise<EngineWrite | undefined> {
  const bytes = await translated(engine.get(shelves.slots, key));
  const before = bytes === undefined ? undefined : decodeSlotRow(bytes);
  const shown = shownOf(after.network, before, rows);
  const { place } = rows[0]!.row.shown!;
  const known = before === undefined ? undefined : { ...before.state, standing: before.standing };
  const kept = takenOver(known, place, taken(shown));
  const stood = kept.values.slice(0, kept.standing).map(({ value }) => value);
  const history = historyAfter(before?.history ?? [], after.version, stood);
  if (kept === known && history === before?.history) return undefined;
  const state = { place, vote: voteOn(kept, before), values: kept.values };
  const value = encodeSlotRow({ state, standing: kept.standing, history });
  return { shelf: shelves.slots, key, value };
}

/** The vote of an earlier version is kept for as long as its value stands alone. */
function voteOn({ standing, values }: KeptSlot, before: SlotRow | undefined): SlotVote | undefined {
  const voted = before?.state.values[0]?.value;
  const isSame = standing === 1 && voted !== undefined && equal(values[0]!.value, voted);
  return isSame ? before?.state.vote : undefined;
}

/** What the maps show of the slot; every value signed by its writer, each checked once. */
function shownOf(
  network: Uint8Array,
  before: SlotRow | undefined,
  rows: readonly { readonly from: number; readonly row: SourceRow }[],
): readonly (readonly SlotValue[])[] {
  const held: SlotValue[] = [...(before?.state.values ?? [])];
  return rows.map(({ from, row: { key, shown } }) => {
    if (shown === undefined || !equal(slotKey(shown.place), key)) {
      throw new SourceError(
        from,
        new SourceFault('a slot that falls to the group lacks its values'),
      );
    }
    for (const one of shown.values) {
      if (held.some(({ value }) => equal(value, one.value))) continue;
      if (!authorises(network, shown.place, one.value, one.authorisation)) {
        throw new SourceError(from, new SourceFault('a value that its writer has not signed'));
      }
      held.push(one);
    }
    return shown.values;
  });
}
