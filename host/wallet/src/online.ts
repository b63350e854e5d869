/**
 * Online: the peer may be off for any time; the nodes keep what is for it.
 *
 *     send     object at q nodes · statement durable · spend slots · delivery slot after the lane head
 *     receive  delivery slot after the peer's head · object · accept · own step
 *
 * Every stage is idempotent and finds out by itself where it stands, so a crash anywhere is
 * continued by the next `sync`.
 */

import {
  address,
  bytes32,
  equal,
  keyDigest,
  kinds,
  keyOf,
  limits,
  list,
  option,
  nextHead,
  object,
  slotListRoot,
  statementDigest,
  struct,
  variable,
  type Authorisation,
  type KeyPair,
  type Obj,
  type Slot,
  type Unaccepted,
} from '@dsm/primitive';
import {
  absorb,
  append,
  commitMessage,
  deliveryPlace,
  deliverySlot,
  freshKeyCoder,
  message as messageObject,
  type FreshKey,
  type Relationship,
  type Message,
} from '@dsm/bilateral';
import { cardAt, cardOf } from './cards.ts';
import { appendedDraft } from './changes.ts';
import { signAs } from './keys.ts';
import { inputsOfEntry } from './parts.ts';
import { signStep, runThrough, worldFor, type Engine } from './engine.ts';
import { DsmError, sentenceOf } from './errors.ts';
import { keyToSealTo, keyToTell, openersOf, putAbsorbed } from './fresh-keys.ts';
import { closureOf, ingest, knownTo, partsFor } from './lineage.ts';
import { draft, entriesBetween, putRun, type Draft, type RunAt } from './model.ts';
import { noticesIn } from './notices.ts';
import { emitFinality } from './payments.ts';
import type { PaymentRow } from './rows.ts';
import { seal, sealedBytesMax, unsealBy } from './sealed.ts';
import { isCertifiedAnyway, isTooLate } from './leaving.ts';
import { keepAbsorbed, keepRun, keepSigned, signOpenRuns, signedRun } from './trading.ts';
import { noteStop } from './stopping.ts';
import { forkOfEntries, forkOfSteps, raise } from './tripwire.ts';

/** What a sealed object holds: the run as it would be said, and lineage, or the addresses of more. */
interface Parcel {
  readonly commit: Uint8Array;
  readonly policies: readonly Uint8Array[];
  readonly parts: readonly Uint8Array[];
  readonly more: readonly Uint8Array[];
  /** The key to which the receiver seals what it sends back. */
  readonly fresh: FreshKey | undefined;
}

const parcel: Obj<Parcel> = object(
  kinds.parcel,
  limits.objectBytesMax,
  struct({
    commit: variable(limits.receiptBytesMax),
    policies: list(variable(limits.policyBytesMax), 64),
    parts: list(variable(limits.objectBytesMax), 1_024),
    more: list(bytes32, 64),
    fresh: option(freshKeyCoder),
  }),
);

/**
 * Append operations to a lane of this device: durable, signed, part of the lineage. `also` adds
 * what must become durable in the same commit.
 */
export async function appendRun(
  engine: Engine,
  relationship: Uint8Array,
  operations: readonly Uint8Array[],
  online: boolean,
  also: (to: Draft) => void = () => undefined,
): Promise<{ readonly at: RunAt; readonly payments: readonly PaymentRow[] }> {
  const { model } = engine;
  await signOpenRuns(engine);
  const on = model.relationships.get(keyOf(relationship))!;
  const world = await worldFor(engine, on);
  const verdict = append(model.device, on, operations, world);
  if (verdict.type !== 'accepted') {
    throw new DsmError('refused', `this wallet will not write that: ${sentenceOf(verdict)}`);
  }
  const change = verdict.value;
  const run = { ...change.run, countersignature: undefined };
  const appended = appendedDraft(engine, on, change, run, online);
  also(appended.change);
  await engine.commit(appended.change);
  const writers = run.demand.slots.map(({ writer }) => writer);
  const signed = signStep(engine, run.step, run.slots, run.statement, writers);
  await keepSigned(engine, change.relationship, appended.at.index, signed);
  return appended;
}

/** Put an own run where the peer will look for it. True once a quorum keeps its delivery slot. */
export async function deliverRun(engine: Engine, on: Relationship, at: RunAt): Promise<boolean> {
  const { quorum } = engine;
  const { row, index } = at;
  const entries = await entriesBetween(engine.store, on.mine.start, index - row.count + 1, index);
  const signed = await engine.exclusive(() => signedRun(engine, on, at));
  const commit = messageObject.encode(commitMessage({ ...row, entries }, signed));
  const hint = await publishParcel(engine, on, commit, entries, headsOf(row.before, entries));
  if (hint === undefined) return false;
  const slot = deliverySlot(on, row.before, row.head, 'mine');
  const outcome = await quorum.writeSlot({
    place: deliveryPlace(on, row.before, 'mine'),
    value: slot.value,
    authorisation: deliveryBy(engine, on, slot),
    hint,
    certificate: undefined,
  });
  if (outcome.type !== 'certified') return false;
  await engine.exclusive(async () => {
    const open = engine.model.open.get(keyOf(on.key)) ?? [];
    const now = open.find((run) => run.index === index);
    if (now === undefined) return;
    const to = draft();
    putRun(to, engine.model, on, { index, row: { ...now.row, delivered: 1 } });
    await engine.commit(to);
  });
  return true;
}

/** The lane's own key says where its next run lies: nothing that leads to this device. */
function deliveryBy(engine: Engine, on: Relationship, slot: Slot): Authorisation {
  const { model, keys } = engine;
  const { suite, network } = model.device;
  const pair = keys.byDigest(on.mineWriter) ?? lanePair(engine, on);
  const digest = statementDigest(slot.value, slotListRoot([slot]));
  return {
    suite,
    publicKey: pair.publicKey,
    body: slot.value,
    path: [],
    signature: signAs(pair, kinds.parcel, suite, network, digest),
    backing: undefined,
  };
}

/** The lane's own pair; that of the invitation by which the other side has come. */
function lanePair({ model, keys }: Engine, on: Relationship): KeyPair {
  const own = keys.lane(on.key);
  const via = model.introductions.get(keyOf(on.peer.device))?.via;
  const isOwn = equal(keyDigest(model.device.suite, own.publicKey), on.mineWriter);
  return isOwn || via === undefined ? own : keys.lane(via);
}

/** Seal the run and the lineage that is new to the peer; answers with the object's address. */
async function publishParcel(
  engine: Engine,
  on: Relationship,
  commit: Uint8Array,
  entries: readonly Uint8Array[],
  heads: readonly Uint8Array[],
): Promise<Uint8Array | undefined> {
  const to = cardOf(engine, on.peer.device);
  if (to === undefined) return undefined;
  const key = keyToSealTo(engine, on, to);
  const fresh = await engine.exclusive(() => keyToTell(engine, on));
  const sources = [
    ...entries.flatMap((bytes) => inputsOfEntry(bytes).map(({ source }) => source)),
    ...noticesIn(entries).map(({ head }) => head),
  ];
  // A restored device may have forgotten what it had seen: it gets everything.
  const restored = on.peer.incarnation > 0;
  const known = restored ? undefined : knownTo(engine, on.peer.device, heads);
  const parts = await closureOf(engine, sources, known);
  const { policies } = await partsFor(engine, { heads: [], tokens: tokensOf(engine, sources) });
  const chunks = inChunks(parts, sealedBytesMax - commit.length - 70_000);
  const more: Uint8Array[] = [];
  for (const chunk of chunks.slice(1)) {
    const bytes = parcel.encode({
      commit: new Uint8Array(0),
      policies: [],
      parts: chunk,
      more: [],
      fresh: undefined,
    });
    const stored = await publishSealed(engine, key, bytes);
    if (stored === undefined) return undefined;
    more.push(stored);
  }
  const first = parcel.encode({ commit, policies, parts: chunks[0] ?? [], more, fresh });
  return publishSealed(engine, key, first);
}

/** The head after each entry. */
function headsOf(before: Uint8Array, entries: readonly Uint8Array[]): Uint8Array[] {
  let head = before;
  return entries.map((bytes) => (head = nextHead(head, bytes)));
}

async function publishSealed(
  engine: Engine,
  key: Uint8Array,
  bytes: Uint8Array,
): Promise<Uint8Array | undefined> {
  const sealed = seal(engine, key, bytes);
  if (sealed === undefined) return undefined;
  const { available } = await engine.quorum.publish(sealed);
  return available ? address(sealed) : undefined;
}

function inChunks(parts: readonly Uint8Array[], max: number): Uint8Array[][] {
  const chunks: Uint8Array[][] = [];
  let size = Infinity;
  for (const part of parts) {
    if (size + part.length + 4 > max) {
      chunks.push([]);
      size = 0;
    }
    chunks.at(-1)!.push(part);
    size += part.length + 4;
  }
  return chunks;
}

function tokensOf({ model }: Engine, sources: readonly Uint8Array[]): Uint8Array[] {
  const tokens = sources.flatMap((head) => model.origins.get(keyOf(head))?.token ?? []);
  return [...new Map(tokens.map((token) => [keyOf(token), token])).values()];
}

/** What one look at a peer's deliveries gave. */
export interface Fetched {
  readonly received: number;
  /** False if too few nodes answered. */
  readonly online: boolean;
  /** True if the nodes showed that nothing is left to fetch. */
  readonly drained: boolean;
}

/** Fetch and absorb what waits for this device after the peer's head. */
export async function receiveFrom(engine: Engine, relationship: Uint8Array): Promise<Fetched> {
  let received = 0;
  for (;;) {
    const on = engine.model.relationships.get(keyOf(relationship))!;
    const place = deliveryPlace(on, on.theirs.head, 'theirs');
    const reading = await engine.quorum.readSlot(place);
    if (reading.type === 'undecided') return { received, online: false, drained: false };
    if (reading.type === 'free') return { received, online: true, drained: true };
    const hints = reading.values.flatMap((value) => value.hints);
    const opened = await firstParcel(engine, on, hints);
    const absorbed =
      opened !== undefined &&
      (!isTooLate(engine, on, opened.commit) ||
        (await isCertifiedAnyway(engine, on, opened.commit))) &&
      (await engine.exclusive(() => takeParcel(engine, relationship, opened)));
    if (!absorbed) return { received, online: true, drained: false };
    received += 1;
  }
}

/** Fetch the lineage of what was absorbed without it: a crash came between. */
export async function fetchLineage(engine: Engine): Promise<void> {
  const { model, store, quorum } = engine;
  for (const row of bareRuns(engine)) {
    const on = model.relationships.get(keyOf(row.relationship));
    if (on === undefined || !equal(on.theirs.start, row.lane)) continue;
    const run = await runThrough(store, row);
    if (run === undefined) continue;
    const reading = await quorum.readSlot(deliveryPlace(on, run.row.before, 'theirs'));
    if (reading.type !== 'voted') continue;
    const hints = reading.values.flatMap((value) => value.hints);
    const opened = await firstParcel(engine, on, hints);
    if (opened === undefined) continue;
    const { policies, parts } = opened;
    const { changed } = await engine.exclusive(() => ingest(engine, policies, parts));
    emitFinality(engine, changed);
  }
}

/** Where payments and escrows of peers came whose own part of the lineage is not checked yet. */
function bareRuns({ model }: Engine): readonly {
  readonly relationship: Uint8Array;
  readonly lane: Uint8Array;
  readonly index: number;
}[] {
  const isBare = (head: Uint8Array): boolean => !model.origins.has(keyOf(head));
  const payments = model.payments.filter(
    (row) => row.side === 1 && row.over === undefined && isBare(row.head),
  );
  const escrows = [...model.escrows.values()]
    .filter((row) => row.side === 1 && isBare(row.escrow.note.source))
    .map(({ relationship, opened }) => {
      const lane = model.relationships.get(keyOf(relationship))!.theirs.start;
      return { relationship, lane, index: opened };
    });
  return [...payments, ...escrows];
}

export interface OpenedParcel {
  readonly commit: Message & { type: 'commit' };
  readonly policies: readonly Uint8Array[];
  readonly parts: readonly Uint8Array[];
  /** Number of the own key that it was sealed to, and the peer's key that it tells. */
  readonly number?: number | undefined;
  readonly told?: FreshKey | undefined;
}

/** The first object among the hints that opens and holds a run. Hints are not signed: all are tried. */
async function firstParcel(
  engine: Engine,
  on: Relationship,
  hints: readonly Uint8Array[],
): Promise<OpenedParcel | undefined> {
  for (const hint of hints) {
    const opened = await openParcel(engine, on, hint);
    if (opened === undefined) continue;
    const { parcel: first, number } = opened;
    const decoded = messageObject.decode(first.commit);
    if (!decoded.ok || decoded.value.type !== 'commit') continue;
    const parts = [...first.parts];
    for (const more of first.more) {
      parts.push(...((await openParcel(engine, on, more))?.parcel.parts ?? []));
    }
    const { policies, fresh: told } = first;
    return { commit: decoded.value, policies, parts, number, told };
  }
  return undefined;
}

async function openParcel(
  engine: Engine,
  on: Relationship,
  at: Uint8Array,
): Promise<{ readonly parcel: Parcel; readonly number: number | undefined } | undefined> {
  const bytes = await engine.quorum.fetch(at);
  if (bytes === undefined) return undefined;
  const opened = unsealBy(engine.aead, openersOf(engine, on), bytes);
  const decoded = opened === undefined ? undefined : parcel.decode(opened.plaintext);
  return decoded?.ok === true ? { parcel: decoded.value, number: opened!.by.number } : undefined;
}

/** Judge and keep a run that came through the nodes. True if the lane went on. */
export async function takeParcel(
  engine: Engine,
  relationship: Uint8Array,
  { commit, policies, parts, number, told }: OpenedParcel,
): Promise<boolean> {
  const { model } = engine;
  const on = model.relationships.get(keyOf(relationship))!;
  const by = cardOf(engine, on.peer.device);
  if (by === undefined) return false;
  emitFinality(engine, (await ingest(engine, policies, parts)).changed);
  const world = await worldFor(engine, on, commit);
  const verdict = absorb(model.device, on, commit, world);
  if (verdict.type !== 'accepted') {
    const claim =
      (await forkOfSteps(engine, by, commit.signed)) ??
      (await forkOfEntries(engine, on, by, commit));
    if (claim !== undefined) await raise(engine, claim);
    const signer = cardAt(engine, on.peer.device, commit.signed.step) ?? by;
    await noteStop(engine, on, signer, commit, verdict as Unaccepted);
    return false;
  }
  const change = verdict.value;
  // A run without its lineage may still get it out of its parcel.
  const bare = bareRuns(engine).some((row) => equal(row.relationship, relationship));
  await keepRun(engine, on, change, by, commit.countersignature, (to) =>
    putAbsorbed(to, engine, on, { number, told }, bare),
  );
  const { step, statement } = change.absorbed;
  await keepAbsorbed(engine, change.relationship, signStep(engine, step, [], statement, []));
  return true;
}
