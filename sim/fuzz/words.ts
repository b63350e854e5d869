/**
 * The words of a module's text: signs that matter to where it branches, names, and what stands
 * between them. Texts, patterns and remarks are one word each, so that nothing in them is taken for
 * a sign.
 */

export interface Word {
  readonly kind: 'space' | 'sign' | 'name' | 'value';
  readonly text: string;
}

const space = /(?:\s+|\/\/[^\n]*|\/\*[^]*?\*\/)+/y;
const name = /[\p{L}_$#@][\p{L}\p{N}_$]*/uy;
const number = /\d[\w.]*/y;
const quoted = /'(?:[^'\\\n]|\\[^])*'|"(?:[^"\\\n]|\\[^])*"/y;
const pattern = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
const sign = /=>|\?\.(?!\d)|\?\?=|&&=|\|\|=|\?\?|&&|\|\||\.\.\.|[^]/y;
/** A piece of a template, up to its end or to the next expression in it. */
const piece = /(?:[^`\\$]|\\[^]|\$(?!\{))*(?:`|\$\{)/y;

/** Words before which a slash begins a pattern. */
const beforePattern: readonly string[] = ['return', 'case', 'typeof', 'of', 'in', 'else'];

export function wordsOf(text: string): readonly Word[] {
  const words: Word[] = [];
  /** How many braces are open in each expression of a template that is being read. */
  const templates: number[] = [];
  let at = 0;
  let last = '';
  const take = (expression: RegExp): string | undefined => {
    expression.lastIndex = at;
    return expression.exec(text)?.[0];
  };
  const add = (kind: Word['kind'], found: string): void => {
    words.push({ kind, text: found });
    at += found.length;
    if (kind !== 'space') last = kind === 'value' ? 'value' : found;
  };
  /** The template goes on here; its expressions are words of their own. */
  const goOn = (opened: string): void => {
    at += opened.length;
    const found = take(piece) ?? '';
    at -= opened.length;
    const isOver = !found.endsWith('${');
    add('value', opened + (isOver ? found : found.slice(0, -2)));
    if (isOver) return;
    add('sign', '${');
    templates.push(0);
  };
  const addSign = (): void => {
    const isPattern = text[at] === '/' && opensPattern(last);
    const found = (isPattern ? take(pattern) : undefined) ?? take(sign)!;
    const depth = found === '{' ? 1 : found === '}' ? -1 : 0;
    if (templates.length > 0) templates[templates.length - 1]! += depth;
    add(isPattern ? 'value' : 'sign', found);
  };
  while (at < text.length) {
    const blank = take(space);
    const word = blank ?? take(name) ?? take(number) ?? take(quoted);
    const isEndOfPart = text[at] === '}' && templates.at(-1) === 0;
    if (word !== undefined) add(kindOf(word, blank !== undefined), word);
    else if (text[at] === '`') goOn('`');
    else if (isEndOfPart) {
      templates.pop();
      add('sign', '}');
      goOn('');
    } else addSign();
  }
  return words;
}

function kindOf(word: string, isBlank: boolean): Word['kind'] {
  if (isBlank) return 'space';
  return /^['"\d]/.test(word) ? 'value' : 'name';
}

function opensPattern(last: string): boolean {
  if (beforePattern.includes(last)) return true;
  return last !== 'value' && !/^[\p{L}_$#)\]}]/u.test(last);
}
