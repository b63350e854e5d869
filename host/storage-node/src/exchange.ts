/**
 * Exchanges over HTTP: requests in frames are read as they come, worked on in slices, and answered
 * in order (docs/spec/node-message.md).
 *
 * What one exchange holds is bounded: reading stops while a slice is worked on, and no slice is
 * begun before the client has taken the answers to the one before. A short exchange is one slice,
 * so that the engine commits it at once, and nothing of it is done if any of its frames is bad.
 */

import type { Writable } from 'node:stream';
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
import type { Call } from './call.ts';
import type { Traffic } from './metrics.ts';
import type { Budget, Gate } from './under-way.ts';

export interface ExchangeParts {
  readonly ask: (requests: readonly NodeRequest[]) => Promise<readonly NodeAnswer[]>;
  readonly bytes: Budget;
  readonly gate: Gate;
  readonly seen: Traffic;
  /** How long the client may take nothing of what is said to it. */
  readonly stalledMs: number;
  /** Told how many frames are about to be worked on. */
  readonly onFrames: (count: number) => void;
  /** Sends the head of a good answer; undefined if nobody is there any more. */
  readonly begin: () => Writable | undefined;
}

/**
 * Why an exchange was broken off: `cut` is a body that ends within a frame, `busy` is too much under
 * way, `gone` a client that nothing can be said to any more.
 */
export type ExchangeFault = ExchangeRefusal | 'cut' | 'busy' | 'gone';

/** Bytes of requests that are gathered before they are worked on. */
const gatherBytes = 1_048_576;
/** What the answers to one slice may come to, by the most that each may take. */
const sliceAnswerBytes = limits.exchangeBytesMax;

/** Answers all of it. Resolves with the fault if the exchange is broken off. */
export async function exchange(
  call: Call,
  parts: ExchangeParts,
): Promise<ExchangeFault | undefined> {
  const announced = Number(call.header('content-length') ?? Infinity);
  if (announced > limits.exchangeBytesMax && announced !== Infinity) return 'too-large';
  const giveBack = parts.bytes.take(Math.min(announced, gatherBytes + answerBytesMax));
  if (giveBack === undefined) return 'busy';
  try {
    return await answered(call, parts);
  } finally {
    giveBack();
  }
}

async function answered(call: Call, parts: ExchangeParts): Promise<ExchangeFault | undefined> {
  const reader = requestReader();
  const say = speaker(parts);
  let waiting: NodeRequest[] = [];
  let gathered = 0;
  let isWorking = false;
  try {
    for await (const chunk of call.body.iterator({ destroyOnReturn: false })) {
      const bytes = chunk as Uint8Array;
      parts.seen.bytesIn(bytes.length);
      const { values, refusal } = reader.push(bytes);
      if (refusal !== undefined) return refusal;
      for (const value of values) waiting.push(value);
      gathered += bytes.length;
      if (gathered < gatherBytes) continue;
      isWorking = true;
      if (!(await say.answersTo(waiting))) return 'gone';
      isWorking = false;
      [waiting, gathered] = [[], 0];
    }
  } catch (error) {
    // What failed while nothing was worked on is the client or the line.
    if (isWorking) throw error;
    return 'gone';
  }
  if (!reader.isWhole()) return 'cut';
  if (!(await say.answersTo(waiting))) return 'gone';
  say.end();
  return undefined;
}

interface Speaker {
  /** Works on these and writes the answers. False if nobody takes them any longer. */
  readonly answersTo: (requests: readonly NodeRequest[]) => Promise<boolean>;
  readonly end: () => void;
}

function speaker({ ask, bytes, gate, seen, stalledMs, onFrames, begin }: ExchangeParts): Speaker {
  let out: Writable | undefined;
  let weight = 0;
  const limited = (answer: NodeAnswer): NodeAnswer => {
    const given = weight > answersBytesMax ? later : answer;
    weight += answerWeight(given);
    return given;
  };
  const work = async (slice: readonly NodeRequest[]): Promise<boolean> => {
    onFrames(slice.length);
    const isOver = weight > answersBytesMax;
    const all = isOver ? slice.map(() => later) : await gate(() => ask(slice));
    const answers = all.map(limited);
    seen.frames(slice, answers);
    const said = writeAnswers(answers);
    seen.bytesOut(said.length);
    out ??= begin();
    if (out === undefined) return false;
    const giveBack = bytes.charge(said.length);
    try {
      return await written(out, said, stalledMs);
    } finally {
      giveBack();
    }
  };
  return {
    answersTo: async (requests) => {
      for (const slice of slices(requests)) {
        if (!(await work(slice))) return false;
      }
      return true;
    },
    end: () => {
      out ??= begin();
      out?.end();
    },
  };
}

const later: NodeAnswer = { type: 'later' };

/** Runs of requests whose answers, were each as long as it may be, would fit into memory. */
function* slices(requests: readonly NodeRequest[]): Generator<readonly NodeRequest[]> {
  let from = 0;
  let room = 0;
  for (const [i, request] of requests.entries()) {
    const more = roomBytes[request.type] ?? answerBytesMax;
    if (room + more > sliceAnswerBytes && i > from) {
      yield requests.slice(from, i);
      [from, room] = [i, 0];
    }
    room += more;
  }
  if (from < requests.length) yield requests.slice(from);
}

/** What the answer to a request may take, where it is not a page or an object. */
const roomBytes: Partial<Record<NodeRequest['type'], number>> = {
  put: 64,
  has: 64,
  possess: 64,
  advertise: 64,
  release: 64,
  charge: 64,
  subscribe: 64,
  // As large as slots are but for those that a committee or an exit has filled up.
  'write-slot': 65_536,
  'read-slot': 65_536,
};

/** Writes and waits until there is room for more. False if nobody takes it any longer. */
function written(out: Writable, bytes: Uint8Array, stalledMs: number): Promise<boolean> {
  if (out.destroyed) return Promise.resolve(false);
  if (out.write(bytes)) return Promise.resolve(true);
  return new Promise((resolve) => {
    const over = (): void => {
      clearTimeout(timer);
      out.off('drain', over).off('close', over);
      resolve(!out.destroyed);
    };
    const timer = setTimeout(() => out.destroy(), stalledMs);
    out.on('drain', over).on('close', over);
  });
}
