/**
 * What must hold of every device, and of every two: over what they have kept, whatever led there.
 *
 * These look at entries and operations themselves and share nothing with the rules that they check but
 * hashes and decoders.
 */

import {
  entry,
  equal,
  evaluate,
  isZero,
  keyOf,
  kinds,
  nextHead,
  noteKey,
  sideOf,
  zero32,
} from '@dsm/primitive';
import {
  decodeOperation,
  inputsIn,
  noteBlind,
  noteId,
  noteLeaf,
  spendPlace,
  type Operation,
} from '@dsm/protocols';
import { isSignedBy } from './devices-cast.ts';
import { mapOf, viewOf, type Disk, type Held, type Track } from './devices-disk.ts';
import { convicts } from './devices-evidence.ts';
import { freshTalk, type Scene } from './devices-scene.ts';
import { stepped } from './devices-turn.ts';
import { memo } from './devices-cast.ts';

/** The first invariant that a device's disk breaks. */
export function faultOfDisk(scene: Scene, part: number, disk: Disk): string | undefined {
  return (
    faultOfAcceptance(scene, disk) ??
    faultOfLanes(scene, part, disk) ??
    faultOfSteps(disk) ??
    faultOfMap(scene, part, disk) ??
    faultOfValue(scene, part, disk) ??
    faultOfProofs(disk) ??
    faultOfBlocking(scene, part, disk)
  );
}

/** Every run that was absorbed was made by the shipped code at its author, and signed by it. */
function faultOfAcceptance(scene: Scene, { held }: Disk): string | undefined {
  for (const { author, statement, signed } of held) {
    const by = scene.cast.persons[author]!;
    if (!isSignedBy(by, kinds.signedStep, statement, signed.signature)) {
      return `authenticity: a run that ${by.name} never signed was absorbed`;
    }
    if (!scene.genuine.has(keyOf(statement))) {
      const forgery = scene.forgedStatements.get(keyOf(statement)) ?? 'nobody knows how';
      return `acceptance safety: a forged run was absorbed (${forgery})`;
    }
  }
  return undefined;
}

/** Each entry follows the one before it, on its writer's side, and one head follows one head. */
function faultOfLanes({ cast }: Scene, part: number, disk: Disk): string | undefined {
  for (const [i, { on, mine, theirs }] of disk.edges.entries()) {
    if (i === part) continue;
    const [me, peer] = [cast.persons[part]!.id, cast.persons[i]!.id];
    const wrong =
      faultOfLane(theirs, on.theirs.head, sideOf(peer, me), mine.heads) ??
      faultOfLane(mine, on.mine.head, sideOf(me, peer), theirs.heads);
    if (wrong !== undefined) return `adjacency: ${wrong}`;
  }
  return undefined;
}

function faultOfLane(
  { heads, entries }: Track,
  newest: Uint8Array,
  side: number,
  others: readonly Uint8Array[],
): string | undefined {
  if (heads.length !== entries.length + 1) return 'more than one head at a position';
  if (!equal(heads.at(-1)!, newest)) return 'the newest head is not the last of the lane';
  let absorbed = 0;
  for (const [i, bytes] of entries.entries()) {
    const decoded = entry.decode(bytes);
    if (!decoded.ok || !equal(nextHead(heads[i]!, bytes), heads[i + 1]!)) return 'a broken chain';
    if (decoded.value.index !== i + 1 || decoded.value.side !== side) return 'a misplaced entry';
    const place = others.findIndex((head) => equal(head, decoded.value.absorbed));
    if (place < absorbed) return 'an entry absorbs what was never there, or goes back';
    absorbed = place;
  }
  return undefined;
}

/** The steps of one device that are held have one number each, and follow their neighbours. */
function faultOfSteps({ held }: Disk): string | undefined {
  for (const [i, one] of held.entries()) {
    for (const other of held.slice(i + 1)) {
      if (one.author !== other.author) continue;
      const [a, b] = [one.signed.step, other.signed.step];
      if (a.seq === b.seq) return 'step chain: two steps with one number are held';
      const [low, high] = a.seq < b.seq ? [one, other] : [other, one];
      const { step } = high.signed;
      const follows =
        equal(step.previous, low.statement) && equal(step.before, low.signed.step.after);
      if (step.seq === low.signed.step.seq + 1 && !follows) {
        return 'step chain: a step does not follow the one before it';
      }
    }
  }
  return undefined;
}

/** The map holds exactly the views and the notes, and its root is the device's. */
function faultOfMap({ cast }: Scene, part: number, disk: Disk): string | undefined {
  const { secret } = cast.persons[part]!;
  const expected = new Map<string, Uint8Array>();
  for (const [i, edge] of disk.edges.entries()) {
    const leaf = viewOf(disk, edge);
    if (i === part && edge.mine.entries.length === 0) continue;
    if (!isZero(leaf)) expected.set(keyOf(edge.on.key), leaf);
  }
  for (const note of disk.notes) {
    const id = noteId(note.source, note.index);
    expected.set(keyOf(noteKey(id)), noteLeaf(note, noteBlind(secret, id)));
  }
  const same =
    expected.size === disk.leaves.size &&
    [...disk.leaves].every(([key, { value }]) => equal(expected.get(key) ?? zero32, value));
  if (!same) return 'map: it holds something else than the views and the notes';
  return equal(mapOf(disk).root(), disk.device.root) ? undefined : 'map: another root';
}

const operationsIn = ({ entries }: Track): readonly (readonly [number, Operation])[] =>
  entries.flatMap((bytes, i) => {
    const decoded = entry.decode(bytes);
    const operation = decoded.ok ? decodeOperation(decoded.value.operation) : 'malformed';
    return typeof operation === 'string' ? [] : [[i, operation] as const];
  });

/** What a device owns is what it began with, plus what it was given, less what it gave. */
function faultOfValue({ cast }: Scene, part: number, disk: Disk): string | undefined {
  const { id } = cast.persons[part]!;
  const owned = new Map<string, bigint>();
  for (const note of cast.disks[part]!.notes) {
    owned.set(keyOf(noteId(note.source, note.index)), note.amount);
  }
  for (const [i, { mine, theirs }] of disk.edges.entries()) {
    if (i === part) continue;
    for (const track of [mine, theirs]) {
      for (const [at, operation] of operationsIn(track)) {
        if (operation.type !== 'transfer') continue;
        for (const [index, { owner, amount }] of operation.outputs.entries()) {
          if (equal(owner, id)) owned.set(keyOf(noteId(track.heads[at + 1]!, index)), amount);
        }
      }
    }
  }
  for (const [i, { mine }] of disk.edges.entries()) {
    if (i === part) continue;
    for (const { source, index } of operationsIn(mine).flatMap(([, each]) => inputsIn(each))) {
      if (!owned.delete(keyOf(noteId(source, index)))) return 'value: a note was spent twice';
    }
  }
  const sum = (amounts: Iterable<bigint>): bigint => [...amounts].reduce((a, b) => a + b, 0n);
  const held = sum(disk.notes.map(({ amount }) => amount));
  return disk.notes.length === owned.size && held === sum(owned.values())
    ? undefined
    : 'value: a device owns something else than it began with and was given';
}

/** Nobody gives more than goes in: what a payment makes is what it takes. */
function faultOfPayments({ entries, heads }: Track): string | undefined {
  for (const [, operation] of operationsIn({ entries, heads })) {
    if (operation.type !== 'transfer') continue;
    const taken = operation.inputs.reduce((sum, { amount }) => sum + amount, 0n);
    const given = operation.outputs.reduce((sum, { amount }) => sum + amount, 0n);
    if (taken !== given) return 'conservation: a payment gives more than it takes';
  }
  return undefined;
}

/** Every relationship stands under the root, whatever the others do. */
function faultOfProofs(disk: Disk): string | undefined {
  for (const edge of disk.edges) {
    const wrong = faultOfPayments(edge.theirs);
    if (wrong !== undefined) return wrong;
    const { key } = edge.on;
    const shown = evaluate(mapOf(disk).prove([key]), [{ key, value: viewOf(disk, edge) }]);
    if (!shown.ok || !equal(shown.root, disk.device.root)) {
      return 'non-interference: a relationship is not under the root of its device';
    }
  }
  return undefined;
}

/** What is open in one relationship stops no other: a word can still be offered there. */
function faultOfBlocking(scene: Scene, part: number, disk: Disk): string | undefined {
  for (const [edge, { on, open }] of disk.edges.entries()) {
    if (edge === part || open !== undefined || on.bricked !== 0) continue;
    const event = { type: 'propose', operations: [memo('still here')] } as const;
    const talk = freshTalk(disk.edges[edge]!);
    const { effects } = stepped(scene, { part, edge, disk, talk, event });
    const offers = effects.some((each) => each.do === 'send' && each.message.type === 'offer');
    if (!offers) return 'non-interference: an open trade blocks another relationship';
  }
  return undefined;
}

/** True if two runs of one author cannot both be honest, and are both really the author's. */
export function contradict(scene: Scene, a: Held, b: Held): boolean {
  if (a.author !== b.author || equal(a.statement, b.statement)) return false;
  const genuine = [a, b].every(
    ({ author, statement, signed }) =>
      scene.genuine.has(keyOf(statement)) &&
      isSignedBy(scene.cast.persons[author]!, kinds.signedStep, statement, signed.signature),
  );
  if (!genuine) return false;
  const [x, y] = [a.signed.step, b.signed.step];
  if (x.seq === y.seq || equal(x.previous, y.previous)) return true;
  const [first, second] = [a.entries[0], b.entries[0]];
  if (first === undefined || second === undefined) return false;
  if (equal(a.before, b.before) && !equal(first, second)) return true;
  return spendsTwice(scene, a, b);
}

/** A purse note that both runs spend, in two ways. */
function spendsTwice({ openings }: Scene, a: Held, b: Held): boolean {
  const spent = ({ entries }: Held): readonly string[] =>
    operationsIn({ entries, heads: [] })
      .flatMap(([, operation]) => inputsIn(operation))
      .map((input) => keyOf(spendPlace(input).position))
      .filter((id) => openings.has(id));
  const others = spent(b);
  return !equal(a.entries[0]!, b.entries[0]!) && spent(a).some((id) => others.includes(id));
}

/** What two honest devices break together, over what both have kept. */
export function faultOfPair(
  scene: Scene,
  one: number,
  oneDisk: Disk,
  other: number,
  otherDisk: Disk,
): string | undefined {
  return (
    faultOfTips(oneDisk, otherDisk, one, other) ??
    faultOfTips(otherDisk, oneDisk, other, one) ??
    faultOfViews(oneDisk, otherDisk, one, other) ??
    faultOfSum(scene, oneDisk, otherDisk, one, other) ??
    faultOfComparison(scene, oneDisk, otherDisk, one, other)
  );
}

/** The reader holds a beginning of the writer's lane, and what is missing is the run under way. */
function faultOfTips(
  writer: Disk,
  reader: Disk,
  writerAt: number,
  readerAt: number,
): string | undefined {
  const { mine, open } = writer.edges[readerAt]!;
  const { theirs } = reader.edges[writerAt]!;
  const begins = theirs.heads.every((head, i) => equal(head, mine.heads[i] ?? zero32));
  if (!begins) return 'honest pair: one lane, two opinions';
  const missing = mine.heads.length - theirs.heads.length;
  if (missing === 0) return undefined;
  const underWay = open?.heads.length ?? 0;
  return missing === underWay ? undefined : 'honest pair: a run is missing and nobody resends it';
}

/** When both have absorbed everything, both maps say the same. */
function faultOfViews(a: Disk, b: Disk, atA: number, atB: number): string | undefined {
  const [ofA, ofB] = [a.edges[atB]!, b.edges[atA]!];
  const together =
    ofA.mine.heads.length === ofB.theirs.heads.length &&
    ofB.mine.heads.length === ofA.theirs.heads.length;
  return !together || equal(viewOf(a, ofA), viewOf(b, ofB))
    ? undefined
    : 'honest pair: two maps say different things of one relationship';
}

/** What the two own, with what is under way between them, changes only by what others give and take. */
function faultOfSum(scene: Scene, a: Disk, b: Disk, atA: number, atB: number): string | undefined {
  const between = underWay(scene, a, b, atA, atB) + underWay(scene, b, a, atB, atA);
  const now = owned(a) + owned(b) + between;
  const first = owned(scene.cast.disks[atA]!) + owned(scene.cast.disks[atB]!);
  const elsewhere = balance(scene, a, atA, atB) + balance(scene, b, atB, atA);
  return now === first + elsewhere ? undefined : 'honest pair: value was made or lost between two';
}

const owned = ({ notes }: Disk): bigint => notes.reduce((sum, { amount }) => sum + amount, 0n);

function givenTo(id: Uint8Array, track: Track, from: number): bigint {
  return operationsIn(track)
    .filter(([at]) => at >= from)
    .flatMap(([, operation]) => (operation.type === 'transfer' ? operation.outputs : []))
    .filter(({ owner }) => equal(owner, id))
    .reduce((sum, { amount }) => sum + amount, 0n);
}

function underWay(
  { cast }: Scene,
  writer: Disk,
  reader: Disk,
  writerAt: number,
  readerAt: number,
): bigint {
  const absorbed = reader.edges[writerAt]!.theirs.entries.length;
  return givenTo(cast.persons[readerAt]!.id, writer.edges[readerAt]!.mine, absorbed);
}

/** What a device was given by devices other than `without`, less what it gave them. */
function balance({ cast }: Scene, disk: Disk, part: number, without: number): bigint {
  let sum = 0n;
  for (const [i, { mine, theirs }] of disk.edges.entries()) {
    if (i === part || i === without) continue;
    sum += givenTo(cast.persons[part]!.id, theirs, 0);
    sum -= givenTo(cast.persons[i]!.id, mine, 0);
  }
  return sum;
}

/** When two devices compare what they hold, every contradiction among it convicts. */
function faultOfComparison(
  scene: Scene,
  a: Disk,
  b: Disk,
  atA: number,
  atB: number,
): string | undefined {
  for (const first of a.held) {
    if (first.author === atB) continue;
    for (const second of b.held) {
      if (second.author === atA || !contradict(scene, first, second)) continue;
      if (!convicts(scene, first, second)) {
        return 'fork without conviction: two honest devices hold both halves';
      }
    }
  }
  return undefined;
}
