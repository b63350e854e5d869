/**
 * Theorem 6 of seed 000: repair brings every object that anybody still has back to its r replicas,
 * as far as there is room. First a tenth of the nodes lose their disks, then a tenth leave the
 * registry. Every ordered pair of nodes has a budget of bytes in each step (definition 23).
 */

import { intents, placement, recordSize } from '@dsm/availability';
import { dice } from '@dsm/memory';
import { address, keyOf, type Registry } from '@dsm/primitive';
import { chanceOf } from './availability.ts';
import { findings, type Claim, type Findings, type Outcome, type Scale } from './claim.ts';
import { shuffled } from './matching.ts';
import { rounded } from './measure.ts';
import { admitted, nodeAt, objectOf, planeOf, publish, registryOf, type Plane } from './plane.ts';
import { nextVersion } from './signals.ts';

export const repair: Claim = {
  name: 'repair',
  place: 'definitions 20 and 21, theorem 6',
  words:
    'Assume eventual delivery and that for each address a there exists at least one node that can ' +
    'serve a. Then repeated repair attempts restore objects onto the current placement set ' +
    'subject to admission constraints.',
  prove,
};

const objectBytes = 1_000;
/** Bytes that one node may send another in a step: one object. */
const budgetBytes = 1_000;
const lostShare = 10;

/** An object with its name, which is asked for again and again. */
interface Item {
  readonly bytes: Uint8Array;
  readonly at: Uint8Array;
  readonly name: string;
}

interface Course {
  readonly nodes: number;
  readonly objects: number;
  /** Replicas that were missing after each step. */
  readonly missing: readonly number[];
  readonly lost: number;
  readonly predictedLost: number;
  readonly leaving: readonly number[];
}

function prove({ quick, seed, progress }: Scale): Outcome {
  const found = findings();
  const counts = quick ? [20, 60] : [20, 100, 500];
  const each = quick ? 200 : 400;
  const courses = counts.map((nodes) => {
    const course = courseOf(nodes, each, seed, found);
    progress(`${nodes} nodes: ${course.missing.length} steps`);
    return course;
  });
  const tight = withoutRoom(each, seed, found);
  return {
    bound: `${counts.join(', ')} nodes with some ${each} replicas each; ${lostShare} % lose their disks, then ${lostShare} % leave; ${budgetBytes} bytes a step and ordered pair`,
    figures: {
      ...Object.fromEntries(
        courses.flatMap((of) => [
          [
            `${of.nodes} nodes lose ${lostShare} % of their disks`,
            `${of.missing[0]} of ${of.objects * 4} replicas missing, 0 after ${of.missing.length - 1} steps; ${of.lost} objects had no copy left (expected ${rounded(of.predictedLost)})`,
          ],
          [
            `${of.nodes} nodes, ${lostShare} % leave`,
            `${of.leaving[0]} replicas to copy, 0 after ${of.leaving.length - 1} steps`,
          ],
        ]),
      ),
      'missing for want of room': tight,
    },
    findings: found.list(),
    uncovered: [
      'What nobody has is lost: at 10 % of the disks at once some objects in ten thousand have all four copies among them.',
      'The agent that copies is a loop here; the one that ships, with comparisons and lies, is in host/wallet/test/repair-lies.test.ts.',
    ],
    charts: [
      {
        name: 'repair',
        title: 'Replicas that are missing while repair goes on',
        caption: `${lostShare} % of the disks are lost at step 0. Some ${each} replicas on each node; ${budgetBytes} bytes in every step from each node to each other. The more nodes, the fewer replicas any two share, down to those of one bucket.`,
        x: { label: 'delivery steps', scale: 'linear' },
        y: { label: 'missing replicas, % of all', scale: 'linear' },
        series: courses.map((of) => ({
          name: `${of.nodes} nodes`,
          points: of.missing.map((count, k) => [k, rounded((100 * count) / (of.objects * 4), 3)]),
        })),
      },
    ],
  };
}

function courseOf(nodes: number, each: number, seed: number, found: Findings): Course {
  const capacityBytes = 2 * each * recordSize(objectBytes);
  const registry = registryOf({ count: nodes, capacityBytes: () => capacityBytes, bucketBits: 14 });
  const plane = planeOf(registry);
  const all = itemsOf((nodes * each) / registry.r);
  for (const { bytes } of all) publish(plane, registry, bytes, false);
  const gone = shuffled(nodes, dice(`lost ${seed} ${nodes}`)).subarray(
    0,
    (nodes * lostShare) / 100,
  );
  for (const index of gone) lose(plane, registry, index);
  const lost = new Set(
    all.filter(({ at }) => placement(registry, at).replicas.every((index) => gone.includes(index))),
  );
  const held = all.filter((item) => !lost.has(item));
  const missing = repaired(plane, registry, held);
  check(plane, registry, held, found);
  const { r } = registry;
  const predictedLost = all.length * chanceOf(nodes, gone.length, r, r);
  const said = registry.nodes.map((node, number) => ({
    number,
    capacityBytes,
    usedBytes: plane.get(keyOf(node.id))!.usedBytes,
    intent: gone.includes(number) ? intents.leave : intents.stay,
  }));
  const after = nextVersion(registry, said, found);
  const leaving = repaired(plane, after, held);
  check(plane, after, held, found);
  return { nodes, objects: all.length, missing, lost: lost.size, predictedLost, leaving };
}

function itemsOf(count: number): readonly Item[] {
  return Array.from({ length: count }, (_, n) => {
    const bytes = objectOf(n, objectBytes);
    const at = address(bytes);
    return { bytes, at, name: keyOf(at) };
  });
}

function lose(plane: Plane, registry: Registry, index: number): void {
  const node = nodeAt(plane, registry, index);
  node.kept.clear();
  node.usedBytes = 0;
}

interface Copy {
  readonly item: Item;
  readonly from: string;
  readonly to: string;
}

/** What must be copied to where the registry places it, each from somebody who has it. */
function copiesDue(plane: Plane, registry: Registry, items: readonly Item[]): readonly Copy[] {
  const holders = new Map<string, string[]>();
  for (const [id, { kept }] of plane) {
    for (const name of kept.keys()) {
      const ids = holders.get(name) ?? [];
      holders.set(name, ids);
      ids.push(id);
    }
  }
  return items.flatMap((item, n) => {
    const having = holders.get(item.name) ?? [];
    return placement(registry, item.at)
      .replicas.map((index) => keyOf(registry.nodes[index]!.id))
      .filter((id) => !having.includes(id))
      .map((to, i) => ({ item, from: having[(n + i) % Math.max(having.length, 1)]!, to }));
  });
}

/** Copy, step by step within the budgets; how many replicas were missing after each step. */
function repaired(plane: Plane, registry: Registry, items: readonly Item[]): readonly number[] {
  const queues = Map.groupBy(copiesDue(plane, registry, items), ({ from, to }) => from + to);
  let missing = queues.values().reduce((sum, { length }) => sum + length, 0);
  const course = [missing];
  while (missing > 0 && queues.size > 0) {
    for (const [pair, queue] of queues) {
      missing -= copied(plane, queue);
      if (queue.length === 0) queues.delete(pair);
    }
    course.push(missing);
  }
  return course;
}

/** What one node may send another in a step; how much of it was admitted. */
function copied(plane: Plane, queue: Copy[]): number {
  let count = 0;
  for (
    let spent = 0;
    spent + objectBytes <= budgetBytes && queue.length > 0;
    spent += objectBytes
  ) {
    const { item, to } = queue.pop()!;
    if (admitted(plane.get(to)!, item.name, item.bytes)) count += 1;
  }
  return count;
}

/** Every object is where this version places it, and nobody keeps more than it has room for. */
function check(plane: Plane, registry: Registry, items: readonly Item[], found: Findings): void {
  for (const { at, name } of items) {
    const { replicas } = placement(registry, at);
    const copies = replicas.filter(
      (index) => nodeAt(plane, registry, index)?.kept.has(name) ?? false,
    );
    const isSeated = replicas.every((index) => registry.seats.includes(index));
    found.check(
      copies.length === registry.r && isSeated,
      'repaired-to-target',
      `${copies.length} copies in version ${registry.version}`,
    );
  }
}

/** Nodes that are full: what repair cannot place is missing, and nothing else is. */
function withoutRoom(each: number, seed: number, found: Findings): string {
  const nodes = 20;
  const capacityBytes = Math.floor(1.05 * each * recordSize(objectBytes));
  const registry = registryOf({ count: nodes, capacityBytes: () => capacityBytes, bucketBits: 14 });
  const plane = planeOf(registry);
  const all = itemsOf((nodes * each) / registry.r);
  for (const { bytes } of all) publish(plane, registry, bytes, true);
  const [gone] = shuffled(nodes, dice(`full ${seed}`));
  lose(plane, registry, gone!);
  const missing = repaired(plane, registry, all).at(-1)!;
  let excused = 0;
  for (const { at, name } of all) {
    for (const index of placement(registry, at).replicas) {
      const node = nodeAt(plane, registry, index);
      if (node.kept.has(name)) continue;
      const isFull = node.usedBytes + recordSize(objectBytes) > node.capacityBytes;
      found.check(isFull, 'subject-to-admission', 'a replica is missing where there is room');
      excused += 1;
    }
  }
  found.check(
    excused === missing,
    'subject-to-admission',
    `${missing} missing, ${excused} excused`,
  );
  return `${missing} of ${all.length * registry.r} replicas, each at a full node`;
}
