/** Stitched receipts: what two cards and some bytes are enough to check. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Card } from '../src/card.ts';
import { consentDigest, type Consent } from '../src/countersignature.ts';
import { entry, nextEntry, nextHead, openLane } from '../src/entry.ts';
import { kinds } from '../src/kinds.ts';
import { deviceMap } from '../src/map.ts';
import {
  checkReceipt,
  receipt,
  receiptHead,
  receiptRefusals,
  type Receipt,
  type ReceiptRefusal,
} from '../src/receipt.ts';
import { stepStatement, type Cause, type SignedStep, type Step } from '../src/step.ts';
import {
  actor,
  cardOf,
  flipped,
  installFakes,
  named,
  network,
  signAs,
  type Actor,
} from './fixture.ts';

installFakes();

const payer = actor('payer');
const payee = actor('payee');
const older = actor('payer, earlier');
const cards: readonly [writer: Card, peer: Card] = [cardOf(payer), cardOf(payee)];
const lane = openLane(network, payer.id, 0, payee.id, {
  key: named('relationship'),
  spoolKey: named('spool'),
});
const bytes = entry.encode(nextEntry(lane, 0, named('absorbed'), named('operation')));
const head = nextHead(lane.head, bytes);
const relationship = named('relationship');

function stepOf(by: Actor, cause: Cause): Step {
  const map = deviceMap();
  map.apply([{ key: named('other'), value: named('leaf') }]);
  const write = { key: relationship, before: new Uint8Array(32), after: named('view') };
  const proof = map.prove([relationship]);
  const before = map.root();
  map.apply([{ key: relationship, value: write.after }]);
  return {
    device: by.id,
    incarnation: 0,
    seq: 1,
    previous: named('birth'),
    before,
    after: map.root(),
    cause,
    writes: [write],
    proof,
  };
}

function signed(by: Actor, step: Step, others: readonly Actor[] = []): SignedStep {
  const statement = stepStatement(step, []);
  const made = (each: Actor): Uint8Array => signAs(each, each.working, kinds.signedStep, statement);
  const further = others.map((each) => ({
    suite: each.suite,
    publicKey: each.working.publicKey,
    signature: made(each),
  }));
  return { step, slots: [], signature: made(by), further };
}

const appends: Cause = { type: 'append', relationship, index: 1, head, count: 1 };
const absorbs: Cause = { type: 'absorb', relationship, index: 1, head };

const consent: Consent = {
  head,
  proposer: payer.id,
  proposerIncarnation: 0,
  peer: payee.id,
  peerIncarnation: 0,
  root: named('root'),
  seq: 7,
};

function consented(changes: Partial<Consent> = {}, by: Actor = payee): Receipt['countersignature'] {
  const changed = { ...consent, ...changes };
  const signature = signAs(by, by.working, kinds.countersignature, consentDigest(changed));
  return { consent: changed, signature };
}

const honest: Receipt = {
  before: lane.head,
  entries: [bytes],
  countersignature: consented(),
  writer: signed(payer, stepOf(payer, appends), [older]),
  peer: signed(payee, stepOf(payee, absorbs)),
};

const said = (claim: Receipt): ReceiptRefusal | undefined => checkReceipt(claim, ...cards);

test('an honest receipt holds, also before the peer has stepped and without consent', () => {
  assert.equal(said(honest), undefined);
  assert.equal(said({ ...honest, peer: undefined }), undefined);
  assert.equal(said({ ...honest, countersignature: undefined }), undefined);
  assert.deepEqual(receiptHead(honest), head);
  const again = receipt.decode(receipt.encode(honest));
  assert.ok(again.ok && said(again.value) === undefined);
});

test('the proof and the signatures in it belong to no other pair of cards', () => {
  const third = cardOf(actor('third'));
  assert.equal(checkReceipt(honest, third, cards[1]), 'device');
  assert.equal(checkReceipt(honest, cards[0], third), 'countersignature');
  const unconsented = { ...honest, countersignature: undefined };
  assert.equal(checkReceipt(unconsented, cards[0], third), 'device');
  assert.equal(checkReceipt(honest, cards[1], cards[0]), 'device');
  const renewed = cardOf(payer, { incarnation: 1 });
  assert.equal(checkReceipt(honest, renewed, cards[1]), 'device');
  const elsewhere = cardOf(payer, { workingKey: older.working.publicKey });
  assert.equal(checkReceipt(honest, elsewhere, cards[1]), 'signature');
});

const writer = (step: Partial<Step>): Receipt => ({
  ...honest,
  writer: signed(payer, { ...stepOf(payer, appends), ...step }),
});
const peer = (step: Partial<Step>): Receipt => ({
  ...honest,
  peer: signed(payee, { ...stepOf(payee, absorbs), ...step }),
});

const bends: Record<ReceiptRefusal, readonly Receipt[]> = {
  head: [
    { ...honest, before: named('elsewhere') },
    { ...honest, entries: [bytes, bytes] },
    { ...honest, entries: [flipped(bytes, 90)] },
    writer({ cause: absorbs }),
    writer({ cause: { ...appends, head: named('elsewhere') } as Cause }),
  ],
  device: [
    writer({ device: payee.id }),
    writer({ incarnation: 1 }),
    peer({ device: payer.id }),
    peer({ incarnation: 1 }),
  ],
  generation: [writer({ seq: 0 }), peer({ seq: 0 })],
  proof: [
    writer({ before: named('another root') }),
    writer({ after: named('another root') }),
    peer({ before: named('another root') }),
    peer({ after: named('another root') }),
  ],
  signature: [
    { ...honest, writer: { ...honest.writer, signature: flipped(honest.writer.signature, 40) } },
    { ...honest, writer: { ...honest.writer, further: idle() } },
    { ...honest, peer: { ...honest.peer!, signature: flipped(honest.peer!.signature, 40) } },
    { ...honest, peer: { ...honest.peer!, slots: [{ key: named('k'), value: named('v') }] } },
  ],
  countersignature: [
    { ...honest, countersignature: consented({ head: named('elsewhere') }) },
    { ...honest, countersignature: consented({ proposer: payee.id }) },
    { ...honest, countersignature: consented({ proposerIncarnation: 1 }) },
    { ...honest, countersignature: consented({ peer: payer.id }) },
    { ...honest, countersignature: consented({ peerIncarnation: 1 }) },
    { ...honest, countersignature: consented({}, payer) },
    { ...honest, countersignature: { ...consented()!, consent: { ...consent, seq: 8 } } },
  ],
  absorb: [
    peer({ cause: appends }),
    peer({ cause: { ...absorbs, head: named('elsewhere') } as Cause }),
    peer({ cause: { ...absorbs, relationship: named('elsewhere') } as Cause }),
  ],
};

function idle(): SignedStep['further'] {
  return honest.writer.further.map((each) => ({ ...each, signature: honest.writer.signature }));
}

for (const [refusal, claims] of Object.entries(bends)) {
  test(`${refusal}: ${receiptRefusals[refusal as ReceiptRefusal]}`, () => {
    for (const [i, claim] of claims.entries()) assert.equal(said(claim), refusal, `bend ${i}`);
  });
}

/** The card of a later generation of the same keys' owner, from a step on. */
function renewed(by: Actor, generation: number, since: number): Card {
  return cardOf(by, { generation, since, previous: named('the last step before') });
}

test('a step counts under the card whose key was in force at it, and under no other', () => {
  const { seq } = honest.writer.step;
  const [old, payeeCard] = cards;
  const under = (by: Card, next?: Card): ReceiptRefusal | undefined =>
    checkReceipt(honest, by, payeeCard, { writer: next });
  assert.equal(under(renewed(payer, 1, seq - 1)), undefined);
  assert.equal(under(renewed(payer, 1, seq)), 'generation');
  assert.equal(under(old, renewed(payer, 1, seq)), undefined);
  assert.equal(under(old, renewed(payer, 1, seq - 1)), 'generation');
  // What lies between two generations that do not follow each other, nobody knows.
  assert.equal(under(old, renewed(payer, 2, seq)), 'generation');
  assert.equal(under(old, renewed(payee, 1, seq)), 'generation');
});

test('the peer’s consent and step count under the key that was in force at them', () => {
  const [payerCard, old] = cards;
  const step = honest.peer!.step.seq;
  const under = (claim: Receipt, by: Card, next?: Card): ReceiptRefusal | undefined =>
    checkReceipt(claim, payerCard, by, { peer: next });
  const onlyConsent = { ...honest, peer: undefined };
  assert.equal(under(onlyConsent, renewed(payee, 1, consent.seq)), undefined);
  assert.equal(under(onlyConsent, renewed(payee, 1, consent.seq + 1)), 'countersignature');
  assert.equal(under(onlyConsent, old, renewed(payee, 1, consent.seq)), undefined);
  assert.equal(under(onlyConsent, old, renewed(payee, 1, consent.seq - 1)), 'countersignature');
  assert.equal(under(onlyConsent, old, renewed(payee, 2, consent.seq)), 'countersignature');
  const onlyStep = { ...honest, countersignature: undefined };
  assert.equal(under(onlyStep, renewed(payee, 1, step)), 'generation');
  assert.equal(under(onlyStep, old, renewed(payee, 1, step)), undefined);
});
