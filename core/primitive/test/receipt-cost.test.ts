/** What a third party pays to check a receipt: the same, however long the chains behind it are. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Card } from '../src/card.ts';
import { entry, nextEntry, openLane, advance, type Lane } from '../src/entry.ts';
import { kinds } from '../src/kinds.ts';
import { deviceMap } from '../src/map.ts';
import { checkReceipt, type Receipt } from '../src/receipt.ts';
import { stepStatement, type Cause, type SignedStep } from '../src/step.ts';
import { installSignatures, signatures } from '../src/suite.ts';
import { checkCard } from '../src/card.ts';
import { actor, cardOf, installFakes, named, network, signAs, type Actor } from './fixture.ts';

installFakes();

const payer = actor('payer');
const payee = actor('payee');
const shared = { key: named('relationship'), spoolKey: named('spool') };

function signed(by: Actor, seq: number, cause: Cause): SignedStep {
  const map = deviceMap();
  const key = named('a leaf');
  const proof = map.prove([key]);
  const before = map.root();
  const after = named(`value ${seq}`);
  map.apply([{ key, value: after }]);
  const step = {
    device: by.id,
    incarnation: 0,
    seq,
    previous: named(`step ${seq - 1}`),
    before,
    after: map.root(),
    cause,
    writes: [{ key, before: new Uint8Array(32), after }],
    proof,
  };
  const signature = signAs(by, by.working, kinds.signedStep, stepStatement(step, []));
  return { step, slots: [], signature, further: [] };
}

/** The receipt of the nth entry of the payer's lane. */
function receiptOf(n: number): Receipt {
  let lane: Lane = openLane(network, payer.id, 0, payee.id, shared);
  let before = lane.head;
  let bytes = new Uint8Array(0);
  for (let i = 0; i < n; i++) {
    before = lane.head;
    const next = nextEntry(lane, 0, named('absorbed'), named(`operation ${i}`));
    bytes = entry.encode(next).slice();
    lane = advance(lane, next, bytes);
  }
  const relationship = shared.key;
  const at = { relationship, index: n, head: lane.head };
  return {
    before,
    entries: [bytes],
    countersignature: undefined,
    writer: signed(payer, n, { type: 'append', ...at, count: 1 }),
    peer: signed(payee, n, { type: 'absorb', ...at }),
  };
}

/** Signatures that are verified to check the receipt under cards that a stranger is shown. */
function signaturesFor(claim: Receipt, cards: readonly Card[], next?: Card): number {
  const plain = signatures();
  let count = 0;
  installSignatures({
    ...plain,
    verify: (...given) => {
      count += 1;
      return plain.verify(...given);
    },
  });
  const all = next === undefined ? cards : [...cards, next];
  for (const card of all) assert.equal(checkCard(card, network, undefined), undefined);
  assert.equal(checkReceipt(claim, cards[0]!, cards[1]!, { writer: next }), undefined);
  installSignatures(plain);
  return count;
}

test('a receipt of the first entry and one of the thousandth cost the same signatures', () => {
  const cards = [cardOf(payer), cardOf(payee)];
  const first = signaturesFor(receiptOf(1), cards);
  assert.equal(first, 4, 'two cards and two steps');
  assert.equal(signaturesFor(receiptOf(1_000), cards), first);
  // After a change of keys the newer card is the checkpoint; an older key needs the card that replaced it.
  const since = (generation: number, step: number): Card =>
    cardOf(payer, { generation, since: step, previous: named(`step ${step}`) });
  assert.equal(signaturesFor(receiptOf(1_000), [since(7, 900), cards[1]!]), first);
  assert.equal(signaturesFor(receiptOf(1_000), cards, since(1, 1_000)), first + 1);
});
