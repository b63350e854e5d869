/**
 * The device map against the two sparse Merkle trees that npm knows.
 *
 * One piece of work is: change the value of one present key, then ask for the root. All three hash
 * with the same BLAKE3 (blake3-jit), zk-kit in place of its Poseidon; urkel runs a second time with
 * its own default, bcrypto's BLAKE2b, in JavaScript unless somebody has compiled it. urkel works in
 * memory on an open batch, so that it writes no file; zk-kit takes hexadecimal strings. They take
 * part if `npm ci` was run in bench/third-party; what is missing is reported, never left out in
 * silence. Rates are over the time of this thread on the processor, medians of rounds in which the
 * contenders take turns.
 */

import { nativeHash } from '@dsm/node';
import {
  deviceMap,
  evaluate,
  installHash,
  proofObject,
  writer,
  type DeviceMap,
  type Multiproof,
} from '@dsm/primitive';
import { judge, spread, type Goal, type Options, type Report } from './report.ts';
import { requirePeer } from './third-party.ts';
import { rate, rateColumns, takeTurns, threadMs, type Contender } from './turns.ts';

export const question = 'How many single updates with a new root does a device map do per second?';

const clock = 'thread CPU time';
const sizes: readonly Size[] = [
  { count: 1_000, withPeers: true, floor: 200_000, target: 320_000 },
  { count: 100_000, withPeers: true, floor: 100_000, target: 160_000 },
  { count: 1_000_000, withPeers: false, floor: 60_000, target: 85_000 },
];

interface Size {
  readonly count: number;
  readonly withPeers: boolean;
  readonly floor: number;
  readonly target: number;
}

/** How many times as fast as anybody else. */
const timesGoal: Goal = { floor: 3, target: 3, better: 'higher' };

/** Reports a line for each size and contender, and for each size one about building and proofs. */
export async function run(report: Report, options: Options = { peers: true }): Promise<void> {
  installHash(nativeHash);
  for (const { count, withPeers, ...goal } of sizes) {
    const keys = Array.from({ length: count }, (_, i) => digestOf(i));
    const map = deviceMap();
    const building = threadMs();
    map.apply(keys.map((key) => ({ key, value: key })));
    map.root();
    report({
      bench: 'map build',
      keys: count,
      perSecond: rate(count, threadMs() - building),
      clock,
    });

    const contenders = [ourMap(map, keys)];
    if (withPeers && options.peers) contenders.push(...(await peers(keys, report)));
    const rates = await takeTurns(contenders, count >= 1_000_000 ? 7 : 11);
    for (const [i, { name }] of contenders.entries()) {
      const columns = rateColumns(rates[i]!);
      const times = Math.round((rates[0]!.median / columns.perSecond) * 10) / 10;
      const ours = judge(columns.perSecond, { ...goal, better: 'higher' });
      report({
        bench: 'map update + root',
        keys: count,
        contender: name,
        ...columns,
        ...(i === 0 ? ours : { oursTimes: times, ...judge(times, timesGoal) }),
      });
    }
    proofs(map, keys, report);
  }
}

function ourMap(map: DeviceMap, keys: readonly Uint8Array[]): Contender {
  const count = 100_000;
  const write = { key: keys[0]!, value: new Uint8Array(32) };
  const writes = [write];
  return {
    name: 'dsm',
    count,
    work: (round) => {
      for (let i = 0; i < count; i++) {
        write.key = keys[pick(round * count + i, keys.length)]!;
        stamp(write.value, round * count + i);
        map.apply(writes);
        map.root();
      }
      return Promise.resolve();
    },
  };
}

async function peers(keys: readonly Uint8Array[], report: Report): Promise<Contender[]> {
  const bench = 'map update + root';
  const blake2b = bcryptoHash();
  const made = [
    await urkel('urkel, BLAKE3', blake3Hash, keys),
    blake2b && (await urkel(`urkel, BLAKE2b (${blake2b.backend})`, blake2b, keys)),
    zkKit('zk-kit, BLAKE3', keys),
  ];
  const present = made.filter((contender) => contender !== undefined);
  if (present.length < made.length) {
    const missing = made.length - present.length;
    report({
      bench,
      keys: keys.length,
      missing,
      why: 'not installed: npm ci in bench/third-party',
    });
  }
  return present;
}

interface UrkelBatch {
  readonly insert: (key: Buffer, value: Buffer) => Promise<void>;
  readonly rootHash: () => Buffer;
}

interface Urkel {
  readonly Tree: new (options: object) => {
    readonly open: () => Promise<void>;
    readonly batch: () => UrkelBatch;
  };
}

async function urkel(
  name: string,
  hash: object,
  keys: readonly Uint8Array[],
): Promise<Contender | undefined> {
  const library = requirePeer('urkel') as Urkel | undefined;
  if (library === undefined) return undefined;
  const tree = new library.Tree({ hash, bits: 256 });
  await tree.open();
  const batch = tree.batch();
  const buffers = keys.map((key) => Buffer.from(key));
  for (const key of buffers) await batch.insert(key, key);
  batch.rootHash();
  const count = 10_000;
  return {
    name,
    count,
    work: async (round) => {
      for (let i = 0; i < count; i++) {
        const value = Buffer.alloc(32);
        stamp(value, round * count + i);
        await batch.insert(buffers[pick(round * count + i, keys.length)]!, value);
        batch.rootHash();
      }
    },
  };
}

const urkelRoom = Buffer.alloc(1_024);
let urkelLength = 0;

/** BLAKE3 as urkel wants a hash: over some parts in one go, or part by part. */
const blake3Hash = {
  size: 32,
  bits: 256,
  zero: Buffer.alloc(32),
  digest: blake3Of,
  multi: blake3Of,
  ctx: {
    init: (): void => {
      urkelLength = 0;
    },
    update: (part: Uint8Array): void => {
      urkelRoom.set(part, urkelLength);
      urkelLength += part.length;
    },
    final: (): Buffer => {
      const digest = Buffer.allocUnsafe(32);
      nativeHash.blake3Into(urkelRoom.subarray(0, urkelLength), digest, 0);
      return digest;
    },
  },
};

function blake3Of(a: Uint8Array, b?: Uint8Array, c?: Uint8Array): Buffer {
  blake3Hash.ctx.init();
  blake3Hash.ctx.update(a);
  if (b !== undefined) blake3Hash.ctx.update(b);
  if (c !== undefined) blake3Hash.ctx.update(c);
  return blake3Hash.ctx.final();
}

/** BLAKE2b-256 of bcrypto: compiled if it is, else in JavaScript. */
function bcryptoHash(): { readonly backend: string } | undefined {
  const compiled = requirePeer('bcrypto/lib/native/blake2b.js');
  const plain = requirePeer('bcrypto/lib/js/blake2b.js');
  if (compiled !== undefined) return Object.assign(compiled, { backend: 'compiled' });
  return plain === undefined ? undefined : Object.assign(plain, { backend: 'JavaScript' });
}

interface ZkKit {
  readonly SparseMerkleTree: new (hash: (parts: readonly string[]) => string) => {
    readonly root: string;
    readonly add: (key: string, value: string) => void;
    readonly update: (key: string, value: string) => void;
  };
}

function zkKit(name: string, keys: readonly Uint8Array[]): Contender | undefined {
  const library = requirePeer('@zk-kit/sparse-merkle-tree') as ZkKit | undefined;
  if (library === undefined) return undefined;
  const room = Buffer.alloc(96);
  const digest = Buffer.alloc(32);
  const tree = new library.SparseMerkleTree((parts) => {
    for (const [i, part] of parts.entries()) room.write(part.padStart(64, '0'), i * 32, 'hex');
    nativeHash.blake3Into(room.subarray(0, parts.length * 32), digest, 0);
    return digest.toString('hex');
  });
  const names = keys.map((key) => key.toHex());
  for (const each of names) tree.add(each, each);
  const count = 500;
  const value = Buffer.alloc(32);
  return {
    name,
    count,
    work: (round) => {
      for (let i = 0; i < count; i++) {
        stamp(value, round * count + i);
        tree.update(names[pick(round * count + i, keys.length)]!, value.toString('hex'));
      }
      return Promise.resolve();
    },
  };
}

/** Bytes of a proof of one key, and how many are made and evaluated per second. */
function proofs(map: DeviceMap, keys: readonly Uint8Array[], report: Report): void {
  const sample = Array.from({ length: 2_000 }, (_, i) => keys[pick(i, keys.length)]!);
  const values = sample.map((key) => [{ key, value: map.get(key)! }]);
  const made = sample.map((key) => map.prove([key]));
  const bytes = made.map((proof) => sizeOf(proof));
  const rounds = { prove: [] as number[], evaluate: [] as number[] };
  let used = 0;
  for (let round = 0; round < 11; round++) {
    const start = threadMs();
    for (const key of sample) used += map.prove([key]).digests.length;
    const between = threadMs();
    for (const [i, proof] of made.entries()) used += evaluate(proof, values[i]!).ok ? 1 : 0;
    rounds.prove.push(rate(sample.length, between - start));
    rounds.evaluate.push(rate(sample.length, threadMs() - between));
  }
  if (used === 0) throw new Error('nothing was proved');
  report({
    bench: 'map proof of one key',
    keys: keys.length,
    meanBytes: Math.round(bytes.reduce((sum, each) => sum + each, 0) / bytes.length),
    maxBytes: Math.max(...bytes),
    provePerSecond: Math.round(spread(rounds.prove).median),
    evaluatePerSecond: Math.round(spread(rounds.evaluate).median),
    clock,
  });
}

function sizeOf(proof: Multiproof): number {
  const w = writer(4_096);
  proofObject.write(w, proof);
  return w.done().length;
}

function digestOf(n: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, n);
  return nativeHash.blake3(bytes);
}

/** Visits all of `length` in an order without locality: the factor is a prime above every size. */
function pick(i: number, length: number): number {
  return (i * 1_000_003) % length;
}

function stamp(value: Uint8Array, n: number): void {
  value[0] = 1;
  value[1] = n & 0xff;
  value[2] = (n >> 8) & 0xff;
  value[3] = (n >> 16) & 0xff;
}

if (import.meta.main) await run((line) => console.log(JSON.stringify(line)));
