/**
 * A device as a host would keep it, as a value: the core decides, this keeps what it says and looks
 * things up. The replay and the count of states stand on it.
 */

import {
  absorb,
  append,
  claimOf,
  openRelationship,
  type Absorbed,
  type Appended,
  type Device,
  type Relationship,
  type World,
} from '@dsm/bilateral';
import {
  firstGeneration,
  keyDigest,
  ascii,
  cardStatement,
  deviceId,
  deviceMap,
  equal,
  hash,
  isZero,
  keyOf,
  kinds,
  signatureContext,
  signatures,
  stepPosition,
  stepStatement,
  zero32,
  type Card,
  type Claim,
  type DeviceMap,
  type Kind,
  type KeyPair,
  type KnownStep,
  type MapWrite,
  type Rules,
  type SignedStep,
  type Slot,
  type Step,
  type StepWrite,
} from '@dsm/primitive';
import { valueRules } from '@dsm/protocols';

export const network: Uint8Array = new Uint8Array(32).fill(0x46);

/** Thirty-two bytes that stand for a thing of this name. */
export function named(name: string): Uint8Array {
  return hash('secret', ascii(name));
}

/** Who a device is: its keys and its card. */
export interface Person {
  readonly name: string;
  readonly id: Uint8Array;
  readonly working: KeyPair;
  readonly card: Card;
}

/** What one relationship keeps beside its newest heads. */
export interface Edge {
  readonly on: Relationship;
  readonly mine: readonly Uint8Array[];
  readonly theirs: readonly Uint8Array[];
}

/** Everything that a device has on its disk. */
export interface Kept {
  readonly device: Device;
  readonly edges: Readonly<Record<string, Edge>>;
  readonly leaves: ReadonlyMap<string, MapWrite>;
  readonly steps: ReadonlyMap<string, KnownStep>;
}

export function person(name: string): Person {
  const root = signatures().keyPair('slh-dsa-sha2-128s', seed(`root of ${name}`, 48));
  const working = signatures().keyPair('ml-dsa-65', seed(`working key of ${name}`, 32));
  const id = deviceId(network, 1, root.publicKey);
  const body = firstGeneration({
    network,
    suite: 1,
    rootKey: root.publicKey,
    incarnation: 0,
    birth: named('birth'),
    workingKey: working.publicKey,
    kemKey: new Uint8Array(1_184),
    versions: [1],
    name,
  });
  const signature = signedAs(root, kinds.incarnation, cardStatement(body));
  return { name, id, working, card: { body, signature, succession: undefined } };
}

function seed(name: string, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const digest = named(name);
  for (let at = 0; at < length; at += 32) bytes.set(digest.subarray(0, length - at), at);
  return bytes;
}

export function signedAs(key: KeyPair, kind: Kind, digest: Uint8Array): Uint8Array {
  return signatures().sign(key.secretKey, digest, signatureContext(kind, 1, network));
}

/** A new device that knows these others, by the names under which it keeps them. */
export function opened(me: Person, others: readonly Person[]): Kept {
  const device: Device = {
    network,
    id: me.id,
    suite: 1,
    incarnation: 0,
    seq: 0,
    previous: named(`incarnation of ${me.name}`),
    root: zero32,
  };
  const edges = others.map((other) => {
    const secret = named([me.name, other.name].toSorted().join(' and '));
    const { publicKey: workingKey } = other.working;
    const peer = { device: other.id, incarnation: 0, suite: 1, workingKey, since: 0 } as const;
    const writers = { mine: keyDigest(1, me.working.publicKey), theirs: keyDigest(1, workingKey) };
    const on = openRelationship(device, peer, secret, writers);
    return [other.name, { on, mine: [on.mine.start], theirs: [on.theirs.start] }] as const;
  });
  return { device, edges: Object.fromEntries(edges), leaves: new Map(), steps: new Map() };
}

const rules: Rules = valueRules({ policyOf: () => undefined, escrowOf: () => undefined });
const maps = new WeakMap<Kept, DeviceMap>();

function mapOf(of: Kept): DeviceMap {
  const made = maps.get(of) ?? deviceMap();
  if (!maps.has(of)) made.apply([...of.leaves.values()]);
  maps.set(of, made);
  return made;
}

export function worldOf(of: Kept): World {
  const edgeOf = ({ key }: Relationship): Edge =>
    Object.values(of.edges).find(({ on }) => equal(on.key, key))!;
  return {
    rules,
    map: mapOf(of),
    escrowOf: () => undefined,
    blindSecret: zero32,
    indexOfMine: (relationship, head) => {
      const index = edgeOf(relationship).mine.findIndex((one) => equal(one, head));
      return index < 0 ? undefined : index;
    },
    headOfTheirs: (relationship, index) => edgeOf(relationship).theirs[index],
    stepOf: (id, incarnation, seq) =>
      seq < 0 ? undefined : of.steps.get(keyOf(stepPosition(id, incarnation, seq))),
  };
}

export function keptAppended(of: Kept, peer: string, { run, ...change }: Appended): Kept {
  const edge = of.edges[peer]!;
  const next = { ...edge, on: change.relationship, mine: [...edge.mine, ...run.heads] };
  return withEdge(kept(of, change, [[run.step, run.statement]]), peer, next);
}

export function keptAbsorbed(of: Kept, peer: string, { absorbed, ...change }: Absorbed): Kept {
  const edge = of.edges[peer]!;
  const { run, step, statement } = absorbed;
  const theirs = [...edge.theirs, ...run.heads];
  const steps = [
    [run.claim.signed.step, run.statement],
    [step, statement],
  ] as const;
  return withEdge(kept(of, change, steps), peer, { ...edge, on: change.relationship, theirs });
}

export function withEdge(of: Kept, peer: string, edge: Edge): Kept {
  return { ...of, edges: { ...of.edges, [peer]: edge } };
}

function kept(
  of: Kept,
  { device, leaves }: { readonly device: Device; readonly leaves: readonly StepWrite[] },
  stated: readonly (readonly [Step, Uint8Array])[],
): Kept {
  const moved = new Map(of.leaves);
  for (const { key, after } of leaves) {
    if (isZero(after)) moved.delete(keyOf(key));
    else moved.set(keyOf(key), { key, value: after });
  }
  const steps = new Map(of.steps);
  for (const [step, statement] of stated) {
    const { before, after, previous, incarnation, seq } = step;
    const position = keyOf(stepPosition(step.device, incarnation, seq));
    steps.set(position, { statement, before, after, previous });
  }
  return { ...of, device, leaves: moved, steps };
}

export function signedBy(by: Person, step: Step, slots: readonly Slot[]): SignedStep {
  const signature = signedAs(by.working, kinds.signedStep, stepStatement(step, slots));
  return { step, slots, signature, further: [] };
}

/** An own run without consent: what is kept then, and what the peer is shown. */
export function sent(
  by: Person,
  of: Kept,
  to: string,
  operation: Uint8Array,
): { readonly kept: Kept; readonly claim: Claim } {
  const { on } = of.edges[to]!;
  const verdict = append(of.device, on, [operation], worldOf(of));
  if (verdict.type !== 'accepted') throw new Error(`a memo is not appended: ${verdict.type}`);
  const { run } = verdict.value;
  const claim = claimOf(run, signedBy(by, run.step, run.slots).signature, []);
  return { kept: keptAppended(of, to, verdict.value), claim };
}

/** What a device makes of a claim of its peer: what it keeps then, and its answer. */
export function heard(
  of: Kept,
  from: string,
  claim: Claim,
): { readonly kept: Kept; readonly answer: string } {
  const verdict = absorb(of.device, of.edges[from]!.on, claim, worldOf(of));
  if (verdict.type === 'accepted') {
    return { kept: keptAbsorbed(of, from, verdict.value), answer: 'accepted' };
  }
  if (verdict.type === 'already-accepted') return { kept: of, answer: verdict.type };
  if (verdict.type === 'refused') return { kept: of, answer: verdict.refusal };
  // The table has two lines of this name: one is pending, one is a refusal.
  const { pending } = verdict;
  return { kept: of, answer: pending === 'operation' ? 'unknown-operation' : pending };
}
