/**
 * One port for HTTP/1.1 and HTTP/2, with TLS or without.
 *
 * With TLS the two sides agree by ALPN. Without, the first bytes tell: a client of HTTP/2 that knows
 * of it beforehand opens with a preface that no request of HTTP/1.1 begins with (RFC 9113, 3.4).
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Call } from './call.ts';
import { http1Call, http1Options } from './http1.ts';
import { http2Session } from './http2.ts';
import type { HttpLimits } from './http-limits.ts';
import type { Visitors } from './visitors.ts';

/** PEM texts. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface Door {
  readonly server: Server;
  readonly connections: () => number;
  /** New connections are served under this certificate; throws if it is none. */
  readonly renew: (certificate: Certificate) => void;
  /** Asks clients of HTTP/2 to go, and ends connections on which nothing is under way. */
  readonly drain: () => void;
  /** Ends every connection, after a moment for what was said last if it is a farewell. */
  readonly closeAll: (isFarewell: boolean) => Promise<void>;
}

/** `serve` is called with every request. Nothing listens yet. */
export function doorOf(
  bounds: HttpLimits,
  visitors: Visitors,
  certificate: Certificate | undefined,
  serve: (call: Call) => void,
): Door {
  const sessions = new Set<ServerHttp2Session>();
  const sockets = new Set<Socket>();
  const serveHttp2 = (socket: Socket): void => {
    const session = http2Session(socket, socket.remoteAddress ?? '', bounds, serve);
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
  };
  const serveHttp1 = (request: IncomingMessage, response: ServerResponse): void =>
    serve(http1Call(request, response));
  const isSecure = certificate !== undefined;
  const server: Server = isSecure
    ? createSecureServer(
        {
          ...http1Options(bounds),
          ...certificate,
          ALPNProtocols: ['h2', 'http/1.1'],
          handshakeTimeout: bounds.headersMs,
          minVersion: 'TLSv1.2',
        },
        serveHttp1,
      )
    : createServer(http1Options(bounds), serveHttp1);
  server.maxConnections = bounds.connectionsMax;
  server.maxHeadersCount = bounds.headersMax;
  server.setTimeout(bounds.idleMs);
  server.prependListener('connection', (socket: Socket) => {
    const leave = visitors.enter(socket.remoteAddress ?? '');
    if (leave === undefined) return void socket.destroy();
    sockets.add(socket);
    socket.once('close', () => {
      sockets.delete(socket);
      leave();
    });
  });
  chooseVersion(server, isSecure, bounds.headersMs, serveHttp2);
  return {
    server,
    connections: () => sockets.size,
    renew: (next) => {
      if ('setSecureContext' in server) (server as unknown as Renewable).setSecureContext(next);
    },
    drain: () => {
      for (const session of sessions) session.close();
      server.closeIdleConnections();
    },
    closeAll: async (isFarewell) => {
      server.closeIdleConnections();
      for (let i = 0; i < 10 && isFarewell && sockets.size > 0; i++) {
        await new Promise((resolve) => {
          setTimeout(resolve, farewellMs / 10);
        });
      }
      for (const session of sessions) session.destroy();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** What was said last is on its way for so long before a connection is torn. */
const farewellMs = 200;

interface Renewable {
  readonly setSecureContext: (certificate: Certificate) => void;
}

/** Puts the choice between the two versions in front of what `node:http` does with a connection. */
function chooseVersion(
  server: Server,
  isSecure: boolean,
  firstBytesMs: number,
  serveHttp2: (socket: Socket) => void,
): void {
  const event = isSecure ? 'secureConnection' : 'connection';
  const listeners = server.listeners(event) as ((socket: Socket) => void)[];
  const serveHttp1 = listeners.at(-1)!;
  server.off(event, serveHttp1);
  server.on(event, (socket: Socket) => {
    if (socket.destroyed) return;
    const choose = (isHttp2: boolean): void =>
      isHttp2 ? serveHttp2(socket) : serveHttp1.call(server, socket);
    if (isSecure) choose((socket as TLSSocket).alpnProtocol === 'h2');
    else whenKnown(socket, firstBytesMs, choose);
  });
}

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
/** As much of it as no method of HTTP/1.1 begins with. */
const prefaceBytes = 4;

/** Reads until the version is known, and puts the bytes back. */
function whenKnown(socket: Socket, withinMs: number, choose: (isHttp2: boolean) => void): void {
  let come: Buffer = Buffer.alloc(0);
  const giveUp = (): void => void socket.destroy();
  const timer = setTimeout(giveUp, withinMs);
  const over = (): void => {
    clearTimeout(timer);
    socket.off('data', look).off('error', giveUp).off('end', giveUp).off('close', over);
  };
  const look = (bytes: Buffer): void => {
    come = come.length === 0 ? bytes : Buffer.concat([come, bytes]);
    const length = Math.min(come.length, prefaceBytes);
    const isLike = preface.subarray(0, length).equals(come.subarray(0, length));
    if (isLike && length < prefaceBytes) return;
    over();
    socket.pause();
    socket.unshift(come);
    choose(isLike);
    // A session of HTTP/2 takes the bytes by itself.
    if (!isLike) process.nextTick(() => socket.resume());
  };
  socket.on('data', look).on('error', giveUp).on('end', giveUp).on('close', over);
}
