/**
 * Where a node takes over from: the closed vote map of one node, read row by row.
 *
 * Of another node everything is checked: that keys ascend, that there are as many as it has closed,
 * that its rows come to the root that it has closed. What is its own needs no check.
 */

import { votePage, voteRowDigest, voteRowKey, type Close, type VotePage } from '@dsm/availability';
import { NodeError, type Engine, type NodeApi } from '@dsm/ports';
import {
  compare,
  decodeWith,
  deviceMap,
  equal,
  type Registry,
  type SlotPlace,
  type SlotValue,
} from '@dsm/primitive';
import { askOne } from './peers.ts';
import { provedBy, votedSlots } from './vote-map.ts';

/** What one closed map says of a slot. */
export interface SourceRow {
  readonly key: Uint8Array;
  /** Undefined for a slot that falls to another group. */
  readonly shown: { readonly place: SlotPlace; readonly values: readonly SlotValue[] } | undefined;
}

export type Source = AsyncGenerator<SourceRow, undefined>;

/** A map that is not what its node has closed: nothing of it counts. */
export class SourceFault extends Error {
  override readonly name = 'SourceFault';
}

export async function* ownSource(engine: Engine, registry: Registry, group: number): Source {
  for await (const { key, row, stood } of votedSlots(engine, registry, group)) {
    yield { key, shown: { place: row.state.place, values: provedBy(row, stood) } };
  }
  return undefined;
}

/** The map of another node, of which `asking` is the group that takes over. Ends only if it is whole. */
export async function* peerSource(node: NodeApi, close: Close, asking: number): Source {
  const map = deviceMap();
  let after: Uint8Array | undefined;
  for (let isLast = false; !isLast;) {
    const page = await pageFrom(node, close.version, asking, after);
    for (const row of page.rows) {
      const key = voteRowKey(row);
      if (after !== undefined && compare(key, after) <= 0) throw new SourceFault('keys descend');
      map.apply([{ key, value: voteRowDigest(row) }]);
      if (map.size() > close.slots) throw new SourceFault('more slots than were closed');
      after = key;
      yield { key, shown: row.type === 'digest' ? undefined : row };
    }
    isLast = page.last === 1;
  }
  const isWhole = map.size() === close.slots && equal(map.root(), close.root);
  if (!isWhole) throw new SourceFault('the rows do not come to the root that was closed');
  return undefined;
}

async function pageFrom(
  node: NodeApi,
  version: number,
  group: number,
  after: Uint8Array | undefined,
): Promise<VotePage> {
  const body = await askOne(node, { type: 'votes', version, group, after });
  const page = body === undefined ? undefined : decodeWith(votePage, body);
  const isStuck = page?.last === 0 && page.rows.length === 0;
  if (page === undefined || isStuck) throw new SourceFault('the answer is no page of a map');
  return page;
}

/** What all sources say, slot by slot in ascending order; each source by its number. */
export async function* merged(
  sources: readonly Source[],
): AsyncGenerator<readonly { readonly from: number; readonly row: SourceRow }[]> {
  const heads = await Promise.all(sources.map((source, from) => headOf(source, from)));
  for (;;) {
    const rows = heads.filter((head) => head.row !== undefined);
    const first = rows.reduce<Uint8Array | undefined>(
      (least, { row }) => (least === undefined || compare(row!.key, least) < 0 ? row!.key : least),
      undefined,
    );
    if (first === undefined) return;
    const here = rows.filter(({ row }) => equal(row!.key, first));
    yield here.map(({ from, row }) => ({ from, row: row! }));
    for (const { from } of here) heads[from] = await headOf(sources[from]!, from);
  }
}

interface Head {
  readonly from: number;
  readonly row: SourceRow | undefined;
}

/** The next row of a source; a failure names the source. */
async function headOf(source: Source, from: number): Promise<Head> {
  try {
    const { value } = await source.next();
    return { from, row: value };
  } catch (error) {
    if (error instanceof SourceFault || error instanceof NodeError)
      throw new SourceError(from, error);
    throw error;
  }
}

/** Which source failed, and how: by a lie or by silence. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
  readonly source: number;
  constructor(source: number, cause: Error) {
    super(cause.message, { cause });
    this.source = source;
  }
}
