/** Requests of HTTP/1.1, on `node:http`. */

import type { IncomingMessage, ServerOptions, ServerResponse } from 'node:http';
import type { Call } from './call.ts';
import type { HttpLimits } from './http-limits.ts';

/** The parser is the strict one: what two readers could understand differently is refused. */
export function http1Options(bounds: HttpLimits): ServerOptions {
  return {
    maxHeaderSize: bounds.headerBytesMax,
    headersTimeout: bounds.headersMs,
    requestTimeout: bounds.requestMs,
    keepAliveTimeout: bounds.idleMs,
    connectionsCheckingInterval: Math.min(bounds.headersMs, 5_000),
    insecureHTTPParser: false,
    requireHostHeader: true,
    noDelay: true,
  };
}

export function http1Call(request: IncomingMessage, response: ServerResponse): Call {
  return {
    method: request.method ?? '',
    target: request.url ?? '',
    from: request.socket.remoteAddress ?? '',
    header: (name) => {
      const value = request.headers[name];
      return typeof value === 'string' ? value : undefined;
    },
    body: request,
    isBodyOver: () => request.complete,
    begin: (status, headers) => response.writeHead(status, headers),
    hasBegun: () => response.headersSent,
    isGone: () => response.destroyed,
    cut: () => request.socket.destroy(),
    whenOver: (work) => void response.once('close', work),
  };
}
