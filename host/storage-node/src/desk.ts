/**
 * The desk: where requests are answered, whichever door they came through.
 *
 * What costs least is asked first: does the node close, has the address asked too often, is too much
 * under way, is there such a route. Only then is a body read.
 */

import type { Writable } from 'node:stream';
import { bodyOf, type Call, type Headers } from './call.ts';
import { exchange, type ExchangeFault } from './exchange.ts';
import type { Gauge } from './gauges.ts';
import type { HttpLimits } from './http-limits.ts';
import { metricsText, traffic, type Traffic } from './metrics.ts';
import type { StorageNode } from './node.ts';
import { emptyReply, problemReply, type Outcome, type Reply } from './reply.ts';
import { failureReply, routesOf, type FoundRoute, type Routes } from './routes.ts';
import { budget, gate, type Budget, type Gate } from './under-way.ts';
import type { Visitors } from './visitors.ts';

export interface DeskOptions {
  readonly bounds: HttpLimits;
  readonly who: Visitors;
  readonly gauges: () => readonly Gauge[];
  /** Told of faults of the program. */
  readonly onError: (error: unknown) => void;
}

export interface Desk {
  readonly serve: (call: Call) => void;
  readonly underWay: () => number;
  readonly bytes: Budget;
  /** From now on new requests are told that the node is closing. */
  readonly close: () => void;
  readonly idle: () => Promise<void>;
}

interface DeskParts {
  readonly node: StorageNode;
  readonly bounds: HttpLimits;
  readonly who: Visitors;
  readonly seen: Traffic;
  readonly routes: Routes;
  readonly bytes: Budget;
  readonly gate: Gate;
  readonly isClosing: () => boolean;
}

export function deskOf(node: StorageNode, { bounds, who, gauges, onError }: DeskOptions): Desk {
  const seen = traffic();
  let underWay = 0;
  let isClosing = false;
  let onIdle = (): void => {};
  const parts: DeskParts = {
    node,
    bounds,
    who,
    seen,
    bytes: budget(bounds.bytesUnderWayMax),
    gate: gate(bounds.slicesUnderWayMax),
    isClosing: () => isClosing,
    routes: routesOf(node, {
      isClosing: () => isClosing,
      metricsText: () => metricsText(node.metrics(), seen, gauges()),
    }),
  };
  const serve = (call: Call): void => {
    underWay += 1;
    const begun = performance.now();
    const timer = setTimeout(call.cut, bounds.wholeMs);
    const path = pathOf(call.target);
    const found = parts.routes.find(path);
    let outcome: Outcome = 'failed';
    call.whenOver(() => {
      underWay -= 1;
      clearTimeout(timer);
      const label = typeof found === 'object' ? found.route.label : 'other';
      seen.request(label, outcome, (performance.now() - begun) / 1_000);
      if (underWay === 0) onIdle();
    });
    const leave = who.begin(call.from);
    const isBusy = leave === undefined || underWay > bounds.requestsUnderWayMax;
    if (leave !== undefined) call.whenOver(leave);
    answered(parts, call, found, isBusy)
      .then((reply) => {
        outcome = typeof reply === 'string' ? reply : reply.outcome;
        if (typeof reply === 'object') send(parts, call, reply);
      })
      .catch((error: unknown) => {
        onError(error);
        if (call.hasBegun()) call.cut();
        else send(parts, call, problemReply('fault'));
      })
      // What even that cannot be said to is cut off.
      .catch(call.cut);
  };
  return {
    serve,
    underWay: () => underWay,
    bytes: parts.bytes,
    close: () => {
      isClosing = true;
    },
    idle: () =>
      new Promise((resolve) => {
        onIdle = resolve;
        if (underWay === 0) resolve();
      }),
  };
}

/** The path of a target in origin form or absolute form. Nothing in it is decoded or resolved. */
function pathOf(target: string): string {
  const path = /^https?:\/\/[^/?#]*(\/.*)?$/i.exec(target);
  return (path === null ? target : (path[1] ?? '/')).split('?', 1)[0]!;
}

/** The answer, or its outcome if it was sent already. */
async function answered(
  parts: DeskParts,
  call: Call,
  found: FoundRoute | 'name' | undefined,
  isBusy: boolean,
): Promise<Reply | Outcome> {
  // Whoever looks after the node must see that it closes.
  const label = typeof found === 'object' ? found.route.label : '';
  const isWatching = label === '/healthz' || label === '/readyz' || label === '/metrics';
  if (parts.isClosing() && !isWatching) return problemReply('closing', undefined, soon(1));
  const waitSeconds = parts.who.spend(call.from, 1);
  if (waitSeconds > 0) return problemReply('rate', undefined, soon(waitSeconds));
  if (isBusy) return problemReply('busy', undefined, soon(1));
  if (found === undefined) return problemReply('route');
  if (found === 'name') return problemReply('name');
  try {
    return await served(parts, call, found);
  } catch (error) {
    return failureReply(error);
  }
}

async function served(parts: DeskParts, call: Call, found: FoundRoute): Promise<Reply | Outcome> {
  const { route, named } = found;
  const methods = methodsOf(found);
  const wrong = (): Reply => problemReply('method', undefined, { allow: methods });
  switch (call.method) {
    case 'GET':
    case 'HEAD':
      return route.get === undefined ? wrong() : route.get(named, call.header);
    case 'OPTIONS':
      return emptyReply(204, {
        allow: methods,
        'access-control-allow-methods': methods,
        'access-control-allow-headers': 'content-type, range, if-none-match',
        'access-control-max-age': '86400',
      });
    case 'PUT': {
      if (route.put === undefined) return wrong();
      return kept(parts, call, route.bodyBytesMax ?? 0, (body) => route.put!(named.name, body));
    }
    case 'POST':
      return route.isExchange === true ? exchanged(parts, call) : wrong();
    default:
      return wrong();
  }
}

/** Reads the body, for which room is set aside, and gives it to `put`. */
async function kept(
  { bytes, seen }: DeskParts,
  call: Call,
  bytesMax: number,
  put: (body: Uint8Array) => Promise<Reply>,
): Promise<Reply | Outcome> {
  const announced = Number(call.header('content-length') ?? bytesMax);
  const giveBack = bytes.take(Math.min(announced, bytesMax));
  if (giveBack === undefined) return problemReply('busy', undefined, soon(1));
  try {
    const body = await bodyOf(call, bytesMax);
    if (body === 'gone') return 'failed';
    if (body === 'length') return problemReply('length');
    seen.bytesIn(body.length);
    return await put(body);
  } finally {
    giveBack();
  }
}

function methodsOf({ route }: FoundRoute): string {
  const own = [route.get && 'GET, HEAD', route.put && 'PUT', route.isExchange && 'POST'];
  return [...own.filter((one) => one !== undefined), 'OPTIONS'].join(', ');
}

async function exchanged(parts: DeskParts, call: Call): Promise<Reply | Outcome> {
  const { node, bytes, who, seen, bounds } = parts;
  const fault = await exchange(call, {
    ask: node.ask,
    bytes,
    gate: parts.gate,
    seen,
    stalledMs: bounds.stalledMs,
    onFrames: (count) => void who.spend(call.from, count / 32),
    begin: (): Writable | undefined =>
      call.isGone()
        ? undefined
        : call.begin(200, { ...everyAnswer, 'content-type': 'application/octet-stream' }),
  });
  if (fault === undefined) return 'ok';
  if (fault !== 'gone' && !call.hasBegun()) return problemOf(fault);
  call.cut();
  return 'failed';
}

function problemOf(fault: Exclude<ExchangeFault, 'gone'>): Reply {
  if (fault === 'busy') return problemReply('busy', undefined, soon(1));
  return fault === 'too-large' ? problemReply('length') : problemReply('frames', sentences[fault]);
}

const sentences: Readonly<Record<Exclude<ExchangeFault, 'gone' | 'busy' | 'too-large'>, string>> = {
  empty: 'A frame is empty',
  malformed: 'A frame holds no request',
  'too-many': 'The exchange has too many frames',
  cut: 'The body ends within a frame',
};

function soon(seconds: number): Headers {
  return { 'retry-after': String(seconds) };
}

const everyAnswer: Headers = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'etag, content-range, retry-after',
  'cross-origin-resource-policy': 'cross-origin',
  // Objects are a stranger's bytes: no browser may take them for a page of this origin.
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; sandbox",
};

function send({ seen, isClosing }: DeskParts, call: Call, reply: Reply): void {
  if (call.isGone()) return;
  // Half an answer is not followed by another one.
  if (call.hasBegun()) {
    call.cut();
    return;
  }
  const headers: Record<string, string> = { ...everyAnswer, ...reply.headers };
  // What is left of a body is not waited for: it may be without end.
  if (!call.isBodyOver() || isClosing()) headers['connection'] = 'close';
  const out = call.begin(reply.status, headers);
  seen.bytesOut(reply.body.length);
  out.end(call.method === 'HEAD' ? undefined : reply.body);
}
