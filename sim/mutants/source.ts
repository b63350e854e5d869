/**
 * A module as a function. What is mutated is loaded hundreds of times a minute, each time anew, and
 * the module loader of Node keeps what it has loaded for ever. So the sources of this repository,
 * which are written in one plain form, are turned into functions of their imports; calling one
 * makes the module once more. Nothing moves: each offset of the source stays where it was.
 */

import { stripTypeScriptTypes } from 'node:module';

/** A module's text as a function expression, and what it asks for, in order. */
export interface Factory {
  readonly text: string;
  readonly requests: readonly string[];
}

const head = '(function (request, exported) {"use strict";';
/** How many characters stand before a module's own first one. */
export const shift: number = head.length;
const tail = '\n})';

const wholeImport =
  /^import\s+(?:(?:(\w+)|\{([^}]*)\}|\* as (\w+))\s*from\s*)?'([^']+)'( with \{[^}]*\})?;/gm;
const passedOn = /^export\s+(?:\*|\{([^}]*)\})\s*from\s*'([^']+)';/gm;
const listed = /^export \{([^}]*)\};/gm;
const declared =
  /^export ((?:async )?function\*?|const|let|class)\s+(?:(\w+)|\{([^}]*)\}|\[([^\]]*)\])/gm;

/** The function of a TypeScript module. Its keywords give way to blanks of the same length. */
export function factoryOf(source: string): Factory {
  const requests: string[] = [];
  const given: string[] = [];
  const plain = stripTypeScriptTypes(source, { mode: 'strip' });
  const text = plain
    .replace(wholeImport, (whole, normal?: string, named?: string, all?: string, from?: string) => {
      requests.push(from!);
      const asked = `request(${requests.length - 1})`;
      if (normal !== undefined) return fitted(`const ${normal}=${asked}.default;`, whole);
      if (all !== undefined) return fitted(`const ${all}=${asked};`, whole);
      return named === undefined
        ? fitted('', whole)
        : fitted(`const{${renamed(named)}}=${asked};`, whole);
    })
    .replace(passedOn, (whole, named?: string, from?: string) => {
      requests.push(from!);
      const asked = `request(${requests.length - 1})`;
      if (named === undefined) given.push(`...${asked}`);
      else for (const [inner, outer] of pairs(named)) given.push(`${outer}:${asked}.${inner}`);
      return fitted('', whole);
    })
    .replace(listed, (whole, named: string) => {
      for (const [inner, outer] of pairs(named)) given.push(`${outer}:${inner}`);
      return fitted('', whole);
    })
    .replace(
      declared,
      (whole, _word: string, name?: string, members?: string, elements?: string) => {
        if (name !== undefined) given.push(name);
        for (const [, inner] of pairs(members ?? '', ':')) given.push(inner);
        for (const [, inner] of pairs(elements ?? '', ':')) given.push(inner);
        return `       ${whole.slice('export '.length)}`;
      },
    );
  return {
    text: `${head}${text}\nObject.assign(exported,{${given.join(',')}});${tail}`,
    requests,
  };
}

/** As long as what it replaces, line breaks included, unless it needs more room than that. */
function fitted(short: string, whole: string): string {
  const breaks = whole.split('\n').length - 1;
  return (
    short + ' '.repeat(Math.max(0, whole.length - short.length - breaks)) + '\n'.repeat(breaks)
  );
}

/** `a as b` and `a` as pairs of the inner and the outer name; types leave empty places behind. */
function pairs(list: string, word = ' as '): readonly (readonly [string, string])[] {
  return list
    .split(',')
    .map((item) => item.trim().split(/\s*=\s*/, 1)[0]!)
    .filter((item) => item !== '')
    .map((item) => {
      const [inner, outer] = item.split(word).map((part) => part.trim());
      return [inner!, outer ?? inner!];
    });
}

function renamed(named: string): string {
  return pairs(named)
    .map(([inner, outer]) => (inner === outer ? inner : `${inner}:${outer}`))
    .join(',');
}
