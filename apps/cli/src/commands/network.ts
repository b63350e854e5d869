/** `dsm network`: the file that names a network. */

import { readFile } from 'node:fs/promises';
import { DsmError } from '@dsm/wallet';
import type { CommandSpec } from '../command.ts';
import { newNetwork } from '../network-new.ts';
import {
  fingerprint,
  located,
  readNetwork,
  writeNetwork,
  type NetworkFile,
} from '../network-file.ts';
import { parseCard } from '../node-home.ts';
import * as s from '../schema.ts';
import { networkOf } from '../session.ts';

const networkSchema = s.record({
  name: s.text,
  fingerprint: s.text,
  version: s.count,
  replicas: s.count,
  quorum: s.count,
  faulty: s.count,
  groups: s.count,
  nodes: s.list(s.text),
});

const create: CommandSpec = {
  name: 'create',
  summary: 'make a network file out of the cards of its nodes',
  details:
    'Groups of four are formed in the order of the cards; each survives one faulty node. Nodes\n' +
    'that are left over keep objects and no slots.',
  arguments: [
    { form: '<name>', meaning: 'the name of the network' },
    { form: '<file>', meaning: 'where to write it' },
    { form: '<cards...>', meaning: 'what dsm node card printed, a file for each node' },
  ],
  example: 'dsm network create village network.json a.card b.card c.card d.card',
  output: networkSchema,
  run: async (context, input) => {
    const { cwd } = context.cli;
    const paths = input.rest(2).map((path) => located(path, cwd));
    const cards = await Promise.all(paths.map(async (path) => parseCard(await textOf(path), path)));
    const network = newNetwork(input.argument(0), cards);
    await writeNetwork(located(input.argument(1), cwd), network);
    context.result(networkView(network), networkLines(network));
    return 0;
  },
};

const show: CommandSpec = {
  name: 'show',
  summary: 'show the network of this wallet, or of a file',
  arguments: [{ form: '[file]', meaning: 'a network file, or its HTTP address' }],
  example: 'dsm network show',
  output: networkSchema,
  run: async (context, input) => {
    const source = input.optional(0);
    const network = await (source === undefined
      ? networkOf(context)
      : readNetwork(source, context.cli.cwd));
    context.result(networkView(network), networkLines(network));
    return 0;
  },
};

export const network: CommandSpec = {
  name: 'network',
  summary: 'the file that names a network',
  commands: [create, show],
};

function networkView({ name, registry, nodes }: NetworkFile): object {
  const { version, r, q, f, groups } = registry;
  const what = { name, fingerprint: fingerprint(registry), version };
  return { ...what, replicas: r, quorum: q, faulty: f, groups: groups.length, nodes };
}

function networkLines({ name, registry, nodes }: NetworkFile): readonly string[] {
  const { version, q, r, f, groups } = registry;
  return [
    `${name}  ${fingerprint(registry)}, version ${version}`,
    `${groups.length} groups of ${r}; ${q} votes certify, ${f} faulty in each is survived`,
    ...nodes,
  ];
}

async function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: unknown) => {
    throw new DsmError('not-found', `${path} cannot be read`, { cause });
  });
}
