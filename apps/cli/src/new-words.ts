/** New words: shown once, and on a terminal repeated in part, so that they have been written down. */

import { nodeEntropy } from '@dsm/node';
import { DsmError } from '@dsm/wallet';
import { drawWords, wordCount } from '@dsm/words';
import type { Context } from './context.ts';
import { ask } from './prompt.ts';

/** How many words are asked for again, and how often. */
const repeated = 3;
const attempts = 3;

/** Whether the words are shown before the wallet is made, and not with the result. */
export function isShownFirst({ canAsk, yes, isJson }: Context): boolean {
  return canAsk && !yes && !isJson;
}

/** Fresh words. Where a person can answer, they are shown and asked for; nothing is made until then. */
export async function newWords(context: Context): Promise<string> {
  const words = drawWords(nodeEntropy);
  if (!isShownFirst(context)) return words;
  for (const line of numbered(words)) context.say(line);
  context.say(wordsNote);
  for (let attempt = 1; attempt <= attempts; attempt++) {
    if (await isRepeated(context, words.split(' '))) return words;
    context.say('That is another word. Look at the list above.');
  }
  throw new DsmError('bad-words', 'the words were not repeated, and no wallet was made');
}

/** The words in six lines of four, each with its number. */
export function numbered(words: string): readonly string[] {
  const cells = words.split(' ').map((word, at) => `${String(at + 1).padStart(2)} ${word}`);
  return Array.from({ length: cells.length / 4 }, (_, line) =>
    cells
      .slice(4 * line, 4 * line + 4)
      .map((cell) => cell.padEnd(12))
      .join('')
      .trimEnd(),
  );
}

export const wordsNote =
  'Write these words down now: they are shown once and kept nowhere. Whoever has them is you.';

async function isRepeated(context: Context, words: readonly string[]): Promise<boolean> {
  for (const at of places()) {
    const question = `Word ${at + 1}: `;
    const { cli } = context;
    const answer = await (cli.answer ?? ask)(question, cli.signal);
    if (answer.trim().toLowerCase() !== words[at]) return false;
  }
  return true;
}

/** Different places, ascending. */
function places(): readonly number[] {
  const chosen = new Set<number>();
  while (chosen.size < repeated) {
    const [byte = 0] = nodeEntropy.bytes(1);
    // 240 is the largest multiple of 24 in a byte: beyond it some places would come more often.
    if (byte < 240) chosen.add(byte % wordCount);
  }
  return [...chosen].toSorted((a, b) => a - b);
}
