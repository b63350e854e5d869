/** `dsm node`: run a storage node, and look at one. */

import { fromName } from '@dsm/availability';
import { httpNode } from '@dsm/node';
import { DsmError } from '@dsm/wallet';
import type { CommandSpec } from '../command.ts';
import { located } from '../network-file.ts';
import { cardText, nodeCard } from '../node-home.ts';
import type { TlsFiles } from '../tls-files.ts';
import { capacityOf, minutesOf, runNode } from '../node-run.ts';
import * as s from '../schema.ts';
import { accept } from './node-accept.ts';
import { audit, fsck, repair } from './node-care.ts';

const cardSchema = s.record({
  suite: s.count,
  id: s.base64url,
  voteKey: s.base64url,
  address: s.text,
  capacityBytes: s.count,
});

const run: CommandSpec = {
  name: 'run',
  summary: 'run a storage node, until SIGTERM or Ctrl-C',
  details:
    'Needs nothing: the first start makes its key. Prints its card on standard output and a log,\n' +
    'one JSON object for each line, on standard error. Votes once a network file names its key;\n' +
    'the file is kept for the next start; so is the engine, which is chosen once for a folder.\n' +
    'An S3 shelf takes its credentials from the environment.\n' +
    'Answers /healthz, /readyz, /metrics and /openapi.json, by HTTP/1.1 and HTTP/2. SIGHUP reads the\n' +
    'files of the certificate again. SIGTERM lets requests under way end well.',
  options: [
    { form: '--data <folder>', meaning: 'where it keeps everything (./dsm-node)' },
    { form: '--listen <address>', meaning: 'where it answers (127.0.0.1:4610)' },
    { form: '--capacity <size>', meaning: 'how much it keeps, like 500MB or 10GB (10GB)' },
    { form: '--registry <file>', meaning: 'the network file' },
    { form: '--public <url>', meaning: 'the address on its card, if another one' },
    { form: '--engine <name>', meaning: 'segment-log, sqlite, lmdb or postgres://… (segment-log)' },
    { form: '--shelf <url>', meaning: 'where old segments go: s3://bucket/prefix?endpoint=…' },
    { form: '--paid', meaning: 'keep only what an accepted offer pays for (dsm node accept)' },
    { form: '--tls-cert <file>', meaning: 'speak TLS, under the certificate in this PEM file' },
    { form: '--tls-key <file>', meaning: 'its private key' },
    { form: '--rate <count>', meaning: 'requests a second that one address may send (4096)' },
    { form: '--no-repair', meaning: 'do not compare itself with other nodes' },
    { form: '--commit <minutes>', meaning: 'how often it says what it keeps (60)' },
    { form: '--admit <ids>', meaning: 'who may join as far as this node signs: ids, or "all"' },
    { form: '--leave', meaning: 'give up seats and slots at the next change of the registry' },
    { form: '--with-parent', meaning: 'end when standard input ends' },
  ],
  example: 'dsm node run --data ./node --listen 127.0.0.1:4610 --capacity 10GB',
  output: cardSchema,
  run: async (context, input) => {
    const registry = input.option('registry');
    const address = input.option('public');
    const [engine, shelf] = [input.option('engine'), input.option('shelf')];
    const rate = rateOf(input.option('rate'));
    const tls = tlsOf(input.option('tlsCert'), input.option('tlsKey'), context.cli.cwd);
    return runNode(context, {
      data: located(input.option('data') ?? 'dsm-node', context.cli.cwd),
      listen: input.option('listen') ?? '127.0.0.1:4610',
      capacityBytes: capacityOf(input.option('capacity') ?? '10GB'),
      withParent: input.isSet('withParent'),
      engine: { ...(engine !== undefined && { engine }), ...(shelf !== undefined && { shelf }) },
      isPaid: input.isSet('paid'),
      repairs: input.isSet('repair'),
      leaves: input.isSet('leave'),
      admits: admitted(input.option('admit')),
      commitMinutes: minutesOf(input.option('commit') ?? '60'),
      ...(registry !== undefined && { registry }),
      ...(address !== undefined && { address }),
      ...(rate !== undefined && { rate }),
      ...(tls !== undefined && { tls }),
    });
  },
};

/** Ids as cards have them, with commas between them. */
function admitted(text: string | undefined): readonly Uint8Array[] | 'all' {
  if (text === undefined) return [];
  if (text === 'all') return 'all';
  return text.split(',').map((id) => {
    const bytes = fromName(id.trim());
    if (bytes === undefined) throw new DsmError('usage', `"${id}" is no id of a node`);
    return bytes;
  });
}

function rateOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,6}$/.test(text)) {
    throw new DsmError('usage', `"${text}" is no number of requests: write one like 500`);
  }
  return Number(text);
}

function tlsOf(
  cert: string | undefined,
  key: string | undefined,
  cwd: string,
): TlsFiles | undefined {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined) {
    throw new DsmError('usage', 'a certificate and its key: --tls-cert and --tls-key');
  }
  return { certFile: located(cert, cwd), keyFile: located(key, cwd) };
}

const card: CommandSpec = {
  name: 'card',
  summary: 'print the public card of a node, from which a network file is made',
  options: [
    { form: '--data <folder>', meaning: 'the folder of the node (./dsm-node)' },
    { form: '--public <url>', meaning: 'where it will be reached (http://127.0.0.1:4610)' },
    { form: '--capacity <size>', meaning: 'how much it keeps, if it was never started (10GB)' },
  ],
  example: 'dsm node card --data ./node > node.card',
  output: cardSchema,
  run: async (context, input) => {
    const data = located(input.option('data') ?? 'dsm-node', context.cli.cwd);
    const capacity = capacityOf(input.option('capacity') ?? '10GB');
    const found = await nodeCard(data, input.option('public') ?? 'http://127.0.0.1:4610', capacity);
    context.result(found, cardText(found));
    return 0;
  },
};

const status: CommandSpec = {
  name: 'status',
  summary: 'ask a node how it is',
  arguments: [{ form: '<url>', meaning: 'like http://127.0.0.1:4610' }],
  example: 'dsm node status http://127.0.0.1:4610',
  output: s.record({
    node: s.base64url,
    status: s.oneOf('ok', 'full'),
    votes: s.flag,
    capacityBytes: s.count,
    usedBytes: s.count,
    objects: s.count,
    slots: s.count,
  }),
  run: async (context, input) => {
    const url = input.argument(0);
    if (!URL.canParse(url)) throw new DsmError('usage', `"${url}" is no URL`);
    const node = httpNode(url);
    try {
      const health = await node.health().catch((cause: unknown) => {
        throw new DsmError('unreachable', `${url} does not answer`, { cause });
      });
      const votes = (await node.registry()) !== undefined;
      const { status: state, capacityBytes, usedBytes, objects, slots } = health;
      context.result(
        { node: health.node, status: state, votes, capacityBytes, usedBytes, objects, slots },
        [
          `${url}: ${state}, ${votes ? 'votes' : 'knows no registry, so it does not vote'}`,
          `${usedBytes.toLocaleString('en')} of ${capacityBytes.toLocaleString('en')} bytes used`,
          `${objects} objects, ${slots} slots`,
        ],
      );
      return 0;
    } finally {
      node.close();
    }
  },
};

export const node: CommandSpec = {
  name: 'node',
  summary: 'run a storage node, and look at one',
  commands: [run, card, status, accept, repair, audit, fsck],
};
