/**
 * Placement: who keeps an object, out of N nodes.
 *
 * Ours is looked up in the table of the registry, which is how a node and a wallet place; beside it
 * stands what the first look at a bucket takes, when its nodes are drawn into the table. The others are the author's
 * keyed Fisher-Yates shuffle over sorted node ids, whole as his node does it, and cut off after r
 * draws. All use the same BLAKE3. The addresses are random, the table has 2^16 buckets and is full.
 *
 * Movement: replicas that have to be copied when a node joins or leaves, as a multiple of the least
 * that keeps the load even, 1/(N + 1) of all on a join and 1/N on a leave. Load: the standard deviation
 * of what nodes keep, beside what docs/spec/placement.md says.
 */

import { nativeHash } from '@dsm/node';
import { bucketOf, rendezvous, replicaTable, type Rendezvous } from '@dsm/availability';
import { emptySeat, installHash } from '@dsm/primitive';
import { judge, type Goal, type Report } from './report.ts';
import { takeTurns, type Contender } from './turns.ts';

export const question =
  'What does a placement take, what does a change move, how even is the load?';

const bits = 16;
const rounds = 9;
const changes = 30;

/** How many times as fast as the whole shuffle, with r = 4. */
const timesGoal: ReadonlyMap<number, Goal> = new Map([
  [100, { floor: 50, target: 300, better: 'higher' }],
  [10_000, { floor: 1_000, target: 10_000, better: 'higher' }],
]);
const movedGoal: Goal = { floor: 1.05, target: 1.02, better: 'lower' };

export async function run(report: Report): Promise<void> {
  installHash(nativeHash);
  for (const nodes of [6, 100, 10_000]) {
    for (const r of [4, 9]) if (r < nodes) await cost(report, nodes, r);
  }
  for (const nodes of [6, 100, 1_000]) moved(report, nodes);
  for (const nodes of [50, 100, 1_000, 10_000]) load(report, nodes);
}

async function cost(report: Report, nodes: number, r: number): Promise<void> {
  const view = viewOf(seatsFor(nodes), 0);
  const table = replicaTable(view, r);
  for (let bucket = 0; bucket < 2 ** bits; bucket++) table.at(bucket);
  const addresses = Array.from({ length: 4_096 }, (_, i) => digestOf(i));
  let used = 0;
  const contender = (name: string, count: number, one: (at: Uint8Array) => number): Contender => ({
    name,
    count,
    work: () => {
      for (let i = 0; i < count; i++) used += one(addresses[i & 4_095]!);
    },
  });
  const contenders = [
    contender('dsm, looked up', 3_000_000, (at) => table.nodes[table.at(bucketOf(bits, at))]!),
    {
      name: 'dsm, drawn',
      count: 2 ** bits,
      // The first look at each bucket of a table that is not filled yet.
      work: () => {
        const empty = replicaTable(view, r);
        for (let i = 0; i < 2 ** bits; i++) used += empty.nodes[empty.at((i * 40_503) & 65_535)]!;
      },
    },
    contender('shuffle, whole', Math.ceil(200_000 / nodes), (at) => shuffled(at, nodes, nodes)[0]!),
    contender('shuffle, r draws', 20_000, (at) => shuffled(at, nodes, r)[0]!),
  ];
  const rates = await takeTurns(contenders, rounds);
  if (used === 0) throw new Error('nothing was placed');
  for (const [i, { name }] of contenders.entries()) {
    const times = Math.round((rates[i]!.median / rates[2]!.median) * 10) / 10;
    const goal = i === 0 && r === 4 ? timesGoal.get(nodes) : undefined;
    report({
      bench: 'placement cost',
      nodes,
      r,
      contender: name,
      nanoseconds: Math.round(1e10 / rates[i]!.median) / 10,
      p10: Math.round(1e10 / rates[i]!.p90) / 10,
      p90: Math.round(1e10 / rates[i]!.p10) / 10,
      timesTheShuffle: times,
      ...(goal === undefined ? {} : judge(times, goal)),
    });
  }
}

const stream = new Uint8Array(36);
const streamView = new DataView(stream.buffer);
const drawn = new Uint8Array(32);
const drawnView = new DataView(drawn.buffer);
const seedInput = new Uint8Array(42);
seedInput.set(new TextEncoder().encode('DSM/place\0'));

let sorted = new Uint32Array(0);

/** The nodes in the order of their ids, which the shuffle begins with. */
function sortedOf(nodes: number): Uint32Array {
  if (sorted.length !== nodes) sorted = Uint32Array.from({ length: nodes }, (_, i) => i);
  return sorted;
}

/** The last `draws` places of the author's shuffle: whole, its end is drawn first. */
function shuffled(address: Uint8Array, nodes: number, draws: number): Uint32Array {
  const order = sortedOf(nodes).slice();
  seedInput.set(address, 10);
  nativeHash.blake3Into(seedInput, stream, 0);
  for (let i = nodes - 1; i > 0 && i >= nodes - draws; i--) {
    streamView.setUint32(32, i);
    nativeHash.blake3Into(stream, drawn, 0);
    const range = i + 1;
    const high = drawnView.getUint32(0) % range;
    const j = (high * 0x100000000 + drawnView.getUint32(4)) % range;
    const kept = order[i]!;
    order[i] = order[j]!;
    order[j] = kept;
  }
  return draws === nodes ? order : order.subarray(nodes - draws);
}

/** Fewer objects for the shuffle: what it moves is near to everything, so the mean is sharp. */
function moved(report: Report, nodes: number): void {
  const r = 4;
  const objects = Array.from({ length: Math.max(100, 20_000 / nodes) }, (_, i) => digestOf(i));
  const sums = { ours: [0, 0], shuffle: [0, 0] };
  for (let change = 0; change < changes; change++) {
    const seats = seatsFor(nodes);
    const gone = (change * 337) % nodes;
    const [before, joined, left] = [
      seats,
      seats.with(nodes, nodes),
      seats.with(gone, emptySeat),
    ].map((table) => placed(viewOf(table, change), r));
    sums.ours[0]! += newcomers(before!, joined!, r) * (nodes + 1);
    sums.ours[1]! += newcomers(before!, left!, r) * nodes;
    // Ids are sorted: the one who joins or leaves has some rank.
    const all = Array.from({ length: nodes + 1 }, (_, i) => i);
    const ids = all.toSpliced((change * 37) % (nodes + 1), 1);
    const old = firstOf(objects, ids, r);
    sums.shuffle[0]! += newcomers(old, firstOf(objects, all, r), r) * (nodes + 1);
    sums.shuffle[1]! += newcomers(old, firstOf(objects, ids.toSpliced(gone, 1), r), r) * nodes;
  }
  for (const [contender, both] of Object.entries(sums)) {
    for (const [i, change] of ['join', 'leave'].entries()) {
      const times = Math.round((both[i]! / changes) * 1_000) / 1_000;
      const verdict = contender === 'ours' ? judge(times, movedGoal) : {};
      report({
        bench: 'placement movement',
        nodes,
        r,
        change,
        changes,
        contender: contender === 'ours' ? 'dsm' : 'shuffle, whole',
        timesTheLeast: times,
        ...verdict,
      });
    }
  }
}

/** The nodes of all buckets, r for each. */
function placed(view: Rendezvous, r: number): Uint16Array {
  const table = replicaTable(view, r);
  for (let bucket = 0; bucket < 2 ** bits; bucket++) table.at(bucket);
  return table.nodes;
}

function firstOf(objects: readonly Uint8Array[], ids: readonly number[], r: number): Uint16Array {
  const { length } = ids;
  return Uint16Array.from(
    objects.flatMap((at) => [...shuffled(at, length, length).subarray(0, r)].map((i) => ids[i]!)),
  );
}

/** The share of replicas that a node keeps now and did not keep before. */
function newcomers(before: Uint16Array, after: Uint16Array, r: number): number {
  let count = 0;
  for (let at = 0; at < after.length; at += r) {
    const old = before.subarray(at, at + r);
    for (let i = at; i < at + r; i++) if (!old.includes(after[i]!)) count += 1;
  }
  return count / after.length;
}

/** Objects fall into buckets at random, a million of them. */
function load(report: Report, nodes: number): void {
  const [r, objects] = [4, 1_000_000];
  for (const bucketBits of [16, 20]) {
    const view = rendezvous({ ...shapeOf(seatsFor(nodes), 1), bucketBits });
    const table = replicaTable(view, r);
    const kept = new Float64Array(nodes);
    const random = new Uint8Array(32);
    for (let i = 0; i < objects; i++) {
      if (i % 8 === 0) random.set(digestOf(i));
      const at = (i % 8) * 4;
      const word = (random[at]! << 16) | (random[at + 1]! << 8) | random[at + 2]!;
      const from = table.at(word >> (24 - bucketBits));
      for (let place = from; place < from + r; place++) kept[table.nodes[place]!]! += 1;
    }
    const mean = (objects * r) / nodes;
    const squares = kept.reduce((sum, one) => sum + (one - mean) ** 2, 0) / nodes;
    const fair = (1 - r / nodes) * (nodes / r);
    const percent = (part: number): number => Math.round(part * 10_000) / 100;
    report({
      bench: 'placement load',
      nodes,
      r,
      bucketBits,
      objects,
      deviationPercent: percent(Math.sqrt(squares) / mean),
      statedPercent: percent(Math.sqrt(fair / 2 ** bucketBits + fair / objects)),
      ofObjectsAlonePercent: percent(Math.sqrt(fair / objects)),
      maxToMean: Math.round((Math.max(...kept) / mean) * 1_000) / 1_000,
    });
  }
}

/** A seat for each node, and at least one empty seat. */
function seatsFor(nodes: number): readonly number[] {
  const length = 2 ** (32 - Math.clz32(nodes));
  return Array.from({ length }, (_, i) => (i < nodes ? i : emptySeat));
}

function shapeOf(seats: readonly number[], lineage: number): Parameters<typeof rendezvous>[0] {
  return { seats, bucketBits: bits, salt: digestOf(lineage), nodes: seats.length };
}

function viewOf(seats: readonly number[], lineage: number): Rendezvous {
  return rendezvous(shapeOf(seats, lineage));
}

function digestOf(n: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, n);
  return nativeHash.blake3(bytes);
}

if (import.meta.main) await run((line) => console.log(JSON.stringify(line)));
