/** An app for tests: a list of words, of which none stands twice. */

import { choice, list, struct, text } from '@dsm/primitive';
import { defineApp, refuse, type App, type AppContext } from '../src/index.ts';

export interface Word {
  readonly id: string;
  readonly by: string;
  readonly word: string;
  /** What came with it, in the smallest unit. */
  readonly given: string;
}

export type Words = readonly Word[];

export type Said =
  | { readonly type: 'add'; readonly word: string }
  | { readonly type: 'drop'; readonly word: string }
  /** Nobody handles it: the reducer fails. */
  | { readonly type: 'fail'; readonly word: string };

const word = text(12_000);

export interface Counted {
  readonly app: App<Words, Said>;
  readonly reductions: () => number;
}

/** The app; its copies are the same app, and each counts its own work. */
export function listApp(): Counted {
  let count = 0;
  const app = defineApp<Words, Said>({
    ...named,
    initial: [],
    operation: choice<Said>({
      add: [1, struct({ word })],
      drop: [2, struct({ word })],
      fail: [3, struct({ word })],
    }),
    state: list(struct<Word>({ id: word, by: word, word, given: word }), 10_000),
    reduce: (all, said, context) => {
      count += 1;
      return next(all, said, context);
    },
  });
  return { app, reductions: () => count };
}

const named = { name: 'words', version: 1, rules: 'add, if it is not there; drop, if it is' };

function next(
  all: Words,
  said: Said,
  { id, by, given }: AppContext,
): ReturnType<typeof refuse> | Words {
  if (said.type === 'fail') throw new TypeError('nobody thought of that');
  const isThere = all.some((one) => one.word === said.word);
  if (said.type === 'drop') {
    return isThere ? all.filter((one) => one.word !== said.word) : refuse('it is not there');
  }
  if (isThere) return refuse('it is there already');
  const sum = given.reduce((total, { amount }) => total + amount, 0n);
  return [...all, { id, by, word: said.word, given: `${sum}` }];
}

/** The same app for whoever does not keep to its rules: says what it likes, in any bytes. */
export function looseApp(): App<readonly string[], { readonly bytes: string }> {
  return defineApp<readonly string[], { readonly bytes: string }>({
    ...named,
    initial: [],
    operation: {
      write: (to, { bytes }) => {
        for (const char of bytes) to.u8(char.charCodeAt(0));
      },
      read: (from) => {
        let bytes = '';
        while (from.left() > 0) bytes += String.fromCharCode(from.u8());
        return { bytes };
      },
    },
    reduce: (all, { bytes }) => [...all, bytes],
  });
}

export const add = (said: string): Said => ({ type: 'add', word: said });
export const drop = (said: string): Said => ({ type: 'drop', word: said });
export const wordsOf = (words: Words): readonly string[] => words.map((one) => one.word);
