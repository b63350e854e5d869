/**
 * Assumption 8 of seed 000: the next version of a registry is a function of the closed set of
 * signals. A plane fills up, its nodes say so, and as many join as say it; the capacity adds up, and
 * only the share of those who joined moves.
 */

import { placement, recordSize, signalParameters } from '@dsm/availability';
import { address, admissions, keyOf, type Registry } from '@dsm/primitive';
import { findings, type Claim, type Findings, type Outcome, type Scale } from './claim.ts';
import { rounded } from './measure.ts';
import {
  admitted,
  emptyNode,
  nodeAt,
  objectOf,
  planeOf,
  publish,
  registryOf,
  type Plane,
} from './plane.ts';
import { nextVersion } from './signals.ts';

export const registry: Claim = {
  name: 'registry',
  place: 'definition 22, assumption 8',
  words:
    'There exists a deterministic transition function next(Reg_k, signals) → Reg_k+1 which ' +
    'adds/removes nodes based on signals. No voting, auctions, or wall-clock triggers are required.',
  prove,
};

const objectBytes = 1_000;
const first = 8;
const applicants = 256;
/** Objects are published until so much of all capacity is used. */
const fullness = 0.9;

interface Version {
  readonly version: number;
  readonly nodes: number;
  readonly capacity: number;
  readonly used: number;
  readonly ups: number;
  readonly moved: number;
  readonly least: number;
}

interface World {
  registry: Registry;
  readonly plane: Plane;
  objects: number;
  /** What moves when the next version is reached, and the least that must. */
  moved: number;
  least: number;
}

function prove({ quick, progress }: Scale): Outcome {
  const found = findings();
  const capacityBytes = quick ? 100_000 : 1_000_000;
  const made = registryOf({
    count: first,
    capacityBytes: () => capacityBytes,
    bucketBits: 14,
    admission: admissions.signalled,
  });
  const world: World = { registry: made, plane: planeOf(made), objects: 0, moved: 0, least: 0 };
  const versions: Version[] = [];
  for (let k = 0; k < (quick ? 4 : 7); k++) {
    // The last version is quiet: nothing is published, so nobody is called for.
    const isQuiet = k === (quick ? 3 : 6);
    if (!isQuiet) fill(world);
    versions.push(advance(world, capacityBytes, found));
    progress(`version ${versions.at(-1)!.version}: ${versions.at(-1)!.nodes} nodes`);
  }
  const last = versions.at(-1)!;
  const grown = versions.reduce((sum, { moved }) => sum + moved, 0);
  const least = versions.reduce((sum, version) => sum + version.least, 0);
  found.check(grown < least * 1.1, 'moves-least', `${grown} replicas moved, ${least} had to`);
  found.check(last.nodes > first * 2, 'grows-on-demand', `${last.nodes} nodes at the end`);
  return {
    bound: `${versions.length} versions from ${first} nodes, ${applicants} that apply all the time, filled to ${fullness * 100} % in every version but the last`,
    figures: {
      ...Object.fromEntries(
        versions.map((of) => [
          `version ${of.version}`,
          `${of.nodes} nodes, ${rounded(of.capacity / 1e6)} MB, ${rounded(of.used / 1e6)} MB used, ${of.ups} up`,
        ]),
      ),
      'replicas that moved, times the least': rounded(grown / least, 3),
    },
    findings: found.list(),
    uncovered: [
      'The set must be closed before next is a function of it, and closing it takes signers (docs/spec/succession.md): agreement on the registry is a coupling, and the seed says nothing of it.',
      'Who applies with many nodes gets in with many: the assumption is at most f faulty nodes in every group.',
    ],
    charts: [
      {
        name: 'registry',
        title: 'Capacity called for by signals, version after version',
        caption: `Nodes of ${capacityBytes / 1e6} MB. In every version but the last objects are published until ${fullness * 100} % is used; a node that used 85 % in its last three commits says up, and one joins for each.`,
        x: { label: 'version of the registry', scale: 'linear' },
        y: { label: 'MB', scale: 'linear' },
        series: [
          { name: 'capacity', points: versions.map((of) => [of.version, of.capacity / 1e6]) },
          { name: 'used', points: versions.map((of) => [of.version, of.used / 1e6]) },
        ],
      },
    ],
  };
}

function fill(world: World): void {
  const { plane, registry: now } = world;
  const total = sumOf(plane, ({ capacityBytes }) => capacityBytes);
  while (sumOf(plane, ({ usedBytes }) => usedBytes) < fullness * total) {
    // The sum is as expensive as some publishing.
    for (let i = 0; i < 20; i++) publish(plane, now, objectOf(world.objects++, objectBytes), true);
  }
}

function sumOf(plane: Plane, figure: (node: ReturnType<typeof emptyNode>) => number): number {
  return plane.values().reduce((sum, node) => sum + figure(node), 0);
}

/** Everybody says what it uses, and the plane follows the next version. */
function advance(world: World, capacityBytes: number, found: Findings): Version {
  const { registry: before, plane } = world;
  const numberOf = (where: string): number => Number(where.slice('node:'.length));
  const members = before.nodes.map((node) => {
    const { usedBytes } = plane.get(keyOf(node.id))!;
    return { number: numberOf(node.address), capacityBytes, usedBytes };
  });
  const newest = Math.max(...members.map(({ number }) => number)) + 1;
  const applying = Array.from({ length: applicants }, (_, i) => {
    return { number: newest + i, capacityBytes, usedBytes: undefined };
  });
  const isUp = (used: number): boolean => 100 * used >= signalParameters.upPercent * capacityBytes;
  const isDown = (used: number): boolean =>
    100 * used <= signalParameters.downPercent * capacityBytes;
  const ups = members.filter(({ usedBytes }) => isUp(usedBytes)).length;
  const downs = members.filter(({ usedBytes }) => isDown(usedBytes)).length;
  const after = nextVersion(before, [...members, ...applying], found);
  const joined = after.nodes.length - before.nodes.length;
  const called = Math.min(applicants, Math.max(0, ups - downs));
  found.check(
    joined === called,
    'grows-on-demand',
    `${joined} join where ${called} are called for`,
  );
  world.registry = after;
  for (const node of after.nodes) {
    const id = keyOf(node.id);
    if (!plane.has(id)) plane.set(id, emptyNode(node));
  }
  const { moved, replicas } = follow(world, before);
  const capacity = sumOf(plane, (node) => node.capacityBytes);
  found.check(
    capacity === after.nodes.length * capacityBytes,
    'capacity-adds',
    `${capacity} bytes in ${after.nodes.length} nodes`,
  );
  return {
    version: before.version,
    nodes: before.nodes.length,
    capacity: before.nodes.length * capacityBytes,
    used: members.reduce((sum, { usedBytes }) => sum + usedBytes, 0),
    ups,
    moved,
    least: (replicas * joined) / after.nodes.length,
  };
}

/** Every object goes to its new replicas, and is given up by those that are none any more. */
function follow(
  { registry: after, plane, objects }: World,
  before: Registry,
): { moved: number; replicas: number } {
  let [moved, replicas] = [0, 0];
  for (let n = 0; n < objects; n++) {
    const bytes = objectOf(n, objectBytes);
    const at = address(bytes);
    const name = keyOf(at);
    const was = placement(before, at);
    const now = placement(after, at).replicas.map((index) => keyOf(after.nodes[index]!.id));
    const old = new Set(was.replicas.map((index) => keyOf(before.nodes[index]!.id)));
    moved += now.filter((id) => !old.has(id)).length;
    replicas += now.length;
    for (const index of [...was.replicas, ...was.spill]) {
      const node = nodeAt(plane, before, index);
      if (now.includes(keyOf(before.nodes[index]!.id)) || !node.kept.delete(name)) continue;
      node.usedBytes -= recordSize(objectBytes);
    }
    for (const id of now) admitted(plane.get(id)!, name, bytes);
  }
  return { moved, replicas };
}
