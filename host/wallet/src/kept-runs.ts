/** Kept runs: both lanes of a relationship as they lie in the store, run by run. */

import { entry, keyOf, nextHead, type Entry } from '@dsm/primitive';
import { mySide, type Mark, type Relationship } from '@dsm/bilateral';
import type { KeptRun } from '@dsm/protocols';
import type { Engine } from './engine.ts';
import { DsmError } from './errors.ts';
import { entriesBetween } from './model.ts';
import { laneKey, type LaneSide } from './rows.ts';

/** Places on both lanes: what comes after them is asked for. */
export interface Since {
  readonly mine: Mark;
  readonly theirs: Mark;
}

export function sinceStart({ mine, theirs }: Relationship): Since {
  return {
    mine: { index: 0, head: mine.start },
    theirs: { index: 0, head: theirs.start },
  };
}

/** The runs of each lane after these places, and how far the peer had absorbed the own lane. */
export async function runsSince(
  engine: Engine,
  on: Relationship,
  since: Since,
): Promise<{ readonly mine: readonly KeptRun[]; readonly theirs: readonly KeptRun[] }> {
  const [mine, theirs] = [
    await laneSince(engine, on, 0, since),
    await laneSince(engine, on, 1, since),
  ];
  return { mine: runsOf(engine, on, 0, mine, theirs), theirs: runsOf(engine, on, 1, theirs, mine) };
}

interface Stretch {
  readonly entries: readonly Entry[];
  /** Heads by index, the place before the first entry among them. */
  readonly heads: readonly Uint8Array[];
  /** How many entries from the first on each run ends at. */
  readonly ends: readonly number[];
  readonly indexOf: ReadonlyMap<string, number>;
}

async function laneSince(
  { store }: Engine,
  on: Relationship,
  side: LaneSide,
  since: Since,
): Promise<Stretch> {
  const [lane, from] = side === 0 ? [on.mine, since.mine] : [on.theirs, since.theirs];
  const heads = [from.head];
  const ends: number[] = [];
  const entries: Entry[] = [];
  for (const bytes of await entriesBetween(store, lane.start, from.index + 1, lane.index)) {
    const decoded = entry.decode(bytes);
    if (!decoded.ok) throw new DsmError('rotten', 'an entry of a lane cannot be read');
    heads.push(nextHead(heads.at(-1)!, bytes));
    entries.push(decoded.value);
    const key = laneKey('run', lane.start, decoded.value.index);
    if ((await store.get(key)) !== undefined) ends.push(entries.length);
  }
  const indexOf = new Map(heads.map((head, i) => [keyOf(head), from.index + i]));
  return { entries, heads, ends, indexOf };
}

function runsOf(
  { model }: Engine,
  on: Relationship,
  whose: LaneSide,
  lane: Stretch,
  other: Stretch,
): KeptRun[] {
  const mine = mySide(on, model.device);
  const [me, peer] = [model.device.id, on.peer.device];
  return lane.ends.map((end, i) => {
    const entries = lane.entries.slice(lane.ends[i - 1] ?? 0, end);
    return {
      side: whose === 0 ? mine : mine === 0 ? 1 : 0,
      author: whose === 0 ? me : peer,
      peer: whose === 0 ? peer : me,
      entries,
      head: lane.heads[end]!,
      after: other.indexOf.get(keyOf(entries[0]!.absorbed)) ?? 0,
    };
  });
}
