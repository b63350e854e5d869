/**
 * A history of commits that somebody asked for, what became of each, and which contents it allows.
 *
 * Asked for one after the other, perhaps several in flight. Whatever happened, what is held must be
 * what all of the first commits leave, up to some commit that is not before the last acknowledged one;
 * those that were refused for want of room are left out of it.
 */

import type { EngineWrite } from '@dsm/ports';
import { dice, type Dice } from '@dsm/memory';
import { digestOf, heldAfter } from './contents.ts';

export type Commit = readonly EngineWrite[];

/** Shelves that the commits of a history use. */
export const usedShelves = [0, 5] as const;

/** Few keys, so that most writes take the place of others; sizes around those of sectors and pages. */
export function randomCommit(roll: Dice, number: number, largest: number): Commit {
  return Array.from({ length: 1 + roll(3) }, (): EngineWrite => {
    const shelf = usedShelves[roll(2)]!;
    const key = new Uint8Array(32);
    new DataView(key.buffer).setUint32(0, Math.imul(roll(24), 2_654_435_761));
    if (roll(5) === 0) return { shelf, key, value: undefined };
    const value = new Uint8Array(4 + (roll(8) === 0 ? roll(largest) : roll(90))).fill(number);
    new DataView(value.buffer).setUint32(0, number);
    return { shelf, key, value };
  });
}

/** The same commit for the same number, whoever asks for it. */
export function numberedCommit(seed: string, number: number, largest: number): Commit {
  return randomCommit(dice(`${seed} ${number}`), number, largest);
}

export interface Allowed {
  /** Whether `digest` is what the first commits leave, for some number of them between the two. */
  readonly isAllowed: (digest: string, acknowledged: number, asked: number) => boolean;
}

/** The contents that `commits` allow, after what was there `before` them. */
export function allowedBy(before: readonly Commit[], commits: readonly Commit[]): Allowed {
  const numbers = new Map<string, number[]>();
  for (let number = 0; number <= commits.length; number++) {
    const digest = digestOf(heldAfter([...before, ...commits.slice(0, number)]));
    numbers.set(digest, [...(numbers.get(digest) ?? []), number]);
  }
  return {
    isAllowed: (digest, acknowledged, asked) =>
      (numbers.get(digest) ?? []).some((number) => number >= acknowledged && number <= asked),
  };
}
