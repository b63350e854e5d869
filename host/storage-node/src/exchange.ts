/**
 * Exchanges over HTTP: requests in frames are read as they come, worked on in slices, and answered
 * in order (docs/spec/node-message.md).
 *
 * What one exchange holds is bounded: reading stops while a slice is worked on, and no slice is
 * begun before the client has taken the answers to the one before. A short exchange is one slice,
 * so that the engine commits it at once, and nothing of it is done if any of its frames is bad.
 */

import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import {
  answerBytesMax,
  answersBytesMax,
  answerWeight,
  requestReader,
  writeAnswers,
  type ExchangeRefusal,
  type NodeAnswer,
  type NodeRequest,
} from '@dsm/availability';
import { limits } from '@dsm/primitive';

export type Ask = (requests: readonly NodeRequest[]) => Promise<readonly NodeAnswer[]>;

/** Why an exchange was broken off. */
export type ExchangeFault = ExchangeRefusal | 'cut' | 'gone';

export const exchangeLimits: { readonly gatherBytes: number; readonly sliceAnswerBytes: number } = {
  /** Bytes of requests that are gathered before they are worked on. */
  gatherBytes: 1_048_576,
  /** What the answers to one slice may come to, by the most that each may take. */
  sliceAnswerBytes: limits.exchangeBytesMax,
};

/**
 * Reads requests from `body` and writes their answers to what `begin` gives, which is called with
 * the first of them. Resolves with the fault if the exchange is broken off.
 */
export async function exchange(
  body: Readable,
  begin: () => Writable,
  ask: Ask,
): Promise<ExchangeFault | undefined> {
  const reader = requestReader();
  let out: Writable | undefined;
  let weightSaid = 0;
  let waiting: NodeRequest[] = [];
  let gathered = 0;
  const work = async (): Promise<boolean> => {
    const requests = waiting;
    [waiting, gathered] = [[], 0];
    for (const slice of slices(requests)) {
      const isOver = weightSaid > answersBytesMax;
      const all = isOver ? slice.map(() => later) : await ask(slice);
      const answers = all.map((answer) => {
        const given = weightSaid > answersBytesMax ? later : answer;
        weightSaid += answerWeight(given);
        return given;
      });
      out ??= begin();
      if (!(await written(out, writeAnswers(answers)))) return false;
    }
    return true;
  };
  try {
    for await (const chunk of body.iterator({ destroyOnReturn: false })) {
      const bytes = chunk as Uint8Array;
      const { values, refusal } = reader.push(bytes);
      if (refusal !== undefined) return refusal;
      for (const value of values) waiting.push(value);
      gathered += bytes.length;
      if (gathered >= exchangeLimits.gatherBytes && !(await work())) return 'gone';
    }
  } catch (error) {
    if (!isStreamFault(error)) throw error;
    return 'gone';
  }
  if (!reader.isWhole()) return 'cut';
  if (!(await work())) return 'gone';
  out ??= begin();
  out.end();
  return undefined;
}

const later: NodeAnswer = { type: 'later' };

/** Runs of requests whose answers, were each as long as it may be, would fit into memory. */
function* slices(requests: readonly NodeRequest[]): Generator<readonly NodeRequest[]> {
  let from = 0;
  let weight = 0;
  for (const [i, request] of requests.entries()) {
    const more = roomBytes[request.type] ?? answerBytesMax;
    if (weight + more > exchangeLimits.sliceAnswerBytes && i > from) {
      yield requests.slice(from, i);
      [from, weight] = [i, 0];
    }
    weight += more;
  }
  if (from < requests.length) yield requests.slice(from);
}

/** What the answer to a request may take, where it is not a page or an object. */
const roomBytes: Partial<Record<NodeRequest['type'], number>> = {
  put: 0,
  has: 64,
  possess: 64,
  advertise: 64,
  release: 64,
  // As large as slots are but for those that a committee or an exit has filled up.
  'write-slot': 65_536,
  'read-slot': 65_536,
};

/** Writes and waits until there is room for more. False if nobody takes it any longer. */
async function written(out: Writable, bytes: Uint8Array): Promise<boolean> {
  if (out.destroyed) return false;
  if (out.write(bytes)) return true;
  const end = new AbortController();
  const { signal } = end;
  await Promise.race([once(out, 'drain', { signal }), once(out, 'close', { signal })]).catch(
    () => {},
  );
  end.abort();
  return !out.destroyed;
}

/** The client or the line has failed, and not the node. */
function isStreamFault(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}
