/**
 * Theorem 8 of seed 000: how even the load is. With it what the theorem leaves out: objects are
 * placed by buckets, and the share of a bucket is a unit that more objects do not make finer.
 */

import { placement } from '@dsm/availability';
import { nativeHash } from '@dsm/node';
import { encodeWith, u32 } from '@dsm/primitive';
import { findings, type Claim, type Findings, type Outcome, type Scale } from './claim.ts';
import { rounded } from './measure.ts';
import { registryOf } from './plane.ts';

export const load: Claim = {
  name: 'load',
  place: 'assumption 9, theorem 8',
  words:
    'The expected number of placements onto any node is rM/N, and load concentrates around this ' +
    'value with high probability (Chernoff-type concentration).',
  prove,
};

interface Measured {
  readonly nodes: number;
  readonly deviation: number;
  readonly predicted: number;
  readonly ofObjects: number;
  readonly maxToMean: number;
}

function prove({ quick, devices, seed, progress }: Scale): Outcome {
  const found = findings();
  const objects = Math.min(quick ? 50_000 : 1_000_000, devices * 10);
  const counts = quick ? [6, 20, 100, 300] : [6, 20, 100, 300, 1_000, 3_000];
  const all = counts.map((nodes) => {
    const measured = measure(nodes, objects, seed, found);
    progress(`${nodes} nodes: ${rounded(measured.deviation * 100, 2)} %`);
    return measured;
  });
  const percent = (part: number): number => rounded(part * 100, 2);
  return {
    bound: `${objects} objects over ${counts[0]} to ${counts.at(-1)} nodes of one capacity, 4 replicas, 65,536 buckets`,
    figures: Object.fromEntries(
      all.map((of) => [
        `${of.nodes} nodes`,
        `${percent(of.deviation)} % deviation; predicted ${percent(of.predicted)} %, for objects alone ${percent(of.ofObjects)} %; fullest ${rounded(of.maxToMean, 3)} of the mean`,
      ]),
    ),
    findings: found.list(),
    uncovered: [
      'Addresses are hashes here. Who makes objects to fall into one bucket can fill the nodes of that bucket and of no other: admission and quotas bound him, not theorem 8.',
    ],
    charts: [
      {
        name: 'load',
        title: 'Deviation of the load of nodes from the mean',
        caption: `${objects} objects, 4 replicas each, nodes of one capacity, 65,536 buckets. Theorem 8 with independent addresses is the lowest line; buckets add what lies above it, until there are more buckets.`,
        x: { label: 'nodes', scale: 'log' },
        y: { label: 'deviation, % of the mean load', scale: 'log' },
        series: [
          { name: 'measured', points: all.map((of) => [of.nodes, percent(of.deviation)]) },
          { name: 'predicted', points: all.map((of) => [of.nodes, percent(of.predicted)]) },
          {
            name: 'theorem 8, no buckets',
            points: all.map((of) => [of.nodes, percent(of.ofObjects)]),
          },
        ],
      },
    ],
  };
}

function measure(nodes: number, objects: number, seed: number, found: Findings): Measured {
  const registry = registryOf({ count: nodes, capacityBytes: () => 1 << 30 });
  const { r, bucketBits } = registry;
  const kept = new Float64Array(nodes);
  for (let i = 0; i < objects; i++) {
    const at = nativeHash.blake3(encodeWith(u32, (seed * objects + i) >>> 0));
    for (const index of placement(registry, at).replicas) kept[index]! += 1;
  }
  const mean = (r * objects) / nodes;
  const sum = kept.reduce((total, one) => total + one, 0);
  found.check(sum === r * objects, 'load-mean', `${sum} replicas of ${objects} objects`);
  const squares = kept.reduce((total, one) => total + (one - mean) ** 2, 0) / nodes;
  const fair = (1 - r / nodes) * (nodes / r);
  const predicted = Math.sqrt(fair / 2 ** bucketBits + fair / objects);
  const deviation = Math.sqrt(squares) / mean;
  // The spread of a standard deviation that is drawn from so many, five times.
  const far = 1 + 5 / Math.sqrt(2 * (nodes - 1));
  found.check(deviation < predicted * far, 'load-deviation', `${deviation} among ${nodes} nodes`);
  const maxToMean = Math.max(...kept) / mean;
  const most = 1 + predicted * (Math.sqrt(2 * Math.log(nodes)) + 3);
  found.check(maxToMean < most, 'load-max', `${maxToMean} of the mean among ${nodes} nodes`);
  return { nodes, deviation, predicted, ofObjects: Math.sqrt(fair / objects), maxToMean };
}
