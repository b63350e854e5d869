/** Requests of HTTP/2, on the streams of `node:http2`. */

import {
  constants,
  performServerHandshake,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerOptions,
} from 'node:http2';
import type { Duplex } from 'node:stream';
import type { Call } from './call.ts';
import type { HttpLimits } from './http-limits.ts';

/** Bytes that a client may send of one request, or of all on a connection, before they are read. */
const streamWindowBytes = 262_144;
const sessionWindowBytes = 1_048_576;

/** The answers to two slices of exchanges, which wait for a client to take them. */
const sessionMebibytes = 34;

function optionsFrom(bounds: HttpLimits): ServerOptions {
  return {
    maxHeaderListPairs: bounds.headersMax,
    maxOutstandingPings: 4,
    maxSettings: 16,
    maxSessionMemory: sessionMebibytes,
    maxSessionInvalidFrames: 32,
    maxSessionRejectedStreams: bounds.streamsMax,
    streamResetBurst: bounds.resetsMax,
    streamResetRate: bounds.resetsPerSecond,
    settings: {
      enablePush: false,
      maxConcurrentStreams: bounds.streamsMax,
      maxHeaderListSize: bounds.headerBytesMax,
      initialWindowSize: streamWindowBytes,
    },
  };
}

/** Serves the connection, of which the first bytes may have been read and put back. */
export function http2Session(
  socket: Duplex,
  from: string,
  bounds: HttpLimits,
  serve: (call: Call) => void,
): ServerHttp2Session {
  const session = performServerHandshake(socket, optionsFrom(bounds));
  session.once('connect', () => session.setLocalWindowSize(sessionWindowBytes));
  session.setTimeout(bounds.idleMs, () => session.destroy());
  // A peer's fault ends its connection, and `close` tells of it.
  session.on('error', () => session.destroy());
  session.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    if (sizeOf(headers) > bounds.headerBytesMax) {
      stream.respond({ ':status': 431 }, { endStream: true });
      stream.close(constants.NGHTTP2_NO_ERROR);
      return;
    }
    endIfSlow(stream, bounds.requestMs);
    serve(http2Call(stream, headers, from));
  });
  return session;
}

/** As HTTP/2 counts it: names, values and 32 bytes each. The session itself lets more pass. */
function sizeOf(headers: IncomingHttpHeaders): number {
  return Object.entries(headers).reduce(
    (sum, [name, value]) => sum + name.length + String(value).length + 32,
    0,
  );
}

/** A client that does not send all of its request in time loses it. */
function endIfSlow(stream: ServerHttp2Stream, requestMs: number): void {
  const timer = setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), requestMs);
  const over = (): void => clearTimeout(timer);
  stream.once('end', over).once('close', over);
}

function http2Call(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, from: string): Call {
  return {
    method: textOf(headers[':method']) ?? '',
    target: textOf(headers[':path']) ?? '',
    from,
    header: (name) => textOf(headers[name]),
    body: stream,
    isBodyOver: () => stream.readableEnded || stream.endAfterHeaders,
    begin: (status, given) => {
      const fields: OutgoingHttpHeaders = { ':status': status, ...given };
      // A stream ends by itself, and its connection has no header for that.
      delete fields['connection'];
      stream.respond(fields);
      stream.once('finish', () => {
        // What the client still sends is of no use any more.
        if (!stream.readableEnded) stream.close(constants.NGHTTP2_NO_ERROR);
      });
      return stream;
    },
    hasBegun: () => stream.headersSent,
    isGone: () => stream.destroyed || stream.closed,
    cut: () => stream.close(constants.NGHTTP2_CANCEL),
    whenOver: (work) => void stream.once('close', work),
  };
}

function textOf(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
