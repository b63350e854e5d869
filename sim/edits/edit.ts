/**
 * Edits: changes of the shipped source that exist in one process only.
 *
 * A seeded bug, a rule that is taken away and a mutant are the same thing: some text of one file
 * under `core/` or `host/` stands differently while a check runs. The shipped code knows nothing of
 * it: no flag, no switch, no copy.
 */

export interface Edit {
  /** Path from the root of the repository. */
  readonly file: string;
  /** Text that stands there exactly once. */
  readonly from: string;
  readonly to: string;
}

/** An edit, or several that make one change, with a name and a sentence of what it breaks. */
export interface Change {
  readonly name: string;
  readonly why: string;
  readonly edits: readonly Edit[];
}

/** The source with the edit done. An edit that fits nowhere, or twice, is a fault. */
export function edited(source: string, { file, from, to }: Edit): string {
  const at = source.indexOf(from);
  if (at < 0) throw new RangeError(`${file} does not hold: ${from}`);
  if (source.indexOf(from, at + 1) >= 0) throw new RangeError(`${file} holds twice: ${from}`);
  return source.slice(0, at) + to + source.slice(at + from.length);
}
