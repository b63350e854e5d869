/**
 * A device of the scenarios: the real state of the core (device, relationships, map) and what a host
 * would look up for it, under ideal signatures.
 *
 * While it is not its turn it can be kept as bytes, in the canonical encodings of the core, and be
 * revived: a million devices are a few gigabytes, and none is an object of the language.
 */

import {
  openRelationship,
  relationship as relationshipObject,
  device as deviceObject,
  type Device,
  type Mark,
  type Relationship,
  type World,
} from '@dsm/bilateral';
import {
  keyDigest,
  bytes32,
  decodeWith,
  deviceId,
  deviceMap,
  encodeWith,
  equal,
  hash,
  list,
  signatures,
  struct,
  u32,
  u64,
  zero32,
  type Coder,
  type DeviceMap,
  type KeyPair,
  type KnownStep,
  type MapWrite,
  type Step,
  type StepWrite,
} from '@dsm/primitive';
import { valueRules } from '@dsm/protocols';

export const network: Uint8Array = new Uint8Array(32).fill(0x73);

/** A relationship as one of its devices holds it, with what can be looked up about it. */
export interface Edge {
  readonly peer: number;
  relationship: Relationship;
  /** Places on the own lane and on the peer's, oldest first. */
  readonly mine: Mark[];
  readonly theirs: Mark[];
  readonly steps: PeerStep[];
}

/** A step of the peer that is known. */
interface PeerStep extends KnownStep {
  readonly seq: number;
}

/** It changes from turn to turn; what it states does not. */
export interface Party {
  readonly number: number;
  readonly working: KeyPair;
  readonly map: DeviceMap;
  readonly edges: Map<number, Edge>;
  device: Device;
}

export function party(number: number): Party {
  // No card is looked at here, so a number stands in for the root key.
  const id = deviceId(network, 1, hash('mark', encodeWith(u32, number)));
  return {
    number,
    working: workingOf(number),
    map: deviceMap(),
    edges: new Map(),
    device: { network, id, suite: 1, incarnation: 0, seq: 0, previous: id, root: zero32 },
  };
}

function workingOf(number: number): KeyPair {
  return signatures().keyPair('ml-dsa-65', hash('working-key', encodeWith(u32, number)));
}

/** Both devices with a relationship between them. */
export function meet(a: Party, b: Party): void {
  const [low, high] = [Math.min(a.number, b.number), Math.max(a.number, b.number)];
  const secret = hash('secret', encodeWith(u32, low), encodeWith(u32, high));
  for (const [me, peer] of [
    [a, b],
    [b, a],
  ] as const) {
    const { id: device, incarnation, suite } = peer.device;
    const workingKey = peer.working.publicKey;
    const of = { device, incarnation, suite, workingKey, since: 0 };
    const writers = {
      mine: keyDigest(suite, me.working.publicKey),
      theirs: keyDigest(suite, workingKey),
    };
    const relationship = openRelationship(me.device, of, secret, writers);
    me.edges.set(peer.number, {
      peer: peer.number,
      relationship,
      mine: [{ index: 0, head: relationship.mine.start }],
      theirs: [{ index: 0, head: relationship.theirs.start }],
      steps: [],
    });
  }
}

const rules = valueRules({ policyOf: () => undefined, escrowOf: () => undefined });

/** What the core may look up when this device decides something about this edge. */
export function worldOf({ map }: Party, { mine, theirs, steps }: Edge): World {
  return {
    rules,
    map,
    escrowOf: () => undefined,
    blindSecret: zero32,
    indexOfMine: (_, head) => mine.findLast((mark) => equal(mark.head, head))?.index,
    headOfTheirs: (_, index) => theirs.findLast((mark) => mark.index === index)?.head,
    stepOf: (_, __, seq) => steps.findLast((step) => step.seq === seq),
  };
}

/** What a decision has moved. */
export interface Moved {
  readonly device: Device;
  readonly relationship: Relationship;
  readonly leaves: readonly StepWrite[];
}

/** Keep what was decided, as a store would. */
export function keep(me: Party, edge: Edge, { device, relationship, leaves }: Moved): void {
  const { mine, theirs } = relationship;
  if (mine.index > edge.mine.at(-1)!.index) edge.mine.push(mine);
  if (theirs.index > edge.theirs.at(-1)!.index) edge.theirs.push(theirs);
  me.device = device;
  edge.relationship = relationship;
  me.map.apply(leaves.map(({ key, after }) => ({ key, value: after })));
}

/** Know a step of the peer. */
export function learn({ steps }: Edge, step: Step, statement: Uint8Array): void {
  const { before, after, previous, seq } = step;
  steps.push({ seq, statement, before, after, previous });
}

/** A device that is kept as bytes remembers so many places and steps of an edge. */
const rememberedMax = 4;
const edgesMax = 1 << 20;

interface KeptEdge {
  readonly peer: number;
  readonly relationship: Relationship;
  readonly mine: readonly Mark[];
  readonly theirs: readonly Mark[];
  readonly steps: readonly PeerStep[];
}

interface Kept {
  readonly number: number;
  readonly device: Device;
  readonly edges: readonly KeptEdge[];
  readonly leaves: readonly MapWrite[];
}

const mark: Coder<Mark> = struct({ index: u64, head: bytes32 });
const peerStep: Coder<PeerStep> = struct({
  seq: u64,
  statement: bytes32,
  before: bytes32,
  after: bytes32,
  previous: bytes32,
});
const kept: Coder<Kept> = struct<Kept>({
  number: u32,
  device: deviceObject,
  edges: list(
    struct<KeptEdge>({
      peer: u32,
      relationship: relationshipObject,
      mine: list(mark, rememberedMax),
      theirs: list(mark, rememberedMax),
      steps: list(peerStep, rememberedMax),
    }),
    edgesMax,
  ),
  leaves: list(struct({ key: bytes32, value: bytes32 }), edgesMax),
});

/** The device as bytes: everything that it would need to go on. */
export function asBytes({ number, device, edges, map }: Party): Uint8Array {
  const newest = <T>(all: readonly T[]): readonly T[] => all.slice(-rememberedMax);
  return encodeWith(kept, {
    number,
    device,
    edges: [...edges.values()].map((edge) => ({
      ...edge,
      mine: newest(edge.mine),
      theirs: newest(edge.theirs),
      steps: newest(edge.steps),
    })),
    leaves: [...map.entries()],
  });
}

/** The device again. Bytes that are none, or a map that is not the device's, are a fault. */
export function revived(bytes: Uint8Array): Party {
  const read = decodeWith(kept, bytes);
  if (read === undefined) throw new Error('these bytes are no device');
  const map = deviceMap();
  map.apply(read.leaves);
  if (!equal(map.root(), read.device.root)) throw new Error('the map is not the device’s');
  const edges = new Map(
    read.edges.map(({ peer, relationship, mine, theirs, steps }) => [
      peer,
      { peer, relationship, mine: [...mine], theirs: [...theirs], steps: [...steps] },
    ]),
  );
  return { number: read.number, working: workingOf(read.number), map, edges, device: read.device };
}
