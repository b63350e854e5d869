/** What is under way: bytes that are held, and work that goes on at the same time. */

/** Bytes that may be held, by all together. */
export interface Budget {
  /** Sets bytes aside until the answer is called; undefined if there are not as many left. */
  readonly take: (bytes: number) => (() => void) | undefined;
  /** The same for bytes that are there already: what comes next finds less. */
  readonly charge: (bytes: number) => () => void;
  readonly taken: () => number;
}

export function budget(bytesMax: number): Budget {
  let taken = 0;
  const charge = (bytes: number): (() => void) => {
    taken += bytes;
    return () => {
      taken -= bytes;
    };
  };
  return {
    charge,
    take: (bytes) => (taken + bytes > bytesMax ? undefined : charge(bytes)),
    taken: () => taken,
  };
}

/** Does the work when fewer than so many others are being done, first come, first served. */
export type Gate = <T>(work: () => Promise<T>) => Promise<T>;

export function gate(widthMax: number): Gate {
  const waiting: (() => void)[] = [];
  let width = 0;
  return async (work) => {
    if (width < widthMax) width += 1;
    // Whoever goes hands its place on.
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) width -= 1;
      else next();
    }
  };
}
