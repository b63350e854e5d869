/** Contact: one secret for two devices, whichever of them starts. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { compare, kinds, type Card } from '@dsm/primitive';
import {
  agreedSecret,
  agreementDigest,
  agreementMac,
  encapsulates,
  verifyAgreement,
} from '../src/contact.ts';
import {
  actor,
  cardOf,
  flipped,
  installFakes,
  named,
  network,
  signAs,
} from '@dsm/primitive/fixture';

installFakes();

const [low, high] = [actor('one'), actor('other')].toSorted((a, b) => compare(a.id, b.id));
const ciphertext = new Uint8Array(1_088).fill(5);
const shared = named('what the KEM shared');
const secret = agreedSecret(shared, ciphertext, low!.id, high!.id);
const laneKey = named('lane key');
const digest = agreementDigest({ ciphertext, laneKey }, low!.id, high!.id);
const signature = signAs(low!, low!.working, kinds.message, digest);

test('exactly one of two devices encapsulates, and none with itself', () => {
  assert.ok(encapsulates(low!.id, high!.id));
  assert.ok(!encapsulates(high!.id, low!.id));
  assert.ok(!encapsulates(low!.id, low!.id));
});

test('the secret belongs to this ciphertext and these devices', () => {
  const others = [
    agreedSecret(named('another'), ciphertext, low!.id, high!.id),
    agreedSecret(shared, flipped(ciphertext), low!.id, high!.id),
    agreedSecret(shared, ciphertext, high!.id, low!.id),
    agreedSecret(shared, ciphertext, low!.id, named('a third')),
    agreementMac(secret, ciphertext, laneKey),
    digest,
  ];
  for (const other of others) assert.notDeepEqual(other, secret);
  const mac = agreementMac(secret, ciphertext, laneKey);
  assert.notDeepEqual(agreementMac(named('another'), ciphertext, laneKey), mac);
  assert.notDeepEqual(agreementMac(secret, ciphertext, named('another lane key')), mac);
});

const holds = (
  claim: Card,
  changes: {
    readonly text?: Uint8Array;
    readonly lane?: Uint8Array;
    readonly peer?: Uint8Array;
    readonly by?: Uint8Array;
  } = {},
): boolean =>
  verifyAgreement(
    claim,
    { ciphertext: changes.text ?? ciphertext, laneKey: changes.lane ?? laneKey },
    low!.id,
    changes.peer ?? high!.id,
    changes.by ?? signature,
  );

test('the agreement is signed by the device of the card, for this peer and this ciphertext', () => {
  assert.ok(holds(cardOf(low!)));
  assert.ok(!holds(cardOf(high!)));
  assert.ok(!holds(cardOf(low!), { text: flipped(ciphertext) }));
  assert.ok(!holds(cardOf(low!), { lane: flipped(laneKey) }));
  assert.ok(!holds(cardOf(low!), { peer: named('a third') }));
  assert.ok(!holds(cardOf(low!), { by: flipped(signature, 40) }));
  assert.ok(!holds(cardOf(low!), { by: signAs(low!, low!.working, kinds.step, digest) }));
  const elsewhere = signAs(low!, low!.working, kinds.message, digest, named('another network'));
  assert.ok(!holds(cardOf(low!), { by: elsewhere }));
  assert.ok(holds(cardOf(low!, { network }), { by: signature }));
});
