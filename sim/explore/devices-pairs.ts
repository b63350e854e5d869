/**
 * What must hold of every two honest devices: over what both have kept, whatever led there.
 */

import { equal, zero32 } from '@dsm/primitive';
import { contradict } from './devices-contradiction.ts';
import { viewOf, type Disk, type Track } from './devices-disk.ts';
import { convicts } from './devices-evidence.ts';
import { outputsIn } from './devices-operations.ts';
import type { Scene } from './devices-scene.ts';

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

/** What entries of a lane, from one place on, give to a device. */
function givenTo(id: Uint8Array, { heads, entries }: Track, from: number): bigint {
  return outputsIn({ heads: heads.slice(from), entries: entries.slice(from) })
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
