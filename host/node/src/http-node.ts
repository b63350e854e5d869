/**
 * A storage node over HTTP, for Node.
 *
 * All but health and registry goes by exchanges (docs/spec/node-message.md), which calls made at the
 * same time share. Every request of the interface may be sent twice, so one that met a dead
 * connection is tried once more. The time-out only ends waiting: the outcome is `unreachable`, which
 * says nothing about whether the node did it.
 */

import {
  answerReader,
  answerWeight,
  answersBytesMax,
  framedTogether,
  fromName,
  mayAnswer,
  type NodeAnswer,
  type NodeRequest,
  usualTerms,
} from '@dsm/availability';
import { NodeError, type NodeApi, type NodeHealth } from '@dsm/ports';
import { fromUtf8, limits, slotWrite } from '@dsm/primitive';
import { asking, type Exchange, type Posed } from './asking.ts';
import { wireTo, type Sink, type Wire } from './http-wire.ts';

export interface HttpNode extends NodeApi {
  /** The encoded registry that the node votes under, or undefined if it knows none. */
  readonly registry: () => Promise<Uint8Array | undefined>;
  readonly close: () => void;
}

export const httpNodeLimits = {
  connectionsMax: 8,
  /** After this time a request is given up. */
  answerMs: 10_000,
  jsonBytesMax: 4_096,
} as const;

export interface HttpNodeOptions {
  readonly answerMs?: number;
  /** HTTP/2 without TLS, to a node that is known to speak it. With TLS the two agree by themselves. */
  readonly http2?: boolean;
  /** Certificates to trust instead of those of the system's list, as PEM. */
  readonly authorities?: string;
}

interface Answer {
  readonly status: number;
  readonly body: Uint8Array;
}

/** The node at `url`, for example `http://127.0.0.1:4610`. Another kind of URL is a caller's fault. */
export function httpNode(url: string, options: HttpNodeOptions = {}): HttpNode {
  const base = URL.parse(url);
  if (base === null || !/^https?:$/.test(base.protocol))
    throw new RangeError(`no HTTP URL: ${url}`);
  const prefix = base.href.replace(/\/+$/, '');
  const folder = base.pathname.replace(/\/+$/, '');
  const wire = wireTo(base.origin, {
    connectionsMax: httpNodeLimits.connectionsMax,
    answerMs: options.answerMs ?? httpNodeLimits.answerMs,
    http2: options.http2 === true,
    ...(options.authorities !== undefined && { authorities: options.authorities }),
  });
  const ask = asking(exchangeOver(wire, `${folder}/v1/exchange`));
  const askOne = async (request: NodeRequest): Promise<NodeAnswer> => (await ask([request]))[0]!;
  const get = async (path: string, bytesMax: number): Promise<Uint8Array | undefined> => {
    const order = { method: 'GET', path: folder + path } as const;
    const answer = await wire.send(order, (status) => collecting(status, bytesMax));
    return answer.status === 404 ? absent(answer) : good(answer);
  };
  return {
    address: prefix,
    putObject: async (bytes) => {
      if (bytes.length > limits.objectBytesMax) {
        throw new NodeError('refused', `an object has at most ${limits.objectBytesMax} bytes`);
      }
      said(await askOne({ type: 'put', terms: usualTerms, bytes }));
    },
    getObject: async (address) => found(await askOne({ type: 'get', address })),
    writeSlot: async (write) => {
      if (!slotWrite.decode(write).ok) {
        throw new NodeError('refused', 'the bytes are no slot write');
      }
      return said(await askOne({ type: 'write-slot', write }));
    },
    readSlot: async (key) => found(await askOne({ type: 'read-slot', key })),
    ask,
    health: async () => {
      const bytes = await get('/healthz', httpNodeLimits.jsonBytesMax);
      const health = healthOf(json(bytes));
      if (health === undefined) throw senseless();
      return health;
    },
    registry: async () => get('/v1/registry', limits.registryBytesMax),
    close: wire.close,
  };
}

/** One exchange; what the node has put off because its answers were long is asked again. */
function exchangeOver(wire: Wire, path: string): Exchange {
  return async (requests, onAnswer) => {
    let rest = requests.map((posed, index) => ({ posed, index }));
    while (rest.length > 0) {
      const asked = rest;
      const body = framedTogether(asked.map(({ posed }) => posed.bytes));
      const take = (i: number, answer: NodeAnswer): void => onAnswer(asked[i]!.index, answer);
      const types = asked.map(({ posed }) => posed.type);
      const putOff = await wire.send({ method: 'POST', path, body }, (status) =>
        status === 200 ? answersSink(types, take) : problemSink(status),
      );
      rest = putOff.map((i) => asked[i]!);
    }
  };
}

/** Takes the answers to requests of these types. Gives the indices of those that were put off. */
function answersSink(
  types: readonly Posed['type'][],
  take: (index: number, answer: NodeAnswer) => void,
): Sink<readonly number[]> {
  const reader = answerReader();
  const putOff: number[] = [];
  let [count, bytesSaid] = [0, 0];
  return {
    push: (bytes) => {
      const { values, refusal } = reader.push(bytes);
      if (refusal !== undefined || count + values.length > types.length) throw senseless();
      for (const answer of values) {
        if (!mayAnswer(types[count]!, answer)) throw senseless();
        if (answer.type === 'later' && bytesSaid > answersBytesMax) putOff.push(count);
        else take(count, answer);
        bytesSaid += answerWeight(answer);
        count += 1;
      }
    },
    end: () => {
      if (count < types.length || !reader.isWhole()) throw senseless();
      return putOff;
    },
  };
}

/** An exchange that was not served as a whole says nothing about any of its requests. */
function problemSink(status: number): Sink<never> {
  const { push, end } = collecting(status, httpNodeLimits.jsonBytesMax);
  return {
    push,
    end: () => {
      throw new NodeError('unreachable', problemOf(end()).sentence);
    },
  };
}

function collecting(status: number, bytesMax: number): Sink<Answer> {
  const parts: Uint8Array[] = [];
  let length = 0;
  return {
    push: (part) => {
      length += part.length;
      if (length > bytesMax) throw senseless();
      parts.push(part);
    },
    end: () => ({ status, body: Uint8Array.from(Buffer.concat(parts, length)) }),
  };
}

/** The body of a good answer; any other is an error. */
function said(answer: NodeAnswer): Uint8Array {
  switch (answer.type) {
    case 'ok':
      return answer.body;
    case 'full':
      throw new NodeError('full', 'the node has no room');
    case 'unpaid':
      throw new NodeError('unpaid', 'the quota of the payer does not reach');
    case 'refused':
      throw new NodeError('refused', printable(answer.sentence) ?? 'the node refuses');
    case 'later':
      throw new NodeError('unreachable', 'the node cannot say it now');
    case 'absent':
      throw senseless();
  }
}

function found(answer: NodeAnswer): Uint8Array | undefined {
  return answer.type === 'absent' ? undefined : said(answer);
}

function good(answer: Answer): Uint8Array {
  if (answer.status === 200) return answer.body;
  const { code, sentence } = problemOf(answer);
  const isRefusal = answer.status >= 400 && answer.status < 429 && code !== undefined;
  throw new NodeError(isRefusal ? 'refused' : 'unreachable', sentence);
}

function problemOf({ status, body }: Answer): { code: string | undefined; sentence: string } {
  const problem = json(body);
  const code = field(problem, 'code');
  return {
    code: typeof code === 'string' ? code : undefined,
    sentence: printable(field(problem, 'detail')) ?? `the node answered with status ${status}`,
  };
}

/** Only the node itself can say that there is nothing: a 404 by something in between is no answer. */
function absent(answer: Answer): undefined {
  if (field(json(answer.body), 'code') !== 'absent') throw senseless();
}

function json(bytes: Uint8Array | undefined): unknown {
  if (bytes === undefined || bytes.length > httpNodeLimits.jsonBytesMax) return undefined;
  try {
    return JSON.parse(fromUtf8(bytes) ?? '') as unknown;
  } catch {
    return undefined;
  }
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}

/** A stranger's sentence, fit to be shown: short and without control characters. */
function printable(value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  return value.replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, ' ').slice(0, 200);
}

function healthOf(value: unknown): NodeHealth | undefined {
  const count = (name: string): number => {
    const number = field(value, name);
    return Number.isSafeInteger(number) ? (number as number) : -1;
  };
  const name = field(value, 'node');
  const node = typeof name === 'string' ? fromName(name) : undefined;
  const status = field(value, 'status');
  const [capacityBytes, usedBytes] = [count('capacityBytes'), count('usedBytes')];
  const [objects, slots] = [count('objects'), count('slots')];
  const isSound = Math.min(capacityBytes, usedBytes, objects, slots) >= 0;
  if (node === undefined || !isSound || (status !== 'ok' && status !== 'full')) return undefined;
  return { node, status, capacityBytes, usedBytes, objects, slots };
}

function senseless(): NodeError {
  return new NodeError('unreachable', 'the answer makes no sense');
}
