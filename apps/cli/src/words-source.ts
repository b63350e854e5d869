/** Where a command line takes 24 words from: a question, the environment, or standard input; never its arguments. */

import { DsmError } from '@dsm/wallet';
import { readWords } from '@dsm/words';
import type { Parameter } from './command.ts';
import type { Context } from './context.ts';
import { ask } from './prompt.ts';

export const wordsOption: Parameter = {
  form: '--words-from <source>',
  meaning: 'prompt, env (DSM_WORDS), or stdin: where the 24 words are',
};

/** The words as they were typed, which are words: nothing is begun with others. */
export async function wordsFrom(context: Context, source: string | undefined): Promise<string> {
  const typed = await typedWords(context, source);
  readWords(typed).fill(0);
  return typed;
}

async function typedWords(context: Context, source: string | undefined): Promise<string> {
  switch (source ?? standardSource(context)) {
    case 'env':
      return fromEnvironment(context);
    case 'stdin':
      return (await linesOf(context)).join(' ');
    case 'prompt':
      return asked(context);
    default:
      throw new DsmError('usage', `--words-from is prompt, env or stdin, not "${String(source)}"`);
  }
}

/** All lines of standard input that hold something. */
export async function linesOf({ cli }: Context): Promise<readonly string[]> {
  if (cli.lines === undefined) throw new DsmError('usage', 'nothing comes from standard input');
  const lines: string[] = [];
  for await (const line of cli.lines()) if (line.trim() !== '') lines.push(line);
  return lines;
}

/** What to say where words are needed and none are to be had. */
export const howToGiveWords =
  'set DSM_WORDS, or answer where you can be asked; words are never an argument';

function standardSource({ cli, canAsk }: Context): string {
  if ((cli.env['DSM_WORDS'] ?? '') !== '') return 'env';
  if (canAsk) return 'prompt';
  throw new DsmError('needs-words', `the 24 words are needed: ${howToGiveWords}`);
}

function fromEnvironment({ cli }: Context): string {
  const words = cli.env['DSM_WORDS'] ?? '';
  if (words === '') throw new DsmError('needs-words', 'DSM_WORDS is not set');
  return words;
}

function asked({ cli, canAsk }: Context): Promise<string> {
  if (!canAsk) throw new DsmError('usage', 'nobody can be asked here');
  return (cli.answer ?? ask)('The 24 words: ', cli.signal);
}
