/** Work on one key, one after the other; work on different keys, side by side. */

/** Runs `work` once everything asked for before under the same key is over. */
export type Turns = <T>(key: string, work: () => Promise<T>) => Promise<T>;

export function turns(): Turns & { readonly idle: () => Promise<void> } {
  const lastByKey = new Map<string, Promise<void>>();
  const take = <T>(key: string, work: () => Promise<T>): Promise<T> => {
    const before = lastByKey.get(key);
    const result = before === undefined ? work() : before.then(work);
    const over = result.then(nothing, nothing).then(() => {
      if (lastByKey.get(key) === over) lastByKey.delete(key);
    });
    lastByKey.set(key, over);
    return result;
  };
  const idle = async (): Promise<void> => {
    while (lastByKey.size > 0) await Promise.all(lastByKey.values());
  };
  return Object.assign(take, { idle });
}

function nothing(): void {}

/** Counts work that is under way, and tells when there is none. */
export interface Counted {
  readonly count: <T>(work: () => Promise<T>) => Promise<T>;
  readonly over: () => Promise<void>;
}

export function counted(): Counted {
  let running = 0;
  let waiting: (() => void)[] = [];
  const done = (): void => {
    running -= 1;
    if (running > 0) return;
    for (const tell of waiting) tell();
    waiting = [];
  };
  return {
    count: async (work) => {
      running += 1;
      try {
        return await work();
      } finally {
        done();
      }
    },
    over: () => (running === 0 ? Promise.resolve() : new Promise((tell) => waiting.push(tell))),
  };
}
