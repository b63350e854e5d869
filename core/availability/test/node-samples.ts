/** Requests and answers of every kind, for the tests of what carries them. */

import type { NodeAnswer, NodeRequest } from '../src/node-message.ts';
import { usualTerms } from '../src/terms.ts';

const digest = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);
const common = { version: 3, peer: 2, absent: [1, 5] };

export const requestSamples: readonly NodeRequest[] = [
  { type: 'put', terms: usualTerms, bytes: Uint8Array.of(1, 2, 3) },
  { type: 'put', terms: { class: 3, until: 9, owner: digest(1) }, bytes: new Uint8Array(0) },
  { type: 'get', address: digest(2) },
  { type: 'has', address: digest(3) },
  { type: 'possess', nonce: digest(4), address: digest(5) },
  { type: 'write-slot', write: digest(6) },
  { type: 'read-slot', key: digest(7) },
  { type: 'advertise', bytes: digest(8) },
  { type: 'find', topic: digest(9), after: undefined },
  { type: 'find', topic: digest(9), after: digest(10) },
  { type: 'release', bytes: digest(11) },
  { type: 'terms', address: digest(21) },
  { type: 'charge', bytes: digest(22) },
  { type: 'subscribe', bytes: digest(23) },
  { type: 'byte-commit', sequence: undefined },
  { type: 'byte-commit', sequence: 7 },
  { type: 'prove', map: 2, key: digest(12) },
  { type: 'bucket', map: 1, bucket: 77, after: undefined },
  { type: 'bucket', map: 1, bucket: 77, after: digest(24) },
  { type: 'bucket-at', map: 2, point: 2 ** 40 },
  { type: 'ranges', ...common, nonce: digest(25) },
  {
    type: 'symbols',
    ...common,
    ranges: new Uint8Array(8).fill(9),
    nonce: digest(13),
    from: 8,
    count: 100,
  },
  { type: 'list', ...common, range: 5, after: digest(14) },
  { type: 'registry', version: 0, offset: 1_000 },
  { type: 'signal' },
  { type: 'signal-of', id: digest(26) },
  { type: 'signing' },
  { type: 'endorse', attempt: 1, closed: digest(15), shown: digest(16) },
  { type: 'commit', closed: digest(17), shown: digest(18) },
  { type: 'succeed', closed: digest(19), shown: digest(20) },
  { type: 'close', version: 2 },
  { type: 'votes', version: 2, group: 1, after: undefined },
];

export const answerSamples: readonly NodeAnswer[] = [
  { type: 'ok', body: new Uint8Array(0) },
  { type: 'ok', body: digest(1) },
  { type: 'absent' },
  { type: 'refused', sentence: 'against a rule – 後で' },
  { type: 'full' },
  { type: 'unpaid' },
  { type: 'later' },
];
