/** `dsm storage`: keep and find bytes on the storage nodes, and pay for the room. */

import { readFile, writeFile } from 'node:fs/promises';
import { limits } from '@dsm/primitive';
import { DsmError, type Progress, type Wallet } from '@dsm/wallet';
import { parseAmount } from '../amount.ts';
import type { CommandSpec } from '../command.ts';
import type { Context } from '../context.ts';
import { located } from '../network-file.ts';
import { capacityOf } from '../node-run.ts';
import * as s from '../schema.ts';
import { withWallet } from '../session.ts';

const addressArgument = { form: '<address>', meaning: 'obj1…, as put has printed it' };
const untilOption = {
  form: '--until <version>',
  meaning: 'the last version of the registry for which it holds',
};

const put: CommandSpec = {
  name: 'put',
  summary: 'keep a file on the storage nodes',
  details:
    'The bytes are public to whoever has their address: encrypt what is private. Above 1 MiB they\n' +
    'go in chunks; the same command again sends only what is missing. Exits with 5 if too few nodes\n' +
    'keep them.',
  arguments: [{ form: '<file>', meaning: 'what to keep' }],
  options: [untilOption, { form: '--for-good', meaning: 'nobody can release it, neither can you' }],
  example: 'dsm storage put report.pdf',
  output: s.record({ address: s.text, available: s.flag, bytes: s.count }),
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const bytes = await fileBytes(located(input.argument(0), context.cli.cwd));
      const until = input.option('until');
      const { address, available } = await wallet.storage.put(bytes, {
        releasable: !input.isSet('forGood'),
        signal: context.cli.signal,
        onProgress: progressTeller(context, bytes.length),
        ...(until !== undefined && { until: versionOf(until) }),
      });
      if (!available) {
        throw new DsmError('offline', 'too few nodes keep it; the same command goes on with it');
      }
      context.result({ address, available, bytes: bytes.length }, address);
      return 0;
    }),
};

const get: CommandSpec = {
  name: 'get',
  summary: 'fetch bytes by their address, checked against it',
  arguments: [addressArgument, { form: '<file>', meaning: 'where to write them' }],
  options: [{ form: '--max <size>', meaning: 'fetch no more than this (64MB)' }],
  example: 'dsm storage get obj1q… report.pdf',
  output: s.record({ address: s.text, file: s.text, bytes: s.count }),
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const address = input.argument(0);
      const bytes = await wallet.storage.get(address, capacityOf(input.option('max') ?? '64MB'));
      const file = located(input.argument(1), context.cli.cwd);
      await writeFile(file, bytes);
      const line = `${bytes.length.toLocaleString('en')} bytes written to ${file}`;
      context.result({ address, file, bytes: bytes.length }, line);
      return 0;
    }),
};

const check: CommandSpec = {
  name: 'check',
  summary: 'ask whether a quorum of nodes has the bytes',
  details: 'Exits with 0 if enough nodes show that they have them, else with 5.',
  arguments: [addressArgument],
  example: 'dsm storage check obj1q…',
  output: s.record({ address: s.text, available: s.flag }),
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const address = input.argument(0);
      const available = await wallet.storage.available(address);
      const line = available ? `${address} is available` : `too few nodes have ${address}`;
      context.result({ address, available }, line);
      return available ? 0 : 5;
    }),
};

const release: CommandSpec = {
  name: 'release',
  summary: 'say that this wallet needs the bytes no more',
  details: 'Nodes drop what nobody else claims. It cannot be taken back.',
  arguments: [addressArgument],
  example: 'dsm storage release obj1q…',
  output: s.record({ address: s.text, nodes: s.count }),
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const address = input.argument(0);
      const nodes = await wallet.storage.release(address);
      context.result({ address, nodes }, `${nodes} nodes were told`);
      return nodes > 0 ? 0 : 5;
    }),
};

const advertise: CommandSpec = {
  name: 'advertise',
  summary: 'leave a short signed note under a topic',
  details: 'At most 16 KiB, read from a file. A later one of this wallet takes its place.',
  arguments: [
    { form: '<topic>', meaning: 'any text; whoever knows it finds the note' },
    { form: '<file>', meaning: 'the note' },
  ],
  options: [{ form: untilOption.form, meaning: `${untilOption.meaning} (1000000)` }],
  example: 'dsm storage advertise bakery-hours hours.txt',
  output: s.record({ topic: s.text, nodes: s.count }),
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const topic = input.argument(0);
      const body = await fileBytes(located(input.argument(1), context.cli.cwd));
      if (body.length > 16_384) throw new DsmError('usage', 'a note has at most 16,384 bytes');
      const until = versionOf(input.option('until') ?? '1000000');
      const nodes = await wallet.storage.advertise(topic, body, until);
      context.result({ topic, nodes }, `${nodes} nodes keep it`);
      return 0;
    }),
};

const find: CommandSpec = {
  name: 'find',
  summary: 'show the notes under a topic',
  arguments: [{ form: '<topic>', meaning: 'as whoever left them wrote it' }],
  example: 'dsm storage find bakery-hours',
  output: s.list(
    s.record({ writer: s.base64url, sequence: s.count, until: s.count, body: s.base64url }),
  ),
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const found = await wallet.storage.find(input.argument(0));
      const decoder = new TextDecoder();
      const lines = found.map(
        ({ writer, body }) =>
          `${Buffer.from(writer).toString('base64url').slice(0, 8)}  ${shown(decoder.decode(body))}`,
      );
      context.result(found, lines.length === 0 ? 'no notes' : lines);
      return 0;
    }),
};

const offer: CommandSpec = {
  name: 'offer',
  summary: 'offer operators a price for room on their nodes',
  details:
    'Writes a signed offer. Send it to operators, pay those who agree over your edges with them,\n' +
    'collect their acceptances (dsm node accept), then dsm storage subscribe.',
  arguments: [
    { form: '<token>', meaning: 'what you pay with' },
    { form: '<price>', meaning: 'what each operator gets' },
    { form: '<file>', meaning: 'where to write the offer' },
  ],
  options: [
    { form: '--room <size>', meaning: 'how much you may keep on each node (1GB)' },
    { form: untilOption.form, meaning: `${untilOption.meaning} (1000000)` },
  ],
  example: 'dsm storage offer GOLD 5 room.offer --room 1GB',
  output: s.record({ file: s.text, bytes: s.count, price: s.units }),
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const [token, file] = [input.argument(0), located(input.argument(2), context.cli.cwd)];
      const price = parseAmount(input.argument(1), decimalsOf(wallet, token));
      const bytes = capacityOf(input.option('room') ?? '1GB');
      const until = versionOf(input.option('until') ?? '1000000');
      await writeFile(file, await wallet.storage.offer({ bytes, until, token, price }));
      context.result({ file, bytes, price }, `the offer is in ${file}`);
      return 0;
    }),
};

const subscribe: CommandSpec = {
  name: 'subscribe',
  summary: 'show an offer and its acceptances to the nodes',
  details: 'From then on this wallet’s data is charged to it, where nodes ask for pay.',
  arguments: [
    { form: '<offer>', meaning: 'the file of the offer' },
    { form: '<acceptances...>', meaning: 'what dsm node accept wrote, a file for each operator' },
  ],
  example: 'dsm storage subscribe room.offer a.accept b.accept c.accept',
  output: s.record({ nodes: s.count }),
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const { cwd } = context.cli;
      const [made, ...accepted] = await Promise.all(
        [input.argument(0), ...input.rest(1)].map((path) => fileBytes(located(path, cwd))),
      );
      const nodes = await wallet.storage.subscribe(made!, accepted);
      if (nodes === 0) throw new DsmError('refused', 'no node takes the offer');
      context.result({ nodes }, `${nodes} nodes take it`);
      return 0;
    }),
};

export const storage: CommandSpec = {
  name: 'storage',
  summary: 'keep and find bytes on the storage nodes',
  commands: [put, get, check, release, advertise, find, offer, subscribe],
};

function decimalsOf(wallet: Wallet, token: string): number {
  const found = wallet.tokens().find(({ ticker, id }) => ticker === token || id === token);
  if (found === undefined) throw new DsmError('not-found', `no token "${token}"`);
  return found.decimals;
}

function versionOf(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new DsmError('usage', `"${text}" is no version of a registry`);
  return Number(text);
}

function progressTeller(context: Context, size: number): (progress: Progress) => void {
  if (size <= limits.objectBytesMax) return () => {};
  return ({ done, of }) => context.say(`${done} of ${of} chunks`);
}

/** Somebody's text on a line of a terminal. */
function shown(text: string): string {
  return text.replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, ' ').slice(0, 120);
}

async function fileBytes(path: string): Promise<Uint8Array> {
  return Uint8Array.from(
    await readFile(path).catch((cause: unknown) => {
      throw new DsmError('not-found', `${path} cannot be read`, { cause });
    }),
  );
}
