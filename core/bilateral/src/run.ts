/**
 * Runs: append to the own lane, absorb from the peer's. The two moves of a device.
 *
 * Both are decided here and performed elsewhere: each answers with the new state and the changes
 * that must be durable, in one commit, before the first byte of a signature leaves.
 */

import {
  accept,
  advance,
  entry,
  equal,
  hasRepeats,
  keyOf,
  limits,
  merged,
  nextEntry,
  noteKey,
  refused,
  type AcceptedRun,
  type Claim,
  type Demand,
  type Known,
  type KnownStep,
  type MapReader,
  type RetiredKey,
  type Rules,
  type SignedStep,
  type Slot,
  type Step,
  type StepWrite,
  type Unaccepted,
  type Verdict,
  accepted,
  zero32,
} from '@dsm/primitive';
import {
  decodeOperation,
  isEscrowOperation,
  madeBy,
  nextEscrow,
  noteBlind,
  noteId,
  noteKinds,
  noteLeaf,
  openEscrow,
  type Escrow,
  type Note,
} from '@dsm/protocols';
import { takeStep, type Device } from './device.ts';
import { formerStarts, leafOf, mySide, isOwn, type Relationship } from './relationship.ts';

/** What a device may look up while it decides. All of it is already durable. */
export interface World {
  readonly rules: Rules;
  readonly map: MapReader;
  readonly escrowOf: (id: Uint8Array) => Escrow | undefined;
  /** The secret from which the blinds of own notes come. */
  readonly blindSecret: Uint8Array;
  readonly indexOfMine: (relationship: Relationship, head: Uint8Array) => number | undefined;
  readonly headOfTheirs: (relationship: Relationship, index: number) => Uint8Array | undefined;
  readonly stepOf: (device: Uint8Array, incarnation: number, seq: number) => KnownStep | undefined;
  /** Working keys that later generations have replaced; none if no device here rotates any. */
  readonly retiredOf?: (device: Uint8Array, incarnation: number) => readonly RetiredKey[];
}

/** What moved, apart from lanes and roots: for the wallet to keep in the same commit. */
export interface Moved {
  readonly leaves: readonly StepWrite[];
  readonly gained: readonly Note[];
  readonly spent: readonly Uint8Array[];
  /** Escrows that the run opens or of which it says more. */
  readonly escrows: readonly Escrow[];
}

/** A run of one's own lane, stated and not yet signed. */
export interface AppendedRun {
  readonly before: Uint8Array;
  readonly entries: readonly Uint8Array[];
  readonly heads: readonly Uint8Array[];
  readonly step: Step;
  readonly slots: readonly Slot[];
  readonly statement: Uint8Array;
  readonly demand: Demand;
}

export interface Appended extends Moved {
  readonly device: Device;
  readonly relationship: Relationship;
  readonly run: AppendedRun;
}

/** One or more operations as the next run of the own lane. */
export function append(
  me: Device,
  on: Relationship,
  operations: readonly Uint8Array[],
  world: World,
): Verdict<Appended> {
  const candidate = propose(me, on, operations, world);
  if (candidate.type !== 'accepted') return candidate;
  const { entries, heads, lane, demand } = candidate.value;
  const notes = heads.flatMap((head, i) => notesFor(operations[i]!, head, me.id));
  const leaves = ownLeaves(demand, notes, world);
  const theirs = isOwn(on, me) ? on.theirs.start : on.theirs.head;
  const view = {
    key: on.key,
    before: leafOf(on, me, on.mine.head, theirs),
    after: leafOf(on, me, lane.head, theirs),
  };
  const slots = demand.slots.map(({ key, value }): Slot => ({ key, value }));
  const taken = takeStep(
    me,
    {
      type: 'append',
      relationship: on.key,
      index: lane.index,
      head: lane.head,
      count: entries.length,
    },
    [view, ...leaves],
    slots,
    world.map,
  );
  return accepted({
    device: taken.device,
    relationship: { ...on, mine: lane },
    leaves: taken.step.writes,
    gained: notes,
    spent: leaves.filter(({ after }) => equal(after, zero32)).map(({ key }) => key),
    escrows: escrowsAfter(operations, heads, me.id, on.peer.device, world),
    run: {
      before: on.mine.head,
      entries,
      heads,
      step: taken.step,
      slots,
      statement: taken.statement,
      demand,
    },
  });
}

/** The entries that `append` would write, and what they would demand. Nothing is decided yet. */
export function propose(
  me: Device,
  on: Relationship,
  operations: readonly Uint8Array[],
  { rules }: Pick<World, 'rules'>,
): Verdict<{
  readonly entries: readonly Uint8Array[];
  readonly heads: readonly Uint8Array[];
  readonly lane: Relationship['mine'];
  readonly demand: Demand;
}> {
  const side = mySide(on, me);
  const absorbed = isOwn(on, me) ? on.theirs.start : on.theirs.head;
  let lane = on.mine;
  const entries: Uint8Array[] = [];
  const heads: Uint8Array[] = [];
  const demands: Demand[] = [];
  for (const operation of operations) {
    const next = nextEntry(lane, side, absorbed, operation);
    const bytes = entry.encode(next);
    lane = advance(lane, next, bytes);
    const context = { writer: me.id, peer: on.peer.device, head: lane.head };
    const verdict = rules(operation, context);
    if (verdict.type !== 'accepted') return verdict as Unaccepted;
    entries.push(bytes);
    heads.push(lane.head);
    demands.push(verdict.value);
  }
  const demand = merged(demands);
  return boundsRefusal(entries, demand) ?? accepted({ entries, heads, lane, demand });
}

/** What no peer could accept is never stated: a lane cannot be led back from it. */
function boundsRefusal(entries: readonly Uint8Array[], demand: Demand): Unaccepted | undefined {
  const bytes = entries.reduce((sum, { length }) => sum + length, 0);
  if (entries.length === 0) return refused('malformed', 'an empty run');
  if (entries.length > limits.runEntriesMax || bytes > limits.runBytesMax) {
    return refused('too-large');
  }
  if (demand.writes.length >= limits.proofKeysMax || hasRepeats(demand.writes)) {
    return refused('writes');
  }
  return demand.slots.length > limits.slotsMax || hasRepeats(demand.slots)
    ? refused('slots')
    : undefined;
}

/** The leaves that an append moves beside its view: spent notes go, own new notes come. */
function ownLeaves(demand: Demand, notes: readonly Note[], world: World): StepWrite[] {
  if (demand.writes.length === 0) return [];
  const fresh = new Map(
    notes.map((note) => {
      const id = noteId(note.source, note.index);
      return [keyOf(noteKey(id)), noteLeaf(note, noteBlind(world.blindSecret, id))];
    }),
  );
  return demand.writes.map(({ key, before, after }) => ({
    key,
    before,
    after: after ?? fresh.get(keyOf(key))!,
  }));
}

/** The notes that an operation makes for `owner`. */
export function notesFor(operation: Uint8Array, head: Uint8Array, owner: Uint8Array): Note[] {
  const decoded = decodeOperation(operation);
  const made = typeof decoded === 'string' ? undefined : madeBy(decoded, head, owner);
  if (made === undefined) return [];
  const { source, token, outputs } = made;
  return outputs
    .filter((output) => equal(output.owner, owner))
    .map((output) => ({ ...output, token, source }));
}

/** Where the escrows of a lane stand after operations of its writer that were found good. */
export function escrowsAfter(
  operations: readonly Uint8Array[],
  heads: readonly Uint8Array[],
  writer: Uint8Array,
  peer: Uint8Array,
  { escrowOf }: Pick<World, 'escrowOf'>,
): Escrow[] {
  return operations.flatMap((bytes, i) => {
    const operation = decodeOperation(bytes);
    if (typeof operation === 'string') return [];
    if (operation.type === 'fund') {
      const note = notesFor(bytes, heads[i]!, peer).find(({ kind }) => kind === noteKinds.escrow)!;
      return [openEscrow(note, writer, operation.payerKey)];
    }
    if (!isEscrowOperation(operation)) return [];
    const next = nextEscrow(escrowOf(operation.escrow)!, operation);
    return typeof next === 'string' ? [] : [next];
  });
}

/** A run of the peer that was accepted, and the own step that absorbs it, not yet signed. */
export interface AbsorbedRun {
  readonly run: AcceptedRun;
  readonly step: Step;
  readonly statement: Uint8Array;
}

export interface Absorbed extends Moved {
  readonly device: Device;
  readonly relationship: Relationship;
  readonly absorbed: AbsorbedRun;
}

/** Judge a claim of the peer and absorb it: one decision, one commit. */
export function absorb(
  me: Device,
  on: Relationship,
  claim: Claim,
  world: World,
): Verdict<Absorbed> {
  if (isOwn(on, me)) return refused('wrong-device', 'a device is no peer of its own');
  const verdict = accept(claim, knownOf(me, on, world), world.rules);
  if (verdict.type !== 'accepted') return verdict as Unaccepted;
  const run = verdict.value;
  const notes = run.heads.flatMap((head, i) => notesFor(run.entries[i]!.operation, head, me.id));
  const leaves = notes.map((note) => {
    const id = noteId(note.source, note.index);
    const after = noteLeaf(note, noteBlind(world.blindSecret, id));
    return { key: noteKey(id), before: zero32, after };
  });
  const view = {
    key: on.key,
    before: leafOf(on, me, on.mine.head, on.theirs.head),
    after: leafOf(on, me, on.mine.head, run.lane.head),
  };
  const { index, head } = run.lane;
  const taken = takeStep(
    me,
    { type: 'absorb', relationship: on.key, index, head },
    [view, ...leaves],
    [],
    world.map,
  );
  return accepted({
    device: taken.device,
    relationship: learned(on, run),
    leaves: taken.step.writes,
    gained: notes,
    spent: [],
    escrows: escrowsAfter(
      run.entries.map(({ operation }) => operation),
      run.heads,
      on.peer.device,
      me.id,
      world,
    ),
    absorbed: { run, step: taken.step, statement: taken.statement },
  });
}

/** The peer's lane has grown; it says how far it has absorbed this one, and that it knows of a restore. */
export function learned(on: Relationship, { absorbed, lane }: AcceptedRun): Relationship {
  const { index, head, former } = absorbed;
  return former
    ? { ...on, theirs: lane }
    : { ...on, theirs: lane, absorbed: { index, head }, former: 0 };
}

/** What `accept` may look at when the peer of this relationship is the author. */
export function knownOf(me: Device, on: Relationship, world: World): Known {
  const { peer } = on;
  return {
    network: me.network,
    relationship: on.key,
    author: {
      device: peer.device,
      peer: me.id,
      incarnation: peer.incarnation,
      suite: peer.suite,
      workingKey: peer.workingKey,
      since: peer.since,
      retired: world.retiredOf?.(peer.device, peer.incarnation) ?? [],
      bricked: on.bricked !== 0,
    },
    lane: on.theirs,
    side: mySide(on, me) === 0 ? 1 : 0,
    absorbed: on.absorbed,
    mineStart: on.mine.start,
    former: on.former === 1 ? formerStarts(on, me) : undefined,
    indexOfMine: (head) => world.indexOfMine(on, head),
    headOfTheirs: (index) => world.headOfTheirs(on, index),
    stepAt: (seq) => world.stepOf(peer.device, peer.incarnation, seq),
  };
}

/** The claim that a signed run makes towards the peer. */
export function claimOf(
  run: Pick<AppendedRun, 'entries' | 'step' | 'slots'>,
  signature: Uint8Array,
  further: SignedStep['further'],
): Claim {
  return {
    entries: run.entries,
    signed: { step: run.step, slots: run.slots, signature, further },
  };
}
