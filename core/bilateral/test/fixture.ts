/**
 * Two devices and more, with what a host would keep for them.
 *
 * `Durable` is everything that is on disk, as a value: a commit makes the next one, and a crash
 * goes back to the last. Nothing here decides; it keeps what the core says and looks things up.
 */

import {
  deviceMap,
  equal,
  keyDigest,
  keyOf,
  kinds,
  isZero,
  stepPosition,
  stepStatement,
  zero32,
  type Claim,
  type DeviceMap,
  type KnownStep,
  type MapWrite,
  type SignedStep,
  type Step,
  type StepWrite,
} from '@dsm/primitive';
import {
  boundsAfter,
  encodeOperation,
  escrowId,
  issueHead,
  noteId,
  noteBlind,
  placed,
  tokenId,
  valueRules,
  type Escrow,
  type Input,
  type Issue,
  type Note,
  type Output,
  type Policy,
} from '@dsm/protocols';
import { actor, installFakes, named, network, signAs, type Actor } from '@dsm/primitive/fixture';
import type { Device } from '../src/device.ts';
import {
  openRelationship,
  openOwnLane,
  type Relationship,
  type Peer,
} from '../src/relationship.ts';
import {
  absorb,
  append,
  claimOf,
  type Absorbed,
  type Appended,
  type AppendedRun,
  type World,
} from '../src/run.ts';

installFakes();

export interface Person {
  readonly name: string;
  readonly keys: Actor;
  readonly secret: Uint8Array;
}

export interface Durable {
  readonly device: Device;
  /** By the peer's DevID; the own lane is under the device's own. */
  readonly relationships: ReadonlyMap<string, Relationship>;
  readonly leaves: ReadonlyMap<string, MapWrite>;
  /** Heads of the own and of the peer's lane, by the edge's key and in order; the first is the start. */
  readonly mine: ReadonlyMap<string, readonly Uint8Array[]>;
  readonly theirs: ReadonlyMap<string, readonly Uint8Array[]>;
  readonly steps: ReadonlyMap<string, KnownStep>;
  readonly notes: ReadonlyMap<string, Note>;
  /** Escrows of which this device is the payer or the payee. */
  readonly escrows: ReadonlyMap<string, Escrow>;
}

export function person(name: string): Person {
  return { name, keys: actor(name), secret: named(`secret of ${name}`) };
}

export function openDurable({ keys, secret }: Person, incarnation = 0): Durable {
  const device: Device = {
    network,
    id: keys.id,
    suite: keys.suite,
    incarnation,
    seq: 0,
    previous: named(`incarnation ${incarnation}`),
    root: zero32,
  };
  const empty: Durable = {
    device,
    relationships: new Map(),
    leaves: new Map(),
    mine: new Map(),
    theirs: new Map(),
    steps: new Map(),
    notes: new Map(),
    escrows: new Map(),
  };
  return withEdge(empty, openOwnLane(device, keys.working.publicKey, secret));
}

export function withEdge(from: Durable, relationship: Relationship): Durable {
  const key = keyOf(relationship.key);
  return {
    ...from,
    relationships: put(from.relationships, keyOf(relationship.peer.device), relationship),
    mine: put(from.mine, key, from.mine.get(key) ?? [relationship.mine.start]),
    theirs: put(from.theirs, key, from.theirs.get(key) ?? [relationship.theirs.start]),
  };
}

export function peerOf({ keys }: Person, { incarnation }: Device): Peer {
  const { suite, id, working } = keys;
  return { device: id, incarnation, suite, workingKey: working.publicKey, since: 0 };
}

/** Both devices with the relationship between them. */
export function introduced(
  a: Person,
  b: Person,
  ofA: Durable,
  ofB: Durable,
): readonly [Durable, Durable] {
  const secret = named([a.name, b.name].toSorted().join(' and '));
  const [mine, theirs] = [a, b].map(({ keys }) => keyDigest(keys.suite, keys.working.publicKey));
  const writers = { mine: mine!, theirs: theirs! };
  const turned = { mine: writers.theirs, theirs: writers.mine };
  return [
    withEdge(ofA, openRelationship(ofA.device, peerOf(b, ofB.device), secret, writers)),
    withEdge(ofB, openRelationship(ofB.device, peerOf(a, ofA.device), secret, turned)),
  ];
}

export function edgeTo(of: Durable, peer: Person): Relationship {
  return of.relationships.get(keyOf(peer.keys.id))!;
}

const maps = new WeakMap<Durable, DeviceMap>();

export function mapOf(of: Durable): DeviceMap {
  const made = maps.get(of) ?? deviceMap();
  if (!maps.has(of)) made.apply([...of.leaves.values()]);
  maps.set(of, made);
  return made;
}

export function worldOf(of: Durable, { secret }: Person, policies: readonly Policy[]): World {
  const escrowOf = (id: Uint8Array): Escrow | undefined => of.escrows.get(keyOf(id));
  return {
    rules: valueRules({
      policyOf: (token) => policies.find((each) => equal(tokenId(each), token)),
      escrowOf,
    }),
    escrowOf,
    map: mapOf(of),
    blindSecret: secret,
    indexOfMine: ({ key }, head) => {
      const index = of.mine.get(keyOf(key))!.findIndex((each) => equal(each, head));
      return index < 0 ? undefined : index;
    },
    headOfTheirs: ({ key }, index) => of.theirs.get(keyOf(key))![index],
    stepOf: (id, incarnation, seq) =>
      seq < 0 ? undefined : of.steps.get(keyOf(stepPosition(id, incarnation, seq))),
  };
}

export function keepAppended(from: Durable, { run, ...change }: Appended): Durable {
  const key = keyOf(change.relationship.key);
  return {
    ...kept(from, change, [run.step, run.statement]),
    mine: put(from.mine, key, [...from.mine.get(key)!, ...run.heads]),
  };
}

export function keepAbsorbed(from: Durable, { absorbed, ...change }: Absorbed): Durable {
  const key = keyOf(change.relationship.key);
  const { run, step, statement } = absorbed;
  const theirs = run.claim.signed.step;
  return {
    ...kept(from, change, [theirs, run.statement], [step, statement]),
    theirs: put(from.theirs, key, [...from.theirs.get(key)!, ...run.heads]),
  };
}

interface Change {
  readonly device: Device;
  readonly relationship: Relationship;
  readonly leaves: readonly StepWrite[];
  readonly gained: readonly Note[];
  readonly spent: readonly Uint8Array[];
  readonly escrows: readonly Escrow[];
}

function kept(
  from: Durable,
  { device, relationship, leaves, gained, spent, escrows }: Change,
  ...steps: readonly (readonly [Step, Uint8Array])[]
): Durable {
  const moved = new Map(from.leaves);
  for (const { key, after } of leaves) {
    if (isZero(after)) moved.delete(keyOf(key));
    else moved.set(keyOf(key), { key, value: after });
  }
  const notes = new Map(from.notes);
  for (const note of gained) notes.set(keyOf(idOf(note)), note);
  for (const key of spent) {
    for (const [name, note] of notes) if (equal(leafKeyOf(note), key)) notes.delete(name);
  }
  const open = new Map(from.escrows);
  for (const escrow of escrows) open.set(keyOf(escrowId(escrow)), escrow);
  const known = new Map(from.steps);
  for (const [step, statement] of steps) {
    const { before, after, previous, incarnation, seq } = step;
    const position = keyOf(stepPosition(step.device, incarnation, seq));
    known.set(position, { statement, before, after, previous });
  }
  const relationships = put(from.relationships, keyOf(relationship.peer.device), relationship);
  return { ...from, device, relationships, leaves: moved, notes, escrows: open, steps: known };
}

export function idOf({ source, index }: Note): Uint8Array {
  return noteId(source, index);
}

function leafKeyOf(note: Note): Uint8Array {
  const id = idOf(note);
  return id.with(0, id[0]! | 0x80);
}

function put<V>(from: ReadonlyMap<string, V>, key: string, value: V): ReadonlyMap<string, V> {
  return new Map(from).set(key, value);
}

export function signedBy(
  { keys }: Person,
  { step, slots }: Pick<AppendedRun, 'step' | 'slots'>,
): SignedStep {
  const statement = stepStatement(step, slots);
  const signature = signAs(keys, keys.working, kinds.signedStep, statement);
  return { step, slots, signature, further: [] };
}

/** What an append or an absorption made: the disk afterwards and what was decided. */
export interface Sent {
  readonly durable: Durable;
  readonly claim: Claim;
  readonly change: Appended;
}

/** An own run without consent, kept and signed. */
export function sent(
  by: Person,
  of: Durable,
  to: Person,
  operations: readonly Uint8Array[],
  policies: readonly Policy[],
): Sent {
  const verdict = append(of.device, edgeTo(of, to), operations, worldOf(of, by, policies));
  if (verdict.type !== 'accepted') throw new Error(`append: ${JSON.stringify(verdict)}`);
  const change = verdict.value;
  const claim = claimOf(change.run, signedBy(by, change.run).signature, []);
  return { durable: keepAppended(of, change), claim, change };
}

export function absorbed(
  by: Person,
  of: Durable,
  from: Person,
  claim: Claim,
  policies: readonly Policy[],
): ReturnType<typeof absorb> & { readonly durable?: Durable } {
  const verdict = absorb(of.device, edgeTo(of, from), claim, worldOf(of, by, policies));
  return verdict.type === 'accepted'
    ? { ...verdict, durable: keepAbsorbed(of, verdict.value) }
    : verdict;
}

export function policyOf(issuer: Person, changes: Partial<Policy> = {}): Policy {
  return {
    network,
    registry: named('registry'),
    ticker: 'GLD',
    name: 'Gold',
    decimals: 2,
    cap: 1_000_000n,
    form: 0,
    threshold: 1,
    members: [issuer.keys.writer],
    bad: 0,
    burn: 0,
    allowed: undefined,
    suites: [1],
    anchors: [],
    depthMax: 8,
    receiptsMax: 64,
    ...changes,
  };
}

export function outputTo({ keys }: Person, amount: bigint, changes: Partial<Output> = {}): Output {
  return {
    owner: keys.id,
    key: keyDigest(keys.suite, keys.working.publicKey),
    amount,
    kind: 0,
    depth: 0,
    receipts: 1,
    ...changes,
  };
}

/** The next issue of the chain, all to the issuer itself. */
export function issueOf(
  by: Person,
  policy: Policy,
  amounts: readonly bigint[],
  before?: Issue,
): Issue {
  const token = tokenId(policy);
  const amount = amounts.reduce((sum, each) => sum + each, 0n);
  return {
    token,
    index: (before?.index ?? 0) + 1,
    parent: before === undefined ? token : issueHead(before),
    amount,
    total: (before?.total ?? 0n) + amount,
    outputs: amounts.map((each) => outputTo(by, each)),
    anchors: [],
    remint: undefined,
  };
}

/** The notes of an issue enter the map of their owner. */
export function collected({ keys }: Person, issue: Issue): Uint8Array {
  const outputs = placed(issue.outputs).filter(({ owner }) => equal(owner, keys.id));
  return encodeOperation({
    type: 'collect',
    token: issue.token,
    source: issueHead(issue),
    outputs,
  });
}

export function inputOf({ secret }: Person, note: Note): Input {
  const { source, index, key, amount, kind, depth, receipts } = note;
  const blind = noteBlind(secret, idOf(note));
  return { source, index, key, amount, kind, depth, receipts, blind };
}

/** Notes in the order in which an operation names its inputs. */
export function inInputOrder(notes: readonly Note[]): readonly Note[] {
  const order = ({ source, index }: Note): string =>
    keyOf(source) + String.fromCharCode(index >> 8, index & 255);
  return notes.toSorted((a, b) => (order(a) < order(b) ? -1 : 1));
}

/** A payment of `amount` out of `notes`, with change. */
export function payment(
  from: Person,
  to: Person,
  notes: readonly Note[],
  amount: bigint,
): Uint8Array {
  const inputs = inInputOrder(notes).map((note) => inputOf(from, note));
  const taken = inputs.reduce((sum, input) => sum + input.amount, 0n);
  const bounds = boundsAfter(inputs);
  const outputs = [outputTo(to, amount, bounds)];
  if (taken > amount) outputs.push(outputTo(from, taken - amount, bounds));
  return encodeOperation({
    type: 'transfer',
    token: notes[0]!.token,
    inputs,
    outputs,
    allowed: undefined,
    memo: 'for nothing',
  });
}

export function memo(text: string): Uint8Array {
  return encodeOperation({ type: 'memo', text });
}
