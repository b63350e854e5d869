/** Judges of what storage nodes compute alike: the order of nodes, sum maps, symbols. */

import {
  bucketOf,
  decoder,
  encoder,
  evaluateSum,
  forest,
  perm,
  proveSum,
  rendezvous,
  subtree,
  sumProofCoder,
  symbolBatchCoder,
  symbolBytes,
  type Forest,
  type SumEntry,
} from '@dsm/availability';
import { concat, decodeWith, encodeWith } from '@dsm/primitive';
import { toJson, type Finding, type Given, type Judge } from './case.ts';

const deriving =
  (derive: (given: Given) => object): Judge =>
  (_, given): Finding => ({ expect: 'ok', derived: toJson(derive(given)) });

/** Seats and orders are written as 2 bytes for each. */
function orderOf(given: Given): object {
  const bytes = given.bytes('seats');
  const view = rendezvous({
    seats: Array.from({ length: bytes.length / 2 }, (_, i) => numberAt(bytes, i * 2)),
    bucketBits: given.number('bucketBits'),
    salt: given.bytes('salt'),
    nodes: given.number('nodes'),
  });
  const bucket = bucketOf(view.bucketBits, given.bytes('address'));
  const order = perm(view, bucket);
  return { bucket, order: Uint8Array.from(order.flatMap((node) => [node >> 8, node & 0xff])) };
}

function numberAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! * 0x100 + bytes[at + 1]!;
}

const bits = 8;

function mapOf(given: Given): {
  readonly top: Forest;
  readonly entriesOf: (bucket: number) => readonly SumEntry[];
} {
  const entries = given
    .list('entries')
    .map((entry) => ({ key: entry.bytes('key'), size: entry.number('size') }));
  const entriesOf = (bucket: number): readonly SumEntry[] =>
    entries.filter(({ key }) => key[0] === bucket);
  const top = forest(bits);
  for (const { key } of entries) top.set(key[0]!, subtree(entriesOf(key[0]!), bits));
  return { top, entriesOf };
}

function rootOf(given: Given): object {
  const { digest, sum } = mapOf(given).top.root();
  return { root: digest, sum };
}

function proven(given: Given): object {
  const { top, entriesOf } = mapOf(given);
  const proof = proveSum(top, entriesOf, given.bytes('key'));
  return { proof: encodeWith(sumProofCoder, proof) };
}

function evaluated(bytes: Uint8Array, given: Given): Finding {
  const proof = decodeWith(sumProofCoder, bytes);
  if (proof === undefined) return { expect: 'malformed' };
  const size = given.has('size') ? given.number('size') : undefined;
  const found = evaluateSum(proof, given.bytes('key'), size);
  if (!found.ok) return { expect: found.refusal };
  const { root, sum, before } = found;
  return { expect: 'ok', derived: toJson({ root, sum, before }) };
}

function batchOf(given: Given): object {
  const first = given.number('first');
  const keys = concat(...given.bytesList('keys'));
  const symbols = encoder(keys, given.bytes('nonce')).symbols(first, given.number('count'));
  return { batch: encodeWith(symbolBatchCoder, { from: first, symbols }) };
}

function batchRead(bytes: Uint8Array): Finding {
  const batch = decodeWith(symbolBatchCoder, bytes);
  if (batch === undefined) return { expect: 'malformed' };
  const { from, symbols } = batch;
  return {
    expect: 'ok',
    derived: toJson({ first: from, count: symbols.length / symbolBytes, symbols }),
  };
}

function differing(bytes: Uint8Array, given: Given): Finding {
  const keys = concat(...given.bytesList('keys'));
  const to = decoder(keys, given.bytes('nonce'), given.number('symbolsMax'));
  const found = to.take(bytes);
  if (found.state !== 'done') {
    return { expect: found.state === 'refused' ? found.refusal : found.state };
  }
  const { onlyHere, onlyThere } = found;
  return { expect: 'ok', derived: toJson({ onlyHere, onlyThere }) };
}

export const availabilityJudges: Readonly<Record<string, Readonly<Record<string, Judge>>>> = {
  placement: { order: deriving(orderOf) },
  'sum-map': { root: deriving(rootOf), prove: deriving(proven), evaluate: evaluated },
  symbol: { batch: deriving(batchOf), read: batchRead, difference: differing },
};
