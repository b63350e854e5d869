/**
 * Theorem 4 and claim 1 of seed 000: who asks for an object asks its r replicas and nobody else, no
 * node has everything, and no node can lie anybody into wrong bytes. How often q copies are there
 * while nodes are away is what drawing without replacement says.
 */

import { placement } from '@dsm/availability';
import { dice } from '@dsm/memory';
import { address, compare, type Registry } from '@dsm/primitive';
import { findings, type Claim, type Findings, type Outcome, type Scale } from './claim.ts';
import { shuffled } from './matching.ts';
import { rounded } from './measure.ts';
import {
  fetched,
  nodeAt,
  objectOf,
  planeOf,
  publish,
  registryOf,
  served,
  type Plane,
} from './plane.ts';

export const availability: Claim = {
  name: 'availability',
  place: 'theorem 4, claim 1',
  words:
    'Availability verification requires contacting only nodes in Rep_k(a) (size r). No client must ' +
    'query all nodes, and no node must store all objects. No single node can lie the client into ' +
    'accepting incorrect bytes.',
  prove,
};

const objectBytes = 100;

interface Measured {
  /** Shares of all, in percent. */
  readonly away: number;
  readonly available: number;
  readonly predicted: number;
  readonly readable: number;
}

function prove({ quick, seed }: Scale): Outcome {
  const found = findings();
  const [nodes, objects] = quick ? [100, 2_000] : [1_000, 50_000];
  const registry = registryOf({ count: nodes, capacityBytes: () => 1 << 30 });
  const plane = planeOf(registry);
  const all = Array.from({ length: objects }, (_, i) => objectOf(i, objectBytes));
  for (const bytes of all) publish(plane, registry, bytes, false);
  const places = checkPlaces(registry, all, found);
  const most = Math.max(...plane.values().map(({ kept }) => kept.size)) / objects;
  const fair = registry.r / nodes;
  found.check(most < fair * 2, 'no-node-has-all', `one node keeps ${rounded(most * 100)} %`);
  const order = shuffled(nodes, dice(`away ${seed}`));
  const shares = [0, 5, 10, 20, 30, 40, 50];
  const measured = shares.map((share) => away(plane, registry, all, share, order, found));
  const lies = liars(plane, registry, all, order, found);
  return {
    bound: `${objects} objects on ${nodes} nodes, r = ${registry.r}, q = ${registry.q}; up to half of the nodes away, a tenth of them lying`,
    figures: {
      'nodes asked for an object, at most': places,
      'objects at the fullest node': `${rounded(most * 100, 2)} %; fair are ${rounded(fair * 100, 2)} %`,
      ...Object.fromEntries(
        measured.map((of) => [
          `${of.away} % away`,
          `${of.available} % with q copies (predicted ${of.predicted} %), ${of.readable} % readable`,
        ]),
      ),
      'lies told and refused': lies,
    },
    findings: found.list(),
    uncovered: [
      'Nodes are away independently of each other here. Nodes of one operator or one street are not.',
      'q copies now say nothing of tomorrow: what repair does about it is the claim "repair".',
    ],
    charts: [
      {
        name: 'availability',
        title: 'Objects that are available while nodes are away',
        caption: `${objects} objects on ${nodes} nodes, 4 replicas. Available is 3 identical copies (definition 16); readable is one. Predicted by drawing 4 of the nodes without replacement.`,
        x: { label: 'nodes that are away, %', scale: 'linear' },
        y: { label: 'objects, %', scale: 'linear' },
        series: [
          { name: 'available, measured', points: measured.map((of) => [of.away, of.available]) },
          { name: 'available, predicted', points: measured.map((of) => [of.away, of.predicted]) },
          { name: 'readable, measured', points: measured.map((of) => [of.away, of.readable]) },
        ],
      },
    ],
  };
}

/** The most replicas that any object has; they are different nodes. */
function checkPlaces(registry: Registry, all: readonly Uint8Array[], found: Findings): number {
  let most = 0;
  for (const bytes of all) {
    const { replicas } = placement(registry, address(bytes));
    const isBounded = replicas.length <= registry.r && new Set(replicas).size === replicas.length;
    found.check(isBounded, 'bounded-query', `an object is on ${replicas.join(', ')}`);
    most = Math.max(most, replicas.length);
  }
  return most;
}

function away(
  plane: Plane,
  registry: Registry,
  all: readonly Uint8Array[],
  share: number,
  order: Uint32Array,
  found: Findings,
): Measured {
  const { r, q } = registry;
  const gone = Math.round((share * order.length) / 100);
  for (const [i, index] of order.entries()) nodeAt(plane, registry, index).isAway = i < gone;
  let [available, readable] = [0, 0];
  for (const bytes of all) {
    const { copies } = fetched(plane, registry, address(bytes));
    if (copies >= q) available += 1;
    if (copies >= 1) readable += 1;
  }
  for (const node of plane.values()) node.isAway = false;
  const chance = chanceOf(order.length, order.length - gone, r, q);
  const part = available / all.length;
  // Objects of one bucket share their fate, and all share who is away: six deviations, and a little.
  const far = 6 * Math.sqrt((chance * (1 - chance)) / all.length) * 1.5 + 1e-9;
  found.check(
    Math.abs(part - chance) <= far,
    'available-as-predicted',
    `${part} instead of ${chance} with ${share} % away`,
  );
  const percent = (value: number): number => rounded(value * 100, 2);
  return {
    away: share,
    available: percent(part),
    predicted: percent(chance),
    readable: percent(readable / all.length),
  };
}

/** The chance that at least `least` of `drawn` nodes are among the `good` of `all`. */
export function chanceOf(all: number, good: number, drawn: number, least: number): number {
  const choose = (n: number, k: number): number => {
    let ways = k > n ? 0 : 1;
    for (let i = 0; i < k && ways > 0; i++) ways *= (n - i) / (i + 1);
    return ways;
  };
  let ways = 0;
  for (let k = least; k <= drawn; k++) ways += choose(good, k) * choose(all - good, drawn - k);
  return ways / choose(all, drawn);
}

/** A tenth of the nodes serve bytes that end otherwise; how many of them were refused. */
function liars(
  plane: Plane,
  registry: Registry,
  all: readonly Uint8Array[],
  order: Uint32Array,
  found: Findings,
): number {
  const count = Math.ceil(order.length / 10);
  const lying = new Set(Array.from(order.subarray(0, count), (i) => nodeAt(plane, registry, i)));
  let told = 0;
  for (const bytes of all) {
    const got = fetched(plane, registry, address(bytes), (node, name) => {
      const honest = served(node, name);
      if (honest === undefined || !lying.has(node)) return honest;
      told += 1;
      return honest.with(-1, honest.at(-1)! ^ 1);
    });
    const isWrong = got.bytes !== undefined && compare(got.bytes, bytes) !== 0;
    found.check(!isWrong, 'wrong-bytes', 'a lie was taken for the object');
  }
  found.check(told > 0, 'reached', 'nobody lied');
  return told;
}
