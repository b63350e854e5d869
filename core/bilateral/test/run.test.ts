/** Appending and absorbing: crossing sends, forks to two peers, replays, and other lives. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  checkEvidence,
  checkReceipt,
  evidence,
  kinds,
  keyOf,
  limits,
  receipt,
  signedStep,
  type Claim,
  type Evidence,
  type Receipt,
  type Verdict,
} from '@dsm/primitive';
import { installPortable } from '@dsm/portable';
import { opensPurseNote } from '@dsm/protocols';
import {
  relationship,
  leafOf,
  mySide,
  openRelationship,
  openOwnLane,
} from '../src/relationship.ts';
import { device, takeStep } from '../src/device.ts';
import { append, propose } from '../src/run.ts';
import { cardOf, flipped, installFakes, named, network, signAs } from '@dsm/primitive/fixture';
import {
  absorbed,
  collected,
  edgeTo,
  introduced,
  issueOf,
  mapOf,
  memo,
  openDurable,
  payment,
  peerOf,
  person,
  policyOf,
  sent,
  signedBy,
  worldOf,
  type Durable,
} from './fixture.ts';

const [ada, bob, cyd] = [person('ada'), person('bob'), person('cyd')];
const policies = [policyOf(ada)];

function funded(): Durable {
  const mint = collected(ada, issueOf(ada, policies[0]!, [60n, 40n]));
  return sent(ada, openDurable(ada), ada, [mint], policies).durable;
}

const said = (verdict: Verdict<unknown>): string => {
  if (verdict.type === 'refused') return verdict.refusal;
  return verdict.type === 'pending' ? `pending ${verdict.pending}` : verdict.type;
};

function taken(verdict: ReturnType<typeof absorbed>): Durable {
  assert.equal(said(verdict), 'accepted');
  return verdict.durable!;
}

test('crossing sends in both directions fork nothing, and end in one leaf', () => {
  let [a, b] = introduced(ada, bob, openDurable(ada), openDurable(bob));
  const fromAda: Claim[] = [];
  const fromBob: Claim[] = [];
  for (let i = 0; i < 5; i++) {
    const one = sent(ada, a, bob, [memo(`a${i}`), memo(`a${i}, again`)], policies);
    const two = sent(bob, b, ada, [memo(`b${i}`)], policies);
    [a, b] = [one.durable, two.durable];
    fromAda.push(one.claim);
    fromBob.push(two.claim);
  }
  for (const claim of fromAda) b = taken(absorbed(bob, b, ada, claim, policies));
  const late = sent(bob, b, ada, [memo('after all of them')], policies);
  b = late.durable;
  for (const claim of [...fromBob, late.claim]) a = taken(absorbed(ada, a, bob, claim, policies));
  const [mine, theirs] = [edgeTo(a, bob), edgeTo(b, ada)];
  assert.deepEqual(mine.mine, theirs.theirs);
  assert.deepEqual(theirs.mine, mine.theirs);
  assert.deepEqual(mine.absorbed, { index: 10, head: mine.mine.head });
  assert.equal(mySide(mine, a.device) + mySide(theirs, b.device), 1);
  assert.deepEqual(
    leafOf(mine, a.device, mine.mine.head, mine.theirs.head),
    leafOf(theirs, b.device, theirs.mine.head, theirs.theirs.head),
  );
  assert.deepEqual(a.leaves.get(keyOf(mine.key)), b.leaves.get(keyOf(theirs.key)));
});

test('runs that overtake each other wait; runs that come again change nothing', () => {
  const [a, b] = introduced(ada, bob, openDurable(ada), openDurable(bob));
  const one = sent(ada, a, bob, [memo('one')], policies);
  const two = sent(ada, one.durable, bob, [memo('two')], policies);
  assert.equal(said(absorbed(bob, b, ada, two.claim, policies)), 'pending early');
  const after = taken(absorbed(bob, b, ada, one.claim, policies));
  assert.equal(said(absorbed(bob, after, ada, one.claim, policies)), 'already-accepted');
  const both = taken(absorbed(bob, after, ada, two.claim, policies));
  assert.equal(said(absorbed(bob, both, ada, one.claim, policies)), 'already-accepted');
});

/** Ada, or a copy of her, says one thing to Bob and another to Cyd. */
function forked(): {
  readonly toBob: Claim;
  readonly toCyd: Claim;
  readonly b: Durable;
  readonly c: Durable;
} {
  const [a, b] = introduced(ada, bob, funded(), openDurable(bob));
  const [both, c] = introduced(ada, cyd, a, openDurable(cyd));
  const note = [...both.notes.values()][0]!;
  const toBob = sent(ada, both, bob, [payment(ada, bob, [note], 10n)], policies);
  const toCyd = sent(ada, both, cyd, [payment(ada, cyd, [note], 10n)], policies);
  return { toBob: toBob.claim, toCyd: toCyd.claim, b, c };
}

test('one note spent to two peers: each accepts, and when they meet the cheat is convicted', () => {
  const { toBob, toCyd, b, c } = forked();
  taken(absorbed(bob, b, ada, toBob, policies));
  taken(absorbed(cyd, c, ada, toCyd, policies));
  const claim: Evidence = {
    type: 'steps',
    card: cardOf(ada.keys),
    later: [],
    first: toBob.signed,
    second: toCyd.signed,
  };
  const decoded = evidence.decode(evidence.encode(claim));
  assert.ok(decoded.ok);
  assert.deepEqual(checkEvidence(decoded.value, network, opensPurseNote, undefined), {
    ok: true,
    culprit: { type: 'device', id: ada.keys.id },
  });
});

test('two children of one head to one peer: the second is a fork, and evidence', () => {
  const [a, b] = introduced(ada, bob, openDurable(ada), openDurable(bob));
  const one = sent(ada, a, bob, [memo('one')], policies);
  const other = sent(ada, a, bob, [memo('other')], policies);
  const after = taken(absorbed(bob, b, ada, one.claim, policies));
  assert.equal(said(absorbed(bob, after, ada, other.claim, policies)), 'fork');
  const claim: Evidence = {
    type: 'entries',
    card: cardOf(ada.keys),
    later: [],
    before: one.change.run.before,
    first: one.claim,
    second: other.claim,
  };
  assert.equal(checkEvidence(claim, network, opensPurseNote, undefined).ok, true);
});

test('a claim belongs to one relationship, one direction and one life', () => {
  const [a, b] = introduced(ada, bob, openDurable(ada), openDurable(bob));
  const [both, c] = introduced(ada, cyd, a, openDurable(cyd));
  const { claim } = sent(ada, both, bob, [memo('for bob')], policies);
  assert.equal(said(absorbed(cyd, c, ada, claim, policies)), 'wrong-relationship');
  assert.equal(said(absorbed(ada, both, bob, claim, policies)), 'wrong-device');
  assert.equal(said(absorbed(ada, both, ada, claim, policies)), 'wrong-device');
  const renewed = { ...edgeTo(b, ada), peer: { ...peerOf(ada, a.device), incarnation: 1 } };
  const later = { ...b, relationships: new Map(b.relationships).set(keyOf(ada.keys.id), renewed) };
  assert.equal(said(absorbed(bob, later, ada, claim, policies)), 'old-incarnation');
  const [reborn] = introduced(ada, bob, openDurable(ada, 1), openDurable(bob));
  const anew = sent(ada, reborn, bob, [memo('born again')], policies);
  assert.equal(said(absorbed(bob, b, ada, anew.claim, policies)), 'pending incarnation');
  const bricked = { ...edgeTo(b, ada), bricked: 1 };
  const known = { ...b, relationships: new Map(b.relationships).set(keyOf(ada.keys.id), bricked) };
  assert.equal(said(absorbed(bob, known, ada, claim, policies)), 'bricked');
});

test('a rolled-back copy that goes on is caught by whoever saw the original', () => {
  const [a, b] = introduced(ada, bob, openDurable(ada), openDurable(bob));
  const one = sent(ada, a, bob, [memo('before the backup')], policies);
  const seen = taken(absorbed(bob, b, ada, one.claim, policies));
  const two = sent(ada, one.durable, bob, [memo('after the backup')], policies);
  const last = taken(absorbed(bob, seen, ada, two.claim, policies));
  const restored = sent(ada, one.durable, bob, [memo('from the backup')], policies);
  assert.equal(said(absorbed(bob, last, ada, restored.claim, policies)), 'fork');
  const ahead = sent(ada, restored.durable, bob, [memo('and on')], policies);
  assert.equal(said(absorbed(bob, last, ada, ahead.claim, policies)), 'entropy');
});

test('the receipt of a run holds under both cards, and under no other pair', () => {
  const [a, b] = introduced(ada, bob, funded(), openDurable(bob));
  const note = [...a.notes.values()][0]!;
  const { claim, change } = sent(ada, a, bob, [payment(ada, bob, [note], 10n)], policies);
  const verdict = absorbed(bob, b, ada, claim, policies);
  assert.ok(verdict.type === 'accepted');
  const { step } = verdict.value.absorbed;
  const made: Receipt = {
    before: change.run.before,
    entries: claim.entries,
    countersignature: undefined,
    writer: claim.signed,
    peer: signedBy(bob, { step, slots: [] }),
  };
  const decoded = receipt.decode(receipt.encode(made));
  assert.ok(decoded.ok);
  const [his, hers] = [cardOf(bob.keys), cardOf(ada.keys)];
  assert.equal(checkReceipt(decoded.value, hers, his), undefined);
  assert.equal(checkReceipt(decoded.value, his, hers), 'device');
  assert.equal(checkReceipt(decoded.value, hers, cardOf(cyd.keys)), 'device');
});

test('an operation that its rules refuse is not appended, and nothing has happened', () => {
  const [a] = introduced(ada, bob, funded(), openDurable(bob));
  const [note] = [...a.notes.values()];
  const world = worldOf(a, ada, policies);
  const toCyd = payment(ada, cyd, [note!], 10n);
  assert.deepEqual(append(a.device, edgeTo(a, bob), [toCyd], world), {
    type: 'refused',
    refusal: 'operation',
    detail: 'owner',
  });
  const unknown = append(
    a.device,
    edgeTo(a, bob),
    [payment(ada, bob, [{ ...note!, token: named('x') }], 1n)],
    world,
  );
  assert.equal(said(unknown), 'pending policy');
});

test('a run that no peer could accept is refused to its own author', () => {
  const [a, b] = introduced(ada, bob, funded(), openDurable(bob));
  const offered = (operations: readonly Uint8Array[]): string =>
    said(propose(a.device, edgeTo(a, bob), operations, worldOf(a, ada, policies)));
  const word = memo('x'.repeat(8_000));
  assert.equal(offered([]), 'malformed');
  assert.equal(offered([word, word, word]), 'too-large');
  assert.equal(
    offered(Array.from({ length: limits.runEntriesMax + 1 }, () => memo(''))),
    'too-large',
  );
  const [note, other] = [...a.notes.values()];
  const pay = payment(ada, bob, [note!], 10n);
  assert.equal(offered([pay, payment(ada, bob, [note!], 11n)]), 'writes');
  assert.equal(offered([pay, payment(ada, bob, [other!], 11n)]), 'accepted');
  const largest = Array.from({ length: 190 }, (_, i) => memo(`${i % 10}`));
  assert.equal(offered(largest), 'accepted');
  const { claim } = sent(ada, a, bob, largest, policies);
  assert.equal(said(absorbed(bob, b, ada, claim, policies)), 'accepted');
});

test('a run with more slots or leaves than a step can hold is refused to its own author', () => {
  const coins = Array.from({ length: limits.outputsMax }, () => 1n);
  const mint = collected(ada, issueOf(ada, policies[0]!, coins));
  const rich = sent(ada, openDurable(ada), ada, [mint], policies).durable;
  const [a] = introduced(ada, bob, rich, openDurable(bob));
  const notes = [...a.notes.values()];
  const offered = (...counts: readonly number[]): string => {
    let from = 0;
    const operations = counts.map((count) => {
      const inputs = notes.slice(from, from + count);
      from += count;
      return payment(ada, bob, inputs, BigInt(count));
    });
    return said(propose(a.device, edgeTo(a, bob), operations, worldOf(a, ada, policies)));
  };
  assert.equal(offered(20, 20), 'accepted');
  assert.equal(offered(20, 21), 'slots');
});

test('a payment with the most inputs that an operation has reaches its payee', () => {
  const many = Array.from({ length: limits.inputsMax }, () => 2n);
  const mint = collected(ada, issueOf(ada, policies[0]!, many));
  const rich = sent(ada, openDurable(ada), ada, [mint], policies).durable;
  const [a, b] = introduced(ada, bob, rich, openDurable(bob));
  const { claim } = sent(ada, a, bob, [payment(ada, bob, [...a.notes.values()], 63n)], policies);
  const decoded = signedStep.decode(signedStep.encode(claim.signed));
  assert.ok(decoded.ok);
  const after = taken(absorbed(bob, b, ada, { ...claim, signed: decoded.value }, policies));
  assert.deepEqual(
    [...after.notes.values()].map(({ amount }) => amount),
    [63n],
  );
});

test('a map that is not the device’s makes no step', () => {
  const [a] = introduced(ada, bob, funded(), openDurable(bob));
  const key = named('a key');
  const write = { key, before: new Uint8Array(32), after: named('value') };
  const map = mapOf(a);
  const elsewhere = { ...a.device, root: named('another root') };
  assert.throws(() => takeStep(elsewhere, { type: 'restore' }, [write], [], map), /not the device/);
  const wrong = { ...write, before: named('what is not there') };
  assert.throws(() => takeStep(a.device, { type: 'restore' }, [wrong], [], map), /not the device/);
  const step = takeStep(a.device, { type: 'restore' }, [write], [], map);
  assert.equal(step.device.seq, a.device.seq + 1);
  assert.deepEqual(step.device.previous, step.statement);
});

test('devices and relationships are kept as bytes', () => {
  const [a] = introduced(ada, bob, funded(), openDurable(bob));
  assert.deepEqual(device.decode(device.encode(a.device)), { ok: true, value: a.device });
  const on = edgeTo(a, bob);
  assert.deepEqual(relationship.decode(relationship.encode(on)), { ok: true, value: on });
  const { publicKey } = ada.keys.working;
  const own = openOwnLane(a.device, publicKey, ada.secret);
  assert.deepEqual(own.mine.start, own.theirs.start);
  const again = openRelationship(a.device, peerOf(bob, a.device), named('another secret'), {
    mine: on.mineWriter,
    theirs: on.theirsWriter,
  });
  assert.notDeepEqual(again.key, on.key);
  assert.notDeepEqual(again.mine.start, on.mine.start);
});

test('a signature of another kind, over the very statement of a step, is none', () => {
  const [a, b] = introduced(ada, bob, openDurable(ada), openDurable(bob));
  const { claim, change } = sent(ada, a, bob, [memo('one')], policies);
  for (const kind of [kinds.step, kinds.countersignature, kinds.vote, kinds.message]) {
    const signature = signAs(ada.keys, ada.keys.working, kind, change.run.statement);
    const signed = { ...claim.signed, signature };
    assert.equal(said(absorbed(bob, b, ada, { ...claim, signed }, policies)), 'signature');
  }
});

test('with real ML-DSA-65: a payment is absorbed, and one with a bent signature is not', () => {
  installPortable();
  try {
    const [eve, mal] = [person('eve'), person('mal')];
    const ofEve = [policyOf(eve)];
    const mint = collected(eve, issueOf(eve, ofEve[0]!, [60n]));
    const rich = sent(eve, openDurable(eve), eve, [mint], ofEve).durable;
    const [e, m] = introduced(eve, mal, rich, openDurable(mal));
    const note = [...e.notes.values()][0]!;
    const { claim } = sent(eve, e, mal, [payment(eve, mal, [note], 10n)], ofEve);
    assert.equal(said(absorbed(mal, m, eve, claim, ofEve)), 'accepted');
    const signature = flipped(claim.signed.signature, 1_000);
    const bent = { ...claim, signed: { ...claim.signed, signature } };
    assert.equal(said(absorbed(mal, m, eve, bent, ofEve)), 'signature');
  } finally {
    installFakes();
  }
});
