/**
 * The cheat of the models on the shipped core: a clone of an honest device for every history, so that
 * it can sign whatever history it likes, and what can be spoiled in what it shows.
 */

import { encodeOperation } from '@dsm/protocols';
import {
  ascii,
  checkEvidence,
  entry,
  equal,
  keyOf,
  nextEntropy,
  nextHead,
  stepStatement,
  zero32,
  type Claim,
  type Entry,
  type Evidence,
  type Lane,
  type SignedStep,
  type Step,
} from '@dsm/primitive';
import { setOf, textOf, type Fields, type Value } from './itf.ts';
import {
  heard,
  network,
  opened,
  person,
  sent,
  signedBy,
  withEdge,
  type Kept,
  type Person,
} from './party.ts';

interface Move {
  readonly to: string;
  readonly op: number;
}

/** What the cheat signed, as the model names it, and the bytes. */
interface Shown {
  readonly name: Fields;
  readonly to: string;
  /** The lane before the entry. */
  readonly lane: Lane;
  readonly claim: Claim;
}

/** What the cheat's device is after a history, and the claim of its last step. */
interface Branch {
  readonly kept: Kept;
  readonly shown: Shown | undefined;
}

export interface Cheat {
  readonly who: Person;
  readonly shown: (moves: Value, fault: string) => Shown;
  /** The lane that leads to a head, and the history that a step's statement ends. */
  readonly laneOf: (head: Uint8Array) => Value;
  readonly historyOf: (statement: Uint8Array) => Value | undefined;
  readonly convicts: (x: Shown, y: Shown) => boolean;
}

const verifiers = ['a', 'b'];
/** Faults that leave nothing that could be held against the cheat. */
const unsigned = new Set(['signature', 'wrong-device', 'incarnation', 'malformed', 'too-large']);

export function memo(text: string): Uint8Array {
  return encodeOperation({ type: 'memo', text });
}

export function openCheat(): Cheat {
  const who = person('c');
  const others = verifiers.map(person);
  const start = opened(who, others);
  const branches = new Map<string, Branch>([['[]', { kept: start, shown: undefined }]]);
  const spoiled = new Map<string, Shown>();
  const lanes = new Map<string, Value>(
    Object.values(start.edges).map(({ on }) => [keyOf(on.mine.start), []]),
  );
  const histories = new Map<string, Value>();
  const judged = new Map<string, boolean>();

  const branchOf = (moves: readonly Move[]): Branch => {
    const key = textOf(moves as unknown as Value);
    const known = branches.get(key);
    if (known !== undefined) return known;
    const { to, op } = moves.at(-1)!;
    const before = branchOf(moves.slice(0, -1)).kept;
    const { kept, claim } = sent(who, before, to, memo(`op ${op}`));
    const name = { moves: moves as unknown as Value, fault: 'none' };
    const branch = { kept, shown: { name, to, lane: before.edges[to]!.on.mine, claim } };
    branches.set(key, branch);
    const lane = moves.filter((move) => move.to === to).map((move) => move.op);
    lanes.set(keyOf(kept.edges[to]!.on.mine.head), lane);
    histories.set(keyOf(stepStatement(claim.signed.step, claim.signed.slots)), name.moves);
    return branch;
  };
  const shown = (moves: Value, fault: string): Shown => {
    const { shown: plain } = branchOf(moves as unknown as readonly Move[]);
    if (fault === 'none') return plain!;
    const key = `${fault} ${textOf(moves)}`;
    // A further signature stands beside the statement and leaves it the same.
    const name = fault === 'key' ? plain!.name : { moves, fault };
    const made = spoiled.get(key) ?? { ...plain!, name, claim: spoil(who, plain!, fault) };
    spoiled.set(key, made);
    return made;
  };
  const convicts = (x: Shown, y: Shown): boolean => {
    const key = `${textOf(x.name)} ${textOf(y.name)}`;
    const known = judged.get(key) ?? isEvidence(who, x, y);
    judged.set(key, known);
    return known;
  };
  return {
    who,
    shown,
    laneOf: (head) => lanes.get(keyOf(head)) ?? 'unknown head',
    historyOf: (statement) => histories.get(keyOf(statement)),
    convicts,
  };
}

/** True if the two make evidence that anybody would believe, of steps or of entries. */
function isEvidence({ card, id }: Person, x: Shown, y: Shown): boolean {
  const [first, second] = [x.claim, y.claim];
  const claims: Evidence[] = [
    { type: 'steps', card, later: [], first: first.signed, second: second.signed },
  ];
  if (equal(x.lane.head, y.lane.head)) {
    claims.push({ type: 'entries', card, later: [], before: x.lane.head, first, second });
  }
  return claims.some((claim) => {
    const judgement = checkEvidence(claim, network, () => false, undefined);
    return judgement.ok && equal(judgement.culprit.id, id);
  });
}

/** The claim with one thing spoiled, and signed again by the cheat. */
function spoil(who: Person, { claim, lane }: Shown, fault: string): Claim {
  const { step, slots } = claim.signed;
  const other = zero32.with(31, 1);
  const again = (changed: Partial<Step>, lines = slots): Claim => ({
    ...claim,
    signed: signedBy(who, { ...step, ...changed }, lines),
  });
  const { cause } = step;
  if (cause.type !== 'append') throw new RangeError('the cheat appends');
  switch (fault) {
    case 'wrong-device':
      return again({ device: other });
    case 'wrong-cause':
      return again({ cause: { ...cause, type: 'absorb' } });
    case 'wrong-relationship':
      return again({ cause: { ...cause, relationship: other } });
    case 'incarnation':
      return again({ incarnation: step.incarnation + 1 });
    case 'head':
      return again({ cause: { ...cause, head: other } });
    case 'writes':
      return again({ writes: [{ key: other, before: zero32, after: other }, ...step.writes] });
    case 'slots':
      return again({}, [...slots, { key: other, value: other }]);
    case 'proof-before':
      return again({ before: other });
    case 'proof-after':
      return again({ after: other });
    case 'too-large':
      return { ...claim, entries: Array.from({ length: 257 }, () => claim.entries[0]!) };
    case 'malformed':
      return { ...claim, entries: claim.entries.map((bytes) => bytes.subarray(0, -1)) };
    default:
      return spoilRest(who, claim, lane, fault);
  }
}

function spoilRest(who: Person, claim: Claim, lane: Lane, fault: string): Claim {
  const { signed } = claim;
  const { signature } = signed;
  if (fault === 'signature') {
    return { ...claim, signed: { ...signed, signature: signature.with(0, signature[0]! ^ 1) } };
  }
  if (fault === 'key') {
    const { publicKey } = person('nobody').working;
    const further: SignedStep['further'] = [{ suite: 1, publicKey, signature }];
    return { ...claim, signed: { ...signed, further } };
  }
  return spoilEntry(who, claim, lane, fault);
}

/** Another entry in the place of the true one; the step names the head that it leads to. */
function spoilEntry(who: Person, claim: Claim, lane: Lane, fault: string): Claim {
  const { step, slots } = claim.signed;
  const decoded = entry.decode(claim.entries[0]!);
  if (!decoded.ok || step.cause.type !== 'append') throw new RangeError('no entry to spoil');
  const bytes = entry.encode({ ...decoded.value, ...spoiledField(decoded.value, lane, fault) });
  const head = nextHead(lane.head, bytes);
  return {
    entries: [bytes],
    signed: signedBy(who, { ...step, cause: { ...step.cause, head } }, slots),
  };
}

function spoiledField(from: Entry, lane: Lane, fault: string): Partial<Entry> {
  switch (fault) {
    case 'side':
      return { side: from.side === 0 ? 1 : 0 };
    case 'entropy':
      return { entropy: zero32 };
    case 'absorbed':
      return { absorbed: zero32 };
    case 'unknown-operation': {
      const operation = ascii('~ of a later version');
      return { operation, entropy: nextEntropy(lane.entropy, operation, from.index) };
    }
    default:
      throw new RangeError(`the models know no fault ${fault}`);
  }
}

/** What a device knows of the cheat. */
export interface Knowing {
  readonly kept: Kept;
  readonly heard: ReadonlyMap<string, Shown>;
  readonly answer: string;
  /** Steps for the absorption of the cheat's entries. */
  readonly seq: number;
}

export function knowingNothing(kept: Kept): Knowing {
  return { kept, heard: new Map(), answer: '', seq: 0 };
}

/** The device is shown a claim. */
export function shownTo(cheat: Cheat, known: Knowing, moves: Value, fault: string): Knowing {
  const what = cheat.shown(moves, fault);
  const { kept, answer } = heard(known.kept, 'c', what.claim);
  const all = new Map(known.heard);
  if (!unsigned.has(fault)) all.set(textOf(what.name), what);
  const seq = answer === 'accepted' ? known.seq + 1 : known.seq;
  return comparing(cheat, { kept, heard: all, answer, seq });
}

/** The device looks whether what it has heard convicts the cheat, and bricks it. */
export function comparing(cheat: Cheat, known: Knowing): Knowing {
  const all = [...known.heard.values()];
  const isFork = all.some((x, i) => all.slice(i + 1).some((y) => cheat.convicts(x, y)));
  if (!isFork) return known;
  const edge = known.kept.edges['c']!;
  const bricked = { ...edge, on: { ...edge.on, bricked: 1 } };
  return { ...known, kept: withEdge(known.kept, 'c', bricked) };
}

/** The cheat, as one device knows it, in the words of the model. */
export function viewOfCheat(cheat: Cheat, { kept, heard: all, answer, seq }: Knowing): Fields {
  const { on } = kept.edges['c']!;
  const steps = [...kept.steps.values()].flatMap(({ statement }) => {
    const history = cheat.historyOf(statement);
    return history === undefined ? [] : [history];
  });
  return {
    lane: cheat.laneOf(on.theirs.head),
    steps: setOf(steps),
    heard: setOf([...all.values()].map(({ name }) => name)),
    bricked: on.bricked === 1,
    seq,
    answer,
  };
}

/** Statements that both have heard, after they have met. */
export function together(x: Knowing, y: Knowing): ReadonlyMap<string, Shown> {
  return new Map([...x.heard, ...y.heard]);
}
