/** `dsm node repair`, `audit` and `fsck`: whether nodes keep what they should, and making it so. */

import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { byteCommit, usedBytes, type SignedByteCommit } from '@dsm/availability';
import { registriesOf, type Registries, type RegistryNode } from '@dsm/primitive';
import { examineNode, type Examined } from '@dsm/storage-node';
import {
  audit as auditNode,
  auditOutcomes,
  DsmError,
  followRegistry,
  repair as repairNodes,
  replication,
  type AuditRecord,
  type RepairReport,
} from '@dsm/wallet';
import type { CommandSpec, Input } from '../command.ts';
import type { Context } from '../context.ts';
import { located, readNetwork, type NetworkFile } from '../network-file.ts';
import { pacedBy, reachByHttp, type Reach } from '../node-care.ts';
import { checkEngine, openEngine } from '../node-engine.ts';
import { capacityOf } from '../node-run.ts';
import * as s from '../schema.ts';
import { exists, networkOf } from '../session.ts';

const entropy = {
  bytes: (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length)),
};
const registryOption = {
  form: '--registry <file>',
  meaning: 'the network file, if not the wallet’s',
};
const deficits = s.record({ belowQ: s.count, belowR: s.count });

export const repair: CommandSpec = {
  name: 'repair',
  summary: 'copy objects to the nodes that should have them and have not',
  details:
    'Compares the nodes of the network with each other and copies what some lack, objects with\n' +
    'the fewest copies first. Whoever starts it again goes on where it ended. Exits with 1 if\n' +
    'objects with fewer copies than they should have are left, or nodes could not be compared.',
  options: [
    registryOption,
    { form: '--replace', meaning: 'let others stand in for nodes that do not answer' },
    { form: '--pace <size>', meaning: 'move so much a second, like 1MB' },
    { form: '--count', meaning: 'then count the copies of every object' },
  ],
  example: 'dsm node repair --pace 5MB',
  output: s.partial(
    {
      version: s.count,
      found: s.count,
      copied: s.count,
      bytes: s.count,
      before: deficits,
      after: deficits,
      compared: s.count,
      uncompared: s.count,
      silent: s.list(s.base64url),
      wrong: s.list(s.base64url),
      sent: s.count,
      received: s.count,
    },
    { copies: s.list(s.record({ copies: s.count, objects: s.count })) },
  ),
  run: async (context, input) => {
    const { signal } = context.cli;
    const pace = input.option('pace');
    return within(context, input, async ({ network, registries }, reach) => {
      const report = await repairNodes({
        registries: () => registries,
        reach,
        entropy,
        replace: input.isSet('replace'),
        signal,
        ...(pace !== undefined && { budget: { pace: pacedBy(capacityOf(pace), signal) } }),
      });
      const counted = input.isSet('count')
        ? await replication(network.registry, reach, signal)
        : undefined;
      const copies = counted && {
        copies: [...counted.objects]
          .toSorted(([a], [b]) => a - b)
          .map(([each, objects]) => ({ copies: each, objects })),
      };
      context.result({ ...repairView(report), ...copies }, [
        ...repairLines(report),
        ...(copies?.copies ?? []).map((one) => `${one.objects} objects with ${one.copies} copies`),
      ]);
      return report.after.belowR + report.uncompared > 0 ? 1 : 0;
    });
  },
};

function repairView(report: RepairReport): object {
  const { version, found, copied, bytes, before, after, compared, uncompared } = report;
  const { silent, wrong, traffic } = report;
  const what = { version, found, copied, bytes, before, after, compared, uncompared };
  return { ...what, silent, wrong, ...traffic };
}

function repairLines(report: RepairReport): readonly string[] {
  const { found, copied, bytes, before, after, compared, uncompared, silent } = report;
  return [
    `${found} objects not everywhere where they should be, ${before.belowQ} below the quorum`,
    `${copied} copies made, ${bytes.toLocaleString('en')} bytes`,
    `${after.belowR} objects have too few copies now, ${after.belowQ} below the quorum`,
    `${compared} pairs of nodes compared, ${uncompared} not; ${silent.length} nodes do not answer`,
  ];
}

export const audit: CommandSpec = {
  name: 'audit',
  summary: 'challenge a node to show that it keeps what it says',
  details:
    'Draws bytes of all that the node’s newest ByteCommit claims, and objects that other nodes\n' +
    'list. With --records the ByteCommit is compared with the one of the last audit, and the\n' +
    'result is added to the file. Exits with 1 unless the node passes.',
  arguments: [{ form: '<url>', meaning: 'the node, as the network file names it' }],
  options: [
    registryOption,
    { form: '--samples <count>', meaning: 'how many bytes to draw (16)' },
    { form: '--records <file>', meaning: 'where records are kept, a line each' },
  ],
  example: 'dsm node audit http://127.0.0.1:4610 --records audits.jsonl',
  output: s.partial(
    {
      node: s.base64url,
      version: s.count,
      outcome: s.oneOf(...auditOutcomes),
      samples: s.count,
      passed: s.count,
      later: s.count,
    },
    { sequence: s.count, usedBytes: s.count, commit: s.base64url },
  ),
  run: async (context, input) =>
    within(context, input, async ({ network }, reach) => {
      const at = network.nodes.indexOf(input.argument(0));
      const node = network.registry.nodes[at];
      if (node === undefined) throw new DsmError('not-found', 'the network has no such node');
      const named = input.option('records');
      const path = named === undefined ? undefined : located(named, context.cli.cwd);
      const before = path === undefined ? undefined : await lastCommit(path, node.id);
      const record = await auditNode({
        node: node.id,
        registry: network.registry,
        reach,
        entropy,
        samples: countOf(input.option('samples') ?? '16'),
        ...(before !== undefined && { before }),
      });
      const view = auditView(record);
      if (path !== undefined) await appendFile(path, `${JSON.stringify(written(view))}\n`);
      context.result(view, auditLines(record));
      return record.outcome === 'passed' ? 0 : 1;
    }),
};

function auditView({ node, version, outcome, samples, commit }: AuditRecord): object {
  const count = (what: string): number => samples.filter((one) => one.outcome === what).length;
  const counts = { samples: samples.length, passed: count('passed'), later: count('later') };
  const about = commit && {
    sequence: commit.commit.sequence,
    usedBytes: usedBytes(commit.commit),
    commit: byteCommit.encode(commit),
  };
  return { node, version, outcome, ...counts, ...about };
}

function auditLines({ outcome, samples, commit }: AuditRecord): readonly string[] {
  const used = commit === undefined ? 'nothing' : `${usedBytes(commit.commit)} bytes`;
  return [`${outcome}: claims ${used}, ${samples.length} samples`];
}

function written(view: object): object {
  const fields = Object.entries(view).map(([name, value]: [string, unknown]) => [
    name,
    value instanceof Uint8Array ? Buffer.from(value).toString('base64url') : value,
  ]);
  return Object.fromEntries(fields) as object;
}

/** The ByteCommit of the node in the last record that has one. */
async function lastCommit(path: string, id: Uint8Array): Promise<SignedByteCommit | undefined> {
  if (!(await exists(path))) return undefined;
  const name = Buffer.from(id).toString('base64url');
  for (const line of (await readFile(path, 'utf8')).split('\n').toReversed()) {
    const { node, commit } = fieldsOf(line);
    if (node !== name || typeof commit !== 'string') continue;
    const decoded = byteCommit.decode(Uint8Array.from(Buffer.from(commit, 'base64url')));
    if (decoded.ok) return decoded.value;
  }
  return undefined;
}

function fieldsOf(line: string): Readonly<Record<string, unknown>> {
  try {
    return { ...(JSON.parse(line) as object) };
  } catch {
    return {};
  }
}

export const fsck: CommandSpec = {
  name: 'fsck',
  summary: 'look at every record of a node that does not run',
  details:
    'Checks the engine first, if it is a segment log, then every record. An object that is not\n' +
    'what its address says is worth nothing; with --drop it is dropped, and repair brings it back.\n' +
    'With --drop a single wrong bit in the header of a record is turned back, too.\n' +
    'A damaged slot is never dropped: a node that forgets a vote could give\n' +
    'another one, so it comes back only with a new key. Exits with 1 if damage is left.',
  options: [
    { form: '--data <folder>', meaning: 'the folder of the node (./dsm-node)' },
    { form: '--drop', meaning: 'drop damaged objects' },
  ],
  example: 'dsm node fsck --data ./node',
  output: s.record({
    objects: s.count,
    slots: s.count,
    damagedObjects: s.list(s.base64url),
    damagedSlots: s.list(s.base64url),
    counted: s.flag,
    dropped: s.count,
    engine: s.list(
      s.record({ kind: s.text, sentence: s.text, harmless: s.flag, repaired: s.flag }),
    ),
  }),
  run: async (context, input) => {
    const data = located(input.option('data') ?? 'dsm-node', context.cli.cwd);
    if (!(await exists(join(data, 'key'))))
      throw new DsmError('not-found', `there is no node in ${data}`);
    const findings = await checkEngine(data, input.isSet('drop'));
    const found = await recordsIn(data, input.isSet('drop'));
    const { objects, slots, damage, isCounted: counted, dropped } = found;
    const keys = (kind: string): readonly Uint8Array[] =>
      damage.filter((one) => one.kind === kind).map(({ key }) => key);
    const [damagedObjects, damagedSlots] = [keys('object'), keys('slot')];
    const engine = findings.map(
      ({ kind, sentence, isHarmless: harmless, isRepaired: repaired }) => ({
        kind,
        sentence,
        harmless,
        repaired,
      }),
    );
    context.result({ objects, slots, damagedObjects, damagedSlots, counted, dropped, engine }, [
      ...findings.map(({ kind, sentence }) => `${kind}: ${sentence}`),
      `${objects} objects, ${slots} slots; the count is ${counted ? 'exact' : 'not exact'}`,
      `${damagedObjects.length} objects damaged, ${dropped} dropped; ${damagedSlots.length} slots damaged`,
    ]);
    // A record that the engine found damaged is among those that were looked at one by one.
    const isBroken = engine.some(({ kind, harmless }) => !harmless && kind !== 'record');
    return damage.length > dropped || !counted || isBroken ? 1 : 0;
  },
};

async function recordsIn(data: string, dropObjects: boolean): Promise<Examined> {
  const engine = await openEngine(data, {});
  try {
    return await examineNode(engine, { dropObjects });
  } finally {
    await engine.close();
  }
}

/** The network as it is now, and every version of its registry that is known. */
interface Now {
  readonly network: NetworkFile;
  readonly registries: Registries;
}

type Way = (node: RegistryNode) => ReturnType<Reach['at']>;

async function within(
  context: Context,
  input: Input,
  work: (now: Now, reach: Way) => Promise<number>,
): Promise<number> {
  const source = input.option('registry');
  const file = await (source === undefined
    ? networkOf(context)
    : readNetwork(source, context.cli.cwd));
  const reach = reachByHttp();
  // The file may name other ways to its nodes than the registry, whose addresses are for people.
  const ways = new Map(file.registry.nodes.map(({ address }, i) => [address, file.nodes[i]!]));
  const wayTo = (address: string): string => ways.get(address) ?? address;
  try {
    const known = registriesOf(file.registry);
    const registries = await followRegistry(known, (address) => reach.at(wayTo(address)));
    const { newest } = registries;
    const nodes = newest.nodes.map(({ address }) => wayTo(address));
    const network = { ...file, registry: newest, nodes };
    return await work({ network, registries }, ({ address }) => reach.at(wayTo(address)));
  } finally {
    reach.close();
  }
}

function countOf(text: string): number {
  if (!/^\d{1,4}$/.test(text)) throw new DsmError('usage', `"${text}" is no count`);
  return Number(text);
}
