/** What a run has counted and found. */

export interface Tally {
  readonly point: (of: string, how: string) => void;
  /** A state of a folder that was opened and read; many points may leave the same one. */
  readonly image: (of: string) => void;
  readonly find: (sentence: string) => void;
  readonly progress: (sentence: string) => void;
  readonly points: () => number;
  readonly images: () => number;
  /** By what was judged, and how it was damaged. */
  readonly byKind: () => ReadonlyMap<string, number>;
  readonly findings: () => readonly string[];
}

/** As many findings as people read; the others are counted. */
const findingsMax = 12;

/** What a run in another process counted and found, as it told it. */
export interface Told {
  readonly points: number;
  readonly images: number;
  readonly byKind: readonly (readonly [string, number])[];
  readonly findings: readonly string[];
}

export function toldOf(of: Tally): Told {
  const { points, images, byKind, findings } = of;
  return { points: points(), images: images(), byKind: [...byKind()], findings: findings() };
}

export function tally(progress: (sentence: string) => void): Tally {
  const byKind = new Map<string, number>();
  const findings: string[] = [];
  let points = 0;
  let images = 0;
  let unheard = 0;
  return {
    point: (of, how) => {
      points += 1;
      const kind = `${of}: ${how}`;
      byKind.set(kind, (byKind.get(kind) ?? 0) + 1);
    },
    image: () => {
      images += 1;
    },
    find: (sentence) => {
      if (findings.length < findingsMax) findings.push(sentence);
      else unheard += 1;
    },
    progress,
    points: () => points,
    images: () => images,
    byKind: () => byKind,
    findings: () => (unheard === 0 ? findings : [...findings, `and ${unheard} more`]),
  };
}
