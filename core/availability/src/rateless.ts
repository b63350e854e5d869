/**
 * Finding the difference of two sets of keys by a stream of symbols, in one direction.
 *
 * One side sends the symbols of its set, one after the other, and need know nothing; the other side
 * takes its own away and stops as soon as it knows both differences, after 1.35 to 1.5 symbols for each
 * key. How many that will be nobody has to guess, and the size of the sets does not matter.
 *
 * The symbols are a stranger's. Whatever they are, the work is bounded, no key is found twice, and the
 * worst that comes out is a wrong difference: whoever acts on it checks the root of what he then has.
 */

import { compare, keyOf } from '@dsm/primitive';
import {
  drawUnder,
  numberAfter,
  symbolBytes,
  symbolsEnd,
  symbolWords,
  wordAt,
  type Draw,
} from './symbol.ts';

/** Makes the symbols of one set under one nonce. */
export interface Encoder {
  /** Symbols `from` to before `from + count`. Going on where the last call ended is cheapest. */
  readonly symbols: (from: number, count: number) => Uint8Array;
}

/** `keys` are 32 bytes each, one after the other, strictly ascending; they may not change meanwhile. */
export function encoder(keys: Uint8Array, nonce: Uint8Array): Encoder {
  checkKeys(keys);
  return encoderOf(keys, drawUnder(nonce));
}

/** Of each key what its digest gives, the number of its next symbol, and how many it has had. */
interface Places {
  readonly checks: Uint8Array;
  readonly firsts: Int32Array;
  readonly seconds: Int32Array;
  readonly numbers: Uint32Array;
  readonly steps: Uint32Array;
}

function placesOf(keys: Uint8Array, draw: Draw): Places {
  const count = keys.length / 32;
  const places: Places = {
    checks: new Uint8Array(8 * count),
    firsts: new Int32Array(count),
    seconds: new Int32Array(count),
    numbers: new Uint32Array(count),
    steps: new Uint32Array(count),
  };
  for (let i = 0; i < count; i++) {
    draw.of(keys, i * 32);
    for (let byte = 0; byte < 8; byte++) places.checks[i * 8 + byte] = draw.digest[byte]!;
    places.firsts[i] = wordAt(draw.digest, 8);
    places.seconds[i] = wordAt(draw.digest, 12);
  }
  return places;
}

function encoderOf(keys: Uint8Array, draw: Draw): Encoder {
  const places = placesOf(keys, draw);
  const keyWords = wordsOf(keys);
  const checkWords = wordsOf(places.checks);
  let at = 0;
  return {
    symbols: (from, count) => {
      if (!(from >= 0 && count >= 0 && from + count <= symbolsEnd)) {
        throw new RangeError(`there are no symbols ${from} to ${from + count}`);
      }
      if (from < at) {
        places.numbers.fill(0);
        places.steps.fill(0);
      }
      at = from + count;
      const words = new Uint32Array(count * symbolWords);
      add(places, keyWords, checkWords, words, from, at);
      return new Uint8Array(words.buffer);
    },
  };
}

/** XOR every key into its symbols below `end`, of which those from `from` on are in `words`. */
function add(
  { firsts, seconds, numbers, steps }: Places,
  keyWords: Uint32Array,
  checkWords: Uint32Array,
  words: Uint32Array,
  from: number,
  end: number,
): void {
  for (let i = 0; i < numbers.length; i++) {
    let number = numbers[i]!;
    let step = steps[i]!;
    while (number < end) {
      if (number >= from) addOne(keyWords, checkWords, i, words, (number - from) * symbolWords);
      number = numberAfter(number, firsts[i]!, seconds[i]!, step++);
    }
    numbers[i] = number;
    steps[i] = step;
  }
}

function addOne(
  keyWords: Uint32Array,
  checkWords: Uint32Array,
  i: number,
  words: Uint32Array,
  to: number,
): void {
  for (let word = 0; word < 8; word++) words[to + word]! ^= keyWords[i * 8 + word]!;
  words[to + 8]! ^= checkWords[i * 2]!;
  words[to + 9]! ^= checkWords[i * 2 + 1]!;
}

export const ratelessRefusals = {
  limit: 'no difference was found within as many symbols as may be taken',
  inconsistent: 'the symbols are of no set: a key turned up twice',
} as const;
export type RatelessRefusal = keyof typeof ratelessRefusals;

export type Decoding =
  | { readonly state: 'more' }
  | {
      readonly state: 'done';
      readonly onlyHere: readonly Uint8Array[];
      readonly onlyThere: readonly Uint8Array[];
    }
  | { readonly state: 'refused'; readonly refusal: RatelessRefusal };

/** Takes the symbols of somebody else's set, and finds how it differs from one's own. */
export interface Decoder {
  /** The next symbols, in their order, any number of them. After the end nothing changes. */
  readonly take: (symbols: Uint8Array) => Decoding;
  /** How many were taken. */
  readonly taken: () => number;
}

/** What a decoder has: the symbols of the difference, as far as its keys are not found. */
interface State {
  readonly keys: Uint8Array;
  readonly draw: Draw;
  readonly own: Encoder;
  readonly symbolsMax: number;
  words: Uint32Array;
  taken: number;
  /** Symbols that are not zero. */
  open: number;
  readonly isOpen: Uint8Array;
  readonly queue: number[];
  readonly found: Map<string, Found>;
}

interface Found {
  /** Key and check. */
  readonly words: Uint32Array;
  readonly isHere: boolean;
  readonly first: number;
  readonly second: number;
  number: number;
  step: number;
}

/** `keys` as for `encoder`; it gives up after `symbolsMax` symbols, and the caller lists instead. */
export function decoder(keys: Uint8Array, nonce: Uint8Array, symbolsMax: number): Decoder {
  checkKeys(keys);
  if (!(symbolsMax > 0 && symbolsMax <= symbolsEnd)) throw new RangeError(`${symbolsMax} symbols`);
  const draw = drawUnder(nonce);
  const state: State = {
    keys,
    draw,
    own: encoderOf(keys, draw),
    symbolsMax,
    words: new Uint32Array(64 * symbolWords),
    taken: 0,
    open: 0,
    isOpen: new Uint8Array(symbolsMax),
    queue: [],
    found: new Map(),
  };
  let ended: Decoding | undefined;
  return {
    taken: () => state.taken,
    take: (symbols) => {
      if (symbols.length % symbolBytes !== 0) throw new RangeError('not a number of symbols');
      if (ended !== undefined || symbols.length === 0) return ended ?? { state: 'more' };
      const count = Math.min(symbols.length / symbolBytes, symbolsMax - state.taken);
      takeIn(state, symbols.subarray(0, count * symbolBytes), count);
      const decoding = decode(state);
      if (decoding.state !== 'more') ended = decoding;
      return decoding;
    },
  };
}

/** Put symbols behind those that were taken, without one's own keys and those that were found. */
function takeIn(state: State, symbols: Uint8Array, count: number): void {
  const from = state.taken;
  const end = from + count;
  const theirs = wordsOf(symbols);
  const ours = wordsOf(state.own.symbols(from, count));
  while (state.words.length < end * symbolWords) {
    const larger = new Uint32Array(state.words.length * 2);
    larger.set(state.words);
    state.words = larger;
  }
  for (let i = 0; i < theirs.length; i++) {
    state.words[from * symbolWords + i] = theirs[i]! ^ ours[i]!;
  }
  state.taken = end;
  for (let number = from; number < end; number++) touch(state, number);
  for (const found of state.found.values()) takeAway(state, found);
}

/** A symbol has changed: it is looked at again if something is left in it. */
function touch(state: State, number: number): void {
  let any = 0;
  for (let i = 0; i < symbolWords; i++) any |= state.words[number * symbolWords + i]!;
  const isOpen = any === 0 ? 0 : 1;
  state.open += isOpen - state.isOpen[number]!;
  state.isOpen[number] = isOpen;
  if (isOpen === 1) state.queue.push(number);
}

/** XOR a found key out of its symbols that were taken since the last time. */
function takeAway(state: State, found: Found): void {
  while (found.number < state.taken) {
    const at = found.number * symbolWords;
    for (let i = 0; i < symbolWords; i++) state.words[at + i]! ^= found.words[i]!;
    touch(state, found.number);
    found.number = numberAfter(found.number, found.first, found.second, found.step++);
  }
}

function decode(state: State): Decoding {
  for (let number = state.queue.pop(); number !== undefined; number = state.queue.pop()) {
    const found = state.isOpen[number] === 1 ? lone(state, number) : undefined;
    if (found === undefined) continue;
    const key = keyOf(new Uint8Array(found.words.buffer, 0, 32));
    // Each key of a real difference empties the symbol that shows it, for good.
    if (state.found.has(key)) return { state: 'refused', refusal: 'inconsistent' };
    state.found.set(key, found);
    takeAway(state, found);
  }
  if (state.open === 0) return done(state);
  if (state.taken < state.symbolsMax) return { state: 'more' };
  return { state: 'refused', refusal: 'limit' };
}

/** The key that is alone in a symbol, if its check fits and it takes part in that symbol. */
function lone(state: State, number: number): Found | undefined {
  const at = number * symbolWords;
  const words = state.words.slice(at, at + symbolWords);
  const bytes = new Uint8Array(words.buffer);
  const { draw } = state;
  draw.of(bytes, 0);
  for (let i = 0; i < 8; i++) if (draw.digest[i] !== bytes[32 + i]) return undefined;
  const first = wordAt(draw.digest, 8);
  const second = wordAt(draw.digest, 12);
  let has = 0;
  for (let step = 0; has < number; step++) has = numberAfter(has, first, second, step);
  if (has !== number) return undefined;
  const isHere = isAmong(state.keys, bytes.subarray(0, 32));
  return { words, isHere, first, second, number: 0, step: 0 };
}

function done({ found }: State): Decoding {
  const sorted = (isHere: boolean): readonly Uint8Array[] =>
    [...found.values()]
      .filter((one) => one.isHere === isHere)
      .map(({ words }) => new Uint8Array(words.buffer, 0, 32).slice())
      .toSorted(compare);
  return { state: 'done', onlyHere: sorted(true), onlyThere: sorted(false) };
}

/** The bytes as words, in this machine's order: they are only XORed. */
function wordsOf(bytes: Uint8Array): Uint32Array {
  const { buffer, byteOffset, length } = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Uint32Array(buffer, byteOffset, length / 4);
}

function isAmong(keys: Uint8Array, key: Uint8Array): boolean {
  let from = 0;
  let end = keys.length / 32;
  while (from < end) {
    const middle = (from + end) >> 1;
    const order = orderAt(keys, middle * 32, key);
    if (order === 0) return true;
    if (order < 0) from = middle + 1;
    else end = middle;
  }
  return false;
}

function orderAt(keys: Uint8Array, at: number, key: Uint8Array): number {
  for (let i = 0; i < 32; i++) {
    const order = keys[at + i]! - key[i]!;
    if (order !== 0) return order;
  }
  return 0;
}

function checkKeys(keys: Uint8Array): void {
  if (keys.length % 32 !== 0) throw new RangeError('keys are 32 bytes each');
  for (let at = 32; at < keys.length; at += 32) {
    if (orderAt(keys, at - 32, keys.subarray(at, at + 32)) >= 0) {
      throw new RangeError('keys do not ascend');
    }
  }
}
