/**
 * Theorem 5 of seed 000 with definitions 17 and 18: no node ever keeps more than its capacity, and
 * what all of them hold grows with their number, for nodes of one capacity and of several.
 */

import { recordSize } from '@dsm/availability';
import { dice } from '@dsm/memory';
import { findings, type Claim, type Findings, type Outcome, type Scale } from './claim.ts';
import { rounded } from './measure.ts';
import { objectOf, planeOf, publish, registryOf, type Plane } from './plane.ts';

export const capacity: Claim = {
  name: 'capacity',
  place: 'definitions 17 and 18, theorem 5',
  words:
    'Per-node capacities bound how many bytes any individual node can store. They do not induce a ' +
    'universal bottleneck, and total capacity grows additively with registry expansion.',
  prove,
};

const objectBytes = 64;
/** What a record costs beside its bytes, as docs/spec/object.md says it. */
const overheadBytes = 128;

interface Filled {
  readonly nodes: number;
  /** Objects that fit if every byte were used. */
  readonly ideal: number;
  readonly first: number;
  readonly spilled: number;
}

function prove({ quick, seed }: Scale): Outcome {
  const found = findings();
  const each = quick ? 400 : 4_000;
  const counts = quick ? [4, 8, 16, 32] : [4, 8, 16, 32, 64, 128, 256];
  const alike = counts.map((nodes) => filled(nodes, each, () => 1, found));
  const mixed = counts
    .filter((nodes) => nodes >= 16)
    .map((nodes) => filled(nodes, each, (number) => [1, 2, 4][number % 3]!, found));
  for (const { nodes, first, ideal } of [...alike, ...mixed]) {
    const part = first / ideal;
    found.check(
      part <= 1 && part > 0.7,
      'additive',
      `${nodes} nodes hold ${rounded(part * 100)} %`,
    );
  }
  const refusals = overfilled(quick ? 5_000 : 200_000, seed, found);
  const share = ({ first, ideal }: Filled): string => `${rounded((100 * first) / ideal)} %`;
  const [least, most] = [alike[0]!, alike.at(-1)!];
  return {
    bound: `${least.nodes} to ${most.nodes} nodes with room for ${each} objects and more, filled; objects of every size until most are refused`,
    figures: {
      ...Object.fromEntries(
        alike.map((of) => [
          `held by ${of.nodes} before the first refusal`,
          `${of.first} objects, ${share(of)} of all bytes`,
        ]),
      ),
      ...Object.fromEntries(
        mixed.map((of) => [
          `the same with capacities 1 : 2 : 4, ${of.nodes}`,
          `${of.first} objects, ${share(of)}`,
        ]),
      ),
      [`with spill, ${most.nodes}`]: `${most.spilled} objects, ${rounded((100 * most.spilled) / most.ideal)} %`,
      'refusals while overfilled': refusals,
    },
    findings: found.list(),
    uncovered: [
      'Who brings an object to full nodes is refused: capacity adds up, it does not appear. That nodes join in time is the claim "registry".',
      'A node may lie about its capacity; what it cannot do is keep what it was not given room for and be believed (audits).',
    ],
    charts: [
      {
        name: 'capacity',
        title: 'What nodes hold before the first refusal',
        caption: `Objects of one size, 4 replicas each. Every node has room for ${each} (or 1, 2 and 4 times that). The fullest node refuses first; the distance from the whole is theorem 8.`,
        x: { label: 'nodes', scale: 'log' },
        y: { label: 'objects', scale: 'log' },
        series: [
          { name: 'all bytes used', points: alike.map((of) => [of.nodes, of.ideal]) },
          { name: 'until the first refusal', points: alike.map((of) => [of.nodes, of.first]) },
          { name: 'with spill', points: alike.map((of) => [of.nodes, of.spilled]) },
          { name: 'capacities 1 : 2 : 4', points: mixed.map((of) => [of.nodes, of.first]) },
        ],
      },
    ],
  };
}

/** Objects of one size until one of them does not find r copies; then until it does not with spill. */
function filled(
  nodes: number,
  each: number,
  times: (number: number) => number,
  found: Findings,
): Filled {
  const size = recordSize(objectBytes);
  const capacityBytes = (number: number): number => each * size * times(number);
  const registry = registryOf({ count: nodes, capacityBytes });
  const total = registry.nodes.reduce((sum, node) => sum + node.capacityBytes, 0);
  const [first, spilled] = [false, true].map((spills) => {
    const plane = planeOf(registry);
    let kept = 0;
    const most = (2 * total) / (registry.r * size);
    while (
      kept < most &&
      publish(plane, registry, objectOf(kept, objectBytes), spills) === registry.r
    ) {
      kept += 1;
    }
    checkUsed(plane, found);
    return kept;
  }) as [number, number];
  return { nodes, ideal: Math.floor(total / (registry.r * size)), first, spilled };
}

/** Objects of all sizes, far beyond what there is room for. */
function overfilled(objects: number, seed: number, found: Findings): number {
  const roll = dice(`overfilled ${seed}`);
  const mean = 600;
  const capacityBytes = (): number => Math.floor((objects * mean * 4) / (12 * 3));
  const registry = registryOf({ count: 12, capacityBytes });
  const plane = planeOf(registry);
  let refusals = 0;
  for (let i = 0; i < objects; i++) {
    const length = 4 + roll(1 << (3 + roll(9)));
    refusals += registry.r - publish(plane, registry, objectOf(i, length), true);
    if (i % 1_000 === 0) checkUsed(plane, found);
  }
  checkUsed(plane, found);
  found.check(refusals > 0, 'reached', 'nothing was refused');
  return refusals;
}

/** Counted anew, object by object. */
function checkUsed(plane: Plane, found: Findings): void {
  for (const { kept, capacityBytes } of plane.values()) {
    const used = kept.values().reduce((sum, { length }) => sum + length + overheadBytes, 0);
    found.check(used <= capacityBytes, 'admission', `${used} bytes where ${capacityBytes} fit`);
  }
}
