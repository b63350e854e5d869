/** How the demonstration speaks: sentences for people, or one JSON object on each line. */

import type { Context } from '../context.ts';

export interface Teller {
  readonly chapter: (number: number, title: string) => void;
  /** One thing that has happened, with what was read back about it. */
  readonly tell: (
    event: string,
    fields: Readonly<Record<string, unknown>>,
    sentence: string,
  ) => void;
}

export function teller(context: Context): Teller {
  return {
    chapter: (number, title) => {
      const line = `\n${context.paint('bold', `${number}. ${title}`)}`;
      context.event({ event: 'chapter', number, title }, line);
    },
    tell: (event, fields, sentence) => context.event({ event, ...fields }, `   ${sentence}`),
  };
}
