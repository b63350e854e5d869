/**
 * Strangers' bytes: no decoder of the core throws or takes two spellings of one value, whatever it
 * is given.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { nodeAnswer, nodeRequest, usualTerms, type NodeAnswer } from '@dsm/availability';
import {
  card,
  certificate,
  checkEvidence,
  concat,
  consentDigest,
  countersignature,
  entry,
  equal,
  evidence,
  incarnationSlot,
  kinds,
  limits,
  proofObject,
  receipt,
  registry,
  signedStep,
  slotState,
  slotWrite,
  step,
  type Evidence,
  type Obj,
  type SignedStep,
  type Step,
  registriesOf,
} from '@dsm/primitive';
import {
  decodeOperation,
  decodePart,
  encodeOpening,
  encodeOperation,
  encodePart,
  exitPart,
  invoice,
  issue,
  issuePart,
  opensPurseNote,
  policy,
  spendPart,
  spendPlace,
} from '@dsm/protocols';
import { device } from '../src/device.ts';
import { relationship } from '../src/relationship.ts';
import { message, type Message } from '../src/message.ts';
import { claimOf } from '../src/run.ts';
import {
  authorisationOf,
  cardOf,
  certificateOf,
  named,
  network,
  nodesOf,
  signAs,
  voteOf,
} from '@dsm/primitive/fixture';
import {
  collected,
  edgeTo,
  introduced,
  issueOf,
  mapOf,
  openDurable,
  payment,
  person,
  policyOf,
  sent,
  signedBy,
} from './fixture.ts';
import {
  backedWrites,
  exitParts,
  issueParts,
  issues,
  operations,
  policies,
} from './value-samples.ts';

/** Numbers below `max`, the same on every machine (xorshift). */
function dice(seed: number): (max: number) => number {
  let state = seed;
  return (max) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % max;
  };
}

const [ada, bob] = [person('ada'), person('bob')];
const nodes = nodesOf(1);
const gold = policyOf(ada);
const mint = issueOf(ada, gold, [60n, 40n]);
const minted = sent(ada, openDurable(ada), ada, [collected(ada, mint)], [gold]);
const [ofAda] = introduced(ada, bob, minted.durable, openDurable(bob));
const note = [...ofAda.notes.values()][0]!;
const paid = sent(ada, ofAda, bob, [payment(ada, bob, [note], 25n)], [gold]);
const run = paid.change.run;
const consent = {
  head: run.heads[0]!,
  proposer: ada.keys.id,
  proposerIncarnation: 0,
  peer: bob.keys.id,
  peerIncarnation: 0,
  root: named('root'),
  seq: 3,
};
const consented = {
  consent,
  signature: signAs(bob.keys, bob.keys.working, kinds.countersignature, consentDigest(consent)),
};
const signed = signedBy(ada, run);
const operation = payment(ada, bob, [note], 25n);
const slots = run.slots;
const spend = certificateOf(nodes, slots[0]!);
const adasCard = cardOf(ada.keys, { incarnation: 1 }, (body) =>
  certificateOf(nodes, incarnationSlot(body)),
);
const stated = { value: slots[0]!.value, authorisation: authorisationOf(ada.keys, slots, 0) };
const place = spendPlace(note);
const branch = { entries: run.entries, signed };

const pieces: readonly Evidence[] = [
  { type: 'entries', card: adasCard, later: [], before: run.before, first: branch, second: branch },
  { type: 'steps', card: cardOf(ada.keys), later: [], first: signed, second: signed },
  {
    type: 'spends',
    card: cardOf(ada.keys),
    place,
    first: stated,
    second: stated,
    opening: opening(),
  },
  { type: 'issues', place, first: stated, second: stated },
  { type: 'commits', place, first: stated, second: stated },
  {
    type: 'votes',
    suite: 1,
    voteKey: nodes.registry.nodes[0]!.voteKey,
    lineage: named('lineage'),
    version: 1,
    key: named('key'),
    first: { value: named('one'), ...voteOf(nodes, 0, slots[0]!) },
    second: { value: named('two'), ...voteOf(nodes, 0, slots[0]!) },
  },
];

const hint = {
  from: named('here'),
  to: named('to'),
  token: named('token'),
  capacity: 7n,
  fee: { flat: 1n, perMillion: 500 },
};

const messages: readonly Message[] = [
  { type: 'hello', card: card.encode(adasCard) },
  {
    type: 'agree',
    ciphertext: new Uint8Array(1_088).fill(3),
    laneKey: named('lane key'),
    signature: signed.signature,
  },
  { type: 'agreed', laneKey: named('lane key'), mac: named('mac') },
  { type: 'offer', entries: run.entries, root: named('root'), seq: 4, proof: run.step.proof },
  { type: 'want', heads: [named('a'), named('b')], tokens: [named('c')] },
  { type: 'parts', policies: [policy.encode(gold)], parts: [named('part')] },
  { type: 'consent', countersignature: consented, head: named('head'), proof: run.step.proof },
  { type: 'refuse', head: named('head'), code: 'busy', why: 'später – 後で' },
  { type: 'commit', ...claimOf(run, signed.signature, []), countersignature: consented },
  { type: 'ack', head: named('head'), mac: named('mac') },
  { type: 'absorbed', signed },
  { type: 'marks', lines: [{ position: named('position'), statement: named('statement') }] },
  { type: 'half', position: named('position'), half: named('half') },
  { type: 'evidence', evidence: named('evidence') },
  { type: 'end' },
  { type: 'edges', edges: [{ edge: hint, depth: 2 }] },
  { type: 'reveal', escrow: named('escrow'), preimage: named('preimage') },
  { type: 'given-up', escrow: named('escrow'), hash: named('hash'), certificate: spend },
  { type: 'stream', escrow: named('escrow'), ticks: named('ticks') },
  { type: 'terms', escrow: named('escrow'), unsignedMax: 1n << 100n, taken: 7, wants: 1 },
  { type: 'ticks', escrow: named('escrow'), from: 7, frame: Uint8Array.of(5, 0x85, 1) },
  { type: 'settle', escrow: named('escrow'), last: 1 },
];

/** A decoder, the encoder that must give its bytes back, and bytes that it takes. */
interface Decoder {
  readonly name: string;
  readonly again: (bytes: Uint8Array) => Uint8Array | undefined;
  readonly good: readonly Uint8Array[];
}

function objectDecoder<T>(name: string, coder: Obj<T>, values: readonly T[]): Decoder {
  return {
    name,
    again: (bytes) => {
      const decoded = coder.decode(bytes);
      return decoded.ok ? coder.encode(decoded.value) : undefined;
    },
    good: values.map((value) => coder.encode(value)),
  };
}

const spendProof = {
  before: run.before,
  entry: run.entries[0]!,
  body: named('body'),
  slots,
  signatures: [
    { suite: 1 as const, publicKey: ada.keys.working.publicKey, signature: signed.signature },
  ],
  certificates: [spend, undefined],
};

const decoders: readonly Decoder[] = [
  objectDecoder('entry', entry, [entryOf(run.entries[0]!)]),
  objectDecoder<Step>('step', step, [run.step, { ...run.step, cause: { type: 'restore' } }]),
  objectDecoder('signed step', signedStep, [signed]),
  objectDecoder('countersignature', countersignature, [consented]),
  objectDecoder('invoice', invoice, [
    {
      network: named('network'),
      device: named('device'),
      hash: named('hash'),
      token: named('token'),
      amount: 5n,
      memo: 'zwei – 後で',
    },
  ]),
  objectDecoder('receipt', receipt, [
    {
      before: run.before,
      entries: run.entries,
      countersignature: consented,
      writer: signed,
      peer: signed,
    },
  ]),
  objectDecoder('proof', proofObject, [
    mapOf(ofAda).prove([...mapOf(ofAda).entries()].map(({ key }) => key)),
  ]),
  objectDecoder('card', card, [adasCard, cardOf(bob.keys)]),
  objectDecoder('certificate', certificate, [spend]),
  objectDecoder('registry', registry, [nodesOf(2).registry]),
  objectDecoder('slot write', slotWrite, [
    ...backedWrites,
    {
      place,
      value: stated.value,
      authorisation: stated.authorisation,
      hint: named('hint'),
      certificate: undefined,
    },
  ]),
  objectDecoder('slot state', slotState, [
    {
      place,
      vote: { version: 1, path: [], signature: signed.signature },
      values: [{ ...stated, hints: [named('hint')] }],
    },
  ]),
  objectDecoder('evidence', evidence, pieces),
  objectDecoder('policy', policy, policies),
  objectDecoder('issue', issue, issues),
  objectDecoder('issue part', issuePart, issueParts),
  objectDecoder('spend part', spendPart, [spendProof]),
  objectDecoder('exit part', exitPart, exitParts),
  objectDecoder('device', device, [ofAda.device]),
  objectDecoder('relationship', relationship, [edgeTo(ofAda, bob)]),
  objectDecoder('message', message, messages),
  objectDecoder('request to a node', nodeRequest, [
    { type: 'put', terms: { ...usualTerms, owner: named('owner') }, bytes: named('object') },
    { type: 'possess', nonce: named('nonce'), address: named('address') },
    { type: 'find', topic: named('topic'), after: named('after') },
    { type: 'list', version: 1, peer: 2, absent: [3, 4], range: 5, after: undefined },
    { type: 'endorse', attempt: 1, closed: named('closed'), shown: named('shown') },
  ]),
  objectDecoder<NodeAnswer>('answer of a node', nodeAnswer, [
    { type: 'ok', body: named('body') },
    { type: 'refused', sentence: 'später – 後で' },
    { type: 'later' },
  ]),
  {
    name: 'operation',
    again: (bytes) => {
      const decoded = decodeOperation(bytes);
      return typeof decoded === 'string' ? undefined : encodeOperation(decoded);
    },
    good: [operation, ...operations.map(encodeOperation)],
  },
  {
    name: 'part of a lineage',
    again: (bytes) => {
      const part = decodePart(bytes);
      return part === undefined ? undefined : encodePart(part);
    },
    good: [...issueParts, spendProof, ...exitParts].map(encodePart),
  },
];

function entryOf(bytes: Uint8Array): Parameters<typeof entry.encode>[0] {
  const decoded = entry.decode(bytes);
  assert.ok(decoded.ok);
  return decoded.value;
}

function opening(): Uint8Array {
  return encodeOpening({ before: run.before, index: 0, entry: run.entries[0]! });
}

/** Bytes a little or much unlike good ones. */
function mutated(good: readonly Uint8Array[], roll: (max: number) => number): Uint8Array {
  const from = good[roll(good.length)]!;
  const bytes = from.slice();
  const at = roll(bytes.length);
  switch (roll(8)) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      return concat(bytes, named('more').subarray(0, 1 + roll(32)));
    case 2: {
      const other = good[roll(good.length)]!;
      return concat(bytes.subarray(0, at), other.subarray(roll(other.length)));
    }
    case 3:
      return concat(
        bytes.subarray(0, at),
        bytes.subarray(Math.min(at + 1 + roll(40), bytes.length)),
      );
    case 4:
      bytes[at]! ^= 1 << roll(8);
      bytes[roll(bytes.length)] = roll(256);
      return bytes;
    case 5: {
      // Where a length or a count may stand: small numbers and very large ones.
      const field = new DataView(bytes.buffer);
      if (at + 4 <= bytes.length)
        field.setUint32(at, [0, 1, 0xffff, 0xffffffff, roll(2_000)][roll(5)]!);
      return bytes;
    }
    case 6:
      // Near the start the fields are; further on there are mostly digests and signatures.
      bytes[roll(Math.min(bytes.length, 120))]! ^= 1 << roll(8);
      return bytes;
    default:
      bytes[at]! ^= 1 << roll(8);
      return bytes;
  }
}

test('every operation there is stands among the good ones', () => {
  const tags = new Set(operations.map((each) => encodeOperation(each)[0]));
  for (let tag = 1; tag <= 13; tag++) assert.ok(tags.has(tag), `tag ${tag}`);
  assert.equal(decodeOperation(Uint8Array.of(14)), 'unknown');
});

/** Ten times as many with `npm run test:all`. */
const rounds = process.env['DSM_TEST_LONG'] === '1' ? 100_000 : 10_000;

test(`${decoders.length} decoders take ${rounds} mutations each: one spelling, no exception`, () => {
  for (const { name, again, good } of decoders) {
    for (const bytes of good) assert.deepEqual(again(bytes), bytes, name);
    const roll = dice(name.length * 7_919 + 1);
    let taken = 0;
    for (let i = 0; i < rounds; i++) {
      const bytes = mutated(good, roll);
      const encoded = again(bytes);
      if (encoded === undefined) continue;
      taken++;
      if (!equal(encoded, bytes)) assert.deepEqual(encoded, bytes, `${name}: two spellings`);
    }
    assert.ok(taken > 0 && taken < rounds, `${name}: ${taken} of ${rounds} were taken`);
  }
});

test('what an opening or a piece of evidence claims is judged, never thrown', () => {
  const roll = dice(5);
  const good = pieces.map((each) => evidence.encode(each));
  for (let i = 0; i < 3_000; i++) {
    opensPurseNote(place, mutated([opening()], roll));
    const decoded = evidence.decode(mutated(good, roll));
    if (!decoded.ok) continue;
    const judged = checkEvidence(
      decoded.value,
      network,
      opensPurseNote,
      registriesOf(nodes.registry),
    );
    assert.equal(judged.ok, false);
  }
});

test('a step that is too large is refused wherever it stands, because nobody could hash it', () => {
  const huge: SignedStep = {
    ...signed,
    step: {
      ...run.step,
      proof: { ...run.step.proof, digests: new Uint8Array(32 * 6_000).fill(1) },
    },
  };
  assert.ok(6_000 * 32 > limits.receiptBytesMax);
  const { entries } = run;
  const said = { entries, signed: huge, countersignature: undefined };
  const commit: Message = { type: 'commit', ...said };
  assert.deepEqual(message.decode(message.encode(commit)), { ok: false, refusal: 'malformed' });
  const card = cardOf(ada.keys);
  const steps: Evidence = { type: 'steps', card, later: [], first: huge, second: signed };
  assert.deepEqual(evidence.decode(evidence.encode(steps)), { ok: false, refusal: 'malformed' });
});

test('random bytes are refused', () => {
  const roll = dice(9);
  for (const { name, again } of decoders) {
    for (let i = 0; i < 300; i++) {
      const bytes = Uint8Array.from({ length: roll(400) }, () => roll(256));
      bytes[0] = name === 'operation' ? 9 : 0x44;
      assert.equal(again(bytes), undefined, name);
    }
  }
});
