/** `dsm backup`: everything into a file, onto paper, to the nodes. */

import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { backupCodes, DsmError, ndefRecord, type CapsuleStatus } from '@dsm/wallet';
import { encodeQR } from 'qr';
import type { CommandSpec, Input } from '../command.ts';
import type { Context } from '../context.ts';
import { located } from '../network-file.ts';
import * as s from '../schema.ts';
import { keyForBackup } from '../keystores.ts';
import { withWallet } from '../session.ts';

const nodesSchema: s.Schema = s.record({
  incarnation: s.count,
  certified: s.count,
  waiting: s.count,
  complete: s.flag,
  bytes: s.count,
  copied: s.flag,
});

export const backup: CommandSpec = {
  name: 'backup',
  summary: 'keep everything in a file, on paper or with the nodes',
  details:
    'Nothing but the sealed rows leaves the device, and what a file needs beside the passphrase to be\n' +
    'opened. Whoever has the file and the passphrase has the wallet; without a passphrase the file\n' +
    'alone is enough. A purse is not restored: load it back before a device is given away.\n' +
    'The nodes keep recovery data from the first sync on, unless dsm config set capsules off; without\n' +
    'a file or an option this says how much of it they have.',
  arguments: [{ form: '[file]', meaning: 'where to write it' }],
  options: [
    { form: '--nodes', meaning: 'send what has changed to the nodes now' },
    { form: '--qr', meaning: 'show it as codes for a camera, on this terminal' },
    { form: '--svg <folder>', meaning: 'write the codes as pictures to print' },
    { form: '--nfc', meaning: 'write the file as an NFC tag holds it: one NDEF record' },
  ],
  example: 'dsm backup maya.backup',
  output: s.partial(
    { nodes: nodesSchema },
    { file: s.text, bytes: s.count, codes: s.list(s.text) },
  ),
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const nodes = input.isSet('nodes')
        ? await wallet.capsules.send()
        : await wallet.capsules.status();
      const isAsked = ['qr', 'svg'].some((name) => input.isSet(name)) || hasFile(input);
      const bytes = isAsked ? await wallet.backup(await keyForBackup(context)) : undefined;
      const [fileMade, fileLines] = await filed(context, input, bytes);
      const [codesMade, codeLines] = await coded(context, input, bytes);
      const lines = [...fileLines, ...codeLines, ...nodeLines(nodes)];
      context.result({ nodes, ...fileMade, ...codesMade }, lines);
      return nodes.copied ? 6 : 0;
    }),
};

function hasFile(input: Input): boolean {
  if (input.optional(0) !== undefined) return true;
  if (input.isSet('nfc')) throw new DsmError('usage', '--nfc says how a file is written: name one');
  return false;
}

type Made = readonly [made: object, lines: readonly string[]];

async function filed({ cli }: Context, input: Input, bytes: Uint8Array | undefined): Promise<Made> {
  const name = input.optional(0);
  if (name === undefined || bytes === undefined) return [{}, []];
  const file = located(name, cli.cwd);
  const written = input.isSet('nfc') ? ndefRecord(bytes) : bytes;
  await writeFile(file, written, { mode: 0o600 });
  await chmod(file, 0o600);
  const made = { file, bytes: written.length };
  return [made, [`${written.length} bytes written to ${file}`]];
}

async function coded({ cli }: Context, input: Input, bytes: Uint8Array | undefined): Promise<Made> {
  const folder = input.option('svg');
  if (bytes === undefined || (folder === undefined && !input.isSet('qr'))) return [{}, []];
  const codes = backupCodes(bytes);
  const lines = [`${codes.length} codes: all of them are needed, in any order.`];
  if (folder !== undefined) {
    const path = located(folder, cli.cwd);
    await mkdir(path, { recursive: true, mode: 0o700 });
    for (const [i, code] of codes.entries()) {
      const name = join(path, `backup-${`${i + 1}`.padStart(3, '0')}-of-${codes.length}.svg`);
      await writeFile(name, encodeQR(code, 'svg', { ecc: 'medium' }), { mode: 0o600 });
    }
    lines.push(`Pictures written to ${path}`);
  }
  if (input.isSet('qr')) {
    for (const [i, code] of codes.entries()) {
      lines.push(`${i + 1} of ${codes.length}`, encodeQR(code, 'term', { ecc: 'low' }));
    }
  }
  return [{ codes }, lines];
}

function nodeLines({ certified, waiting, complete, copied }: CapsuleStatus): readonly string[] {
  if (copied) return ['This device was copied: another one writes its recovery data: dsm recover.'];
  if (certified === 0 && waiting === 0) return ['The nodes have no recovery data of this device.'];
  if (complete) return ['The nodes have everything, as it is now.'];
  return ['The nodes lack what has changed since: dsm backup --nodes.'];
}
