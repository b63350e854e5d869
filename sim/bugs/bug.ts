/**
 * Seeded bugs: mistakes that somebody could make in the shipped code, and the check that finds each.
 *
 * A check that finds none is worth nothing, so whoever writes a check writes the bugs that it must
 * find, in the file of its area beside this one. `npm run bugs` makes them, one at a time.
 */

import type { Change } from '../edits/edit.ts';

export interface SeededBug extends Change {
  /** What must find it: a program under sim/ with its arguments, or a test of a package; a quick run. */
  readonly by: readonly string[];
  /** What the program's output must hold: the name of the invariant or of the checker. */
  readonly finding: string;
}
