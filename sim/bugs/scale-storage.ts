/** Bugs that the claims about storage at scale must find. */

import type { SeededBug } from './bug.ts';

const by = (claim: string): readonly string[] => ['sim/scale/main.ts', claim, '--quick'];

export const bugs: readonly SeededBug[] = [
  {
    name: 'spill-counts',
    why: 'who stands in for a replica counts as one',
    edits: [
      {
        file: 'core/availability/src/placement.ts',
        from: 'replicas: order.slice(0, r)',
        to: 'replicas: order',
      },
    ],
    by: by('availability'),
    finding: 'bounded-query',
  },
  {
    name: 'one-bucket',
    why: 'all objects are one bucket, so the same nodes keep all of them',
    edits: [
      {
        file: 'core/availability/src/rendezvous.ts',
        from: '  return first >> (24 - bucketBits);',
        to: '  return first >> 24;',
      },
    ],
    by: by('availability'),
    finding: 'no-node-has-all',
  },
  {
    name: 'one-replica-less',
    why: 'an object is kept once less than the registry says',
    edits: [
      {
        file: 'core/availability/src/placement.ts',
        from: 'replicas: order.slice(0, r)',
        to: 'replicas: order.slice(0, r - 1)',
      },
    ],
    by: by('availability'),
    finding: 'available-as-predicted',
  },
  {
    name: 'address-of-the-beginning',
    why: 'an address is the hash of the first bytes alone',
    edits: [
      {
        file: 'core/primitive/src/hash.ts',
        from: 'export function address(bytes: Uint8Array): Uint8Array {\n  return implementation().blake3(bytes);',
        to: 'export function address(bytes: Uint8Array): Uint8Array {\n  return implementation().blake3(bytes.subarray(0, 64));',
      },
    ],
    by: by('availability'),
    finding: 'wrong-bytes',
  },
  {
    name: 'one-seat-each',
    why: 'placement ignores capacity: every node has one seat',
    edits: [
      {
        file: 'core/availability/src/seating.ts',
        from: '  const earned = Math.floor(capacityBytes / seatBytes);',
        to: '  const earned = Math.floor(capacityBytes / seatBytes / 2 ** 20);',
      },
    ],
    by: by('capacity'),
    finding: 'additive',
  },
  {
    name: 'used-is-forgotten',
    why: 'a node admits whatever is smaller than its capacity, however much it keeps',
    edits: [
      {
        file: 'core/availability/src/capacity.ts',
        from: 'count(used) + count(size) <= count(capacity)',
        to: 'count(size) <= count(capacity)',
      },
    ],
    by: by('capacity'),
    finding: 'admission',
  },
  {
    name: 'few-buckets',
    why: 'of the buckets only every 64th is used',
    edits: [
      {
        file: 'core/availability/src/rendezvous.ts',
        from: '  return first >> (24 - bucketBits);',
        to: '  return (first >> (24 - bucketBits)) & ~63;',
      },
    ],
    by: by('load'),
    finding: 'load-deviation',
  },
  {
    name: 'first-node-sits-twice',
    why: 'one node has several times the seats that its capacity earns',
    edits: [
      {
        file: 'core/availability/src/seating.ts',
        from: '  const after = [...seats];',
        to: '  if (index === 0) count *= 4;\n  const after = [...seats];',
      },
    ],
    by: by('load'),
    finding: 'load-max',
  },
  {
    name: 'replicas-lost-on-the-way',
    why: 'some buckets have fewer replicas than others',
    edits: [
      {
        file: 'core/availability/src/placement.ts',
        from: 'replicas: order.slice(0, r)',
        to: 'replicas: order.slice(0, (order[0]! & 63) === 0 ? r - 1 : r)',
      },
    ],
    by: by('load'),
    finding: 'load-mean',
  },
  {
    name: 'ranks-by-arrival',
    why: 'the rank of an applicant depends on how many were ranked before',
    edits: [
      {
        file: 'core/availability/src/next.ts',
        from: 'encodeWith(u32, old.version), closed, id);',
        to: 'encodeWith(u32, ranked.count++), closed, id);',
      },
      {
        file: 'core/availability/src/next.ts',
        from: '/** A node on its way into the next version. */',
        to: 'const ranked = { count: 0 };\n',
      },
    ],
    by: by('registry'),
    finding: 'next-deterministic',
  },
  {
    name: 'deaf-to-ups',
    why: 'nodes that say they are full call for nobody',
    edits: [
      {
        file: 'core/availability/src/next.ts',
        from: 'Math.max(0, counts.up - counts.down) + leaving',
        to: 'leaving',
      },
    ],
    by: by('registry'),
    finding: 'grows-on-demand',
  },
  {
    name: 'salt-of-the-version',
    why: 'every version of a registry places everything anew',
    edits: [
      {
        file: 'core/availability/src/placement.ts',
        from: '  const salt = registryLineage(registry);',
        to: '  const salt = registryLineage(registry).with(0, registry.version);',
      },
    ],
    by: by('registry'),
    finding: 'moves-least',
  },
  {
    name: 'small-newcomers',
    why: 'who joins counts with the capacity of one seat',
    edits: [
      {
        file: 'core/availability/src/next.ts',
        from: '  return { suite, id, voteKey, address: where, capacityBytes, missed: 0 };',
        to: '  return { suite, id, voteKey, address: where, capacityBytes: capacityBytes - 1, missed: 0 };',
      },
    ],
    by: by('registry'),
    finding: 'capacity-adds',
  },
  {
    name: 'placed-as-before',
    why: 'placement goes on as in the first version of a lineage',
    edits: [
      {
        file: 'core/availability/src/placement.ts',
        from: 'const placedByRegistry = new WeakMap<Registry, Placed>();',
        to: `const byLineage = new Map<string, Placed>();
const placedByRegistry = {
  get: (of: Registry): Placed | undefined => byLineage.get(registryLineage(of).join()),
  set: (of: Registry, placed: Placed): unknown => byLineage.set(registryLineage(of).join(), placed),
};`,
      },
    ],
    by: by('repair'),
    finding: 'repaired-to-target',
  },
  {
    name: 'full-too-early',
    why: 'a node that has a tenth of its room left admits nothing',
    edits: [
      {
        file: 'core/availability/src/capacity.ts',
        from: 'count(used) + count(size) <= count(capacity)',
        to: '(count(used) + count(size)) * 1.1 <= count(capacity)',
      },
    ],
    by: by('repair'),
    finding: 'subject-to-admission',
  },
  {
    name: 'first-step-follows-anybody',
    why: 'the first step of a device names the newest step of whoever',
    edits: [
      {
        file: 'core/bilateral/src/device.ts',
        from: '    previous: from.previous,',
        to: '    previous: from.seq === 0 ? (newest.statement ?? from.previous) : from.previous,',
      },
      {
        file: 'core/bilateral/src/device.ts',
        from: '  const statement = stepStatement(step, slots);',
        to: '  const statement = stepStatement(step, slots);\n  newest.statement = statement;',
      },
      {
        file: 'core/bilateral/src/device.ts',
        from: 'export interface TakenStep {',
        to: 'const newest: { statement?: Uint8Array } = {};\nexport interface TakenStep {',
      },
    ],
    by: by('ordering'),
    finding: 'same-devices',
  },
  {
    name: 'buckets-by-arrival',
    why: 'who is asked first for an object decides where it is kept',
    edits: [
      {
        file: 'core/availability/src/replica-table.ts',
        from: 'permInto(view, bucket, width, nodes, bucket * width);',
        to: 'permInto(view, (bucket + asked++) % buckets, width, nodes, bucket * width);',
      },
      {
        file: 'core/availability/src/replica-table.ts',
        from: '  const drawn = new Uint8Array(buckets);',
        to: '  const drawn = new Uint8Array(buckets);\n  let asked = 0;',
      },
    ],
    by: by('ordering'),
    finding: 'same-holders',
  },
];
