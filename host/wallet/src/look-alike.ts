/**
 * Look-alikes: tokens that a person could take for another one.
 *
 * Anybody can issue a token with any ticker, so a ticker means nothing by itself. Two texts look
 * alike if they have one skeleton: letters and digits that are told apart with difficulty become one.
 */

import { equal } from '@dsm/primitive';
import type { TokenWarning } from './api.ts';
import type { Model, Token } from './model.ts';
import { idText } from './text.ts';

/** Each run on the left is read as what stands on the right. The longer ones come first. */
const confusable: readonly (readonly [RegExp, string])[] = [
  [/rn/g, 'm'],
  [/vv/g, 'w'],
  [/cl/g, 'd'],
  [/[1li|]/g, 'l'],
  [/0/g, 'o'],
  [/5/g, 's'],
  [/2/g, 'z'],
  [/8/g, 'b'],
];

/** Letters of other alphabets, and the Latin ones that they are taken for. */
const foreign: readonly (readonly [string, string])[] = [
  ['аα', 'a'],
  ['еε', 'e'],
  ['оο', 'o'],
  ['рρ', 'p'],
  ['сϲ', 'c'],
  ['хχ', 'x'],
  ['уγ', 'y'],
  ['іι', 'i'],
  ['ј', 'j'],
  ['ѕ', 's'],
  ['кκ', 'k'],
  ['мμ', 'm'],
  ['тτ', 't'],
  ['вβ', 'b'],
  ['н', 'h'],
  ['ν', 'v'],
  ['ԁ', 'd'],
];

/** What is left of a text when whatever is easily confused is the same. */
export function skeleton(text: string): string {
  // Compatibility forms, accents and case are not seen at a glance, and spaces not at all.
  const plain = text
    .normalize('NFKD')
    .replaceAll(/\p{M}|[\s\p{P}]/gu, '')
    .toLowerCase();
  const latin = foreign.reduce(
    (seen, [letters, letter]) => seen.replaceAll(new RegExp(`[${letters}]`, 'gu'), letter),
    plain,
  );
  return confusable.reduce((seen, [run, letter]) => seen.replaceAll(run, letter), latin);
}

/** Tokens known here that the token could be taken for: those that the owner has adopted count. */
export function warningsFor(model: Model, { id, rules }: Token): TokenWarning[] {
  const others = [...model.tokens.values()].filter(
    (other) => other.adopted === 1 && !equal(other.id, id),
  );
  return others.flatMap((other): TokenWarning[] => {
    const text = idText('token', other.id);
    const { ticker, name } = other.rules;
    const about = (what: TokenWarning['what'], sentence: string): TokenWarning[] => [
      { what, token: text, sentence },
    ];
    if (ticker === rules.ticker) {
      return about('ticker', `another token is called ${ticker} too: ${text}`);
    }
    if (skeleton(ticker) === skeleton(rules.ticker)) {
      return about(
        'letters',
        `${rules.ticker} looks like ${ticker}, which is another token: ${text}`,
      );
    }
    if (skeleton(name) === skeleton(rules.name)) {
      return about('name', `its name "${rules.name}" looks like that of ${ticker}: ${text}`);
    }
    return [];
  });
}
