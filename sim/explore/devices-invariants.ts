/**
 * What must hold of every device, over what it has kept, whatever led there.
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
import { inputsIn, noteBlind, noteId, noteLeaf } from '@dsm/protocols';
import { isSignedBy, memo } from './devices-cast.ts';
import { mapOf, viewOf, type Disk, type Track } from './devices-disk.ts';
import { operationsIn, outputsIn } from './devices-operations.ts';
import { freshTalk, type Scene } from './devices-scene.ts';
import { stepped } from './devices-step.ts';

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

/** What a device owns is what it began with, plus what it was given, less what it gave. */
function faultOfValue({ cast }: Scene, part: number, disk: Disk): string | undefined {
  const { id } = cast.persons[part]!;
  const others = disk.edges.filter((_, i) => i !== part);
  const owned = new Map<string, bigint>();
  for (const { source, index, amount } of cast.disks[part]!.notes) {
    owned.set(keyOf(noteId(source, index)), amount);
  }
  for (const track of others.flatMap(({ mine, theirs }) => [mine, theirs])) {
    for (const { owner, source, index, amount } of outputsIn(track)) {
      if (equal(owner, id)) owned.set(keyOf(noteId(source, index)), amount);
    }
  }
  const inputs = others.flatMap(({ mine }) =>
    operationsIn(mine).flatMap(([, one]) => inputsIn(one)),
  );
  for (const { source, index } of inputs) {
    if (!owned.delete(keyOf(noteId(source, index)))) return 'value: a note was spent twice';
  }
  const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((a, b) => a + b, 0n);
  const held = sum(disk.notes.map(({ amount }) => amount));
  return disk.notes.length === owned.size && held === sum([...owned.values()])
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
