/** Lives: how many effects a device performs before it is gone, in the middle of everything. */

export type EffectName = 'commit' | 'send' | 'object' | 'slot';

export interface Cut {
  /** Number of the effect, from 1. */
  readonly at: number;
  /** False: that effect does not happen any more. True: it does, and nobody learns of it. */
  readonly after: boolean;
}

export interface Life {
  readonly count: () => number;
  readonly isOver: () => boolean;
  /** Resolves at death. */
  readonly death: Promise<void>;
  readonly onDeath: (tell: () => void) => void;
  readonly act: <T>(name: EffectName, perform: () => Promise<T>) => Promise<T>;
  readonly look: <T>(perform: () => Promise<T>) => Promise<T>;
}

/** What the dead ask for never comes. */
const never = new Promise<never>(() => {});

export function life(cut?: Cut): Life {
  let [count, over] = [0, false];
  const { promise: death, resolve } = Promise.withResolvers<void>();
  const tells: (() => void)[] = [];
  const die = (): void => {
    if (over) return;
    over = true;
    for (const tell of tells) tell();
    resolve();
  };
  return {
    count: () => count,
    isOver: () => over,
    death,
    onDeath: (tell) => tells.push(tell),
    look: async (perform) => {
      if (over) return never;
      const answer = await perform();
      return over ? never : answer;
    },
    act: async (_, perform) => {
      if (over) return never;
      count += 1;
      const isLast = count === cut?.at;
      if (isLast && !cut.after) {
        die();
        return never;
      }
      const answer = await perform();
      if (isLast) die();
      return over ? never : answer;
    },
  };
}

export const immortal: Life = life();
