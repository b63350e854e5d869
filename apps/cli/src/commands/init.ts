/** `dsm init`: a new wallet. */

import { hostname } from 'node:os';
import {
  createWallet,
  DsmError,
  recoverWallet,
  type Wallet,
  type WalletOptions,
} from '@dsm/wallet';
import type { CommandSpec, Input } from '../command.ts';
import type { Context } from '../context.ts';
import { isShownFirst, newWords, numbered, wordsNote } from '../new-words.ts';
import { ask } from '../prompt.ts';
import * as s from '../schema.ts';
import { exists, keyPath, makeWallet, networkOf, newKeystore } from '../session.ts';
import { levelOf, levelsHere } from '../things.ts';
import { wordsFrom, wordsOption } from '../words-source.ts';
import { identityFields, identityLines, identityView } from './id.ts';

export const init: CommandSpec = {
  name: 'init',
  summary: 'make a wallet',
  details:
    'Needs a network: --network FILE, DSM_NETWORK, or dsm config set network FILE.\n' +
    'The passphrase comes from DSM_PASSPHRASE or is asked for; --yes takes an empty one.\n' +
    'Draws 24 words and shows them once: they are kept nowhere, and lead back to this device when\n' +
    'everything else is lost. Words that you have already may be in use elsewhere: with\n' +
    '--words-from the wallet certifies its next incarnation before it does anything (dsm sync),\n' +
    'and a device that was made from the same words and number is retired by that.',
  options: [
    { form: '--name <name>', meaning: 'what you call this device; others see it' },
    { form: '--suite <number>', meaning: 'signatures: 1 (default), or 2, hashes alone and slower' },
    wordsOption,
    { form: '--device <number>', meaning: 'which device of the words this is (0)' },
    { form: '--without-words', meaning: 'no words: what is lost with the key file stays lost' },
    {
      form: '--binding <level>',
      meaning: `seal the secret to ${levelsHere.join(', ')}; software is the default`,
    },
  ],
  example: 'dsm init --name Maya',
  output: s.partial(identityFields, { words: s.text }),
  run: async (context, input) => {
    if (await exists(keyPath(context.home))) {
      throw new DsmError('exists', `there is a wallet in ${context.home} already`);
    }
    await networkOf(context);
    const name = input.option('name') ?? (await askedName(context));
    const level = levelOf(input.option('binding') ?? 'software');
    const { make, words } = await making(context, input);
    const shown = async (wallet: Wallet): Promise<number> => {
      const identity = identityView(wallet.id, context.home);
      context.result(words === undefined ? identity : { ...identity, words }, [
        ...identityLines(wallet.id),
        ...(words === undefined ? [] : ['', ...numbered(words), '', wordsNote]),
        ...(input.option('wordsFrom') === undefined ? [] : [nextStep]),
      ]);
      return 0;
    };
    return makeWallet(context, name, make, shown, await newKeystore(context, level));
  },
};

const nextStep = 'Next: dsm sync certifies this incarnation.';

interface Making {
  readonly make: (options: WalletOptions) => Promise<Wallet>;
  /** Words that are still to be shown. */
  readonly words: string | undefined;
}

async function making(context: Context, input: Input): Promise<Making> {
  const suite = suiteOf(input.option('suite') ?? '1');
  const source = input.option('wordsFrom');
  if (input.isSet('withoutWords')) {
    if (source !== undefined || input.option('device') !== undefined) {
      throw new DsmError('usage', '--without-words has no words, and no devices of them');
    }
    return { make: (options) => createWallet({ ...options, suite }), words: undefined };
  }
  const deviceIndex = deviceOf(input.option('device') ?? '0');
  if (source !== undefined) {
    const words = await wordsFrom(context, source);
    const make: Making['make'] = (options) =>
      recoverWallet({ ...options, suite, words, deviceIndex });
    return { make, words: undefined };
  }
  const words = await newWords(context);
  return {
    make: (options) => createWallet({ ...options, suite, words, deviceIndex }),
    words: isShownFirst(context) ? undefined : words,
  };
}

async function askedName({ canAsk, yes, cli }: Context): Promise<string> {
  const standard = hostname().slice(0, 24);
  if (!canAsk || yes) return standard;
  const answer = await (cli.answer ?? ask)(
    `What do you call this device? [${standard}] `,
    cli.signal,
  );
  return answer === '' ? standard : answer;
}

function suiteOf(text: string): 1 | 2 {
  if (text === '1') return 1;
  if (text === '2') return 2;
  throw new DsmError('usage', `suite ${text} is not known: there are 1 and 2`);
}

function deviceOf(text: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw new DsmError('usage', `--device is a number from 0 on, not "${text}"`);
}
