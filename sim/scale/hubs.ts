/**
 * What theorem 3 of seed 000 does not say: that more relationships make a device faster. Every
 * device orders its own steps, so at most ⌊N / 2⌋ transitions go in parallel among N devices, however
 * many edges there are, and a star goes one at a time. What a transition costs a hub grows with the
 * logarithm of its own relationships.
 */

import { dice } from '@dsm/memory';
import { equal } from '@dsm/primitive';
import { findings, type Claim, type Findings, type Outcome, type Scale } from './claim.ts';
import { hashed, rounded, spread, threadMicros } from './measure.ts';
import { meet, party, type Party } from './party.ts';
import type { Chart } from './plot.ts';
import { stated, transition } from './transition.ts';

export const hubs: Claim = {
  name: 'hubs',
  place: 'definition 10, theorem 3',
  words:
    'Two relationship transitions conflict iff they share an endpoint. A matching is a set of ' +
    'relationships where no device appears in more than one edge.',
  prove,
};

type Pair = readonly [number, number];

const graphs = {
  matching: (n: number): readonly Pair[] =>
    Array.from({ length: n / 2 }, (_, i) => [2 * i, 2 * i + 1] as const),
  ring: (n: number): readonly Pair[] =>
    Array.from({ length: n }, (_, i) => [i, (i + 1) % n] as const),
  complete: (n: number): readonly Pair[] =>
    Array.from({ length: n }, (_, i) => i).flatMap((i) =>
      Array.from({ length: i }, (_, j) => [j, i] as const),
    ),
  star: (n: number): readonly Pair[] =>
    Array.from({ length: n - 1 }, (_, i) => [0, i + 1] as const),
} as const;

type Graph = keyof typeof graphs;
const names = ['matching', 'ring', 'complete', 'star'] as const satisfies readonly Graph[];

function prove(scale: Scale): Outcome {
  const found = findings();
  const sizes = scale.quick ? [4, 8, 16] : [4, 8, 16, 32, 64, 128];
  const widths = new Map(
    names.map((graph) => [graph, sizes.map((n) => [n, widthOf(graph, n, scale, found)] as const)]),
  );
  conflict(found);
  const relationships = [1, 10, 100, 1_000, 10_000, 100_000].filter(
    (count) => count <= (scale.quick ? 1_000 : scale.devices),
  );
  const costs = relationships.map((count) => costOf(count, scale, found));
  const [first, last] = [costs[0]!, costs.at(-1)!];
  for (const { relationships: count, hashes, wireBytes } of costs) {
    // The levels of a random tree of so many leaves, and a few more for the unlucky.
    const levels = Math.log2(count) + 4;
    found.check(
      hashes - first.hashes <= 8 * levels && wireBytes - first.wireBytes <= 2 * 36 * levels,
      'logarithmic-cost',
      `${hashes} hashes and ${wireBytes} bytes at ${count} relationships`,
    );
  }
  const greatest = sizes.at(-1)!;
  return {
    bound: `graphs of ${sizes[0]} to ${greatest} devices, every edge once; a hub with 1 to ${last.relationships} relationships`,
    figures: {
      ...Object.fromEntries(
        names.map((graph) => [
          `in parallel among ${greatest}, ${graph}`,
          rounded(widths.get(graph)!.at(-1)![1]),
        ]),
      ),
      ...Object.fromEntries(
        costs.map((cost) => [
          `hub with ${cost.relationships}`,
          `${cost.hashes} hashes, ${cost.wireBytes} bytes, ${cost.micros} µs a transition`,
        ]),
      ),
    },
    findings: found.list(),
    uncovered: [
      'A person or a shop that needs more than one device can serve is more than one device: nothing here joins them into one.',
    ],
    charts: [widthChart(widths), costChart(costs)],
  };
}

/** Make one transition on every edge, round by round; the mean of how many a round had. */
function widthOf(graph: Graph, n: number, { seed }: Scale, found: Findings): number {
  const all = Array.from({ length: n }, (_, i) => party(i));
  const edges = [...graphs[graph](n)];
  for (const [a, b] of edges) meet(all[a]!, all[b]!);
  const roll = dice(`${graph} ${n} ${seed}`);
  const waiting = edges
    .map((edge) => ({ edge, by: roll(2 ** 31) }))
    .toSorted((a, b) => a.by - b.by);
  let left = waiting.map(({ edge }) => edge);
  let rounds = 0;
  while (left.length > 0) {
    const busy = new Set<number>();
    const later: Pair[] = [];
    for (const [a, b] of left) {
      if (busy.has(a) || busy.has(b)) {
        later.push([a, b]);
        continue;
      }
      busy.add(a).add(b);
      const outcome = transition(all[a]!, all[b]!);
      if (typeof outcome === 'string') found.add('all-accepted', outcome);
    }
    left = later;
    rounds += 1;
  }
  for (const { number, device, edges: own } of all) {
    found.check(device.seq === own.size, 'one-step-each', `device ${number} of a ${graph}`);
  }
  return edges.length / rounds;
}

/** Two runs that a hub states from one state stand at one position: it may only ever show one. */
function conflict(found: Findings): void {
  const [hub, one, other] = [party(0), party(1), party(2)];
  meet(hub, one);
  meet(hub, other);
  const [a, b] = [stated(hub, 1).run, stated(hub, 2).run];
  const conflicts =
    a.step.seq === b.step.seq &&
    equal(a.step.previous, b.step.previous) &&
    !equal(a.statement, b.statement);
  found.check(conflicts, 'hubs-serialise', 'two runs of one state do not conflict');
}

interface Cost {
  readonly relationships: number;
  readonly hashes: number;
  readonly wireBytes: number;
  readonly micros: number;
}

/** What a transition costs between a hub with so many relationships and one of its peers. */
function costOf(relationships: number, { quick, seed }: Scale, found: Findings): Cost {
  const hub = party(0);
  const sample: Party[] = [];
  const sampled = Math.min(relationships, quick ? 100 : 1_000);
  for (let number = 1; number <= relationships; number++) {
    const peer = party(number);
    meet(hub, peer);
    const outcome = transition(hub, peer);
    if (typeof outcome === 'string') found.add('all-accepted', outcome);
    if (number <= sampled) sample.push(peer);
  }
  const roll = dice(`hub ${relationships} ${seed}`);
  const costs: number[] = [];
  const before = hashed.count;
  let wireBytes = 0;
  let done = 0;
  for (let batch = 0; batch < (quick ? 3 : 11); batch++) {
    const start = threadMicros();
    for (let i = 0; i < 200; i++) {
      const peer = sample[roll(sample.length)]!;
      const outcome = i % 2 === 0 ? transition(hub, peer) : transition(peer, hub);
      if (typeof outcome === 'string') found.add('all-accepted', outcome);
      else wireBytes += outcome;
      done += 1;
    }
    costs.push((threadMicros() - start) / 200);
  }
  return {
    relationships,
    hashes: rounded((hashed.count - before) / done),
    wireBytes: Math.round(wireBytes / done),
    micros: rounded(spread(costs).median),
  };
}

function widthChart(widths: ReadonlyMap<Graph, readonly (readonly [number, number])[]>): Chart {
  return {
    name: 'hubs-width',
    title: 'Transitions that go in parallel: matchings add up, hubs do not',
    caption:
      'One transition on every edge; in a round each device takes part in at most one, edges in a random order. The mean over the rounds. A complete graph has N(N − 1) / 2 edges and is no wider than a matching.',
    x: { label: 'devices', scale: 'log' },
    y: { label: 'transitions a round', scale: 'log' },
    series: [...widths].map(([name, points]) => ({ name, points })),
  };
}

function costChart(costs: readonly Cost[]): Chart {
  return {
    name: 'hubs-cost',
    title: 'Cost of a transition as the own relationships of one side grow',
    caption:
      'A hub and its peers, both directions, both sides together. Hashes are those of the core, counted; the peer has one relationship.',
    x: { label: 'relationships of the hub', scale: 'log' },
    y: { label: 'hashes; µs of thread CPU time', scale: 'linear' },
    series: [
      { name: 'hashes', points: costs.map(({ relationships, hashes }) => [relationships, hashes]) },
      { name: 'µs', points: costs.map(({ relationships, micros }) => [relationships, micros]) },
    ],
  };
}
