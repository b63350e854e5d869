/**
 * A storage node over HTTP, for Node.
 *
 * Every request of the interface may be sent twice, so a kept connection that turns out to be dead
 * is tried once more on a fresh one. The time-out only ends waiting: the outcome is `unreachable`,
 * which says nothing about whether the node did it.
 */

import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';
import { fromName, nameOf } from '@dsm/availability';
import { NodeError, type NodeApi, type NodeHealth } from '@dsm/ports';
import { address as addressOf, fromUtf8, limits, slotKey, slotWrite } from '@dsm/primitive';

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
}

interface Call {
  readonly method: 'GET' | 'PUT';
  readonly path: string;
  readonly body?: Uint8Array;
  readonly answerBytesMax: number;
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
  const { Agent, request } = base.protocol === 'https:' ? https : http;
  const agent = new Agent({ keepAlive: true, maxSockets: httpNodeLimits.connectionsMax });
  const answerMs = options.answerMs ?? httpNodeLimits.answerMs;
  const prefix = base.href.replace(/\/+$/, '');
  const start = ({ method, path, body }: Call): ClientRequest => {
    const type = {
      'content-type': 'application/octet-stream',
      'content-length': body?.length ?? 0,
    };
    return request(prefix + path, { agent, method, ...(body && { headers: type }) });
  };
  const call = (wanted: Call): Promise<Answer> => answerTo(wanted, start, answerMs, prefix);
  const get = async (path: string, answerBytesMax: number): Promise<Uint8Array | undefined> => {
    const answer = await call({ method: 'GET', path, answerBytesMax });
    return answer.status === 404 ? absent(answer) : good(answer);
  };
  return {
    address: prefix,
    putObject: async (given) => {
      // The caller may change its bytes while they wait for a connection.
      const bytes = given.slice();
      const path = `/v1/objects/${nameOf(addressOf(bytes))}`;
      good(
        await call({
          method: 'PUT',
          path,
          body: bytes,
          answerBytesMax: httpNodeLimits.jsonBytesMax,
        }),
      );
    },
    getObject: async (address) => get(`/v1/objects/${nameOf(address)}`, limits.objectBytesMax),
    writeSlot: async (given) => {
      const bytes = given.slice();
      const decoded = slotWrite.decode(bytes);
      if (!decoded.ok) throw new NodeError('refused', 'the bytes are no slot write');
      const path = `/v1/slots/${nameOf(slotKey(decoded.value.place))}`;
      const answerBytesMax = limits.slotStateBytesMax;
      return good(await call({ method: 'PUT', path, body: bytes, answerBytesMax }));
    },
    readSlot: async (key) => get(`/v1/slots/${nameOf(key)}`, limits.slotStateBytesMax),
    ask: async () => {
      throw new NodeError('unreachable', 'exchanges over HTTP are not there yet');
    },
    health: async () => {
      const bytes = await get('/healthz', httpNodeLimits.jsonBytesMax);
      const health = healthOf(json(bytes));
      if (health === undefined) throw senseless();
      return health;
    },
    registry: async () => get('/v1/registry', limits.objectBytesMax),
    close: () => agent.destroy(),
  };
}

async function answerTo(
  wanted: Call,
  start: (wanted: Call) => ClientRequest,
  answerMs: number,
  address: string,
): Promise<Answer> {
  const giveUp = Promise.withResolvers<never>();
  // Without a listener a rejection that comes too late would end the process.
  giveUp.promise.catch(() => {});
  let request: ClientRequest | undefined;
  const timer = setTimeout(() => {
    giveUp.reject(new NodeError('unreachable', `${address} did not answer in ${answerMs} ms`));
    request?.destroy();
  }, answerMs);
  const attempt = (): Promise<Answer> => {
    request = start(wanted);
    return Promise.race([answerOf(request, wanted), giveUp.promise]);
  };
  try {
    return await attempt();
  } catch (error) {
    if (!(error instanceof StaleConnection)) throw error;
    return await attempt();
  } finally {
    clearTimeout(timer);
  }
}

/** The server had closed a kept connection before it saw the request. */
class StaleConnection extends NodeError {}

function answerOf(request: ClientRequest, { body, answerBytesMax }: Call): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request.once('response', (response) => {
      bodyOf(response, answerBytesMax).then(
        (bytes) => resolve({ status: response.statusCode ?? 0, body: bytes }),
        (cause: unknown) => {
          request.destroy();
          reject(cause instanceof NodeError ? cause : unreachable(cause));
        },
      );
    });
    request.on('error', (cause) => {
      const isStale = request.reusedSocket && 'code' in cause && cause.code === 'ECONNRESET';
      reject(
        isStale ? new StaleConnection('unreachable', cause.message, { cause }) : unreachable(cause),
      );
    });
    request.end(body);
  });
}

async function bodyOf(response: IncomingMessage, max: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response as AsyncIterable<Uint8Array>) {
    length += part.length;
    if (length > max) throw senseless();
    parts.push(part);
  }
  return Uint8Array.from(Buffer.concat(parts, length));
}

function good(answer: Answer): Uint8Array {
  const { status, body } = answer;
  if (status === 200 || status === 201) return body;
  const problem = json(body);
  const code = field(problem, 'code');
  const sentence = said(field(problem, 'detail')) ?? `the node answered with status ${status}`;
  if (status === 507) throw new NodeError('full', sentence);
  const isRefusal = status >= 400 && status < 500 && typeof code === 'string';
  throw new NodeError(isRefusal ? 'refused' : 'unreachable', sentence);
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
function said(value: unknown): string | undefined {
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

function unreachable(cause: unknown): NodeError {
  const sentence = cause instanceof Error ? cause.message : 'the connection failed';
  return new NodeError('unreachable', sentence, { cause });
}
