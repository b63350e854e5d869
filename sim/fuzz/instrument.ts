/**
 * Counters put into the text of a module, where it branches.
 *
 * The text is JavaScript as it is left when types are taken out of this repository's sources: it
 * has semicolons, and no expression ends by a line break. One walk over its words finds the places:
 *
 *     if (c) …           if (either(n, c)) …          and `while`
 *     a && b             a && and(n) && b             and `||`, `??`
 *     c ? a : b          c ? (branch(n), a) : (branch(n), b)
 *     (x) => a           (x) => (branch(n), a)
 *     ) { …              ) { branch(n); …             every block; `case x:` likewise
 *     new Uint8Array(n)  new Uint8Array(making(n))    and `Array.from({ length: n })`
 */

import { wordsOf } from './words.ts';

interface Frame {
  readonly open: string;
  /** The word before the bracket. */
  readonly before: string;
  /** What is still to be closed inside, innermost last. */
  readonly pending: ('then' | 'rest')[];
  /** Brackets of our own that close with it. */
  readonly own: string;
  isCase: boolean;
}

interface Walk {
  readonly frames: Frame[];
  readonly numberOf: () => number;
  /** The words so far, newest last. */
  readonly before: string[];
  /** The next word. */
  after: string;
  /** The word before the bracket that closed last. */
  closed: string;
}

/** The text with counters, whose numbers begin with `seed`; `from` is where they are imported from. */
export function instrumented(text: string, from: string, seed: number): string {
  let next = seed;
  const walk: Walk = {
    frames: [frameOf('', '')],
    numberOf: () => Math.imul(++next, 0x9e3779b1) >>> 16,
    before: [],
    after: '',
    closed: '',
  };
  const imported = Object.entries(names).map(([as, name]) => `${name} as ${as}`);
  let out = `import { ${imported.join(', ')} } from ${JSON.stringify(from)};`;
  const words = wordsOf(text);
  const meant = words.filter(({ kind }) => kind !== 'space');
  let at = 0;
  for (const { kind, text: word } of words) {
    if (kind === 'space') {
      out += word;
      continue;
    }
    walk.after = meant[++at]?.text ?? '';
    out += kind === 'sign' ? signed(walk, word) : word;
    if (word === 'case' || word === 'default') walk.frames.at(-1)!.isCase = true;
    walk.before.push(word);
    if (walk.before.length > 6) walk.before.shift();
  }
  return out;
}

const names = {
  dsm$b: 'branch',
  dsm$e: 'either',
  dsm$a: 'and',
  dsm$o: 'or',
  dsm$n: 'other',
  dsm$m: 'making',
};

function frameOf(open: string, before: string, own = ''): Frame {
  return { open, before, own, pending: [], isCase: false };
}

/** What stands for the sign. */
function signed(walk: Walk, sign: string): string {
  const frame = walk.frames.at(-1)!;
  switch (sign) {
    case '&&':
      return `&& dsm$a(${walk.numberOf()}) &&`;
    case '||':
      return `|| dsm$o(${walk.numberOf()}) ||`;
    case '??':
      return `?? dsm$n(${walk.numberOf()}) ??`;
    case '?':
      frame.pending.push('then');
      return `? (dsm$b(${walk.numberOf()}), `;
    case ':':
      return colon(walk, frame);
    case '=>':
      return arrow(walk);
    case '(':
    case '[':
    case '{':
    case '${':
      return opening(walk, sign);
    case ')':
    case ']':
    case '}':
      walk.frames.pop();
      walk.closed = frame.open === '(' ? frame.before : '';
      return `${closings(frame)}${frame.own}${sign}`;
    case ',':
    case ';':
      return `${closings(frame)}${sign}`;
    default:
      return sign;
  }
}

function closings({ pending }: Frame): string {
  return ')'.repeat(pending.splice(0).length);
}

function colon(walk: Walk, frame: Frame): string {
  const at = frame.pending.lastIndexOf('then');
  if (at >= 0) {
    const closed = frame.pending.splice(at).length;
    frame.pending.push('rest');
    return `${')'.repeat(closed)} : (dsm$b(${walk.numberOf()}), `;
  }
  if (frame.isCase) {
    frame.isCase = false;
    return `: dsm$b(${walk.numberOf()});`;
  }
  const isLength = walk.before.slice(-4).join(' ') === 'from ( { length';
  if (!isLength) return ':';
  frame.pending.push('rest');
  return ': dsm$m(';
}

/** The body of an arrow function is a block, which is counted by itself, or an expression. */
function arrow(walk: Walk): string {
  if (walk.after === '{') return '=>';
  walk.frames.at(-1)!.pending.push('rest');
  return `=> (dsm$b(${walk.numberOf()}), `;
}

function opening(walk: Walk, sign: string): string {
  const before = walk.before.at(-1) ?? '';
  const isCondition = sign === '(' && (before === 'if' || before === 'while');
  const isBuffer = sign === '(' && before === 'Uint8Array' && walk.before.at(-2) === 'new';
  const isBlock = sign === '{' && isBlockAfter(before, walk.closed);
  walk.frames.push(frameOf(sign, before, isCondition ? ')' : ''));
  if (isCondition) return `(dsm$e(${walk.numberOf()}, `;
  if (isBlock) return `{dsm$b(${walk.numberOf()});`;
  if (!isBuffer) return sign;
  walk.frames.at(-1)!.pending.push('rest');
  return '(dsm$m(';
}

const blockWords: readonly string[] = ['=>', 'else', 'do', 'try', 'finally', 'catch'];

function isBlockAfter(before: string, closed: string): boolean {
  return blockWords.includes(before) || (before === ')' && closed !== 'switch');
}
