/**
 * Many callers, few exchanges: what is asked for in one turn of the event loop goes together, and
 * what is asked for while exchanges are under way goes with the next.
 *
 * An exchange costs a node as much as thirty small requests within one. Nobody waits for company:
 * the first call goes at once.
 */

import { nodeRequest, type NodeAnswer, type NodeRequest } from '@dsm/availability';
import { limits } from '@dsm/primitive';

/** A request in its bytes. */
export interface Posed {
  readonly type: NodeRequest['type'];
  readonly bytes: Uint8Array;
}

/** Puts requests into one exchange; hands on each answer as it comes. Resolves when all have come. */
export type Exchange = (
  requests: readonly Posed[],
  onAnswer: (index: number, answer: NodeAnswer) => void,
) => Promise<void>;

export type Ask = (requests: readonly NodeRequest[]) => Promise<readonly NodeAnswer[]>;

/** Exchanges at a time: one is on its way while the node works on the other. */
const underWayMax = 2;
/** An exchange takes requests until it has this many bytes: small ones do not wait behind it for long. */
const bytesEnough = 1_048_576;

interface Waiting {
  readonly posed: Posed;
  readonly done: (answer: NodeAnswer) => void;
  readonly fail: (error: unknown) => void;
}

export function asking(exchange: Exchange): Ask {
  const waiting: Waiting[] = [];
  let underWay = 0;
  let isAwake = false;
  const run = async (batch: readonly Waiting[]): Promise<void> => {
    const requests = batch.map(({ posed }) => posed);
    try {
      await exchange(requests, (index, answer) => batch[index]!.done(answer));
    } catch (error) {
      // Those that were answered before are not reached by this.
      for (const { fail } of batch) fail(error);
    }
    underWay -= 1;
    goOn();
  };
  const goOn = (): void => {
    isAwake = false;
    while (underWay < underWayMax && waiting.length > 0) {
      underWay += 1;
      void run(nextBatch(waiting));
    }
  };
  return (requests) => {
    // The caller may change its bytes while they wait: their encoding is a copy.
    const posed = requests.map((one) => ({ type: one.type, bytes: nodeRequest.encode(one) }));
    if (posed.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      const answers: NodeAnswer[] = [];
      let missing = posed.length;
      for (const [i, one] of posed.entries()) {
        const done = (answer: NodeAnswer): void => {
          answers[i] = answer;
          missing -= 1;
          if (missing === 0) resolve(answers);
        };
        waiting.push({ posed: one, done, fail: reject });
      }
      if (!isAwake) queueMicrotask(goOn);
      isAwake = true;
    });
  };
}

function nextBatch(waiting: Waiting[]): readonly Waiting[] {
  let bytes = 0;
  let count = 0;
  while (count < waiting.length && count < limits.framesMax && bytes < bytesEnough) {
    bytes += waiting[count]!.posed.bytes.length;
    count += 1;
  }
  return waiting.splice(0, count);
}
