/** `dsm login`: answer a server that asks which device this is. */

import { readFile, writeFile } from 'node:fs/promises';
import { DsmError } from '@dsm/wallet';
import type { CommandSpec } from '../command.ts';
import type { Context } from '../context.ts';
import { located } from '../network-file.ts';
import { confirm } from '../prompt.ts';
import * as s from '../schema.ts';
import { withWallet } from '../session.ts';

export const login: CommandSpec = {
  name: 'login',
  summary: 'answer a server that asks which device this is',
  details:
    'The server tells a challenge, which goes back with an answer; a program carries both. The origin is\n' +
    'the one that you mean to log in to, as in the bar of a browser: a challenge of another one is\n' +
    'refused. The server learns the id of this device, which is the same everywhere.',
  arguments: [
    { form: '<origin>', meaning: 'like https://shop.example' },
    { form: '<challenge>', meaning: 'the file with the challenge' },
    { form: '<answer>', meaning: 'where to write the answer' },
  ],
  options: [
    { form: '--identity', meaning: 'show the identity, too, that all devices of its owner share' },
  ],
  example: 'dsm login https://shop.example asked.bin answer.bin',
  output: s.record({ audience: s.text, file: s.text, bytes: s.count }),
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const audience = input.argument(0);
      const asked = await bytesFrom(context, input.argument(1));
      if (!context.yes) {
        if (!context.canAsk) throw new DsmError('usage', 'nobody logs in without a yes: --yes');
        const isMeant = await confirm(`Log in to ${audience}?`, context.cli.signal);
        if (!isMeant) throw new DsmError('refused', 'nothing was answered');
      }
      const answer = await wallet.credentials.login(asked, {
        audience,
        identity: input.isSet('identity'),
      });
      const file = located(input.argument(2), context.cli.cwd);
      await writeFile(file, answer, { mode: 0o600 });
      const bytes = answer.length;
      context.result({ audience, file, bytes }, `${bytes} bytes written to ${file}`);
      return 0;
    }),
};

async function bytesFrom({ cli }: Context, path: string): Promise<Uint8Array> {
  try {
    return Uint8Array.from(await readFile(located(path, cli.cwd)));
  } catch (cause) {
    throw new DsmError('not-found', `${path} cannot be read`, { cause });
  }
}
