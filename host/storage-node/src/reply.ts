/** Answers of the HTTP interface, as data: what is sent, and under which name it is counted. */

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
  | 'full'
  | 'unpaid'
  | 'busy'
  | 'unready'
  | 'failed';

interface ProblemRow {
  readonly status: number;
  readonly outcome: Outcome;
  readonly title: string;
}

export const problems: Readonly<Record<Problem, ProblemRow>> = {
  name: { status: 400, outcome: 'refused', title: 'The name is not base64url of 32 bytes' },
  mismatch: { status: 400, outcome: 'refused', title: 'The body does not belong to this name' },
  frames: { status: 400, outcome: 'refused', title: 'The body is no sequence of frames' },
  refused: { status: 422, outcome: 'refused', title: 'The request is against a rule' },
  absent: { status: 404, outcome: 'absent', title: 'Nothing is kept under this name' },
  route: { status: 404, outcome: 'refused', title: 'There is no such route' },
  method: { status: 405, outcome: 'refused', title: 'The route does not serve this method' },
  length: { status: 413, outcome: 'refused', title: 'The body is too large' },
  unpaid: { status: 402, outcome: 'refused', title: 'The quota of the payer does not reach' },
  full: { status: 507, outcome: 'full', title: 'The node has no room' },
  busy: { status: 503, outcome: 'busy', title: 'Too many requests are under way' },
  unready: { status: 503, outcome: 'failed', title: 'The node cannot vote yet' },
  failed: { status: 503, outcome: 'failed', title: 'The node could not do it' },
};

export interface Reply {
  readonly status: number;
  readonly outcome: Outcome;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

const utf8 = new TextEncoder();

/** Bytes as they are. */
export function bytesReply(status: number, body: Uint8Array, cacheControl: string): Reply {
  return reply(status, 'application/octet-stream', body, { 'cache-control': cacheControl });
}

export function jsonReply(status: number, value: object): Reply {
  return reply(status, 'application/json', utf8.encode(JSON.stringify(value)), uncached);
}

export function textReply(type: string, text: string): Reply {
  return reply(200, type, utf8.encode(text), uncached);
}

export function emptyReply(status: number, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, outcome: 'ok', headers: { 'content-length': '0', ...headers }, body: none };
}

/** A problem document (RFC 9457). */
export function problemReply(code: Problem, detail?: string): Reply {
  const { status, outcome, title } = problems[code];
  const value = { type: `/problems/${code}`, title, status, detail: detail ?? title, code };
  const body = utf8.encode(JSON.stringify(value));
  return { ...reply(status, 'application/problem+json', body, uncached), outcome };
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
