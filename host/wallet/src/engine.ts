/**
 * The engine: one wallet's model, store and keys, and the only door through which they change.
 *
 * Decisions are taken one at a time (`exclusive`): decide purely, make durable, then sign and send.
 */

import {
  checkpointBefore,
  entry,
  isCheckpoint,
  keyOf,
  kinds,
  limits,
  startEntropy,
  stepPosition,
  walk,
  type Claim,
  type Entry,
  type KeySignature,
  type KnownStep,
  type Lane,
  type Registries,
  type SignedStep,
  type Slot,
  type Step,
  keyDigest,
  equal,
  advance,
} from '@dsm/primitive';
import {
  mySide,
  relationship,
  device,
  type Device,
  type Passage,
  type Relationship,
  type World,
} from '@dsm/bilateral';
import {
  giveUp,
  valueRules,
  type Escrow,
  type KeptRun,
  type LineageKnown,
  type ValueKnown,
} from '@dsm/protocols';
import type { Aead, Clock, Entropy, HeldBinding, Kem, Store } from '@dsm/ports';
import type { ConsentHandler, Network, PresentOptions, WalletEvents } from './api.ts';
import { isKeyOfNow, ownGenerationAt, retiredKeys } from './cards.ts';
import type { Custody } from './custody.ts';
import { DsmError } from './errors.ts';
import type { Journal } from './journal.ts';
import { signAs, type Keys } from './keys.ts';
import { decodeRow, entriesBetween, laneAt, type Draft, type Model } from './model.ts';
import type { Plane } from './plane.ts';
import { incomingRoute } from './route-facts.ts';
import { checkpointRow, laneKey, rowKey, runRow, type LaneSide, type RunRow } from './rows.ts';

export interface Engine {
  readonly model: Model;
  readonly keys: Keys;
  readonly custody: Custody;
  readonly store: Store;
  /** Stands behind the store, and knows what capsules lack. */
  readonly journal: Journal;
  readonly network: Network;
  /** The versions of the registry that this wallet knows. */
  readonly registries: Registries;
  readonly quorum: Plane;
  readonly kem: Kem;
  readonly aead: Aead;
  readonly entropy: Entropy;
  readonly clock: Clock;
  /** What the secret of this wallet is sealed to. */
  readonly binding: HeldBinding;
  /** Run one decision at a time, in order of asking. */
  readonly exclusive: <T>(decide: () => Promise<T>) => Promise<T>;
  readonly commit: (change: Draft) => Promise<void>;
  /** Who decides what is shown to a contact that asks for it. */
  readonly presenting: Presenting;
  /** Something may be due for a route: see routing.ts. */
  readonly wake: () => void;
  readonly emit: <K extends keyof WalletEvents>(event: K, value: WalletEvents[K]) => void;
}

export interface Presenting {
  handler: ConsentHandler | undefined;
  present: (challenge: Uint8Array, options: PresentOptions) => Promise<Uint8Array>;
}

export function lineageKnown({ model, registries }: Engine): LineageKnown {
  return {
    network: model.device.network,
    registries,
    originOf: (head) => model.origins.get(keyOf(head)),
    policyOf: (token) => model.tokens.get(keyOf(token))?.rules,
  };
}

/** This wallet as the owner of an output. */
export function mine({ model, keys }: Engine): { owner: Uint8Array; key: Uint8Array } {
  const key = keyDigest(model.device.suite, keys.working().publicKey);
  return { owner: model.device.id, key };
}

/** What a decision about `on` may look up, with the parts of the lane that `claim` needs. */
export async function worldFor(
  engine: Engine,
  on: Relationship,
  claim?: Pick<Claim, 'entries'>,
): Promise<World> {
  const { model, keys } = engine;
  const heads =
    claim === undefined ? new Map<number, Uint8Array>() : await theirHeads(engine, on, claim);
  const known: ValueKnown = {
    policyOf: (token) => model.tokens.get(keyOf(token))?.rules,
    escrowOf: (id) => escrowAsHeld(engine, id),
  };
  return {
    rules: valueRules(known),
    escrowOf: known.escrowOf,
    map: model.map,
    blindSecret: keys.blindSecret,
    indexOfMine: (_, head) => model.tails.get(keyOf(on.key))?.get(keyOf(head)),
    headOfTheirs: (_, index) => heads.get(index),
    stepOf: (who, incarnation, seq) => knownStep(engine, who, incarnation, seq),
    retiredOf: (who, incarnation) => retiredKeys(engine, who, incarnation),
  };
}

/**
 * An escrow as its lane's next operation finds it. A device that was restored may have forgotten
 * that it gave a lock of an escrow to its old key up, so its payer may take it back. Only a lock that
 * this device could open already when its backup was made was never given up, and is kept.
 */
function escrowAsHeld({ model }: Engine, id: Uint8Array): Escrow | undefined {
  const row = model.escrows.get(keyOf(id));
  if (row?.side !== 1) return row?.escrow;
  if (isKeyOfNow({ model }, model.device.id, row.escrow.note.key)) return row.escrow;
  return row.escrow.locks
    .filter(({ hash }) => !opensAlone(incomingRoute(model, id, hash)?.passage))
    .reduce((escrow, { hash }) => giveUp(escrow, hash), row.escrow);
}

function opensAlone(passage: Passage | undefined): boolean {
  if (passage?.incoming === 'opened') return true;
  return passage?.incoming === 'held' && passage.preimage !== undefined;
}

function knownStep(
  { model }: Engine,
  who: Uint8Array,
  incarnation: number,
  seq: number,
): KnownStep | undefined {
  const mark = model.marks.at(stepPosition(who, incarnation, seq));
  return mark?.step === undefined ? undefined : { statement: mark.statement, ...mark.step };
}

/** Heads of the peer's lane around a claim that starts where the lane has been already. */
async function theirHeads(
  { store }: Engine,
  on: Relationship,
  claim: Pick<Claim, 'entries'>,
): Promise<Map<number, Uint8Array>> {
  const heads = new Map([[on.theirs.index, on.theirs.head]]);
  const first = entry.decode(claim.entries[0] ?? new Uint8Array(0));
  if (!first.ok || first.value.index > on.theirs.index || first.value.index < 1) return heads;
  const from = first.value.index - 1;
  const to = Math.min(on.theirs.index, from + limits.runEntriesMax);
  let lane = await laneAtIndex(store, on, 1, from);
  heads.set(lane.index, lane.head);
  for (const bytes of await entriesBetween(store, on.theirs.start, from + 1, to)) {
    lane = walk(lane, [bytes]) ?? lane;
    heads.set(lane.index, lane.head);
  }
  return heads;
}

/** One of the edge's lanes as it was at `index`. */
export function laneAtIndex(
  store: Store,
  on: Relationship,
  side: LaneSide,
  index: number,
): Promise<Lane> {
  const now = side === 0 ? on.mine : on.theirs;
  const start = side === 0 ? startOf(on, 'mine') : startOf(on, 'theirs');
  if (index > now.index) throw new RangeError('the lane has not been there');
  return laneAt(store, start, index, { before: checkpointBefore, walk });
}

/** The lane of a relationship before its first entry. */
function startOf(on: Relationship, which: 'mine' | 'theirs'): Lane {
  const { start } = on[which];
  return { start, head: start, index: 0, entropy: startEntropy(start, on.spoolKey) };
}

/** Rows of a relationship, its new entries and the checkpoints among them. */
export function putRelationship(to: Draft, model: Model, on: Relationship): void {
  to.put(rowKey('relationship', on.key), relationship.encode(on));
  to.after(() => {
    model.relationships.set(keyOf(on.key), on);
    trimTail(model, on);
    for (const follower of model.followers) follower.moved(on);
  });
}

/** Keep only what the peer may still claim to have absorbed: its last mark and everything after. */
function trimTail(model: Model, on: Relationship): void {
  const kept = model.tails.get(keyOf(on.key));
  // A restore begins a new lane: heads of the former one are not its own.
  const sameLane = kept?.has(keyOf(on.mine.start)) === true || on.mine.index > 0;
  const tail = sameLane && kept !== undefined ? kept : new Map<string, number>();
  tail.set(keyOf(on.mine.start), 0);
  tail.set(keyOf(on.absorbed.head), on.absorbed.index);
  tail.set(keyOf(on.mine.head), on.mine.index);
  for (const [head, index] of tail) if (index < on.absorbed.index) tail.delete(head);
  model.tails.set(keyOf(on.key), tail);
}

export function putEntries(
  to: Draft,
  model: Model,
  on: Relationship,
  side: LaneSide,
  from: Lane,
  entries: readonly Uint8Array[],
): void {
  let lane = from;
  const passed: [string, number][] = [];
  const decodedEntries: Entry[] = [];
  for (const bytes of entries) {
    const decoded = entry.decode(bytes);
    if (!decoded.ok) throw new RangeError('not an entry');
    lane = advance(lane, decoded.value, bytes);
    to.put(laneKey('entry', from.start, lane.index), bytes);
    if (isCheckpoint(lane.index)) {
      to.put(laneKey('checkpoint', from.start, lane.index), checkpointRow.encode(lane));
    }
    passed.push([keyOf(lane.head), lane.index]);
    decodedEntries.push(decoded.value);
  }
  const { head } = lane;
  to.after(() => tellFollowers(model, on, side, decodedEntries, head));
  if (side === 1) return;
  to.after(() => {
    const tail = model.tails.get(keyOf(on.key)) ?? new Map<string, number>();
    for (const [head, index] of passed) tail.set(head, index);
    model.tails.set(keyOf(on.key), tail);
  });
}

/** How far the author had absorbed: the peer by what it shows, this device all that was there. */
function tellFollowers(
  model: Model,
  before: Relationship,
  whose: LaneSide,
  entries: readonly Entry[],
  head: Uint8Array,
): void {
  const { key, peer, theirs } = before;
  const { absorbed } = model.relationships.get(keyOf(key))!;
  const mine = mySide(before, model.device);
  const run: KeptRun =
    whose === 0
      ? {
          side: mine,
          author: model.device.id,
          peer: peer.device,
          entries,
          head,
          after: theirs.index,
        }
      : {
          side: mine === 0 ? 1 : 0,
          author: peer.device,
          peer: model.device.id,
          entries,
          head,
          after: absorbed.index,
        };
  for (const follower of model.followers) follower.kept(key, run);
}

export function putDevice(to: Draft, model: Model, next: Device): void {
  to.put(rowKey('device'), device.encode(next));
  to.after(() => {
    model.device = next;
  });
}

/** The signed form of an own step whose statement is durable. */
export function signStep(
  { model, keys }: Engine,
  step: Step,
  slots: readonly Slot[],
  statement: Uint8Array,
  writers: readonly Uint8Array[],
): SignedStep {
  const { suite, network } = model.device;
  // A step that was stated before a change of keys and is signed after it belongs to the old one.
  const working = keys.working(ownGenerationAt({ model }, step.seq));
  const current = keyDigest(suite, working.publicKey);
  const others = new Map(
    writers.filter((digest) => !equal(digest, current)).map((digest) => [keyOf(digest), digest]),
  );
  const further: KeySignature[] = [...others.values()].map((digest) => {
    const pair = keys.byDigest(digest);
    if (pair === undefined) throw new DsmError('integrity', 'a note names a key that is not here');
    const signature = signAs(pair, kinds.signedStep, suite, network, statement);
    return { suite, publicKey: pair.publicKey, signature };
  });
  const signature = signAs(working, kinds.signedStep, suite, network, statement);
  return { step, slots, signature, further };
}

/** An own or a peer's run as it is stored. */
export async function readRun(
  { store }: Pick<Engine, 'store'>,
  start: Uint8Array,
  index: number,
): Promise<RunRow | undefined> {
  const bytes = await store.get(laneKey('run', start, index));
  return bytes === undefined ? undefined : decodeRow(runRow, bytes, 'run');
}

/** The run of a lane that goes through `index`, by the index of its last entry. */
export async function runThrough(
  store: Store,
  { lane, index }: { readonly lane: Uint8Array; readonly index: number },
): Promise<{ readonly end: number; readonly row: RunRow } | undefined> {
  for (let end = index; end < index + limits.runEntriesMax; end++) {
    const bytes = await store.get(laneKey('run', lane, end));
    if (bytes !== undefined) return { end, row: decodeRow(runRow, bytes, 'run') };
  }
  return undefined;
}
