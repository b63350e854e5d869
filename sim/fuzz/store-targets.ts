/**
 * What lies on disks: records, headers and footers of the log of segments, summaries of stores, rows
 * of a node. A checksum stands before most of it, so an input says first whether its checksum is made
 * right: what is behind the checksum must hold, too.
 */

import { nativeHash } from '@dsm/node';
import { NodeError, StoreError } from '@dsm/ports';
import { closedSet, firstRegistry, signalDigest, type SignedSignal } from '@dsm/availability';
import { idealSignatures } from '../ideal.ts';
import {
  compare,
  concat,
  kinds,
  nodeId,
  registry,
  registryLineage,
  signatureContext,
  slotState,
  struct,
  type Coder,
} from '@dsm/primitive';
import { target } from './core-targets.ts';
import { everythingIn } from './load.ts';
import { Broken, same, type Target } from './target.ts';

async function from<T>(file: string, name: string): Promise<T> {
  return (await everythingIn(file)).get(name) as T;
}

/** Refused with the error of its port: false. */
function typed(error: unknown): false {
  if (error instanceof StoreError || error instanceof NodeError) return false;
  throw error;
}

/** The first byte says whether the rest is as it is, or a body that the digest is put behind. */
function sealed(bytes: Uint8Array): Uint8Array {
  const body = bytes.slice(1);
  return ((bytes[0] ?? 0) & 1) === 0 ? body : concat(body, nativeHash.blake3(body));
}

/** A good file as an input: its digest is made anew. */
function unsealed(file: Uint8Array): Uint8Array {
  return concat(Uint8Array.of(1), file.subarray(0, file.length - 32));
}

export async function storeTargets(): Promise<readonly Target[]> {
  return [
    ...(await summaries()),
    ...(await nodeRows()),
    ...(await logFiles()),
    ...(await logRecords()),
  ];
}

async function summaries(): Promise<readonly Target[]> {
  const file = 'host/node/src/store-summary.ts';
  const decode = await from<(bytes: Uint8Array) => { is: string; summary: object }>(
    file,
    'decodeSummary',
  );
  const encode = await from<(summary: object) => Uint8Array>(file, 'encodeSummary');
  const engineFile = 'host/node/src/engine-summary.ts';
  const decodeEngine = await from<(bytes: Uint8Array, place: string) => object>(
    engineFile,
    'decodeEngineSummary',
  );
  const encodeEngine = await from<(summary: object) => Uint8Array>(
    engineFile,
    'encodeEngineSummary',
  );
  const empty = await from<object>(engineFile, 'emptySummary');
  const store = { store: new Uint8Array(16), sequence: 4, rows: 2, digest: new Uint8Array(32) };
  return [
    target(
      'node/store-summary.decodeSummary',
      (bytes) => {
        const given = sealed(bytes);
        const decoded = decode(given);
        if (decoded.is !== 'summary') return false;
        if (same(encode(decoded.summary), given)) return true;
        throw new Broken('two spellings', 'a summary is written otherwise');
      },
      { samples: [unsealed(encode(store))] },
    ),
    target(
      'node/engine-summary.decodeEngineSummary',
      (bytes) => {
        const given = sealed(bytes);
        let decoded: object;
        try {
          decoded = decodeEngine(given, 'here');
        } catch (error) {
          return typed(error);
        }
        if (same(encodeEngine(decoded), given)) return true;
        throw new Broken('two spellings', 'a summary is written otherwise');
      },
      { samples: [unsealed(encodeEngine(empty))] },
    ),
  ];
}

async function nodeRows(): Promise<readonly Target[]> {
  const file = 'host/storage-node/src/rows.ts';
  const decode = await from<(row: Uint8Array) => object>(file, 'decodeSlotRow');
  const encode = await from<(row: object) => Uint8Array>(file, 'encodeSlotRow');
  const head = await from<Coder<unknown>>(file, 'headCoder');
  return [
    target(
      'storage-node/rows.decodeSlotRow',
      (bytes) => {
        let row: object;
        try {
          row = decode(bytes);
        } catch (error) {
          return typed(error);
        }
        if (same(encode(row), bytes)) return true;
        throw new Broken('two spellings', 'a row is written otherwise');
      },
      { layout: struct({ head, state: slotState }) as Coder<unknown> },
    ),
    await planTarget(),
  ];
}

/** A first registry and the signals that make the second, signed ideally. */
export function planSample(): readonly Uint8Array[] {
  const network = new Uint8Array(32).fill(8);
  const keys = [1, 2, 3, 4].map((seed) =>
    idealSignatures.keyPair('ml-dsa-65', new Uint8Array(32).fill(seed)),
  );
  const capacityBytes = 4_000;
  const nodes = keys.map(({ publicKey }) => ({
    suite: 1 as const,
    id: nodeId(1, publicKey),
    voteKey: publicKey,
    address: 'a',
    capacityBytes,
  }));
  const old = firstRegistry({ network, nodes })!;
  const lineage = registryLineage(old);
  const context = signatureContext(kinds.signal, 1, network);
  const signals = keys.map(({ publicKey, secretKey }): SignedSignal => {
    const where = { suite: 1, identityKey: publicKey, voteKey: publicKey, address: 'b' } as const;
    const said = { ...where, lineage, version: 1, capacityBytes, intent: 0, commits: [] } as const;
    return {
      signal: said,
      signature: idealSignatures.sign(secretKey, signalDigest(said), context),
    };
  });
  const inOrder = signals.toSorted((a, b) =>
    compare(nodeId(1, a.signal.identityKey), nodeId(1, b.signal.identityKey)),
  );
  const set = { lineage, version: 1, signals: inOrder };
  return [concat(registry.encode(old), closedSet.encode(set))];
}

async function planTarget(): Promise<Target> {
  const file = 'host/wallet/src/registry-plan.ts';
  const decode = await from<(bytes: Uint8Array) => object | undefined>(file, 'decodePlan');
  const encode = await from<(plan: object) => Uint8Array>(file, 'encodePlan');
  const run: Target['run'] = (bytes) => {
    const plan = decode(bytes);
    if (plan === undefined) return false;
    // Signals are put in order and said once, so a plan is its own only from then on.
    const once = encode(plan);
    if (same(encode(decode(once)!), once)) return true;
    throw new Broken('rule', 'a plan changes each time that it is read');
  };
  const layout = await from<Coder<unknown>>(file, 'planCoder');
  return target('wallet/registry-plan.decodePlan', run, {
    layout,
    samples: planSample(),
    cost: 50,
  });
}

async function logFiles(): Promise<readonly Target[]> {
  const [headers, footers] = ['segment-header', 'footer'].map(
    (name) => `host/segment-log/src/${name}.ts`,
  );
  const readHeader = await from<
    (number: number, read: (length: number) => Promise<Uint8Array>) => Promise<object>
  >(headers!, 'readSegmentHeader');
  const encodeHeader = await from<(header: object) => Uint8Array>(headers!, 'encodeSegmentHeader');
  const noCommits = await from<object>(headers!, 'noCommits');
  const readFooter = await from<
    (
      size: number,
      read: (offset: number, length: number) => Promise<Uint8Array>,
    ) => Promise<object | undefined>
  >(footers!, 'readFooter');
  const encodeFooter = await from<(footer: object) => Uint8Array>(footers!, 'encodeFooter');
  const header = { number: 7, id: new Uint8Array(16), state: noCommits, others: [1, 2, 5] };
  const footer = { entries: new Uint8Array(24), end: 96, sequence: 3, digest: new Uint8Array(32) };
  return [
    target(
      'segment-log/segment-header.readSegmentHeader',
      async (bytes) => {
        const given = sealed(bytes);
        const read = async (length: number): Promise<Uint8Array> => given.subarray(0, length);
        const found = await readHeader(7, read).catch(typed);
        if (found === false) return false;
        const again = encodeHeader(found);
        if (again.length > given.length)
          throw new Broken('rule', 'a header is longer than its file');
        return true;
      },
      { samples: [unsealed(encodeHeader(header))], cost: 4 },
    ),
    target(
      'segment-log/footer.readFooter',
      async (bytes) => {
        const given = sealed(bytes);
        const read = async (at: number, length: number): Promise<Uint8Array> =>
          given.subarray(at, at + length);
        const found = await readFooter(given.length, read);
        if (found === undefined) return false;
        const again = encodeFooter(found);
        if (same(again, given.subarray(given.length - again.length))) return true;
        throw new Broken('two spellings', 'a footer is written otherwise');
      },
      { samples: [unsealed(encodeFooter(footer))], cost: 4 },
    ),
    await checkpointTarget(),
  ];
}

async function checkpointTarget(): Promise<Target> {
  const file = 'host/segment-log/src/checkpoint.ts';
  const read = await from<(disk: object) => Promise<object>>(file, 'readCheckpoint');
  const magic = Uint8Array.from('DSM-LOG', (letter) => letter.charCodeAt(0));
  const good = concat(Uint8Array.of(1), magic, Uint8Array.of(1), new Uint8Array(64).fill(1));
  const run: Target['run'] = async (bytes) => {
    const given = sealed(bytes);
    const open = async (): Promise<object> => ({
      read: async (_: number, length: number) => given.subarray(0, length),
      close: async () => {},
    });
    const found = await read({ open }).catch(typed);
    if (found === false) return false;
    const { sequence } = found as { sequence: number };
    const stated = new DataView(given.buffer, given.byteOffset).getBigUint64(32);
    if (given[7] === 1 && BigInt(sequence) === stated) return true;
    throw new Broken('rule', `the checkpoint says ${stated}, and ${sequence} is read`);
  };
  return target('segment-log/checkpoint.readCheckpoint', run, { samples: [good], cost: 4 });
}

interface Header {
  readonly kind: number;
  readonly shelf: number;
  readonly length: number;
}

async function logRecords(): Promise<readonly Target[]> {
  const file = 'host/segment-log/src/record.ts';
  const headerAt = await from<(bytes: Uint8Array, at: number) => Header | undefined>(
    file,
    'headerAt',
  );
  const isIntact = await from<(bytes: Uint8Array, at: number, header: Header) => boolean>(
    file,
    'valueIsIntact',
  );
  const recordBytes = await from<(length: number) => number>(file, 'recordBytes');
  const encode = await from<
    (kind: number, shelf: number, key: Uint8Array, value: Uint8Array) => Uint8Array
  >(file, 'encodeRecord');
  const commits = 'host/segment-log/src/commit-record.ts';
  type Judge = (bytes: Uint8Array, at: number, header: Header, place: object) => unknown;
  const ownCommitAt = await from<Judge>(commits, 'ownCommitAt');
  const stated = await from<
    (before: object, bytes: Uint8Array, at: number, header: Header) => unknown
  >(commits, 'statedCommit');
  const before = await from<object>('host/segment-log/src/segment-header.ts', 'noCommits');
  const place = { id: new Uint8Array(16), segment: 1, offset: 0 };
  /** Kind, shelf, key and value of a record that is made right, then bytes that are changed in it. */
  const run: Target['run'] = (bytes) => {
    const [how = 0, kind = 0, shelf = 0] = bytes;
    const value = bytes.subarray(Math.min(35, bytes.length));
    const key = new Uint8Array(32);
    key.set(bytes.subarray(3, 35));
    const record = (how & 1) === 0 ? bytes : encode(kind, shelf, key, value);
    const header = headerAt(record, 0);
    if (header === undefined) return false;
    if (record.length < recordBytes(header.length) || !isIntact(record, 0, header)) return false;
    ownCommitAt(record, 0, header, place);
    stated(before, record, 0, header);
    const isSame = header.kind === kind && header.shelf === shelf && header.length === value.length;
    if ((how & 1) === 0 || isSame) return true;
    throw new Broken('two spellings', 'a record is read otherwise than it was written');
  };
  const good = new Uint8Array(80).fill(1);
  return [
    target('segment-log/record.headerAt', run, {
      samples: [good, good.with(1, 3), encode(1, 2, new Uint8Array(32), good)],
      // Small records are cut from a common block, which the first of them makes.
      cost: 4,
    }),
  ];
}
