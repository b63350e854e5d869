/**
 * A storage node over HTTP/1.1, on `node:http`.
 *
 * Strangers meet a limit before they cost anything: connections, requests under way, the size of
 * headers and bodies (announced and real), the time in which headers and bodies must come, and the
 * time for which a connection may stand still.
 */

import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http';
import { exchange } from './exchange.ts';
import { requestCounts, type RequestCounts } from './metrics.ts';
import type { StorageNode } from './node.ts';
import { emptyReply, problemReply, type Reply } from './reply.ts';
import { failureReply, routesOf, type Route, type Routes } from './routes.ts';

export const httpLimits = {
  connectionsMax: 1_024,
  requestsUnderWayMax: 128,
  headerBytesMax: 8_192,
  headersMax: 64,
  /** How long a client may take to send headers, and all of a request; how long it may stand still. */
  headersMs: 10_000,
  requestMs: 30_000,
  idleMs: 60_000,
} as const;
export type HttpLimits = { readonly [K in keyof typeof httpLimits]: number };

export interface ServeOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly limits?: Partial<HttpLimits>;
  /** Told of faults of the program, which a client sees as status 500. */
  readonly onError?: (error: unknown) => void;
}

export interface ServedNode {
  readonly address: string;
  /** Stops listening, ends every connection. The node itself stays open. */
  readonly close: () => Promise<void>;
}

/** Serve the node until `close`. Rejects if the address is taken. */
export async function serveNode(node: StorageNode, options: ServeOptions): Promise<ServedNode> {
  const bounds: HttpLimits = { ...httpLimits, ...options.limits };
  const requests = requestCounts();
  const routes = routesOf(node, requests);
  const onError = options.onError ?? ((): void => {});
  let underWay = 0;
  const server = boundedServer(bounds, (request, response) => {
    underWay += 1;
    response.once('close', () => {
      underWay -= 1;
    });
    const isBusy = underWay > bounds.requestsUnderWayMax;
    const path = (request.url ?? '/').split('?', 1)[0]!;
    const answering =
      path === '/v1/exchange' && !isBusy
        ? exchanged(node, request, response)
        : answered(routes, requests, request, isBusy);
    answering.then(
      (reply) => {
        if (reply !== undefined) send(request, response, reply);
      },
      (error: unknown) => {
        onError(error);
        response.writeHead(500, { connection: 'close' }).end();
      },
    );
  });
  await listening(server, options);
  return {
    address: addressOf(server, options.host),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function boundedServer(
  bounds: HttpLimits,
  serve: (request: IncomingMessage, response: ServerResponse) => void,
): Server {
  const server = createServer(
    {
      maxHeaderSize: bounds.headerBytesMax,
      headersTimeout: bounds.headersMs,
      requestTimeout: bounds.requestMs,
      keepAliveTimeout: bounds.idleMs,
      connectionsCheckingInterval: Math.min(bounds.headersMs, 5_000),
      noDelay: true,
    },
    serve,
  );
  server.maxConnections = bounds.connectionsMax;
  server.maxHeadersCount = bounds.headersMax;
  server.setTimeout(bounds.idleMs);
  return server;
}

async function exchanged(
  node: StorageNode,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Reply | undefined> {
  if (request.method !== 'POST') return problemReply('method');
  const begin = (): ServerResponse =>
    response.writeHead(200, { ...everyAnswer, 'content-type': 'application/octet-stream' });
  const fault = await exchange(request, begin, node.ask);
  if (fault === undefined) return undefined;
  if (!response.headersSent && fault !== 'gone') return problemReply('frames', fault);
  response.destroy();
  return undefined;
}

async function answered(
  routes: Routes,
  requests: RequestCounts,
  request: IncomingMessage,
  isBusy: boolean,
): Promise<Reply> {
  const path = (request.url ?? '/').split('?', 1)[0]!;
  const found = routes.find(path);
  const isRoute = found !== undefined && found !== 'name';
  const reply = isBusy
    ? problemReply('busy')
    : isRoute
      ? await served(found.route, found.name, request)
      : problemReply(found === 'name' ? 'name' : 'route');
  requests.count(isRoute ? found.route.label : 'other', reply.outcome);
  return reply;
}

async function served(route: Route, name: Uint8Array, request: IncomingMessage): Promise<Reply> {
  try {
    switch (request.method ?? '') {
      case 'GET':
      case 'HEAD':
        return await route.get(name, nothing);
      case 'OPTIONS':
        return emptyReply(204, { 'access-control-max-age': '86400' });
      case 'PUT': {
        if (route.put === undefined) return problemReply('method');
        const body = await bodyOf(request, route.bodyBytesMax ?? 0);
        return body === undefined ? problemReply('length') : await route.put(name, body);
      }
      default:
        return problemReply('method');
    }
  } catch (error) {
    return failureReply(error);
  }
}

const nothing = new Uint8Array(0);

/** The body, or undefined as soon as it is known to exceed `max`. */
async function bodyOf(request: IncomingMessage, max: number): Promise<Uint8Array | undefined> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > max) return undefined;
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const part of request as AsyncIterable<Uint8Array>) {
      length += part.length;
      if (length > max) return undefined;
      parts.push(part);
    }
  } catch {
    // The client went away: nobody will read the answer.
    return undefined;
  }
  return Uint8Array.from(Buffer.concat(parts, length));
}

const everyAnswer = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, HEAD, PUT, OPTIONS',
  'access-control-allow-headers': 'content-type',
  'cross-origin-resource-policy': 'cross-origin',
  // Objects are a stranger's bytes: no browser may take them for a page of this origin.
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; sandbox",
} as const;

function send(request: IncomingMessage, response: ServerResponse, reply: Reply): void {
  if (response.destroyed) return;
  const headers: OutgoingHttpHeaders = { ...everyAnswer, ...reply.headers };
  // What is left of a body is not waited for: it may be without end.
  if (!request.complete) headers['connection'] = 'close';
  if (reply.outcome === 'busy') headers['retry-after'] = '1';
  response.writeHead(reply.status, headers);
  response.end(request.method === 'HEAD' ? undefined : reply.body);
}

function listening(server: Server, { host, port }: ServeOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function addressOf(server: Server, host: string): string {
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
