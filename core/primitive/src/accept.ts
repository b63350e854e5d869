/**
 * The acceptance predicate (seed 000, definition 6).
 *
 * `accept` is pure and total and reads like the table in docs/spec/acceptance.md: one line, one
 * rule, in the order of the table. It judges only bytes and earlier entries, so an honest author's
 * run always passes. What an operation means is judged by the composed `rules`, which the primitive
 * does not know. `accept` alone makes an `AcceptedRun`, and stores take nothing else.
 */

import { compare, equal, isZero, keyOf } from './bytes.ts';
import { entry, nextEntropy, nextHead, type Entry, type Lane, type Side } from './entry.ts';
import { limits } from './limits.ts';
import { evaluateChange, type Multiproof } from './proof.ts';
import { type Slot } from './slot-list.ts';
import { slotKey, type SlotPlace } from './slot.ts';
import { stepStatement, type SignedStep, type Step, type StepWrite } from './step.ts';
import { kinds } from './kinds.ts';
import { keyDigest, verifyWorking, type Suite } from './suite.ts';
import { accepted, pending, refused, type Unaccepted, type Verdict } from './verdict.ts';
import { viewLeaf } from './view.ts';

declare const witness: unique symbol;

/** What a peer claims: a run of its lane. Nothing in it is true yet. */
export interface Run {
  /** The entries' own bytes, oldest first. */
  readonly entries: readonly Uint8Array[];
}

/** A run with the step that appends it. */
export interface Claim extends Run {
  readonly signed: SignedStep;
}

/** What this device knows of a writer and its lane. All that `accept` may look at beside the claim. */
export interface Known {
  readonly network: Uint8Array;
  readonly relationship: Uint8Array;
  readonly author: Author;
  /** The writer's lane as absorbed here. */
  readonly lane: Lane;
  readonly side: Side;
  /** What the writer has absorbed of this device's lane: index and head, and the lane's start. */
  readonly absorbed: { readonly index: number; readonly head: Uint8Array };
  readonly mineStart: Uint8Array;
  /**
   * Starts of this device's lanes in former incarnations, while the writer has not shown that it
   * knows of the new one: until then its entries name heads that a restored device may have forgotten.
   */
  readonly former?: readonly Uint8Array[] | undefined;
  /** Index of a head of this device's own lane, or undefined if it never wrote it. */
  readonly indexOfMine: (head: Uint8Array) => number | undefined;
  /** The head at an index of the writer's lane, up to `lane.index`. */
  readonly headOfTheirs: (index: number) => Uint8Array | undefined;
  /** Steps of the writer's incarnation that are known, by number. */
  readonly stepAt: (seq: number) => KnownStep | undefined;
}

export interface Author {
  readonly device: Uint8Array;
  readonly peer: Uint8Array;
  readonly incarnation: number;
  readonly suite: Suite;
  /** The key of its newest generation, which signs the steps after `since`. */
  readonly workingKey: Uint8Array;
  readonly since: number;
  /** Keys of earlier generations, as far as their cards are here. */
  readonly retired: readonly RetiredKey[];
  readonly bricked: boolean;
}

/** A working key that another has replaced: it signs the steps after `since` up to `until`. */
export interface RetiredKey {
  readonly workingKey: Uint8Array;
  readonly since: number;
  readonly until: number;
}

/** The working key that signs the step with this number; undefined if its card is not here. */
export function keyInForce(author: Author, seq: number): Uint8Array | undefined {
  if (seq > author.since) return author.workingKey;
  return author.retired.find(({ since, until }) => seq > since && seq <= until)?.workingKey;
}

export interface KnownStep {
  readonly statement: Uint8Array;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
  readonly previous: Uint8Array;
}

/** What an operation demands of the step that carries it. */
export interface Demand {
  /** Leaves that must move. `after: undefined` leaves the new value to the writer (its own note). */
  readonly writes: readonly DemandedWrite[];
  /** Lines that the slot list must have, with the key that must sign each. */
  readonly slots: readonly DemandedSlot[];
}

export interface DemandedSlot extends Slot {
  readonly writer: Uint8Array;
}

/** True if one key stands twice: a run says one thing of each leaf, slot and escrow. */
export function hasRepeats(lines: readonly { readonly key: Uint8Array }[]): boolean {
  return lines.length > 1 && new Set(lines.map(({ key }) => keyOf(key))).size < lines.length;
}

/** The line that a slot's writer must sign to give it `value`. */
export function demandedSlot(place: SlotPlace, value: Uint8Array): DemandedSlot {
  return { key: slotKey(place), value, writer: place.writer };
}

export interface DemandedWrite {
  readonly key: Uint8Array;
  readonly before: Uint8Array;
  readonly after: Uint8Array | undefined;
}

export interface OperationContext {
  readonly writer: Uint8Array;
  /** The other end, or the writer itself on its own lane. */
  readonly peer: Uint8Array;
  /** The head of the entry that carries the operation. */
  readonly head: Uint8Array;
}

/** The composed meaning of operations: total and pure, given by the layer above. */
export type Rules = (operation: Uint8Array, context: OperationContext) => Verdict<Demand>;

/** A run that has passed every rule about entries. */
export interface JudgedRun {
  readonly entries: readonly Entry[];
  /** The head after each entry. */
  readonly heads: readonly Uint8Array[];
  readonly lane: Lane;
  readonly absorbed: Absorption;
  readonly demand: Demand;
}

/** Where the writer stood on this device's lane; `former` if that was a lane before a restore. */
export interface Absorption {
  readonly index: number;
  readonly head: Uint8Array;
  readonly former: boolean;
}

/** A run that has passed every rule. Only `accept` makes one. */
export interface AcceptedRun extends JudgedRun {
  readonly statement: Uint8Array;
  readonly claim: Claim;
  readonly [witness]: true;
}

export function accept(claim: Claim, known: Known, rules: Rules): Verdict<AcceptedRun> {
  const { step } = claim.signed;
  const { author } = known;
  if (!equal(step.device, author.device)) return refused('wrong-device');
  if (step.cause.type !== 'append') return refused('wrong-cause');
  if (!equal(step.cause.relationship, known.relationship)) return refused('wrong-relationship');
  if (step.incarnation < author.incarnation) return refused('old-incarnation');
  if (step.incarnation > author.incarnation) return pending('incarnation');
  const workingKey = keyInForce(author, step.seq);
  if (workingKey === undefined) return pending('card');

  const run = judgeRun(claim, known, rules);
  if (run.type !== 'accepted') return run;

  const judged = run.value;
  if (!namesRun(step, judged)) return refused('head');
  return judgeStep(claim, judged, known, workingKey);
}

/** The rules about entries alone: what an offer must pass before its author has signed anything. */
export function judgeRun(run: Run, known: Known, rules: Rules): Verdict<JudgedRun> {
  if (run.entries.length > limits.runEntriesMax || bytesOf(run) > limits.runBytesMax) {
    return refused('too-large');
  }
  const entries: Entry[] = [];
  for (const bytes of run.entries) {
    const decoded = entry.decode(bytes);
    if (!decoded.ok && decoded.refusal === 'unknown-version') return pending('version');
    if (!decoded.ok) return refused('malformed', decoded.refusal);
    entries.push(decoded.value);
  }
  const first = entries[0];
  if (first === undefined) return refused('malformed', 'an empty run');
  if (first.index > known.lane.index + 1) return pending('early');
  if (first.index <= known.lane.index) return repeated(run, first.index, known);
  if (known.author.bricked) return refused('bricked');
  return followLane(run, entries, known, rules);
}

function bytesOf({ entries }: Run): number {
  return entries.reduce((sum, bytes) => sum + bytes.length, 0);
}

/** A run that starts where the lane has been already: the same one again, or a fork. */
function repeated(run: Run, index: number, known: Known): Unaccepted {
  let head = index === 1 ? known.lane.start : known.headOfTheirs(index - 1);
  for (const [i, bytes] of run.entries.entries()) {
    if (head === undefined) return refused('index');
    head = nextHead(head, bytes);
    const there = index + i <= known.lane.index ? known.headOfTheirs(index + i) : undefined;
    if (there === undefined) return refused('index');
    if (!equal(head, there)) return refused('fork');
  }
  return { type: 'already-accepted' };
}

function followLane(
  run: Run,
  entries: readonly Entry[],
  known: Known,
  rules: Rules,
): Verdict<JudgedRun> {
  const absorbed = absorptionOf(entries[0]!.absorbed, known);
  let { head, index, entropy } = known.lane;
  const heads: Uint8Array[] = [];
  const demands: Demand[] = [];
  for (let i = 0; i < entries.length; i++) {
    const next = entries[i]!;
    if (next.side !== known.side) return refused('side');
    if (next.index !== index + 1) return refused('index');
    const expected = nextEntropy(entropy, next.operation, next.index);
    if (!equal(next.entropy, expected)) return refused('entropy');
    if (!equal(next.absorbed, entries[0]!.absorbed)) return refused('absorbed');
    if (absorbed === undefined) return refused('absorbed');
    head = nextHead(head, run.entries[i]!);
    ({ index, entropy } = next);
    heads.push(head);
    const { device, peer } = known.author;
    const judged = rules(next.operation, { writer: device, peer, head });
    if (judged.type !== 'accepted') return judged as Unaccepted;
    demands.push(judged.value);
  }
  const lane = { start: known.lane.start, head, index, entropy };
  return accepted({ entries, heads, lane, absorbed: absorbed!, demand: merged(demands) });
}

/** A head of this device's lane that does not go back; undefined if it never wrote it. */
function absorptionOf(head: Uint8Array, known: Known): Absorption | undefined {
  const index = known.indexOfMine(head);
  if (index !== undefined) {
    return index < known.absorbed.index ? undefined : { index, head, former: false };
  }
  return known.former === undefined ? undefined : { ...known.absorbed, head, former: true };
}

/** What several operations demand together, in their order. */
export function merged(demands: readonly Demand[]): Demand {
  if (demands.length === 1) return demands[0]!;
  return {
    writes: demands.flatMap(({ writes }) => writes),
    slots: demands.flatMap(({ slots }) => slots),
  };
}

function namesRun({ cause }: Step, { lane, entries }: JudgedRun): boolean {
  return (
    cause.type === 'append' &&
    cause.index === lane.index &&
    cause.count === entries.length &&
    equal(cause.head, lane.head)
  );
}

/** The rules about the step that appends a judged run. */
function judgeStep(
  claim: Claim,
  run: JudgedRun,
  known: Known,
  workingKey: Uint8Array,
): Verdict<AcceptedRun> {
  const { signed } = claim;
  const { step } = signed;
  const statement = stepStatement(step, signed.slots);
  const there = known.stepAt(step.seq);
  if (there !== undefined && !equal(there.statement, statement)) return refused('step-fork');
  if (!followsNeighbours(step, statement, known)) return refused('step-chain');
  if (!matchesDemand(step, run, known)) return refused('writes');
  if (!namesSlots(signed.slots, run)) return refused('slots');
  const proven = judgeProof(step.proof, step.writes, step.before, step.after);
  if (proven !== undefined) return refused(proven);
  if (!keysCover(signed, run, known.author.suite, workingKey)) return refused('key');
  const signer = signerOf(signed, statement, known, workingKey);
  if (signer !== 'in-force') return refused(signer);
  return accepted({ ...run, statement, claim } as AcceptedRun);
}

/** True if the step fits the steps directly before and after it, where those are known. */
export function followsNeighbours(
  step: Step,
  statement: Uint8Array,
  { stepAt }: Pick<Known, 'stepAt'>,
): boolean {
  const before = stepAt(step.seq - 1);
  const after = stepAt(step.seq + 1);
  return (
    (before === undefined ||
      (equal(step.previous, before.statement) && equal(step.before, before.after))) &&
    (after === undefined || (equal(after.previous, statement) && equal(after.before, step.after)))
  );
}

function matchesDemand(step: Step, run: JudgedRun, known: Known): boolean {
  if (run.demand.writes.length + 1 !== step.writes.length) return false;
  const demanded = [relationshipWrite(run, known), ...run.demand.writes];
  demanded.sort((a, b) => compare(a.key, b.key));
  return demanded.every((write, i) => fits(write, step.writes[i]!));
}

function relationshipWrite(run: JudgedRun, known: Known): DemandedWrite {
  const { side, lane } = known;
  const { head } = run.absorbed;
  const theirsStart = known.former?.find((start) => equal(start, head)) ?? known.mineStart;
  const view = { mine: lane.head, theirs: head, mineStart: lane.start, theirsStart };
  return {
    key: known.relationship,
    before: viewLeaf(side, view),
    after: viewLeaf(side, { ...view, mine: run.lane.head }),
  };
}

function fits(demanded: DemandedWrite, { key, before, after }: StepWrite): boolean {
  return (
    equal(demanded.key, key) &&
    equal(demanded.before, before) &&
    (demanded.after === undefined ? !isZero(after) : equal(demanded.after, after))
  );
}

/** Exactly the demanded slots, in order. */
function namesSlots(slots: readonly Slot[], { demand }: JudgedRun): boolean {
  const demanded: readonly Slot[] = demand.slots;
  return (
    demanded.length === slots.length &&
    !hasRepeats(demanded) &&
    demanded.every(
      ({ key, value }, i) => equal(key, slots[i]!.key) && equal(value, slots[i]!.value),
    )
  );
}

/** The proof under the old leaves gives the old root, under the new leaves the new root. */
export function judgeProof(
  proof: Multiproof,
  writes: readonly StepWrite[],
  before: Uint8Array,
  after: Uint8Array,
): 'proof-before' | 'proof-after' | undefined {
  const roots = evaluateChange(proof, writes);
  if (!roots.ok || !equal(roots.before, before)) return 'proof-before';
  return equal(roots.after, after) ? undefined : 'proof-after';
}

/** Every slot's writer has signed: the working key, or one of the further keys; none is idle or twice. */
function keysCover(
  { further }: SignedStep,
  run: JudgedRun,
  suite: Suite,
  workingKey: Uint8Array,
): boolean {
  // The digest of a working key is 31 blocks of the hash, and most runs spend nothing.
  if (run.demand.slots.length === 0) return further.length === 0;
  const working = keyDigest(suite, workingKey);
  const others = run.demand.slots
    .map(({ writer }) => writer)
    .filter((digest) => !equal(digest, working));
  const given = further.map((key) => keyDigest(key.suite, key.publicKey));
  return (
    new Set(given.map(keyOf)).size === given.length &&
    others.every((digest) => given.some((key) => equal(key, digest))) &&
    given.every((key) => others.some((digest) => equal(key, digest)))
  );
}

/** Whose signatures these are: of the key in force, of another key of the author's, or of nobody. */
function signerOf(
  { signature, further }: SignedStep,
  statement: Uint8Array,
  { author, network }: Known,
  workingKey: Uint8Array,
): 'in-force' | 'retired' | 'signature' {
  const by = (suite: Suite, publicKey: Uint8Array, made: Uint8Array): boolean =>
    verifyWorking(kinds.signedStep, suite, network, publicKey, statement, made);
  if (!further.every((one) => by(one.suite, one.publicKey, one.signature))) return 'signature';
  if (by(author.suite, workingKey, signature)) return 'in-force';
  const others = [author, ...author.retired].filter((one) => one.workingKey !== workingKey);
  return others.some((one) => by(author.suite, one.workingKey, signature))
    ? 'retired'
    : 'signature';
}
