/** `dsm guardian`: the words in shares, for people who keep them. */

import { readFile } from 'node:fs/promises';
import { nodeEntropy } from '@dsm/node';
import { DsmError } from '@dsm/wallet';
import { isTerms, joinShares, shareCountMax, splitWords, type Joined } from '@dsm/words';
import encodeQR from 'qr';
import type { CommandSpec, Input } from '../command.ts';
import type { Context } from '../context.ts';
import { located } from '../network-file.ts';
import * as s from '../schema.ts';
import { linesOf, wordsFrom, wordsOption } from '../words-source.ts';

const useless = s.record({ place: s.count, why: s.text });

const splitCommand: CommandSpec = {
  name: 'split',
  summary: 'make shares of the 24 words, of which some give the words back',
  details:
    'Give each guardian one line. Fewer shares than needed say nothing; whoever has enough of\n' +
    'them is the owner. Shares of two sets never mix, and an old set stays good: to dismiss a\n' +
    'guardian, move to new words.',
  options: [
    { form: '--needed <number>', meaning: 'how many give the words back (at least 2)' },
    { form: '--of <number>', meaning: `how many there are (at most ${shareCountMax})` },
    wordsOption,
    { form: '--qr', meaning: 'also as squares for a camera' },
  ],
  example: 'dsm guardian split --needed 2 --of 3',
  output: s.record({ needed: s.count, shares: s.list(s.text) }),
  run: async (context, input) => {
    const [needed, of] = [numberOf(input, 'needed'), numberOf(input, 'of')];
    if (!isTerms(needed, of)) {
      throw new DsmError(
        'usage',
        `at least 2 shares are needed, at most ${shareCountMax} are made, and no more are needed than made`,
      );
    }
    const words = await wordsFrom(context, input.option('wordsFrom'));
    const shares = await splitWords(words, { threshold: needed, count: of }, nodeEntropy);
    const lines = input.isSet('qr') ? shares.flatMap((one) => [one, square(one)]) : shares;
    context.result({ needed, shares }, lines);
    context.say(`Any ${needed} of these ${of} shares are the words. Keep no two in one place.`);
    return 0;
  },
};

const joinCommand: CommandSpec = {
  name: 'join',
  summary: 'get the 24 words back out of shares',
  details:
    'Shares come from the files, one or several in each, or from standard input, one in a line.\n' +
    'A wrong one among them is found if there is one more than needed.',
  arguments: [{ form: '[files...]', meaning: 'files with shares' }],
  example: 'dsm guardian join anna.share boris.share',
  output: s.record({ words: s.text, useless: s.list(useless) }),
  run: async (context, input) => {
    const joined = await joinShares(await sharesOf(context, input.rest(0)));
    context.result(joined, joined.words);
    for (const line of remarks(joined)) context.say(line);
    return 0;
  },
};

export const guardian: CommandSpec = {
  name: 'guardian',
  summary: 'shares of the 24 words, for people who keep them',
  commands: [splitCommand, joinCommand],
};

async function sharesOf(context: Context, files: readonly string[]): Promise<readonly string[]> {
  const lines =
    files.length === 0
      ? await linesOf(context)
      : (await Promise.all(files.map((file) => readLines(context, file)))).flat();
  if (lines.length > 64) throw new DsmError('usage', 'these are more than 64 shares');
  return lines;
}

async function readLines({ cli }: Context, file: string): Promise<readonly string[]> {
  const path = located(file, cli.cwd);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new DsmError('not-found', `${path} cannot be read`, { cause });
  });
  return text.split('\n').filter((line) => line.trim() !== '');
}

function remarks({ useless: found }: Joined): readonly string[] {
  return found.map(({ place, why }) => `Share ${place} was of no use: it is ${why}.`);
}

function square(text: string): string {
  // Capitals need fewer dots, and a share is read in either case.
  return encodeQR(text.toUpperCase(), 'ascii');
}

function numberOf(input: Input, name: string): number {
  const text = input.option(name);
  if (text === undefined || !/^\d{1,3}$/.test(text)) {
    throw new DsmError('usage', `--${name} is a number`);
  }
  return Number(text);
}
