/**
 * An honest claim, and ways to bend it.
 *
 * A bend changes one thing where it arises; whatever follows from it (heads, leaves, proof, roots,
 * signatures) is made as a cheat would make it, so that only the rule about that thing is broken.
 * The rules of the operations are toys: what an operation demands is its first byte.
 */

import {
  accepted,
  advance,
  compare,
  demandedSlot,
  deviceMap,
  entry,
  evaluate,
  kinds,
  nextEntry,
  noteKey,
  openLane,
  pending,
  refused,
  relationshipKey,
  sideOf,
  slotKinds,
  spoolKey,
  stepStatement,
  viewLeaf,
  zero32,
  type Cause,
  type Claim,
  type Demand,
  type Entry,
  type Known,
  type Lane,
  type Multiproof,
  type Rules,
  type SignedStep,
  type Slot,
  type SlotPlace,
  type Step,
  type StepWrite,
} from '../src/index.ts';
import { actor, installFakes, named, network, signAs, type Actor } from './fixture.ts';

installFakes();

/** What the first byte of an operation means to the toy rules. */
export const toys = { plain: 0, slot: 1, note: 2, policy: 7, unknown: 8, wrong: 9 } as const;

export const author: Actor = actor('author');
/** A key that the author used before: the note of the second operation names it. */
export const older: Actor = actor('author, earlier');
export const me: Actor = actor('me');

const incarnation = 2;
const secret = named('agreed secret');
const relationship = relationshipKey(secret);
const spool = spoolKey(secret);
const side = sideOf(author.id, me.id);

/** A place that an operation spends, written by `writer`. */
export function placeOf(operation: Uint8Array, writer: Uint8Array): SlotPlace {
  return { kind: slotKinds.spend, writer, position: named(`position ${operation.join()}`) };
}

export const rules: Rules = (operation, { head }) => {
  const demand = (place: SlotPlace, writes: Demand['writes']): Demand => ({
    writes,
    slots: [demandedSlot(place, head)],
  });
  switch (operation[0] ?? toys.wrong) {
    case toys.plain:
      return accepted({ writes: [], slots: [] });
    case toys.slot:
      return accepted(demand(placeOf(operation, author.writer), []));
    case toys.note: {
      const key = noteKey(named(`note ${operation.join()}`));
      return accepted(
        demand(placeOf(operation, older.writer), [{ key, before: zero32, after: undefined }]),
      );
    }
    case toys.policy:
      return pending('policy');
    case toys.unknown:
      return pending('operation');
    default:
      return refused('operation', 'a toy that is refused');
  }
};

interface Written {
  /** The lane after each entry; the first is the lane before all of them. */
  readonly lanes: readonly Lane[];
  readonly bytes: readonly Uint8Array[];
}

function written(from: Lane, on: 0 | 1, absorbed: Uint8Array, count: number): Written {
  const lanes = [from];
  const bytes: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    const next = nextEntry(lanes[i]!, on, absorbed, Uint8Array.of(toys.plain, i));
    bytes.push(entry.encode(next));
    lanes.push(advance(lanes[i]!, next, bytes[i]!));
  }
  return { lanes, bytes };
}

const mine = written(
  openLane(network, me.id, 0, author.id, { key: relationship, spoolKey: spool }),
  side === 0 ? 1 : 0,
  named('unused'),
  3,
);
/** What the author has said before the claim: four entries. */
export const history: Written = written(
  openLane(network, author.id, incarnation, me.id, { key: relationship, spoolKey: spool }),
  side,
  mine.lanes[0]!.start,
  4,
);
export const laneBefore: Lane = history.lanes[4]!;
export const myHeads: readonly Uint8Array[] = mine.lanes.map(({ head }) => head);

/** Changes to an honest claim, or to what is known of its author, in the order of making. */
export interface Bend {
  readonly operations?: (operations: readonly Uint8Array[]) => readonly Uint8Array[];
  readonly entry?: (one: Entry, at: { readonly i: number; readonly lane: Lane }) => Entry;
  readonly bytes?: (bytes: readonly Uint8Array[]) => readonly Uint8Array[];
  readonly cause?: (cause: Cause & { type: 'append' }) => Cause;
  readonly writes?: (writes: readonly StepWrite[]) => readonly StepWrite[];
  readonly slots?: (slots: readonly Slot[]) => readonly Slot[];
  readonly proof?: (proof: Multiproof) => Multiproof;
  /** Anything else of the step; it is signed afterwards. */
  readonly step?: (step: Step) => Step;
  readonly signed?: (signed: SignedStep) => SignedStep;
  readonly known?: (known: Known, made: SignedStep) => Known;
}

/** Both bends, the second after the first at each place. */
export function both(a: Bend, b: Bend): Bend {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<keyof Bend>;
  const chained = [...names].map((name) => {
    const [first, second] = [a[name], b[name]] as unknown as [Hook?, Hook?];
    const hook: Hook = (value, at) => {
      const once = first === undefined ? value : first(value, at);
      return second === undefined ? once : second(once, at);
    };
    return [name, hook];
  });
  return Object.fromEntries(chained) as Bend;
}

type Hook = (value: unknown, at: unknown) => unknown;

const operationsOf = [Uint8Array.of(toys.slot, 1), Uint8Array.of(toys.note, 2)];

export function bent(bend: Bend = {}): { readonly claim: Claim; readonly known: Known } {
  const run = entriesOf(bend);
  const slots = slotsOf(run, bend);
  const step = stepOf(run, bend);
  const statement = stepStatement(step, slots);
  const signed: SignedStep = {
    step,
    slots,
    signature: signAs(author, author.working, kinds.signedStep, statement),
    further: [
      {
        suite: older.suite,
        publicKey: older.working.publicKey,
        signature: signAs(older, older.working, kinds.signedStep, statement),
      },
    ],
  };
  const made = bend.signed?.(signed) ?? signed;
  const known = knownOf(step, made);
  return { claim: { entries: run.bytes, signed: made }, known: bend.known?.(known, made) ?? known };
}

interface BentRun extends Written {
  readonly entries: readonly Entry[];
  readonly operations: readonly Uint8Array[];
  readonly lane: Lane;
}

function entriesOf(bend: Bend): BentRun {
  const operations = bend.operations?.(operationsOf) ?? operationsOf;
  const lanes = [laneBefore];
  const entries: Entry[] = [];
  const plain: Uint8Array[] = [];
  for (const [i, operation] of operations.entries()) {
    const lane = lanes[i]!;
    const honest = nextEntry(lane, side, myHeads[2]!, operation);
    const one = bend.entry?.(honest, { i, lane }) ?? honest;
    entries.push(one);
    plain.push(entry.encode(one));
    lanes.push(advance(lane, one, plain[i]!));
  }
  const bytes = bend.bytes?.(plain) ?? plain;
  for (const [i, changed] of bytes.entries()) {
    if (entries[i] !== undefined) lanes[i + 1] = advance(lanes[i]!, entries[i], changed);
  }
  return { lanes, bytes, entries, operations, lane: lanes.at(-1)! };
}

function slotsOf(run: BentRun, bend: Bend): readonly Slot[] {
  const spends = demandsOf(run).flatMap(({ slots }) =>
    slots.map(({ key, value }) => ({ key, value })),
  );
  return bend.slots?.(spends) ?? spends;
}

function demandsOf(run: BentRun): Demand[] {
  return run.operations.flatMap((operation, i) => {
    const context = { writer: author.id, peer: me.id, head: run.lanes[i + 1]!.head };
    const judged = rules(operation, context);
    return judged.type === 'accepted' ? [judged.value] : [];
  });
}

function stepOf(run: BentRun, bend: Bend): Step {
  const absorbed = run.entries[0]?.absorbed ?? zero32;
  const view = { theirs: absorbed, mineStart: laneBefore.start, theirsStart: myHeads[0]! };
  const before = viewLeaf(side, { ...view, mine: laneBefore.head });
  const after = viewLeaf(side, { ...view, mine: run.lane.head });
  const demanded = demandsOf(run).flatMap((demand) =>
    demand.writes.map((write) => ({ ...write, after: write.after ?? named('a new note') })),
  );
  const honest = [{ key: relationship, before, after }, ...demanded].toSorted((a, b) =>
    compare(a.key, b.key),
  );
  const writes = (bend.writes?.(honest) ?? honest).toSorted((a, b) => compare(a.key, b.key));
  const map = deviceMap();
  map.apply(Array.from({ length: 40 }, (_, i) => ({ key: named(`leaf ${i}`), value: named('x') })));
  map.apply(writes.map((write) => ({ key: write.key, value: write.before })));
  const proof = map.prove(writes.map(({ key }) => key));
  const moved = evaluate(
    proof,
    writes.map((write) => ({ key: write.key, value: write.after })),
  );
  const cause: Cause & { type: 'append' } = {
    type: 'append',
    relationship,
    index: run.lane.index,
    head: run.lane.head,
    count: run.bytes.length,
  };
  const step: Step = {
    device: author.id,
    incarnation,
    seq: 9,
    previous: named('step 8'),
    before: map.root(),
    after: moved.ok ? moved.root : zero32,
    cause: bend.cause?.(cause) ?? cause,
    writes,
    proof: bend.proof?.(proof) ?? proof,
  };
  return bend.step?.(step) ?? step;
}

function knownOf(step: Step, made: SignedStep): Known {
  const previous = {
    statement: step.previous,
    before: named('root 7'),
    after: made.step.before,
    previous: named('step 7'),
  };
  return {
    network,
    relationship,
    author: {
      device: author.id,
      peer: me.id,
      incarnation,
      suite: author.suite,
      workingKey: author.working.publicKey,
      since: 0,
      retired: [],
      bricked: false,
    },
    lane: laneBefore,
    side,
    absorbed: { index: 1, head: myHeads[1]! },
    mineStart: myHeads[0]!,
    indexOfMine: (head) => {
      const index = myHeads.findIndex((each) => compare(each, head) === 0);
      return index < 0 ? undefined : index;
    },
    headOfTheirs: (index) => history.lanes[index]?.head,
    stepAt: (seq) => (seq === 8 ? previous : undefined),
  };
}
