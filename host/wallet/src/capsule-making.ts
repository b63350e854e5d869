/**
 * Making capsules: what has changed since the last one, and a part of the round that is under way.
 *
 * All of it is read at one moment and kept in one commit: the sealed capsules, the state after them,
 * and the journal without what they hold. A wallet that ends in between has made nothing.
 */

import { equal, keyOf, zero32 } from '@dsm/primitive';
import {
  capsuleNonceBytes,
  capsuleState,
  cutRows,
  firstState,
  roundOn,
  sealCapsule,
  withRound,
  type CapsuleState,
  type Row,
  type RowChange,
  type SealBox,
} from '@dsm/identity';
import type { Store, Write } from '@dsm/ports';
import {
  capsuleTables,
  journalPrefix,
  keysIn,
  pendingKey,
  pendingPrefix,
  stateIn,
  stateKey,
  withoutSecret,
} from './capsule-rows.ts';
import type { Engine } from './engine.ts';

/** Bytes of changed rows, and of rows of the round, after which no more are added to a making. */
const changedBytesMax = 4_194_304;
const roundBytesMax = 524_288;
/** A store whose rows are more is gone through by the second byte of the keys, too. */
const wideBytes = 8_388_608;

type Maker = Pick<Engine, 'model' | 'keys' | 'aead' | 'entropy'>;

export function sealerOf({ keys, aead, entropy }: Maker): SealBox {
  return (plaintext, associated) => {
    const nonce = entropy.bytes(capsuleNonceBytes);
    return { nonce, box: aead.seal(keys.capsuleSecret, nonce, plaintext, associated) };
  };
}

/** Whose capsules they are. */
export function ownerOf({ model }: Pick<Maker, 'model'>): {
  readonly genesis: Uint8Array;
  readonly device: Uint8Array;
} {
  return { genesis: model.card.body.genesis ?? zero32, device: model.device.id };
}

/** How many capsules were made: none if nothing has changed. Called while the store is still. */
export async function makeCapsules(maker: Maker, store: Store): Promise<number> {
  if (!isSettled(maker)) return 0;
  const kept = await stateIn(store);
  const { incarnation } = maker.model.row;
  const isNew = kept?.incarnation !== incarnation;
  if (!isNew && kept.copied === 1) return 0;
  const writes: Write[] = isNew ? await dropped(store) : [];
  const state = withRound(isNew ? firstState(incarnation) : kept);
  const changed = isNew ? nothing : await changedRows(store);
  if (state.round === undefined && changed.rows.length === 0) return 0;
  const round = await roundRows(store, state);
  const bodies = cutRows([...changed.rows, ...round.rows]);
  const sealed = sealAll(maker, state, bodies, { changed, round });
  for (const { key } of changed.noted) writes.push({ key, value: undefined });
  for (const [i, value] of sealed.capsules.entries()) {
    writes.push({ key: pendingKey(state.counter + i), value });
  }
  writes.push({ key: stateKey, value: capsuleState.encode(sealed.state) });
  await store.commit(writes);
  return sealed.capsules.length;
}

/** Not while a restored wallet is about to open its next incarnation: that one has capsules of its own. */
function isSettled({ model, keys }: Maker): boolean {
  const { publicKey } = keys.working();
  return model.row.phase === 0 && equal(model.card.body.workingKey, publicKey);
}

/** What an earlier incarnation has left: its capsules are nobody’s any more. */
async function dropped(store: Store): Promise<Write[]> {
  const rows = [...(await store.scan(pendingPrefix)), ...(await store.scan(journalPrefix))];
  return rows.map(([key]) => ({ key, value: undefined }));
}

interface Changed {
  readonly rows: readonly Row[];
  readonly bytes: number;
  /** Rows of the journal that it accounts for. */
  readonly noted: readonly { readonly key: Uint8Array }[];
  /** True if that is all. */
  readonly isAll: boolean;
}

const nothing: Changed = { rows: [], bytes: 0, noted: [], isAll: true };

async function changedRows(store: Store): Promise<Changed> {
  const journal = await store.scan(journalPrefix);
  const rows = new Map<string, Row>();
  const noted: { key: Uint8Array }[] = [];
  let bytes = 0;
  for (const [at, value] of journal) {
    if (bytes > changedBytesMax) break;
    noted.push({ key: at });
    for (const key of keysIn(value)) {
      if (rows.has(keyOf(key))) continue;
      const row = await rowAt(store, key);
      rows.set(keyOf(key), row);
      bytes += key.length + (row.value?.length ?? 0);
    }
  }
  return { rows: [...rows.values()], bytes, noted, isAll: noted.length === journal.length };
}

async function rowAt(store: Store, key: Uint8Array): Promise<Row> {
  const value = await store.get(key);
  return { key, value: value === undefined ? undefined : withoutSecret(key, value) };
}

interface Carried {
  readonly rows: readonly Row[];
  readonly bytes: number;
  /** Where it goes on: undefined if it has come through. */
  readonly place: number | undefined;
}

/** A place is a table and the second byte of the key. */
async function roundRows(store: Store, state: CapsuleState): Promise<Carried> {
  const { round, baseBytes } = state;
  if (round === undefined) return { rows: [], bytes: 0, place: undefined };
  const rows: Row[] = [];
  let bytes = 0;
  let place: number | undefined = firstPlace(round.place);
  while (place !== undefined && bytes < roundBytesMax) {
    const isWide = baseBytes > wideBytes;
    const found = await rowsAtPlace(store, place, isWide);
    for (const row of found) {
      rows.push(row);
      bytes += row.key.length + row.value!.length;
    }
    place = firstPlace(isWide ? place + 1 : (place & 0xff00) + 0x100);
  }
  return { rows, bytes, place };
}

/** The first place at or after this one at which rows may be. */
function firstPlace(from: number): number | undefined {
  const table = capsuleTables.find((one) => one << 8 >= (from & 0xff00));
  if (table === undefined) return undefined;
  return table << 8 > from ? table << 8 : from;
}

async function rowsAtPlace(store: Store, place: number, isWide: boolean): Promise<Row[]> {
  const [table, second] = [place >> 8, place & 0xff];
  const found = await store.scan(isWide ? Uint8Array.of(table, second) : Uint8Array.of(table));
  const rows = found.map(([key, value]) => ({ key, value: withoutSecret(key, value) }));
  if (!isWide || second !== 0) return rows;
  // The key of a row that is alone in its table has no second byte.
  const key = Uint8Array.of(table);
  const alone = await rowAt(store, key);
  return alone.value === undefined ? rows : [{ key, value: alone.value }, ...rows];
}

function sealAll(
  maker: Maker,
  from: CapsuleState,
  bodies: readonly (readonly RowChange[])[],
  { changed, round }: { readonly changed: Changed; readonly round: Carried },
): { readonly capsules: readonly Uint8Array[]; readonly state: CapsuleState } {
  const [owner, seal] = [ownerOf(maker), sealerOf(maker)];
  let state: CapsuleState = { ...from, logBytes: from.logBytes + changed.bytes };
  const capsules = bodies.map((changes, i) => {
    const isLast = i === bodies.length - 1;
    if (isLast) state = roundOn(state, round.bytes, round.place);
    const next = sealCapsule(state, owner, changes, isLast && changed.isAll ? 1 : 0, seal);
    state = next.state;
    return next.bytes;
  });
  return { capsules, state };
}

/** All rows as capsules that claim no slot: what goes into a file, or on paper. */
export async function capsulesOfAll(maker: Maker, store: Store): Promise<readonly Uint8Array[]> {
  const kept = await stateIn(store);
  const { incarnation } = maker.model.row;
  const begun = kept?.incarnation === incarnation ? kept : firstState(incarnation);
  const start: CapsuleState = {
    ...begun,
    base: begun.counter,
    round: undefined,
  };
  const rows: Row[] = [];
  for (const table of capsuleTables) rows.push(...(await rowsAtPlace(store, table << 8, false)));
  const all = { rows, bytes: 0, noted: [], isAll: true };
  const none = { rows: [], bytes: 0, place: undefined };
  return sealAll(maker, start, cutRows(rows), { changed: all, round: none }).capsules;
}
