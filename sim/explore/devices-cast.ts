/**
 * The cast of the device spaces: devices with keys, cards and contacts, and the token that they pay
 * each other in. Everything follows from names, so every run has the same bytes.
 */

import {
  firstGeneration,
  address,
  ascii,
  cardStatement,
  deviceId,
  equal,
  keyDigest,
  kinds,
  signatureContext,
  signatures,
  sizes,
  stepStatement,
  suites,
  zero32,
  type Card,
  type KeyPair,
  type Kind,
  type SignedStep,
  type Slot,
  type Step,
} from '@dsm/primitive';
import {
  boundsAfter,
  encodeOperation,
  noteBlind,
  noteId,
  placed,
  tokenId,
  type Input,
  type Note,
  type Output,
  type Policy,
} from '@dsm/protocols';
import {
  append,
  openOwnLane,
  openRelationship,
  type Device,
  type Peer,
  type Relationship,
} from '@dsm/bilateral';
import { installIdeal } from '../ideal.ts';
import { keepAppended, openDisk, worldOf, type Disk } from './devices-disk.ts';

installIdeal();

export const network: Uint8Array = new Uint8Array(32).fill(0x4e);
const suite = 1;

/** Thirty-two bytes that stand for a thing of this name. */
export function named(name: string): Uint8Array {
  return address(ascii(name));
}

export interface Person {
  readonly name: string;
  /** Where the person stands in the cast. */
  readonly index: number;
  readonly id: Uint8Array;
  readonly working: KeyPair;
  /** Digest of the working key. */
  readonly writer: Uint8Array;
  /** The secret of its own lane and of its blinds. */
  readonly secret: Uint8Array;
  readonly card: Card;
}

export interface Cast {
  readonly persons: readonly Person[];
  readonly policy: Policy;
  /** What each device has kept when the exploration begins. */
  readonly disks: readonly Disk[];
}

/** What a person holds at the beginning: amounts of online notes, and of purse notes. */
export interface Holding {
  readonly online: readonly bigint[];
  readonly purse: readonly bigint[];
  /** How often the device was restored before. */
  readonly incarnation?: number;
}

/** People who know each other, two by two, with what they hold. */
export function openCast(holdings: readonly (Holding & { readonly name: string })[]): Cast {
  const persons = holdings.map(({ name }, index) => person(name, index));
  const policy = policyBy(persons[0]!);
  const disks = holdings.map((holding, index) => {
    const me = persons[index]!;
    const device = firstDevice(me, holding.incarnation ?? 0);
    const edges = persons.map((peer) =>
      peer === me
        ? openOwnLane(device, me.working.publicKey, me.secret)
        : relationshipOf(device, me, peer, holdings[peer.index]!.incarnation ?? 0),
    );
    return funded(me, openDisk(device, edges), holding, policy);
  });
  return { persons, policy, disks };
}

function person(name: string, index: number): Person {
  const seed = (length: number, role: string): Uint8Array => {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at += 32) {
      bytes.set(named(`${role} of ${name}`).subarray(0, length - at), at);
    }
    return bytes;
  };
  const { root: rootAlgorithm, working: algorithm } = suites[suite];
  const root = signatures().keyPair(rootAlgorithm, seed(sizes[rootAlgorithm].seed, 'root'));
  const working = signatures().keyPair(algorithm, seed(sizes[algorithm].seed, 'working'));
  return {
    name,
    index,
    id: deviceId(network, suite, root.publicKey),
    working,
    writer: keyDigest(suite, working.publicKey),
    secret: named(`secret of ${name}`),
    card: cardOf(name, root, working),
  };
}

function cardOf(name: string, root: KeyPair, working: KeyPair): Card {
  const body = firstGeneration({
    network,
    suite,
    rootKey: root.publicKey,
    incarnation: 0,
    birth: named('birth'),
    workingKey: working.publicKey,
    kemKey: new Uint8Array(1_184).fill(7),
    versions: [1],
    name,
  });
  const context = signatureContext(kinds.incarnation, suite, network);
  const signature = signatures().sign(root.secretKey, cardStatement(body), context);
  return { body, signature, succession: undefined };
}

function firstDevice({ id }: Person, incarnation: number): Device {
  return { network, id, suite, incarnation, seq: 0, previous: named('opening'), root: zero32 };
}

function relationshipOf(
  device: Device,
  me: Person,
  other: Person,
  incarnation: number,
): Relationship {
  const secret = named([me.name, other.name].toSorted().join(' and '));
  const peer: Peer = {
    device: other.id,
    incarnation,
    suite,
    workingKey: other.working.publicKey,
    since: 0,
  };
  const writers = {
    mine: keyDigest(suite, me.working.publicKey),
    theirs: keyDigest(suite, other.working.publicKey),
  };
  return openRelationship(device, peer, secret, writers);
}

export function policyBy(issuer: Person): Policy {
  return {
    network,
    registry: named('registry'),
    ticker: 'GLD',
    name: 'Gold',
    decimals: 2,
    cap: 1_000_000n,
    form: 0,
    threshold: 1,
    members: [issuer.writer],
    bad: 0,
    burn: 0,
    allowed: undefined,
    suites: [1],
    anchors: [],
    depthMax: 8,
    receiptsMax: 64,
  };
}

/** The own lane brings the notes: what was issued is collected, and a part of it loaded. */
function funded(me: Person, empty: Disk, { online, purse }: Holding, policy: Policy): Disk {
  const amounts = [...online, ...purse];
  if (amounts.length === 0) return empty;
  const outputs = placed(amounts.map((amount) => outputTo(me, amount, { depth: 0, receipts: 1 })));
  const source = named(`issue to ${me.name}`);
  const token = tokenId(policy);
  const collect = encodeOperation({ type: 'collect', token, source, outputs });
  const collected = alone(me, empty, collect, policy);
  const loaded = collected.notes.filter(({ amount }) => purse.includes(amount));
  return loaded.reduce((disk, note) => {
    const inputs = [inputOf(me, note)];
    const coin = outputTo(me, note.amount, { ...boundsAfter(inputs), kind: 1 });
    const load = { token, inputs, outputs: [coin], allowed: undefined, memo: '' };
    return alone(me, disk, encodeOperation({ type: 'load', ...load }), policy);
  }, collected);
}

function alone(me: Person, disk: Disk, operation: Uint8Array, policy: Policy): Disk {
  const { on } = disk.edges[me.index]!;
  const verdict = append(disk.device, on, [operation], worldOf(disk, me, [policy]));
  if (verdict.type !== 'accepted') throw new Error(`the beginning: ${JSON.stringify(verdict)}`);
  return keepAppended(disk, me.index, verdict.value, undefined);
}

export function outputTo(
  { id, writer }: Person,
  amount: bigint,
  changes: Partial<Output> & Pick<Output, 'depth' | 'receipts'>,
): Output {
  return { owner: id, key: writer, amount, kind: 0, ...changes };
}

export function inputOf({ secret }: Person, note: Note): Input {
  const { source, index, key, amount, kind, depth, receipts } = note;
  return {
    source,
    index,
    key,
    amount,
    kind,
    depth,
    receipts,
    blind: noteBlind(secret, noteId(source, index)),
  };
}

/** A payment of `amount` out of one note, with change. */
export function payment(from: Person, to: Person, note: Note, amount: bigint): Uint8Array {
  const inputs = [inputOf(from, note)];
  const bounds = boundsAfter(inputs);
  const outputs = [outputTo(to, amount, bounds)];
  if (note.amount > amount) outputs.push(outputTo(from, note.amount - amount, bounds));
  const { token } = note;
  const moved = { token, inputs, outputs, allowed: undefined, memo: '' };
  return encodeOperation({ type: 'transfer', ...moved });
}

export function memo(text: string): Uint8Array {
  return encodeOperation({ type: 'memo', text });
}

export function signAs({ working }: Person, kind: Kind, digest: Uint8Array): Uint8Array {
  return signatures().sign(working.secretKey, digest, signatureContext(kind, suite, network));
}

/** True if the person made this very signature. The keys are asked, not the rules of the core. */
export function isSignedBy(
  by: Person,
  kind: Kind,
  digest: Uint8Array,
  signature: Uint8Array,
): boolean {
  return equal(signAs(by, kind, digest), signature);
}

export function signedBy(by: Person, step: Step, slots: readonly Slot[]): SignedStep {
  const signature = signAs(by, kinds.signedStep, stepStatement(step, slots));
  return { step, slots, signature, further: [] };
}
