/** Answers of the HTTP interface, as data: what is sent, and under which name it is counted. */

import type { NodeAnswer } from '@dsm/availability';

/** The outcomes that `dsm_node_requests_total` tells apart. */
export const outcomes = ['ok', 'absent', 'refused', 'full', 'busy', 'failed'] as const;
export type Outcome = (typeof outcomes)[number];

/** Why a request was not served, as `code` of a problem document. */
export type Problem =
  | 'name'
  | 'mismatch'
  | 'frames'
  | 'refused'
  | 'absent'
  | 'route'
  | 'method'
  | 'length'
  | 'range'
  | 'rate'
  | 'full'
  | 'unpaid'
  | 'busy'
  | 'closing'
  | 'no-registry'
  | 'between-versions'
  | 'disk'
  | 'failed'
  | 'fault';

interface ProblemRow {
  readonly status: number;
  readonly outcome: Outcome;
  readonly title: string;
}

export const problems: Readonly<Record<Problem, ProblemRow>> = {
  name: { status: 400, outcome: 'refused', title: 'The name is not base64url of 32 bytes' },
  mismatch: { status: 400, outcome: 'refused', title: 'The body does not belong to this name' },
  frames: { status: 400, outcome: 'refused', title: 'The body is no exchange' },
  unpaid: { status: 402, outcome: 'refused', title: 'The quota of the payer does not reach' },
  absent: { status: 404, outcome: 'absent', title: 'Nothing is kept under this name' },
  route: { status: 404, outcome: 'refused', title: 'There is no such route' },
  method: { status: 405, outcome: 'refused', title: 'The route does not serve this method' },
  length: { status: 413, outcome: 'refused', title: 'The body is too large' },
  range: { status: 416, outcome: 'refused', title: 'The object does not reach that far' },
  refused: { status: 422, outcome: 'refused', title: 'The request is against a rule' },
  rate: { status: 429, outcome: 'busy', title: 'Too many requests from this address' },
  fault: { status: 500, outcome: 'failed', title: 'The program has a fault' },
  busy: { status: 503, outcome: 'busy', title: 'Too many requests are under way' },
  closing: { status: 503, outcome: 'busy', title: 'The node is closing' },
  'no-registry': { status: 503, outcome: 'failed', title: 'The node knows no registry of its own' },
  'between-versions': {
    status: 503,
    outcome: 'failed',
    title: 'The node does not vote until the next version of the registry',
  },
  disk: { status: 503, outcome: 'failed', title: 'The disk of the node fails' },
  failed: { status: 503, outcome: 'failed', title: 'The node could not do it' },
  full: { status: 507, outcome: 'full', title: 'The node has no room' },
};

export interface Reply {
  readonly status: number;
  readonly outcome: Outcome;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

const utf8 = new TextEncoder();

/** Bytes as they are. */
export function bytesReply(
  body: Uint8Array,
  cacheControl: string,
  more: Readonly<Record<string, string>> = {},
): Reply {
  return reply(200, 'application/octet-stream', body, { 'cache-control': cacheControl, ...more });
}

export function jsonReply(status: number, value: object): Reply {
  return reply(status, 'application/json', utf8.encode(JSON.stringify(value)), uncached);
}

export function textReply(type: string, text: string): Reply {
  return reply(200, type, utf8.encode(text), uncached);
}

export function emptyReply(status: number, headers: Readonly<Record<string, string>> = {}): Reply {
  // A 204 or 304 has no body by its nature, and no length is said of it.
  const length = status === 204 || status === 304 ? undefined : { 'content-length': '0' };
  return { status, outcome: 'ok', headers: { ...length, ...headers }, body: none };
}

/** A problem document (RFC 9457). */
export function problemReply(
  code: Problem,
  detail?: string,
  more: Readonly<Record<string, string>> = {},
): Reply {
  const { status, outcome, title } = problems[code];
  const value = { type: `/problems/${code}`, title, status, detail: detail ?? title, code };
  const body = utf8.encode(JSON.stringify(value));
  const headers = { ...uncached, ...more };
  return { ...reply(status, 'application/problem+json', body, headers), outcome };
}

/** What a node says to a request, as an answer of its own: `good` makes it of the body. */
export function answerReply(answer: NodeAnswer, good: (body: Uint8Array) => Reply): Reply {
  switch (answer.type) {
    case 'ok':
      return good(answer.body);
    case 'refused':
      return problemReply('refused', answer.sentence);
    case 'later':
      return problemReply('failed');
    case 'absent':
    case 'full':
    case 'unpaid':
      return problemReply(answer.type);
  }
}

const none = new Uint8Array(0);
const uncached = { 'cache-control': 'no-store' };

function reply(
  status: number,
  type: string,
  body: Uint8Array,
  more: Readonly<Record<string, string>>,
): Reply {
  const headers = { 'content-type': type, 'content-length': String(body.length), ...more };
  return { status, outcome: 'ok', headers, body };
}
