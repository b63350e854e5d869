/**
 * Asking many and waiting for few.
 *
 * `width` are asked at once; where one fails, the next in line is asked. The result is what has been
 * answered when it is enough, when nobody is left, or when the signal ends the wait. Those still
 * under way go on, and what they answer is dropped.
 */

import { NodeError, silentNode, type NodeApi } from '@dsm/ports';

export interface Gathering<T> {
  readonly of: readonly number[];
  readonly width: number;
  /** Undefined and a `NodeError` both mean: nothing from this one. */
  readonly ask: (index: number) => Promise<T | undefined>;
  readonly isEnough: (answers: readonly T[]) => boolean;
  readonly signal: AbortSignal | undefined;
}

export function gather<T>({ of, width, ask, isEnough, signal }: Gathering<T>): Promise<T[]> {
  return new Promise((resolve, reject) => {
    const answers: T[] = [];
    let next = 0;
    let underWay = 0;
    let isOver = false;
    const finish = (): void => {
      isOver = true;
      signal?.removeEventListener('abort', finish);
      resolve(answers);
    };
    const take = (answer: T | undefined): void => {
      underWay -= 1;
      if (isOver) return;
      if (answer === undefined) askNext();
      else answers.push(answer);
      const isLast = underWay === 0;
      if (isLast || (answer !== undefined && isEnough(answers))) finish();
    };
    const askNext = (): void => {
      const index = of[next];
      if (index === undefined) return;
      next += 1;
      underWay += 1;
      started(ask, index).then(take, (error: unknown) => {
        if (error instanceof NodeError) take(undefined);
        else reject(error as Error);
      });
    };
    if (signal?.aborted === true || of.length === 0) {
      resolve(answers);
      return;
    }
    signal?.addEventListener('abort', finish);
    for (let i = 0; i < width; i++) askNext();
  });
}

/** Also what fails before its first wait is a rejection. */
async function started<T>(
  ask: (index: number) => Promise<T | undefined>,
  index: number,
): Promise<T | undefined> {
  return ask(index);
}

/** A node that is not there. */
export const silent: NodeApi = silentNode('no such node');
