/** Vectors of what storage nodes compute alike: the order of nodes, sum maps, symbols. */

import {
  bucketOf,
  emptySubtree,
  encoder,
  forest,
  join,
  leafOf,
  proveSum,
  subtree,
  sumProofCoder,
  symbolBatchCoder,
  symbolBytes,
  type Subtree,
  type SumEntry,
  type SumProof,
} from '@dsm/availability';
import { compare, concat, emptySeat, encodeWith } from '@dsm/primitive';
import { patched, number, type Draft } from './draft.ts';
import { drawn } from './world.ts';

function placed(
  name: string,
  comment: string,
  seats: readonly number[],
  changes: object = {},
): Draft {
  const given = {
    seats: concat(...seats.map((owner) => number(2, owner))),
    bucketBits: 16,
    salt: drawn('lineage'),
    nodes: 1_000,
    address: drawn(`address of ${name}`),
    ...changes,
  };
  return { name, comment, check: 'order', given };
}

const seatsOf = (count: number, owner: (seat: number) => number): readonly number[] =>
  Array.from({ length: count }, (_, seat) => owner(seat));
const sixteen = seatsOf(16, (seat) => seat);
const address = drawn('an address');

export const placements: readonly Draft[] = [
  placed('sixteen nodes', 'A seat each.', sixteen, { address }),
  placed('one seat', 'The only node keeps everything.', [7]),
  placed('two seats', 'The first two blocks have a seat each.', [0, 1]),
  placed('empty seats alone', 'Nobody has a seat, so nobody comes.', [emptySeat, emptySeat]),
  placed('the same bucket', 'The first 16 bits of the address are the same.', sixteen, {
    address: patched(address, 2, drawn('another rest', 30)),
  }),
  placed('the next bucket', 'The last of these bits is another.', sixteen, {
    address: address.with(1, address[1]! ^ 1),
  }),
  placed('fewer bits', 'Eight bits of the address.', sixteen, { address, bucketBits: 8 }),
  placed('more bits', 'Twenty bits of the address.', sixteen, { address, bucketBits: 20 }),
  placed('another lineage', 'Another salt, another order.', sixteen, {
    address,
    salt: drawn('another lineage'),
  }),
  placed('a node left', 'The others keep their order.', sixteen.with(5, emptySeat), { address }),
  placed(
    'a table that doubled',
    'Empty seats at the end change nothing.',
    seatsOf(32, (seat) => (seat < 16 ? seat : emptySeat)),
    { address },
  ),
  placed(
    'a node joined after that',
    'It comes somewhere; the others keep their order.',
    seatsOf(32, (seat) => (seat < 17 ? seat : emptySeat)),
    { address },
  ),
  placed(
    'nodes with 1, 2, 4 and 8 seats',
    'Who has more comes sooner.',
    seatsOf(16, (seat) => 31 - Math.clz32(seat + 1)),
  ),
  placed(
    'three hundred nodes',
    'Eleven blocks, and some seats empty.',
    seatsOf(1_024, (seat) => (seat % 7 === 0 ? emptySeat : seat % 300)),
  ),
];

const sorted = (entries: readonly SumEntry[]): readonly SumEntry[] =>
  entries.toSorted((a, b) => compare(a.key, b.key));
const many = sorted(
  Array.from({ length: 40 }, (_, i) => ({ key: drawn(`sum key ${i}`), size: 128 + i * i })),
);
const zero = new Uint8Array(32);
const neighbours: readonly SumEntry[] = [
  { key: zero, size: 1 },
  { key: zero.with(31, 1), size: 2 },
  { key: zero.with(31, 2), size: 3 },
];

const rooted = (name: string, comment: string, entries: readonly SumEntry[]): Draft => ({
  name,
  comment,
  check: 'root',
  given: { entries },
});

const proven = (
  name: string,
  comment: string,
  entries: readonly SumEntry[],
  key: Uint8Array,
): Draft => ({ name, comment, check: 'prove', given: { entries, key } });

function proofOf(entries: readonly SumEntry[], key: Uint8Array): SumProof {
  const entriesOf = (bucket: number): readonly SumEntry[] =>
    entries.filter((entry) => bucketOf(8, entry.key) === bucket);
  const top = forest(8);
  for (const entry of entries) top.set(entry.key[0]!, subtree(entriesOf(entry.key[0]!), 8));
  return proveSum(top, entriesOf, key);
}

function evaluated(
  name: string,
  comment: string,
  proof: SumProof | Uint8Array,
  key: Uint8Array,
  size: number | undefined,
  expect = 'ok',
): Draft {
  const bytes = proof instanceof Uint8Array ? proof : encodeWith(sumProofCoder, proof);
  return { name, comment, check: 'evaluate', bytes, given: { key, size }, expect };
}

const { key, size } = many[11]!;
const absent = drawn('absent');
const honest = proofOf(many, key);
const honestBytes = encodeWith(sumProofCoder, honest);
const leaf = leafOf({ key: drawn('another leaf'), size: 5 });
const both = join(leaf, leafOf({ key: drawn('a leaf'), size: 6 }));
const huge: Subtree = { ...both, sum: Number.MAX_SAFE_INTEGER };
const otherOf = (of: Uint8Array): SumEntry => ({ key: of.with(31, of[31]! ^ 1), size: 1 });
const repeated = (side: Subtree, count: number): readonly Subtree[] =>
  Array.from({ length: count }, () => side);

export const sumMaps: readonly Draft[] = [
  rooted('empty', '32 zero bytes, and nothing.', []),
  rooted('one key', 'Its leaf.', many.slice(0, 1)),
  rooted('forty keys', 'A tree with some buckets that have several keys.', many),
  rooted('three neighbours', 'They share 254 bits: a branch on each level.', neighbours),
  rooted('no size', 'A key is there, whatever its size.', [{ key: zero, size: 0 }]),
  rooted('the greatest sum', '2^53 − 1.', [
    { key: zero, size: Number.MAX_SAFE_INTEGER - 1 },
    { key: zero.with(0, 0x80), size: 1 },
  ]),
  proven('present', 'What is beside the key.', many, key),
  proven('absent', 'The same for a key that is not there.', many, absent),
  proven('in an empty map', 'No branch and no other key.', [], key),
  proven('alone', 'The same, for it does not depend on the key itself.', many.slice(11, 12), key),
  proven('beside one', 'The other key is shown whole.', many.slice(11, 13), key),
  proven('below all', 'Two keys in the whole map, and a key far below them.', neighbours, absent),
  proven('between neighbours', '254 branches with an empty side.', neighbours, zero.with(31, 3)),
  evaluated('a size', 'The root, the sum, and the sum before.', honest, key, size),
  evaluated('a size after a change', 'The root after it.', honest, key, size + 1),
  evaluated('no size', 'The root after the removal.', honest, key, undefined),
  evaluated('an insertion', 'The proof of absence with a size.', proofOf(many, absent), absent, 9),
  evaluated('the only key', 'Without branches.', proofOf([], key), key, 1_000),
  evaluated('an empty map', 'Without branches and size.', proofOf([], key), key, undefined),
  evaluated('255 branches', 'As deep as it goes.', deepProof(255), zero, 1),
  ...refusedProofs(),
];

function deepProof(count: number): SumProof {
  return { siblings: repeated(both, count), other: undefined };
}

function refusedProofs(): readonly Draft[] {
  const far = zero.with(0, 0x80);
  const bad = (
    name: string,
    comment: string,
    siblings: readonly (Subtree | undefined)[],
    other: SumEntry | undefined,
    expect: string,
  ): Draft => evaluated(name, comment, { siblings, other }, zero, 1, expect);
  const malformed = (name: string, comment: string, bytes: Uint8Array): Draft =>
    evaluated(name, comment, bytes, key, size, 'malformed');
  return [
    bad(
      'zero digest',
      'An empty side said as a digest.',
      [emptySubtree, both],
      undefined,
      'zero-digest',
    ),
    bad('the key itself', 'The other key is the key.', [both], { key: zero, size: 1 }, 'covered'),
    bad(
      'off its path',
      'The other key is on the other side.',
      [both],
      { key: far, size: 1 },
      'off-path',
    ),
    bad('a lone leaf', 'A branch over one other key.', [both, leaf], undefined, 'collapsed'),
    bad('nothing beside', 'A branch over none.', [undefined], undefined, 'collapsed'),
    bad('above it a branch', 'Two empty sides.', [both, undefined], undefined, 'collapsed'),
    bad('too much', 'The sums exceed 2^53 − 1.', [both, huge], otherOf(zero), 'overflow'),
    bad('one too much', 'They come to 2^53.', [huge], undefined, 'overflow'),
    bad(
      'zero digest first',
      'It is looked at before the key.',
      [emptySubtree],
      { key: zero, size: 1 },
      'zero-digest',
    ),
    malformed('nothing', 'No count.', new Uint8Array(0)),
    malformed('cut off', 'The last byte is missing.', honestBytes.slice(0, -1)),
    malformed('a byte more', 'After the end.', concat(honestBytes, Uint8Array.of(0))),
    malformed('a bit more', 'The bits after the last branch are zero.', Uint8Array.of(1, 0x40, 0)),
    malformed('neither 0 nor 1', 'An option is 0 or 1.', Uint8Array.of(0, 2)),
  ];
}

const nonce = drawn('nonce');
const keysOf = (label: string, count: number): readonly Uint8Array[] =>
  Array.from({ length: count }, (_, i) => drawn(`${label} ${i}`));
const ascending = (...lists: readonly (readonly Uint8Array[])[]): readonly Uint8Array[] =>
  lists.flat().toSorted(compare);
const common = keysOf('common', 12);
const [mine, theirs] = [ascending(keysOf('mine', 5)), ascending(keysOf('theirs', 8))];
const [here, there] = [ascending(common, mine), ascending(common, theirs)];
const streamOf = (keys: readonly Uint8Array[], count: number): Uint8Array =>
  encoder(concat(...keys), nonce).symbols(0, count);

const batch = (name: string, comment: string, changes: object): Draft => ({
  name,
  comment,
  check: 'batch',
  given: { keys: there, nonce, first: 0, count: 5, ...changes },
});

const read = (name: string, comment: string, bytes: Uint8Array, expect = 'ok'): Draft => ({
  name,
  comment,
  check: 'read',
  bytes,
  expect,
});

const difference = (
  name: string,
  comment: string,
  bytes: Uint8Array,
  changes: object = {},
  expect = 'ok',
): Draft => ({
  name,
  comment,
  check: 'difference',
  bytes,
  given: { keys: here, nonce, symbolsMax: 60, ...changes },
  expect,
});

const two = encodeWith(symbolBatchCoder, { from: 3, symbols: streamOf(there, 2) });
const single = streamOf(theirs.slice(0, 1), 60);
const isUsed = (i: number): boolean => single[i * symbolBytes] !== 0;
const later = Array.from({ length: 60 }, (_, i) => i).findIndex((i) => i > 0 && isUsed(i));

export const symbolDrafts: readonly Draft[] = [
  batch('the first symbols', 'All keys are in symbol 0.', {}),
  batch('later symbols', 'Fewer are in each.', { first: 100, count: 10 }),
  batch('far symbols', 'Most are empty.', { first: 65_530, count: 40 }),
  batch('one key', 'Alone in its symbols.', { keys: there.slice(0, 1), count: 20 }),
  batch('no key', 'Zero bytes.', { keys: [], count: 2 }),
  batch('another nonce', 'Other checks and other symbols.', { nonce: drawn('another nonce') }),
  read('two symbols', 'From number 3 on.', two),
  read('cut off', 'The last byte is missing.', two.slice(0, -1), 'malformed'),
  read('a byte more', 'After the end.', concat(two, Uint8Array.of(0)), 'malformed'),
  read('no symbol', 'One at least.', new Uint8Array(6), 'malformed'),
  {
    ...read('too many', '16,384 at most.', Uint8Array.of(0, 0, 0, 0, 0x40, 1), 'malformed'),
    padTo: 6 + 16_385 * symbolBytes,
  },
  read(
    'beyond the last',
    'Numbers are below 2^20.',
    two.with(1, 0x0f).with(2, 0xff).with(3, 0xff),
    'malformed',
  ),
  difference('thirteen', 'Five here, eight there.', streamOf(there, 60)),
  difference('none', 'One symbol is enough.', streamOf(here, 1)),
  difference('nothing here', 'All keys are there.', streamOf(theirs, 60), { keys: [] }),
  difference('nothing there', 'All keys are here.', streamOf([], 60), {
    keys: mine.toSorted(compare),
  }),
  difference(
    'too few',
    'Thirteen keys need more.',
    streamOf(there, 12),
    { symbolsMax: 12 },
    'limit',
  ),
  difference(
    'noise',
    'Symbols of no set.',
    drawn('noise', 30 * symbolBytes),
    { symbolsMax: 30 },
    'limit',
  ),
  difference(
    'twice',
    'The key of symbol 0 is missing where it should be, and so it turns up again.',
    patched(single, later * symbolBytes, new Uint8Array(symbolBytes)),
    { keys: [] },
    'inconsistent',
  ),
];
