/**
 * Decoders of the core that are written by hand, and what is computed from a stranger's bytes right
 * after decoding: proofs, evidence, symbols, streams of frames.
 */

import {
  answerReader,
  bucketPageCoder,
  decodeLink,
  decodeRanges,
  decoder,
  encoder,
  deframer,
  encodeLink,
  encodeRanges,
  evaluateBucket,
  evaluateSum,
  framedTogether,
  fromName,
  nameOf,
  provenKeyCoder,
  requestReader,
  writeAnswers,
  writeRequests,
} from '@dsm/availability';
import { decodeNdef, ndefRecord } from '@dsm/identity';
import {
  bytes32,
  checkEvidence,
  decodeWith,
  evaluate,
  evaluateChange,
  evidence,
  list,
  proofObject,
  struct,
  utf8,
  type Coder,
} from '@dsm/primitive';
import {
  decodeHops,
  decodeOperation,
  decodePart,
  encodeHops,
  encodeOperation,
  encodePart,
  checkPart,
  operationOf,
  opensPurseNote,
  partHead,
  readFrame,
} from '@dsm/protocols';
import { everythingIn } from './load.ts';
import { Broken, same, textBytes, type Target } from './target.ts';

/** What is read, and what writes it again. */
export function twoWays<T>(
  decode: (bytes: Uint8Array) => T | undefined,
  encode: (value: T) => Uint8Array,
): Target['run'] {
  return (bytes) => {
    const value = decode(bytes);
    if (value === undefined) return false;
    if (same(encode(value), bytes)) return true;
    throw new Broken('two spellings', `${bytes.length} bytes are written otherwise`);
  };
}

export function target(name: string, run: Target['run'], more: Partial<Target> = {}): Target {
  return { name, run, samples: [], words: [], layout: undefined, cost: 1, ...more };
}

export async function coreTargets(): Promise<readonly Target[]> {
  const layoutOf = async (file: string, name: string): Promise<Coder<unknown>> =>
    (await everythingIn(file)).get(name) as Coder<unknown>;
  const tags = await layoutOf('core/protocols/src/operation.ts', 'tags');
  const hops = await layoutOf('core/protocols/src/route.ts', 'hopsCoder');
  const link = await layoutOf('core/availability/src/registry-link.ts', 'linkCoder');
  const fromUtf8 = (await everythingIn('core/primitive/src/utf8.ts')).get('fromUtf8') as (
    bytes: Uint8Array,
  ) => string | undefined;
  return [
    target('primitive/utf8.fromUtf8', twoWays(fromUtf8, utf8), {
      samples: [textBytes('später – 後で 😀')],
      words: [0xc0, 0xed, 0xa0, 0xf4, 0x90, 0x80].map((byte) => Uint8Array.of(byte, 0x80)),
    }),
    target('protocols/route.decodeHops', twoWays(decodeHops, encodeHops), { layout: hops }),
    target('protocols/operation.decodeOperation', operationRun, { layout: tags }),
    target('protocols/operation.operationOf', (bytes) => typeof operationOf(bytes) === 'object'),
    target('protocols/lineage.decodePart', twoWays(decodePart, encodePart)),
    target('protocols/lineage.checkPart', partRun),
    target('protocols/tick.readFrame', frameRun, {
      samples: [Uint8Array.of(5, 0x85, 1), Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0x7f)],
    }),
    target('availability/sharing.decodeRanges', twoWays(decodeRanges, encodeRanges), {
      samples: [new Uint8Array(512).fill(7)],
    }),
    target('availability/registry-link.decodeLink', twoWays(decodeLink, encodeLink), {
      layout: link,
    }),
    target('availability/name.fromName', nameRun, { samples: [textBytes('A'.repeat(43))] }),
    target('identity/ndef.decodeNdef', twoWays(decodeNdef, ndefRecord), {
      samples: [ndefRecord(Uint8Array.of(1, 2, 3)), ndefRecord(new Uint8Array(256))],
    }),
    ...streamTargets(),
    ...proofTargets(),
  ];
}

const operationRun: Target['run'] = (bytes) => {
  const operation = decodeOperation(bytes);
  if (operation === 'unknown' || operation === 'malformed') return false;
  if (same(encodeOperation(operation), bytes)) return true;
  throw new Broken('two spellings', 'an operation is written otherwise');
};

const partRun: Target['run'] = (bytes) => {
  const part = decodePart(bytes);
  if (part === undefined) return false;
  if (partHead(part).length !== 32) throw new Broken('rule', 'a head is no digest');
  const known = { policyOf: () => undefined, originOf: () => undefined };
  checkPart(part, known as unknown as Parameters<typeof checkPart>[1]);
  return true;
};

/** Ticks are added up once more, one by one and in big integers. */
const frameRun: Target['run'] = (bytes) => {
  const frame = readFrame(bytes);
  if (frame === undefined) return false;
  let [sum, count, tick, place] = [0n, 0, 0n, 0n];
  for (const byte of bytes) {
    tick |= BigInt(byte & 0x7f) << place;
    place += 7n;
    if (byte > 0x7f) continue;
    if (tick === 0n || place > 56n) throw new Broken('rule', 'a tick is nothing, or too long');
    [sum, count, tick, place] = [sum + tick, count + 1, 0n, 0n];
  }
  if (place === 0n && frame.amount === sum && frame.count === count) return true;
  throw new Broken('rule', `${count} ticks come to ${sum}, not ${frame.amount}`);
};

const nameRun: Target['run'] = (bytes) => {
  const name = Buffer.from(bytes).toString('latin1');
  const found = fromName(name);
  if (found === undefined) return false;
  if (nameOf(found) === name) return true;
  throw new Broken('two spellings', `${name} names what ${nameOf(found)} names`);
};

/** The pieces in which a stream comes: the lengths stand in its first bytes. */
function pieces(bytes: Uint8Array): readonly Uint8Array[] {
  const [rhythm, stream] = [bytes.subarray(0, 4), bytes.subarray(4)];
  const parts: Uint8Array[] = [];
  for (let at = 0, i = 0; at < stream.length; i++) {
    const length = 1 + (rhythm[i % 4]! & (i < 64 ? 255 : 0)) + (i < 64 ? 0 : 4_096);
    parts.push(stream.subarray(at, at + length));
    at += length;
  }
  return parts;
}

function streamTargets(): readonly Target[] {
  const frames = [Uint8Array.of(1, 2, 3), new Uint8Array(20).fill(9)];
  return [
    target('availability/framing.deframer', framingRun, {
      samples: [Uint8Array.of(3, 1, 9, 0, ...framedTogether(frames))],
    }),
    target(
      'availability/exchange.requestReader',
      exchangeRun(requestReader, (values) => writeRequests(values)),
      { samples: [Uint8Array.of(3, 1, 9, 0, ...writeRequests([{ type: 'signal' }]))] },
    ),
    target(
      'availability/exchange.answerReader',
      exchangeRun(answerReader, (values) => writeAnswers(values)),
      { samples: [Uint8Array.of(3, 1, 9, 0, ...writeAnswers([{ type: 'later' }]))] },
    ),
    target('availability/rateless.decoder', symbolsRun, {
      samples: [new Uint8Array(120), encoder(theirKeys, nonce).symbols(0, 24)],
    }),
  ];
}

/** However a stream is cut, the same comes out of it, and little is held meanwhile. */
const framingRun: Target['run'] = (bytes) => {
  const most = 4_096;
  const [whole, cut] = [0, 1].map(() => deframer(most, (frame) => frame.slice()));
  const atOnce = whole!.push(bytes.subarray(4));
  const frames: Uint8Array[] = [];
  let refusal: string | undefined;
  for (const part of pieces(bytes)) {
    const come = cut!.push(part);
    frames.push(...come.frames);
    refusal = come.refusal;
    if (cut!.held() > 2 * most) throw new Broken('rule', `${cut!.held()} bytes are held`);
  }
  if (refusal !== atOnce.refusal || cut!.isWhole() !== whole!.isWhole()) {
    throw new Broken('rule', 'a stream in pieces ends otherwise than at once');
  }
  if (!same(framedTogether(frames), framedTogether(atOnce.frames))) {
    throw new Broken('rule', 'a stream in pieces holds other frames than at once');
  }
  if (!whole!.isWhole()) return false;
  if (same(framedTogether(frames), bytes.subarray(4))) return true;
  throw new Broken('two spellings', 'the frames are written otherwise');
};

function exchangeRun<T>(
  open: () => {
    push: (bytes: Uint8Array) => { values: readonly T[] };
    isWhole: () => boolean;
  },
  write: (values: readonly T[]) => Uint8Array,
): Target['run'] {
  return (bytes) => {
    const stream = open();
    const values: T[] = [];
    for (const part of pieces(bytes)) values.push(...stream.push(part).values);
    if (!stream.isWhole()) return false;
    if (same(write(values), bytes.subarray(4))) return true;
    throw new Broken('two spellings', 'the exchange is written otherwise');
  };
}

const nonce = new Uint8Array(32).fill(5);
const ownKeys = Uint8Array.from({ length: 3 * 32 }, (_, i) => (i >> 5) * 60 + 1);

const theirKeys = Uint8Array.from({ length: 5 * 32 }, (_, i) => (i >> 5) * 50 + 1);

const symbolsRun: Target['run'] = (bytes) => {
  const most = 64;
  const state = decoder(ownKeys, nonce, most);
  const whole = bytes.subarray(0, bytes.length - (bytes.length % 40));
  let taken = false;
  for (let at = 0; at < whole.length; at += 80) {
    const decoding = state.take(whole.subarray(at, at + 80));
    taken ||= decoding.state !== 'more';
  }
  if (state.taken() > most) throw new Broken('rule', `${state.taken()} symbols were taken`);
  return taken;
};

const leaves = list(struct({ key: bytes32, value: bytes32 }), 8);
const proofLayout = struct({ proof: proofObject, values: leaves });
const bucketLayout = struct({ page: bucketPageCoder });
const sumLayout = struct({ proven: provenKeyCoder, key: bytes32 });

/** A value of the layout is judged: it may be refused in its own words, and nothing else. */
function judging<T>(
  layout: Coder<T>,
  judge: (value: T) => boolean,
): Partial<Target> & Pick<Target, 'run'> {
  const read = readerOf(layout);
  return {
    layout: layout as Coder<unknown>,
    run: (bytes) => {
      const value = read(bytes);
      if (value === undefined) return false;
      judge(value.value);
      return true;
    },
  };
}

function readerOf<T>(layout: Coder<T>): (bytes: Uint8Array) => { value: T } | undefined {
  const framed = struct<{ value: T }>({ value: layout });
  return (bytes) => decodeWith(framed, bytes);
}

function proofTargets(): readonly Target[] {
  const all = [
    [
      'primitive/proof.evaluate',
      judging(proofLayout, ({ proof, values }) => {
        const changes = values.map(({ key, value }) => ({ key, before: value, after: value }));
        const [one, two] = [evaluate(proof, values), evaluateChange(proof, changes)];
        if (one.ok !== two.ok)
          throw new Broken('rule', 'a proof holds for values, not for changes');
        return one.ok;
      }),
    ],
    [
      'availability/bucket-proof.evaluateBucket',
      judging(
        bucketLayout,
        ({ page }) => evaluateBucket(8, page.bucket, page.entries, page.path).ok,
      ),
    ],
    [
      'availability/sum-proof.evaluateSum',
      judging(sumLayout, ({ proven, key }) => evaluateSum(proven.proof, key, proven.size).ok),
    ],
    [
      'primitive/evidence.checkEvidence',
      judging(evidence, (claim) => {
        checkEvidence(claim, new Uint8Array(32).fill(0x4e), opensPurseNote, undefined);
        return true;
      }),
    ],
  ] as const;
  return all.map(([name, more]) => target(name, more.run, more));
}
