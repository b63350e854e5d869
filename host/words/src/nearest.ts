/**
 * Words near to what was typed.
 *
 * The distance is the number of letters that are added, left out, exchanged or swapped with their
 * neighbour (optimal string alignment): the mistakes that people make.
 */

/** Typed text beyond this is near to no word, and not compared. */
const typedMax = 24;
/** Mistakes beyond this make another word. */
const mistakesMax = 2;

/** The nearest of `words`, all that are equally near, at most `most`, in their order. */
export function nearestWords(typed: string, words: readonly string[], most = 3): readonly string[] {
  if (typed.length > typedMax) return [];
  let best = mistakesMax;
  let found: string[] = [];
  for (const word of words) {
    if (Math.abs(typed.length - word.length) > best) continue;
    const mistakes = distance(typed, word);
    if (mistakes > best) continue;
    if (mistakes < best) found = [];
    best = mistakes;
    found.push(word);
  }
  return found.slice(0, most);
}

/** Mistakes between two texts. */
export function distance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const exchanged = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let least = Math.min(last[j]! + 1, next[j - 1]! + 1, exchanged);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) least = Math.min(least, before[j - 2]! + 1);
      next.push(least);
    }
    before = last;
    last = next;
  }
  return last[b.length]!;
}
