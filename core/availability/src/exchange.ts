/**
 * The bytes of an exchange: requests one way, answers the other, each in a frame (docs/spec/node-message.md).
 *
 * Both ways have bounds that the reader checks as the bytes come. An answer can be long where its
 * request was short, so a node that has said `answersBytesMax` in an exchange answers `later` to
 * the rest of it: whoever asked asks those again, and comes further each time.
 */

import { limits, type Obj } from '@dsm/primitive';
import { deframer, framed, framedTogether, type FramingRefusal } from './framing.ts';
import {
  answerBytesMax,
  nodeAnswer,
  nodeRequest,
  type NodeAnswer,
  type NodeRequest,
} from './node-message.ts';

export type ExchangeRefusal = FramingRefusal | 'too-many';

export interface ExchangePart<T> {
  /** What has come whole, in order; all before the refusal, if there is one. */
  readonly values: readonly T[];
  readonly refusal?: ExchangeRefusal;
}

export interface ExchangeReader<T> {
  readonly push: (bytes: Uint8Array) => ExchangePart<T>;
  /** True if the exchange may end here. */
  readonly isWhole: () => boolean;
}

/** Bytes of the frames of answers after which a node puts off the rest of an exchange. */
export const answersBytesMax: number = limits.exchangeBytesMax - answerBytesMax - 8_192;
const frameBytesMax = answerBytesMax + 64;

/** What an answer counts towards that: a body with its frame, and nothing where there is none. */
export function answerWeight(answer: NodeAnswer): number {
  return answer.type === 'ok' ? answer.body.length + 11 : 0;
}

export function writeRequests(requests: readonly NodeRequest[]): Uint8Array {
  return framedTogether(requests.map(nodeRequest.encode));
}

/** Long bodies are copied once, and not by the encoding of each answer before that. */
export function writeAnswers(answers: readonly NodeAnswer[]): Uint8Array {
  const heads = answers.map((answer) =>
    answer.type === 'ok' ? undefined : framed(nodeAnswer.encode(answer)),
  );
  const sizes = answers.map((answer, i) => heads[i]?.length ?? answerWeight(answer));
  const out = new Uint8Array(sizes.reduce((sum, size) => sum + size, 0));
  const view = new DataView(out.buffer);
  let at = 0;
  for (const [i, answer] of answers.entries()) {
    if (answer.type === 'ok') {
      const { length } = answer.body;
      if (length > answerBytesMax) throw new RangeError(`${length} bytes exceed ${answerBytesMax}`);
      view.setUint32(at, sizes[i]! - 4);
      out.set(okHead, at + 4);
      view.setUint32(at + 7, length);
      out.set(answer.body, at + 11);
    } else out.set(heads[i]!, at);
    at += sizes[i]!;
  }
  return out;
}

/** Version, kind and shape of a good answer, which its length and its body follow. */
const okHead = nodeAnswer.encode({ type: 'ok', body: new Uint8Array(0) }).subarray(0, 3);

export function requestReader(): ExchangeReader<NodeRequest> {
  return exchangeReader(nodeRequest);
}

export function answerReader(): ExchangeReader<NodeAnswer> {
  return exchangeReader(nodeAnswer);
}

/** The longest body of a good answer, where it is not that of a page; 0 if it has none. */
const bodyBytesMax: Partial<Record<NodeRequest['type'], number>> = {
  put: 0,
  get: limits.objectBytesMax,
  has: 4,
  possess: 32,
  'write-slot': limits.slotStateBytesMax,
  'read-slot': limits.slotStateBytesMax,
};
const neverAbsent: readonly NodeRequest['type'][] = ['put', 'write-slot', 'advertise', 'subscribe'];

/** True if a node that keeps the rules may give this answer to a request of that type. */
export function mayAnswer(type: NodeRequest['type'], answer: NodeAnswer): boolean {
  if (answer.type === 'absent') return !neverAbsent.includes(type);
  return answer.type !== 'ok' || answer.body.length <= (bodyBytesMax[type] ?? answerBytesMax);
}

function exchangeReader<T extends {}>({ decode }: Obj<T>): ExchangeReader<T> {
  const frames = deframer(frameBytesMax, (frame) => {
    const decoded = decode(frame);
    return decoded.ok ? decoded.value : undefined;
  });
  let count = 0;
  let bytesMax = limits.exchangeBytesMax;
  let refused: ExchangeRefusal | undefined;
  return {
    push: (bytes) => {
      bytesMax -= bytes.length;
      if (bytesMax < 0) refused ??= 'too-large';
      if (refused !== undefined) return { values: [], refusal: refused };
      const { frames: come, refusal } = frames.push(bytes);
      const values = come.slice(0, limits.framesMax - count);
      count += values.length;
      refused = values.length < come.length ? 'too-many' : refusal;
      return refused === undefined ? { values } : { values, refusal: refused };
    },
    isWhole: () => refused === undefined && frames.isWhole(),
  };
}
