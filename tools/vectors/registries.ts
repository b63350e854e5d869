/** Vectors of registries: what has bytes, which group keeps a slot, which nodes keep an object. */

import {
  address,
  ascii,
  concat,
  encodeWith,
  limits,
  registry,
  registryLineage,
  registryNodeCoder,
  u16,
  type Registry,
  type RegistryNode,
} from '@dsm/primitive';
import { firstRegistry } from '@dsm/availability';
import { malformed, number, patched, spoiled, swapped, type Draft } from './draft.ts';
import { drawn, laterRegistry, network, puppetRegistry, votingRegistry } from './world.ts';

export const puppets: Uint8Array = registry.encode(puppetRegistry);
export const voters: Uint8Array = registry.encode(votingRegistry);
export const laterVoters: Uint8Array = registry.encode(laterRegistry);

/** The bytes of a registry, of one that breaks its rules, too. */
function written(value: Registry): Uint8Array {
  const { r, q, f, bucketBits, admission, seatBytes, nodes, seats, groups, signers } = value;
  return concat(
    puppets.slice(0, 2),
    value.network,
    value.first,
    value.previous,
    number(4, value.version),
    value.closed,
    ...[r, q, f, bucketBits, admission].map((one) => number(1, one)),
    number(8, seatBytes),
    number(2, nodes.length),
    ...nodes.map((node) => encodeWith(registryNodeCoder, node)),
    indices(seats),
    number(2, groups.length),
    ...groups.map(indices),
    indices(signers),
    number(1, value.threshold),
  );
}

function indices(all: readonly number[]): Uint8Array {
  return concat(number(2, all.length), ...all.map((one) => encodeWith(u16, one)));
}

/** Of the second version; all of its bytes are drawn. */
const second: Registry = {
  ...puppetRegistry,
  version: 2,
  first: registryLineage(puppetRegistry),
  previous: registryLineage(puppetRegistry),
  closed: drawn('the signals of version 1'),
};
const third: Registry = {
  ...second,
  version: 3,
  previous: address(registry.encode(second)),
  closed: drawn('the signals of version 2'),
  groups: [...second.groups, [6, 9, 10, 11]],
  nodes: [
    ...second.nodes,
    ...[9, 10, 11].map((i): RegistryNode => ({
      suite: 2,
      id: drawn(`puppet node id ${i}`),
      voteKey: drawn(`puppet node ${i}`),
      address: '',
      capacityBytes: 0,
      missed: 0,
    })),
  ],
};

const asked = {
  slots: Array.from({ length: 12 }, (_, i) => drawn(`slot ${i}`)),
  addresses: Array.from({ length: 6 }, (_, i) => drawn(`address ${i}`)),
};
const registryCase = (name: string, comment: string, bytes: Uint8Array): Draft => ({
  name,
  comment,
  bytes,
  given: asked,
  expect: 'ok',
});
const bent = (
  name: string,
  comment: string,
  changes: Partial<Registry>,
  of = puppetRegistry,
): Draft => malformed(name, comment, written({ ...of, ...changes }));
const changedNode = (index: number, changes: Partial<RegistryNode>): Partial<Registry> => {
  const { nodes } = puppetRegistry;
  return { nodes: nodes.with(index, { ...nodes[index]!, ...changes }) };
};
const lastGroup = (...group: readonly number[]): Partial<Registry> => ({
  groups: [puppetRegistry.groups[0]!, group],
});
const zero = new Uint8Array(32);

/** As many groups as show that one which is added at the end takes its share and moves nothing else. */
function grouped(count: number): Uint8Array {
  const nodes = Array.from({ length: count }, (_, i): RegistryNode => ({
    suite: 2,
    id: drawn(`of many ${i}`),
    voteKey: drawn(`key of many ${i}`, 8),
    address: '',
    capacityBytes: 3,
    missed: 0,
  }));
  const groups = nodes.map((_, i) => [i]);
  const seats = nodes.map((_, i) => i);
  return registry.encode({
    ...second,
    r: 1,
    q: 1,
    f: 0,
    nodes,
    groups,
    seats,
    signers: [0],
    threshold: 1,
  });
}

/** What a network begins with. */
const first = firstRegistry({
  network,
  faulty: 4,
  bucketBits: 20,
  nodes: puppetRegistry.nodes.concat(third.nodes.slice(9), puppetNode(12)),
});

function puppetNode(i: number): RegistryNode {
  return { ...third.nodes[9]!, id: drawn(`id ${i}`), voteKey: drawn(`key ${i}`) };
}

const good: readonly Draft[] = [
  registryCase(
    'nine nodes',
    'Two groups of four, and one node in none; four seats are empty.',
    puppets,
  ),
  registryCase('four nodes', 'One group; the nodes of the signed cases.', voters),
  registryCase('their second version', 'New vote keys; one node missed the change.', laterVoters),
  registryCase(
    'the second version',
    'It names the first version, and draws as that one does.',
    registry.encode(second),
  ),
  registryCase(
    'the third version',
    'A group more at the end: it takes over, and nothing else moves.',
    registry.encode(third),
  ),
  registryCase(
    'one node',
    'r = 1, q = 1, f = 0: for a test on one machine.',
    registry.encode({ ...puppetRegistry, r: 1, q: 1, f: 0, groups: [[5], [6]] }),
  ),
  registryCase(
    'thirteen nodes',
    'A group that survives four; capacities from nothing on, more than 256 seats in all.',
    registry.encode(first!),
  ),
  ...[8, 16, 32].map((count) =>
    registryCase(`${count} groups`, 'Each of one node, with one seat.', grouped(count)),
  ),
  registryCase(
    'one key in both suites',
    'Two voters: the suite is part of the name.',
    written({
      ...puppetRegistry,
      ...changedNode(1, { suite: 1, voteKey: puppetRegistry.nodes[0]!.voteKey }),
    }),
  ),
  registryCase(
    'one seat, and nobody’s',
    'The smallest table; no node keeps anything.',
    written({ ...puppetRegistry, seats: [65_535] }),
  ),
  registryCase(
    'signalled admission, wide buckets',
    'The other way to join, and 2⁸ buckets.',
    written({ ...puppetRegistry, admission: 1, bucketBits: limits.bucketBitsMin }),
  ),
];

const chained: readonly Draft[] = [
  bent('registry version 0', 'The first is 1.', { version: 0 }, second),
  bent('version 1 names a first', 'It is named by its own address.', { first: drawn('x') }),
  bent('version 1 names a previous', 'There is none.', { previous: drawn('x') }),
  bent('version 1 names signals', 'It follows from nothing.', { closed: drawn('x') }),
  bent('version 2 names no first', 'Its lineage would be unknown.', { first: zero }, second),
  bent('version 2 names no previous', 'Its chain would be broken.', { previous: zero }, second),
  bent('version 2 names no signals', 'Nobody could compute it again.', { closed: zero }, second),
];

const quorums: readonly Draft[] = [
  bent('r is not 3f + 1', 'r = 5, f = 1.', { r: 5, q: 4, groups: [[0, 1, 2, 3, 4]] }),
  bent('f is not (r − 1) / 3', 'r = 4, f = 2.', { f: 2, q: 4 }),
  bent('q too small', 'Two quorums might share no honest node: 2q = r + f − 1.', { q: 2 }),
  bent('q too large', 'More votes than nodes.', { q: 5 }),
  bent('r above 13', 'r = 16, f = 5, q = 11.', { r: 16, f: 5, q: 11 }),
  bent('buckets of 7 bits', 'Eight at least.', { bucketBits: 7 }),
  bent('buckets of 21 bits', 'Twenty at most.', { bucketBits: 21 }),
  bent('seats for nothing', 'A seat costs capacity.', { seatBytes: 0 }),
  malformed('admission 2', 'There are two ways to join.', patched(puppets, 138, number(1, 2))),
];

const named: readonly Draft[] = [
  bent(
    'an id twice',
    'One node must not count as two.',
    changedNode(1, { id: puppetRegistry.nodes[0]!.id }),
  ),
  bent(
    'a vote key twice',
    'One signer must not count as two.',
    changedNode(1, { voteKey: puppetRegistry.nodes[0]!.voteKey }),
  ),
  malformed('8,193 nodes', 'More than 8,192.', patched(puppets, 147, number(2, 8_193))),
  bent('no nodes', 'A registry has nodes.', { nodes: [] }),
  malformed('a node of suite 3', 'There are suites 1 and 2.', patched(puppets, 149, number(1, 3))),
  malformed(
    'an address that is no text',
    'Not the UTF-8 of a text.',
    swapped(puppets, ascii('n3.example'), concat(ascii('n3.exampl'), Uint8Array.of(0x80))),
  ),
  bent('no seats', 'A table has one at least.', { seats: [] }),
  bent('three seats', 'A power of two.', { seats: [0, 1, 2] }),
  malformed(
    'more seats than a table may have',
    'A power of two up to 32,768.',
    swapped(puppets, indices(puppetRegistry.seats), number(2, 32_769)),
  ),
  bent('a seat of a node that is not there', 'Index 9 of nine nodes.', { seats: [0, 9] }),
  bent('a node in two groups', 'Groups are disjoint.', lastGroup(1, 3, 5, 7)),
  bent('a node twice in a group', 'Groups are sets.', lastGroup(1, 3, 5, 5)),
  bent('a member that is not there', 'Index 9 of nine nodes.', lastGroup(1, 3, 5, 9)),
  bent('no groups', 'A slot belongs to a group.', { groups: [] }),
  bent('a group of three', 'A group has r nodes.', lastGroup(1, 3, 5)),
  bent('a group of five', 'A group has r nodes.', lastGroup(1, 3, 5, 6, 8)),
];

const signing: readonly Draft[] = [
  bent('no signers', 'Nobody could write the next version.', { signers: [] }),
  bent('signers descend', 'A set has one order.', { signers: [1, 4, 2, 8] }),
  bent('a signer twice', 'A set has no repeats.', { signers: [1, 2, 2, 8] }),
  bent('a signer that is not there', 'Index 9 of nine nodes.', { signers: [1, 2, 4, 9] }),
  bent('too few signers decide', 'Two sets of two might share only the bad one.', { threshold: 2 }),
  bent('all signers decide', 'A bad one could prevent every next version.', { threshold: 4 }),
  malformed(
    '65 signers',
    'Sixty-four at most.',
    concat(
      puppets.slice(0, -11),
      number(2, 65),
      ...Array.from({ length: 65 }, (_, i) => number(2, i)),
      number(1, 44),
    ),
  ),
];

export const registries: readonly Draft[] = [
  ...good,
  ...spoiled(puppets, limits.registryBytesMax).map((one) => ({ given: asked, ...one })),
  ...chained,
  ...quorums,
  ...named,
  ...signing,
];
