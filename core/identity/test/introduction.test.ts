/** Invitations and introductions: who made them, for whom, and which relationship they begin. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { card, kinds, registriesOf } from '@dsm/primitive';
import {
  actor,
  cardOf,
  flipped,
  installFakes,
  named,
  network,
  nodesOf,
  signAs,
  type Actor,
} from '@dsm/primitive/fixture';

import {
  checkIntroduction,
  introduction,
  introductionDigest,
  introductionRefusals,
  placeOfIntroduction,
  type Introduction,
  type IntroductionRefusal,
} from '../src/introduction.ts';
import {
  checkInvitation,
  invitation,
  invitationDigest,
  invitationRefusals,
  type Invitation,
  type InvitationBody,
  type InvitationRefusal,
} from '../src/invitation.ts';

installFakes();

const host = actor('host');
const guest = actor('guest');
const registries = registriesOf(nodesOf(1).registry);

function invited(changes: Partial<InvitationBody> = {}, by: Actor = host): Invitation {
  const body = {
    network,
    device: host.id,
    incarnation: 0,
    generation: 0,
    card: named('card'),
    membership: undefined,
    kemKey: new Uint8Array(1_184).fill(4),
    laneKey: named('lane key'),
    ...changes,
  };
  return { body, signature: signAs(by, by.working, kinds.invitation, invitationDigest(body)) };
}

const hostCard = cardOf(host);

test('an invitation holds for the card of its device', () => {
  const made = invited();
  assert.equal(checkInvitation(made, hostCard, network), undefined);
  assert.deepEqual(invitation.decode(invitation.encode(made)), { ok: true, value: made });
});

const badInvitations: Record<InvitationRefusal, readonly Invitation[]> = {
  network: [invited({ network: named('elsewhere') })],
  device: [
    invited({ device: guest.id }, guest),
    invited({ incarnation: 1 }),
    invited({ generation: 1 }),
  ],
  signature: [
    invited({}, guest),
    { ...invited(), signature: flipped(invited().signature) },
    { ...invited(), body: { ...invited().body, kemKey: new Uint8Array(1_184).fill(5) } },
  ],
};

for (const [refusal, claims] of Object.entries(badInvitations)) {
  test(`an invitation is refused: ${refusal}`, () => {
    for (const claim of claims) assert.equal(checkInvitation(claim, hostCard, network), refusal);
    assert.ok(Object.hasOwn(invitationRefusals, refusal));
  });
}

const guestCard = card.encode(cardOf(guest));

function introduced(changes: Partial<Introduction> = {}, by: Actor = guest): Introduction {
  const said = {
    card: guestCard,
    membership: undefined,
    receiver: host.id,
    incarnation: 0,
    via: named('inbox'),
    drawn: named('drawn'),
    laneKey: named('lane key'),
    receiverLaneKey: named('their lane key'),
    ...changes,
  };
  const signature = signAs(by, by.working, kinds.introduction, introductionDigest(said));
  return { ...said, signature, ...changes };
}

const judged = (claim: Introduction): ReturnType<typeof checkIntroduction> =>
  checkIntroduction(claim, { network, id: host.id }, registries);

test('an introduction holds and names who made it', () => {
  const made = introduced();
  assert.deepEqual(judged(made), { ok: true, device: guest.id, card: cardOf(guest) });
  assert.deepEqual(introduction.decode(introduction.encode(made)), { ok: true, value: made });
});

const spoiled = { ...cardOf(guest), signature: flipped(cardOf(guest).signature) };
const badIntroductions: Record<IntroductionRefusal, readonly Introduction[]> = {
  receiver: [introduced({ receiver: named('somebody else') })],
  card: [introduced({ card: guestCard.subarray(1) }), introduced({ card: card.encode(spoiled) })],
  self: [introduced({ card: card.encode(hostCard) }, host)],
  signature: [
    introduced({}, host),
    { ...introduced(), via: named('another inbox') },
    { ...introduced(), drawn: named('another secret') },
    { ...introduced(), incarnation: 1 },
    { ...introduced(), laneKey: named('x') },
    { ...introduced(), receiverLaneKey: named('x') },
    introduced({ signature: flipped(introduced().signature) }),
  ],
};

for (const [refusal, claims] of Object.entries(badIntroductions)) {
  test(`an introduction is refused: ${refusal}`, () => {
    for (const claim of claims) {
      const verdict = judged(claim);
      assert.equal(verdict.ok ? 'ok' : verdict.refusal, refusal);
    }
    assert.ok(Object.hasOwn(introductionRefusals, refusal));
  });
}

test('a relationship is begun anew by a later incarnation alone, or where introductions crossed', () => {
  const [low, high] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
  const fresh = { agreed: false, since: 0, byMe: false, byThem: false };
  const met = { ...fresh, agreed: true, since: 3 };
  assert.equal(placeOfIntroduction(fresh, 0, low, high), 'write');
  assert.equal(placeOfIntroduction(met, 4, high, low), 'write');
  assert.equal(placeOfIntroduction(met, 3, low, high), 'refuse', 'met in person before');
  const mine = { ...met, byMe: true };
  assert.equal(placeOfIntroduction(mine, 3, low, high), 'write');
  assert.equal(placeOfIntroduction(mine, 3, high, low), 'listen');
  assert.equal(placeOfIntroduction({ ...mine, byThem: true }, 3, low, high), 'refuse', 'once only');
});
