/**
 * What an execution has touched: the counters that instrumented modules call.
 *
 * A feature is a short history of branches together with how often it came, in eight steps. The
 * decoders are made of the same few pieces, so a branch alone says little; the last handful of
 * branches says which field was being read. Every branch also costs one step of a budget, and every
 * buffer costs its bytes: an execution that runs on or asks for much is stopped by count, not by time.
 */

/** An execution that exceeds what its input may cost. */
export class Excess extends Error {
  readonly property: 'endless' | 'allocation';
  constructor(property: Excess['property'], sentence: string) {
    super(sentence);
    this.property = property;
  }
}

const size = 1 << 16;
const counts = new Uint8Array(size);
const touched = new Uint32Array(size);
let touchedCount = 0;
let history = 0;
let steps = 0;
let stepsMax = Infinity;
let room = Infinity;

/** A branch was taken. Called by instrumented code. */
export function branch(n: number): void {
  history = ((history << 3) ^ n) & (size - 1);
  if (counts[history]! === 0) touched[touchedCount++] = history;
  if (counts[history]! < 255) counts[history]! += 1;
  if (++steps > stepsMax) throw new Excess('endless', `more than ${stepsMax} branches were taken`);
}

/** A condition that is looked at: one branch if it holds, another if not. */
export function either<T>(n: number, value: T): T {
  const holds = value as boolean;
  branch(holds ? n : n ^ 0x5a5a);
  return value;
}

/** The right side of `&&`, of `||` and of `??` is reached. */
export function and(n: number): true {
  branch(n);
  return true;
}

export function or(n: number): false {
  branch(n);
  return false;
}

export function other(n: number): undefined {
  branch(n);
}

/** Room is about to be made, if `length` is a number. */
export function making<T>(length: T): T {
  if (typeof length === 'number') {
    room -= length;
    if (room < 0)
      throw new Excess('allocation', `room for ${length} more bytes or items was asked`);
  }
  return length;
}

/** Begin an execution that may take so many branches and so much room. */
export function beginExecution(branches: number, bytes: number): void {
  for (let i = 0; i < touchedCount; i++) counts[touched[i]!] = 0;
  touchedCount = 0;
  history = 0;
  steps = 0;
  stepsMax = branches;
  room = bytes;
}

/** No bound from here on: what follows is not the execution. */
export function endExecution(): void {
  stepsMax = Infinity;
  room = Infinity;
}

/** Branches that the last execution took. */
export function stepsTaken(): number {
  return steps;
}

/** The features of one target that were ever seen. */
export interface Seen {
  /** Adds those of the last execution; how many are new. */
  readonly add: () => number;
  readonly count: () => number;
}

export function newSeen(): Seen {
  const seen = new Uint8Array(size);
  let all = 0;
  return {
    add: () => {
      let fresh = 0;
      for (let i = 0; i < touchedCount; i++) {
        const at = touched[i]!;
        const step = stepOf[counts[at]!]!;
        if ((seen[at]! & step) !== 0) continue;
        seen[at]! |= step;
        fresh += 1;
      }
      all += fresh;
      return fresh;
    },
    count: () => all,
  };
}

/** One bit for 1, 2, 3, 4 to 7, 8 to 15, 16 to 31, 32 to 127 and more. */
const stepOf: Uint8Array = Uint8Array.from({ length: 256 }, (_, count) => {
  if (count < 4) return count === 0 ? 0 : 1 << (count - 1);
  const bounds = [8, 16, 32, 128, 256];
  return 1 << (3 + bounds.findIndex((bound) => count < bound));
});
