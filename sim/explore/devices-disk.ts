/**
 * What a device has kept, as a value: a commit makes the next one, and a crash goes back to the last.
 * Nothing here decides; it keeps what the core says and looks things up, as a wallet's rows do.
 */

import {
  address,
  concat,
  deviceMap,
  encodeWith,
  equal,
  isZero,
  keyOf,
  noteKey,
  stepPosition,
  u32,
  zero32,
  type DeviceMap,
  type KnownStep,
  type MapWrite,
  type Rules,
  type SignedStep,
  type StepWrite,
} from '@dsm/primitive';
import { noteId, tokenId, valueRules, type Note, type Policy } from '@dsm/protocols';
import {
  leafOf,
  type Absorbed,
  type Appended,
  type Device,
  type OwnRun,
  type Relationship,
  type World,
} from '@dsm/bilateral';
import type { Person } from './devices-cast.ts';

export interface Disk {
  readonly device: Device;
  /** By the peer's place in the cast; the own lane stands at the device's own place. */
  readonly edges: readonly Edge[];
  readonly leaves: ReadonlyMap<string, MapWrite>;
  readonly notes: readonly Note[];
  /** Statements of the own steps, oldest first. */
  readonly own: readonly Uint8Array[];
  /** Signed runs of others that were absorbed, oldest first. */
  readonly held: readonly Held[];
}

export interface Edge {
  readonly on: Relationship;
  readonly mine: Track;
  readonly theirs: Track;
  /** The own run that the peer has not acknowledged. */
  readonly open: OwnRun | undefined;
}

/** A lane as it was kept: heads from its start, and the entries between them. */
export interface Track {
  readonly heads: readonly Uint8Array[];
  readonly entries: readonly Uint8Array[];
}

export interface Held {
  readonly author: number;
  /** Head before the first entry. */
  readonly before: Uint8Array;
  readonly entries: readonly Uint8Array[];
  readonly signed: SignedStep;
  readonly statement: Uint8Array;
}

export function openDisk(device: Device, edges: readonly Relationship[]): Disk {
  return {
    device,
    edges: edges.map((on) => ({
      on,
      mine: { heads: [on.mine.start], entries: [] },
      theirs: { heads: [on.theirs.start], entries: [] },
      open: undefined,
    })),
    leaves: new Map(),
    notes: [],
    own: [],
    held: [],
  };
}

const maps = new WeakMap<Disk, DeviceMap>();

export function mapOf(disk: Disk): DeviceMap {
  const known = maps.get(disk);
  if (known !== undefined) return known;
  const made = deviceMap();
  made.apply([...disk.leaves.values()]);
  maps.set(disk, made);
  return made;
}

const rulesBy = new WeakMap<readonly Policy[], Rules>();

function rulesOf(policies: readonly Policy[]): Rules {
  const known = rulesBy.get(policies);
  if (known !== undefined) return known;
  const tokens = new Map(policies.map((policy) => [keyOf(tokenId(policy)), policy]));
  const rules = valueRules({
    policyOf: (token) => tokens.get(keyOf(token)),
    escrowOf: () => undefined,
  });
  rulesBy.set(policies, rules);
  return rules;
}

export function worldOf(
  disk: Disk,
  { secret }: Pick<Person, 'secret'>,
  policies: readonly Policy[],
): World {
  const edgeOf = ({ key }: Relationship): Edge => disk.edges.find(({ on }) => equal(on.key, key))!;
  return {
    rules: rulesOf(policies),
    map: mapOf(disk),
    escrowOf: () => undefined,
    blindSecret: secret,
    indexOfMine: (on, head) => {
      const index = edgeOf(on).mine.heads.findIndex((each) => equal(each, head));
      return index < 0 ? undefined : index;
    },
    headOfTheirs: (on, index) => edgeOf(on).theirs.heads[index],
    stepOf: (device, incarnation, seq) => knownStep(disk, device, incarnation, seq),
  };
}

function knownStep(
  { held }: Disk,
  device: Uint8Array,
  incarnation: number,
  seq: number,
): KnownStep | undefined {
  const found = held.find(
    ({ signed: { step } }) =>
      step.seq === seq && step.incarnation === incarnation && equal(step.device, device),
  );
  if (found === undefined) return undefined;
  const { before, after, previous } = found.signed.step;
  return { statement: found.statement, before, after, previous };
}

/** The disk after an own run. It stays open until the peer has it, unless it is the own lane's. */
export function keepAppended(
  from: Disk,
  peer: number,
  change: Appended,
  open: OwnRun | undefined,
): Disk {
  const { run } = change;
  const moved = kept(from, change, run.statement);
  return withEdge(moved, peer, ({ mine, theirs }) => ({
    on: change.relationship,
    mine: longer(mine, run.heads, run.entries),
    theirs,
    open,
  }));
}

export function keepAbsorbed(from: Disk, peer: number, change: Absorbed): Disk {
  const { run, statement } = change.absorbed;
  const { entries, signed } = run.claim;
  const { theirs } = from.edges[peer]!;
  const held: Held = {
    author: peer,
    before: theirs.heads.at(-1)!,
    entries,
    signed,
    statement: run.statement,
  };
  const moved = { ...kept(from, change, statement), held: [...from.held, held] };
  return withEdge(moved, peer, (edge) => ({
    ...edge,
    on: change.relationship,
    theirs: longer(theirs, run.heads, entries),
  }));
}

export function keepAcked(from: Disk, peer: number, head: Uint8Array): Disk {
  const { open } = from.edges[peer]!;
  if (open === undefined || !equal(open.heads.at(-1)!, head)) return from;
  return withEdge(from, peer, (edge) => ({ ...edge, open: undefined }));
}

export function keepBricked(from: Disk, culprit: number): Disk {
  return withEdge(from, culprit, (edge) => ({ ...edge, on: { ...edge.on, bricked: 1 } }));
}

function withEdge(from: Disk, at: number, change: (edge: Edge) => Edge): Disk {
  return { ...from, edges: from.edges.map((edge, i) => (i === at ? change(edge) : edge)) };
}

function longer(track: Track, heads: readonly Uint8Array[], entries: readonly Uint8Array[]): Track {
  return { heads: [...track.heads, ...heads], entries: [...track.entries, ...entries] };
}

interface Moved {
  readonly device: Device;
  readonly leaves: readonly StepWrite[];
  readonly gained: readonly Note[];
  readonly spent: readonly Uint8Array[];
}

function kept(from: Disk, { device, leaves, gained, spent }: Moved, statement: Uint8Array): Disk {
  const next = new Map(from.leaves);
  for (const { key, after } of leaves) {
    if (isZero(after)) next.delete(keyOf(key));
    else next.set(keyOf(key), { key, value: after });
  }
  const gone = new Set(spent.map(keyOf));
  const notes = [...from.notes, ...gained].filter(({ source, index }) => {
    return !gone.has(keyOf(noteKey(noteId(source, index))));
  });
  return { ...from, device, leaves: next, notes, own: [...from.own, statement] };
}

/** The leaf that the map must have for an edge; zero means absent. */
export function viewOf({ device }: Disk, { on }: Edge): Uint8Array {
  return leafOf(on, device, on.mine.head, on.theirs.head);
}

const presences = [Uint8Array.of(0), Uint8Array.of(1)] as const;

/** The same for disks that nothing can tell apart. */
export function diskBytes({ device, edges, leaves, notes, held, own }: Disk): Uint8Array {
  const parts: Uint8Array[] = [device.id, device.previous, device.root, count(device.seq)];
  for (const { on, mine, theirs, open } of edges) {
    parts.push(count(on.mine.index), on.mine.head, on.mine.entropy);
    parts.push(count(on.theirs.index), on.theirs.head, on.theirs.entropy);
    parts.push(count(on.absorbed.index), on.absorbed.head, presences[on.bricked === 0 ? 0 : 1]);
    for (const { heads } of [mine, theirs]) parts.push(count(heads.length), ...heads);
    parts.push(open?.statement ?? zero32, presences[open === undefined ? 0 : 1]);
    parts.push(open?.countersignature?.signature.subarray(0, 32) ?? zero32);
  }
  parts.push(count(leaves.size));
  for (const [, { key, value }] of [...leaves].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    parts.push(key, value);
  }
  parts.push(count(notes.length));
  const ids = notes.map(({ source, index }) => noteId(source, index));
  parts.push(...ids.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)));
  parts.push(count(own.length), ...own, count(held.length));
  // The order in which runs were absorbed says nothing that the lanes and steps do not say.
  const statements = held.map((each) => keyOf(positionOf(each)) + keyOf(each.statement));
  parts.push(...statements.toSorted().map((text) => Uint8Array.from(text, (c) => c.charCodeAt(0))));
  return address(concat(...parts));
}

export function positionOf({ signed: { step } }: Pick<Held, 'signed'>): Uint8Array {
  return stepPosition(step.device, step.incarnation, step.seq);
}

function count(value: number): Uint8Array {
  return encodeWith(u32, value);
}
