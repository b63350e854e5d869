/** `dsm init`: a new wallet. */

import { hostname } from 'node:os';
import { createWallet, DsmError } from '@dsm/wallet';
import type { CommandSpec } from '../command.ts';
import type { Context } from '../context.ts';
import { ask } from '../prompt.ts';
import { exists, keyPath, makeWallet, newKeystore } from '../session.ts';
import { levelOf, levelsHere } from '../things.ts';
import { identityLines, identitySchema, identityView } from './id.ts';

export const init: CommandSpec = {
  name: 'init',
  summary: 'make a wallet',
  details:
    'Needs a network: --network FILE, DSM_NETWORK, or dsm config set network FILE.\n' +
    'The passphrase comes from DSM_PASSPHRASE or is asked for; --yes takes an empty one.',
  options: [
    { form: '--name <name>', meaning: 'what you call this device; others see it' },
    { form: '--suite <number>', meaning: 'signatures: 1 (default), or 2, hashes alone and slower' },
    {
      form: '--binding <level>',
      meaning: `seal the secret to ${levelsHere.join(', ')}; software is the default`,
    },
  ],
  example: 'dsm init --name Maya',
  output: identitySchema,
  run: async (context, input) => {
    if (await exists(keyPath(context.home))) {
      throw new DsmError('exists', `there is a wallet in ${context.home} already`);
    }
    const name = input.option('name') ?? (await askedName(context));
    const suite = suiteOf(input.option('suite') ?? '1');
    const level = levelOf(input.option('binding') ?? 'software');
    return makeWallet(
      context,
      name,
      (options) => createWallet({ ...options, suite }),
      async (wallet) => {
        context.result(identityView(wallet.id, context.home), identityLines(wallet.id));
        return 0;
      },
      await newKeystore(context, level),
    );
  },
};

async function askedName({ canAsk, yes, cli }: Context): Promise<string> {
  const standard = hostname().slice(0, 24);
  if (!canAsk || yes) return standard;
  const answer = await ask(`What do you call this device? [${standard}] `, cli.signal);
  return answer === '' ? standard : answer;
}

function suiteOf(text: string): 1 | 2 {
  if (text === '1') return 1;
  if (text === '2') return 2;
  throw new DsmError('usage', `suite ${text} is not known: there are 1 and 2`);
}
