/**
 * What every program of this folder answers with, under `--json`, as the last line of its standard
 * output: what was done, within which bound, and what came of it. `npm run verify` runs the
 * programs, keeps their results and writes docs/verification.md from nothing else.
 */

export interface Result {
  /** The program: explore, world, scale, crash, fuzz, guards, bugs, mutants, spin, quint, vectors. */
  readonly tool: string;
  /** Which of its runs this is. Tool and part together name a result. */
  readonly part: string;
  /** The command that does the same again. */
  readonly command: string;
  /** True if nothing was found and everything that had to be reached was reached. */
  readonly ok: boolean;
  /** In a sentence: what was covered, with its bounds. */
  readonly bound: string;
  readonly seconds: number;
  /** Numbers and short texts by name, in the order in which people read them. */
  readonly figures: Readonly<Record<string, number | string>>;
  /** What was found, each in a sentence with what repeats it. Empty if `ok`. */
  readonly findings: readonly string[];
  /** What this does not cover, each in a sentence. */
  readonly uncovered: readonly string[];
}

/** One result as one line of JSON. */
export function lineOf(result: Result): string {
  return JSON.stringify(result);
}
