/**
 * Requests to one origin over undici: bounded, given up after a time, tried once more if a kept
 * connection turns out to be dead.
 *
 * What comes of an answer is handed on as it comes, so that nothing is kept twice.
 */

import { NodeError } from '@dsm/ports';
import type { buildConnector, Dispatcher, Pool } from 'undici';

export interface WireOptions {
  readonly connectionsMax: number;
  /** After this time a request is given up. */
  readonly answerMs: number;
  /** HTTP/2 without TLS, to a server that is known to speak it. With TLS the two agree by themselves. */
  readonly http2: boolean;
  /** Certificates to trust instead of those of the system's list, as PEM. */
  readonly authorities?: string;
}

export interface Order {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: Uint8Array;
}

/** Takes an answer. It may throw, which ends the request with what it throws. */
export interface Sink<T> {
  readonly push: (bytes: Uint8Array) => void;
  readonly end: () => T;
}

export interface Wire {
  /** `begin` is called with the status of the answer, once for each attempt. */
  readonly send: <T>(order: Order, begin: (status: number) => Sink<T>) => Promise<T>;
  readonly close: () => void;
}

export function wireTo(origin: string, options: WireOptions): Wire {
  let pool: Promise<Pool> | undefined;
  let isOpen = true;
  const current = (): Promise<Pool> => {
    if (!isOpen) throw new NodeError('unreachable', 'the client is closed');
    return (pool ??= poolTo(origin, options));
  };
  /** Where one kept connection is dead, the others may be, too: all are left to end by themselves. */
  const renewed = (stale: Promise<Pool>): Promise<Pool> => {
    if (stale === pool) {
      pool = undefined;
      void stale.then((one) => one.close()).catch(() => {});
    }
    return current();
  };
  return {
    send: async (order, begin) => {
      const until = performance.now() + options.answerMs;
      const attempt = async (by: Promise<Pool>): ReturnType<typeof attemptAt<never>> =>
        attemptAt(await by, order, begin as (status: number) => Sink<never>, until, origin);
      const used = current();
      const first = await attempt(used);
      const outcome = first.type === 'stale' ? await attempt(renewed(used)) : first;
      if (outcome.type !== 'good') throw outcome.error;
      return outcome.value;
    },
    close: () => {
      isOpen = false;
      void pool?.then((one) => one.destroy()).catch(() => {});
    },
  };
}

/** The library is loaded by the first request: most commands of a wallet make none. */
async function poolTo(
  origin: string,
  { connectionsMax, http2, authorities }: WireOptions,
): Promise<Pool> {
  const { Pool: Made, buildConnector: connector } = await import('undici');
  // The types of undici do not know that its connectors know it.
  const priorKnowledge: buildConnector.BuildOptions & { useH2c: true } = { useH2c: true };
  return new Made(origin, {
    connections: connectionsMax,
    // One clock for the whole of a request, below; these would be two more.
    headersTimeout: 0,
    bodyTimeout: 0,
    ...(http2 && { h2Options: { useH2c: true }, connect: connector(priorKnowledge) }),
    ...(authorities !== undefined && { connect: { ca: authorities } }),
  });
}

type Outcome<T> =
  | { readonly type: 'good'; readonly value: T }
  /** The connection ended before anything was answered: the server may not have seen the request. */
  | { readonly type: 'stale'; readonly error: NodeError }
  | { readonly type: 'failed'; readonly error: Error };

function attemptAt<T>(
  pool: Pool,
  { method, path, body }: Order,
  begin: (status: number) => Sink<T>,
  until: number,
  origin: string,
): Promise<Outcome<T>> {
  return new Promise((resolve) => {
    let sink: Sink<T> | undefined;
    let controller: Dispatcher.DispatchController | undefined;
    const end = (outcome: Outcome<T>): void => {
      clearTimeout(timer);
      resolve(outcome);
    };
    const stop = (thrown: unknown): void => {
      const error = thrown instanceof Error ? thrown : unreachable(thrown);
      end({ type: 'failed', error });
      controller?.abort(error);
    };
    const timer = setTimeout(
      () => stop(new NodeError('unreachable', `${origin} did not answer in time`)),
      Math.max(0, until - performance.now()),
    );
    const guarded = <A extends unknown[]>(work: (...args: A) => void): ((...args: A) => void) => {
      return (...args) => {
        try {
          work(...args);
        } catch (error) {
          stop(error);
        }
      };
    };
    const headers = body === undefined ? null : { 'content-type': 'application/octet-stream' };
    pool.dispatch(
      { method, path, headers, body: body ?? null },
      {
        onRequestStart: (given) => {
          controller = given;
        },
        onResponseStart: guarded((_, status: number) => {
          if (status >= 200) sink = begin(status);
        }),
        onResponseData: guarded((_, bytes: Uint8Array) => sink?.push(bytes)),
        onResponseEnd: guarded(() => {
          if (sink !== undefined) end({ type: 'good', value: sink.end() });
        }),
        onResponseError: (_, error) => {
          const type = sink === undefined && isDead(error) ? 'stale' : 'failed';
          end({ type, error: unreachable(error) });
        },
      },
    );
  });
}

const deadCodes: readonly string[] = ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'];

function isDead(error: Error): boolean {
  const code: unknown = 'code' in error ? error.code : undefined;
  return typeof code === 'string' && (deadCodes.includes(code) || code.startsWith('ERR_HTTP2'));
}

function unreachable(cause: unknown): NodeError {
  const sentence = cause instanceof Error ? cause.message : 'the connection failed';
  return new NodeError('unreachable', sentence, { cause });
}
