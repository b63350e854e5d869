/**
 * Theorem 7 of seed 000: publishing and fetching by address puts no order on what strangers do.
 *
 * Pairs of devices transact online: every message is published as an object and fetched by its
 * address. What each pair does has an order; how the pairs are interleaved has none. Two random
 * interleavings give the same devices and the same holders, byte for byte.
 */

import { nativeHash } from '@dsm/node';
import { dice } from '@dsm/memory';
import { address, concat, equal, utf8 } from '@dsm/primitive';
import { findings, type Claim, type Findings, type Outcome, type Scale } from './claim.ts';
import { asBytes, meet, party, type Party } from './party.ts';
import { fetched, planeOf, publish, registryOf, type Plane } from './plane.ts';
import { learned, received, sent } from './transition.ts';

export const ordering: Claim = {
  name: 'ordering',
  place: 'theorem 7',
  words:
    'Publishing/fetching objects by content address does not impose a global transaction order. ' +
    'Relationship acceptance remains governed by Acc over relationship chains and local roots.',
  prove,
};

interface Ended {
  readonly devices: Uint8Array;
  readonly holders: Uint8Array;
  readonly objects: number;
  readonly order: string;
}

function prove({ quick, seed }: Scale): Outcome {
  const found = findings();
  const [pairs, rounds] = quick ? [50, 2] : [2_000, 4];
  const nodes = quick ? 12 : 100;
  const [one, other] = ['one', 'other'].map((order) => {
    const registry = registryOf({ count: nodes, capacityBytes: () => 2 ** 40 });
    const plane = planeOf(registry);
    const all = Array.from({ length: 2 * pairs }, (_, i) => party(i));
    const scripts = Array.from({ length: pairs }, (_, i) => {
      const [a, b] = [all[2 * i]!, all[2 * i + 1]!];
      meet(a, b);
      return script(a, b, rounds, online(plane, registry), found);
    });
    return ended(all, plane, interleaved(scripts, `${order} ${seed}`));
  }) as [Ended, Ended];
  found.check(one.order !== other.order, 'reached', 'both interleavings are the same');
  found.check(equal(one.devices, other.devices), 'same-devices', 'the devices differ by the order');
  found.check(equal(one.holders, other.holders), 'same-holders', 'the holders differ by the order');
  return {
    bound: `${pairs} pairs, ${2 * rounds} transitions each over ${nodes} storage nodes, in two random interleavings`,
    figures: {
      transitions: 2 * rounds * pairs,
      'objects published in each': one.objects,
      'devices and holders': 'the same, byte for byte',
    },
    findings: found.list(),
    uncovered: [
      'Nodes have room here. When they are full, who comes first is kept and who comes later is refused: that is an order of arrival at one node, and acceptance does not depend on it.',
      'Spends of online notes take slots; a slot orders the spends of one note, which has one writer (docs/spec/slot.md).',
    ],
    charts: [],
  };
}

/** Bytes as whoever is at the other end finds them; undefined if they are not available. */
type Carry = (bytes: Uint8Array) => Uint8Array | undefined;

function online(plane: Plane, registry: Parameters<typeof publish>[1]): Carry {
  return (bytes) => {
    publish(plane, registry, bytes, false);
    const got = fetched(plane, registry, address(bytes));
    return got.copies >= registry.q ? got.bytes : undefined;
  };
}

/** What two devices do with each other, a move at a time. */
function* script(
  a: Party,
  b: Party,
  rounds: number,
  carry: Carry,
  found: Findings,
): Generator<void> {
  for (let round = 0; round < 2 * rounds; round++) {
    const [from, to] = round % 2 === 0 ? [a, b] : [b, a];
    const run = carry(sent(from, to.number));
    yield;
    const got = run === undefined ? { refusal: 'unavailable' } : received(to, from.number, run);
    yield;
    if ('refusal' in got) {
      found.add('all-accepted', `${from.number} → ${to.number}: ${got.refusal}`);
      return;
    }
    const answer = carry(got.answer);
    found.check(
      answer !== undefined && learned(from, to.number, answer),
      'all-accepted',
      `${from.number} does not learn of ${to.number}`,
    );
    yield;
  }
}

/** A move of a random pair, until all are done; a digest of whose turn it was. */
function interleaved(scripts: readonly Generator<void>[], seed: string): string {
  const roll = dice(seed);
  const left = scripts.map((moves, number) => ({ moves, number }));
  const turns: number[] = [];
  while (left.length > 0) {
    const at = roll(left.length);
    const { moves, number } = left[at]!;
    turns.push(number);
    if (moves.next().done === true) left.splice(at, 1);
  }
  return nativeHash.blake3(utf8(turns.join())).join();
}

function ended(all: readonly Party[], plane: Plane, order: string): Ended {
  const digest = (parts: Iterable<Uint8Array>): Uint8Array => {
    let sum: Uint8Array = new Uint8Array(32);
    for (const part of parts) sum = nativeHash.blake3(concat(sum, part));
    return sum;
  };
  const names = [...plane.values()].map(({ kept }) => utf8([...kept.keys()].toSorted().join()));
  const objects = new Set(plane.values().flatMap(({ kept }) => kept.keys())).size;
  return { devices: digest(all.map(asBytes)), holders: digest(names), objects, order };
}
