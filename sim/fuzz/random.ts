/** Numbers that a seed decides: fast, the same on every machine, and of no other use. */

export interface Random {
  /** 32 bits, unsigned. */
  readonly next: () => number;
  /** A whole number below `end`, which is at most 2³². */
  readonly below: (end: number) => number;
}

/** xorshift, three words: its period is far beyond any run. */
export function randomOf(seed: number): Random {
  let [a, b, c] = [seed | 0, 0x2545f491, Math.imul(seed, 0x9e3779b1) | 1];
  const next = (): number => {
    const t = a ^ (a << 11);
    a = b;
    b = c;
    c = c ^ (c >>> 19) ^ (t ^ (t >>> 8));
    return c >>> 0;
  };
  for (let i = 0; i < 16; i++) next();
  return { next, below: (end) => Math.floor((next() / 0x100000000) * end) };
}

/** A number for a text, to seed each target on its own. */
export function numberOf(text: string): number {
  let number = 0x811c9dc5;
  for (const letter of text) number = Math.imul(number ^ letter.codePointAt(0)!, 0x01000193);
  return number >>> 0;
}
