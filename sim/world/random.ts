/**
 * Choices that repeat: one stream of numbers for a seed and a name. Every part of a world draws from
 * a stream of its own, so a fault that is taken away does not change what the others draw.
 */

export interface Random {
  /** A whole number from 0 to below `bound`. */
  readonly below: (bound: number) => number;
  /** True so many times in a thousand. */
  readonly chance: (perThousand: number) => boolean;
  readonly pick: <T>(from: readonly T[]) => T;
  readonly bytes: (length: number) => Uint8Array;
}

export function random(seed: number, name: string): Random {
  let a = mixed(seed >>> 0, 0x9e3779b9);
  let b = mixed(Math.floor(seed / 2 ** 32) >>> 0, 0x243f6a88);
  let c = 0x3707344;
  let counter = 1;
  for (let i = 0; i < name.length; i++) c = mixed(c ^ name.charCodeAt(i), 0x85ebca6b);
  /** The generator sfc32: small, fast, and good enough to choose with. */
  const next = (): number => {
    const t = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + t) | 0;
    return t >>> 0;
  };
  for (let i = 0; i < 12; i++) next();
  const below = (bound: number): number => Math.floor((next() / 2 ** 32) * bound);
  return {
    below,
    chance: (perThousand) => perThousand > 0 && below(1_000) < perThousand,
    pick: (from) => from[below(from.length)]!,
    bytes: (length) => {
      const bytes = new Uint8Array(length);
      for (let i = 0; i < length; i++) bytes[i] = next() & 255;
      return bytes;
    },
  };
}

function mixed(value: number, by: number): number {
  let x = Math.imul(value ^ (value >>> 16) ^ by, 0x45d9f3b);
  x = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d);
  return (x ^ (x >>> 13)) >>> 0;
}
