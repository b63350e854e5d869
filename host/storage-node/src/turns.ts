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
