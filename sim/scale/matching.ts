/**
 * Theorem 3 and corollary 1 of seed 000: relationships that share no device advance independently,
 * so what a transition costs does not depend on how many devices there are.
 *
 * In populations of 100 to 1,000,000 devices every one has one partner, and each pair makes one
 * transition each way, pair after pair in a random order. What a transition costs is counted in
 * hashes and bytes, exactly, and measured on the processor. Then the pairs go in another order, and
 * every device must be the same, byte for byte.
 */

import { dice } from '@dsm/memory';
import { equal, keyOf } from '@dsm/primitive';
import { findings, type Claim, type Findings, type Outcome, type Scale } from './claim.ts';
import { hashed, rounded, spread, threadMicros, type Spread } from './measure.ts';
import { matched, type Population } from './population.ts';

export const matching: Claim = {
  name: 'matching',
  place: 'theorem 3, corollary 1',
  words:
    'For any matching M, DSM can accept one valid transition on every relationship in M in parallel. ' +
    'Whenever the environment delivers the necessary messages for edges in a matching M, DSM can ' +
    'advance at least |M| relationships concurrently.',
  prove,
};

/** Cost may grow by so much from the smallest population to the largest: caches are smaller than those. */
const growthMax = 2;

interface Measured {
  readonly devices: number;
  readonly transitions: number;
  readonly micros: Spread;
  readonly hashes: number;
  readonly hashedBytes: number;
  readonly wireBytes: number;
  readonly storedBytes: number;
  readonly seconds: number;
  readonly threadSeconds: number;
}

function prove(scale: Scale): Outcome {
  const found = findings();
  const sizes = [100, 1_000, 10_000, 100_000, 1_000_000].filter((size) => size <= scale.devices);
  const least = scale.quick ? 1_000 : 40_000;
  measure(scale, 100, least, findings());
  const all = sizes.map((devices) => {
    const measured = measure(scale, devices, Math.max(least, devices), found);
    scale.progress(`${devices} devices: ${measured.micros.median} µs a transition`);
    return measured;
  });
  const [first, last] = [all[0]!, all.at(-1)!];
  for (const { devices, hashes, hashedBytes, wireBytes } of all) {
    found.check(
      hashes === first.hashes && hashedBytes === first.hashedBytes && wireBytes === first.wireBytes,
      'flat-cost',
      `${hashes} hashes of ${hashedBytes} bytes, ${wireBytes} on the wire among ${devices} devices; ` +
        `${first.hashes}, ${first.hashedBytes} and ${first.wireBytes} among ${first.devices}`,
    );
  }
  const growth = last.micros.median / first.micros.median;
  // A small run is over before the machine is quiet: there the counts alone decide.
  found.check(
    scale.quick || growth < growthMax,
    'flat-cost',
    `${rounded(growth, 2)} times the time`,
  );
  const ordered = inTwoOrders(scale, Math.min(scale.devices, scale.quick ? 400 : 100_000), found);
  return {
    bound:
      `matchings of ${first.devices} to ${last.devices} devices, one transition each way in every pair, ` +
      `in a random order; ${ordered} devices in two orders`,
    figures: figuresOf(all, growth),
    findings: found.list(),
    uncovered: [
      'Signatures are ideal. With ML-DSA-65 a trade takes some 2.5 ms of computing (npm run bench -- signed), whatever the number of devices.',
      'Everything is in memory of one thread; disks, radios and the discovery of a peer are not in the figure.',
    ],
    charts: [chartOf(all)],
  };
}

/** Populations of this size, one after the other, until so many transitions were made. */
function measure({ seed }: Scale, devices: number, transitions: number, found: Findings): Measured {
  const started = { wall: performance.now(), thread: threadMicros() };
  const costs: number[] = [];
  const sums = { hashes: 0, hashedBytes: 0, wireBytes: 0, done: 0 };
  let stored = 0;
  for (let round = 0; sums.done < transitions; round++) {
    const population = matched(devices);
    const order = shuffled(devices / 2, dice(`${seed} ${round}`));
    const batch = Math.min(order.length, 500);
    for (let at = 0; at < order.length; at += batch) {
      const pairs = order.subarray(at, at + batch);
      const before = { ...hashed };
      const start = threadMicros();
      for (const pair of pairs) {
        sums.wireBytes += bothWays(population, pair, found);
      }
      costs.push((threadMicros() - start) / (2 * pairs.length));
      sums.hashes += hashed.count - before.count;
      sums.hashedBytes += hashed.bytes - before.bytes;
    }
    sums.done += devices;
    stored = population.usedBytes() / devices;
    if (round === 0) checkAgreement(population, found);
  }
  const { median, p10, p90 } = spread(costs);
  return {
    devices,
    transitions: sums.done,
    micros: { median: rounded(median), p10: rounded(p10), p90: rounded(p90) },
    hashes: sums.hashes / sums.done,
    hashedBytes: sums.hashedBytes / sums.done,
    wireBytes: sums.wireBytes / sums.done,
    storedBytes: Math.round(stored),
    seconds: rounded((performance.now() - started.wall) / 1_000),
    threadSeconds: rounded((threadMicros() - started.thread) / 1e6),
  };
}

function bothWays(population: Population, pair: number, found: Findings): number {
  let bytes = 0;
  for (const [from, to] of [
    [2 * pair, 2 * pair + 1],
    [2 * pair + 1, 2 * pair],
  ] as const) {
    const outcome = population.transact(from, to);
    if (typeof outcome === 'string') found.add('all-accepted', outcome);
    else bytes += outcome;
  }
  return bytes;
}

/** Both sides of a pair say the same of it: `M_i[j] = M_j[i]`, and each took two steps. */
function checkAgreement(population: Population, found: Findings): void {
  const stride = Math.max(2, 2 * Math.floor(population.count / 2_000));
  for (let number = 0; number + 1 < population.count; number += stride) {
    const [one, other] = [population.get(number), population.get(number + 1)];
    const { key } = one.edges.get(number + 1)!.relationship;
    const [mine, theirs] = [one.map.get(key), other.map.get(key)];
    found.check(
      mine !== undefined && theirs !== undefined && equal(mine, theirs),
      'equal-views',
      `${number} and ${number + 1} differ`,
    );
    found.check(one.device.seq === 2 && other.device.seq === 2, 'equal-views', `${number}: steps`);
  }
}

/** The same transitions in two orders give the same devices. */
function inTwoOrders({ seed }: Scale, devices: number, found: Findings): number {
  const digests = ['one', 'other'].map((order) => {
    const population = matched(devices);
    for (const pair of shuffled(devices / 2, dice(`${order} ${seed}`))) {
      bothWays(population, pair, found);
    }
    return keyOf(population.digest());
  });
  found.check(digests[0] === digests[1], 'commutes', `${devices} devices differ by the order`);
  return devices;
}

/** 0 to below `count`, in the order of the dice. */
export function shuffled(count: number, roll: (bound: number) => number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = roll(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

function figuresOf(all: readonly Measured[], growth: number): Outcome['figures'] {
  const last = all.at(-1)!;
  const costs = all.map(({ devices, micros }) => [
    `µs a transition at ${devices}`,
    `${micros.median} (${micros.p10} to ${micros.p90})`,
  ]);
  return {
    ...Object.fromEntries(costs),
    'times the time, largest to smallest': rounded(growth, 2),
    'hashes a transition': last.hashes,
    'bytes on the wire a transition': last.wireBytes,
    'bytes a device': last.storedBytes,
    'devices of the largest': last.devices,
    'seconds of the largest, with making its devices': `${last.seconds}, ${last.threadSeconds} on the processor`,
    'most memory of the process, GB': rounded(process.resourceUsage().maxRSS / 1e6, 2),
  };
}

function chartOf(all: readonly Measured[]): Outcome['charts'][number] {
  return {
    name: 'matching',
    title: 'Cost of a transition in matchings of 100 to 1,000,000 devices',
    caption:
      'Both sides of a transition: append, sign, encode, decode, accept, absorb, sign, learn. Ideal signatures, in memory, thread CPU time; batches of 500 pairs.',
    x: { label: 'devices', scale: 'log' },
    y: { label: 'µs a transition, both sides', scale: 'linear' },
    series: [
      { name: 'median', points: all.map(({ devices, micros }) => [devices, micros.median]) },
      { name: '10th percentile', points: all.map(({ devices, micros }) => [devices, micros.p10]) },
      { name: '90th percentile', points: all.map(({ devices, micros }) => [devices, micros.p90]) },
    ],
  };
}
