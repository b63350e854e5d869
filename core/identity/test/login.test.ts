/** Logins: who is let in, and every refusal by the one thing that brings it about. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { compare, kinds, registriesOf, incarnationSlot, type Card } from '@dsm/primitive';
import {
  cardOf,
  certificateOf,
  flipped,
  installFakes,
  named as named32,
  network,
  signAs,
} from '@dsm/primitive/fixture';

import {
  checkLogin,
  login,
  loginDigest,
  loginRefusals,
  type ExpectedLogin,
  type Login,
  type LoginRefusal,
} from '../src/login.ts';
import { isBefore } from '../src/generation.ts';
import type { TreeWish } from '../src/device-tree.ts';
import { checkMembership, type Membership } from '../src/membership.ts';
import type { Pinned } from '../src/pin.ts';
import { changed, firstCard, laterCard, stranger, student } from './credential-scene.ts';
import { genesis, grown, id, nodes } from './scene.ts';

installFakes();

const nonce = named32('nonce');
const audience = 'https://shop.example';
const again = cardOf(changed, { incarnation: 1, birth: named32('again') }, (body) =>
  certificateOf(nodes, incarnationSlot(body)),
);

function answer(
  changes: Partial<Login> = {},
  by: typeof student = student,
  kind: 0x5d | 0x5b = kinds.login,
): Uint8Array {
  const words = { nonce, audience, card: firstCard, membership: undefined, ...changes };
  const signature = signAs(by, by.working, kind, loginDigest(words));
  return login.encode({ signature, ...words });
}

const registries = registriesOf(nodes.registry);
const expected: ExpectedLogin = { network, nonce, audience };
const named = { ...expected, registries };

const verdict = (bytes: Uint8Array, changes: Partial<ExpectedLogin> = {}): LoginRefusal | 'in' => {
  const checked = checkLogin(bytes, { ...expected, ...changes });
  return checked.ok ? 'in' : checked.refusal;
};

test('a device that answers with its working key is let in', () => {
  const checked = checkLogin(answer(), expected);
  assert.ok(checked.ok);
  assert.deepEqual(checked.value, { device: student.id, card: firstCard, identity: undefined });
  assert.equal(verdict(answer({ card: laterCard }, changed)), 'in');
  assert.equal(verdict(answer({ card: again }, changed), { registries }), 'in');
});

/** The student’s identity with her device in it, and what has become of it. */
function shownOf(wishes: readonly TreeWish[], devices: readonly Uint8Array[]): Membership {
  const { tree, updates } = grown(wishes);
  const sorted = devices.toSorted(compare);
  return {
    genesis,
    rotations: [],
    newest: updates.at(-1)!,
    devices: sorted.map((device) => ({ device, status: tree.status(device) })),
    proof: tree.prove(sorted),
  };
}

const joined: TreeWish = { type: 'add', device: student.id };
const inTree = shownOf([joined], [student.id]);
const left = shownOf([joined, { type: 'retire', device: student.id }], [student.id]);
const others = shownOf([joined], [stranger.id]);
const ownCard = cardOf(student, { genesis: id });
const ofIdentity = answer({ card: ownCard, membership: inTree });

test('the genesis is told if card and tree name each other', () => {
  const checked = checkLogin(ofIdentity, named);
  assert.ok(checked.ok);
  assert.deepEqual(checked.value.identity?.genesis, id);
  assert.equal(checked.value.identity?.state.newest.seq, 1);
  const { state } = checked.value.identity!;
  assert.equal(verdict(ofIdentity, { registries, pinned: () => state }), 'in');
});

const latest = (incarnation: number, generation: number): Partial<ExpectedLogin> => ({
  latest: () => ({ incarnation, generation }),
});
function stateOf(shown: Membership): Pinned {
  const checked = checkMembership(shown, network, registries);
  assert.ok(checked.ok);
  const { head, rotations } = checked.member;
  return { newest: { seq: head.seq, digest: head.digest }, rotations };
}
/** Another update with the number of the newest. */
function besideOf({ newest, rotations }: Pinned): Pinned {
  return { newest: { ...newest, digest: named32('another update') }, rotations };
}
const spoiled: Card = { ...firstCard, signature: flipped(firstCard.signature) };

const bent: Record<
  keyof typeof loginRefusals,
  readonly (readonly [Uint8Array, Partial<ExpectedLogin>?])[]
> = {
  nonce: [[answer(), { nonce: named32('the next') }]],
  audience: [[answer({ audience: 'https://thief.example' })]],
  card: [
    [answer({ card: spoiled })],
    [answer(), { network: named32('other') }],
    [answer({ card: again }, changed)],
  ],
  membership: [
    [answer({ membership: inTree }), { registries }],
    [answer({ card: cardOf(student, { genesis: network }), membership: inTree }), { registries }],
    [ofIdentity],
    [answer({ card: ownCard, membership: others }), { registries }],
    [answer({ card: ownCard, membership: { ...inTree, devices: others.devices } }), { registries }],
    [
      answer({ card: cardOf(stranger, { genesis: id }), membership: inTree }, stranger),
      { registries },
    ],
  ],
  overtaken: [
    [ofIdentity, { registries, pinned: () => stateOf(left) }],
    [ofIdentity, { registries, pinned: () => besideOf(stateOf(inTree)) }],
  ],
  retired: [
    [answer(), latest(0, 1)],
    [answer(), latest(1, 0)],
    [answer({ card: ownCard, membership: left }), { registries }],
  ],
  signature: [
    [answer({}, stranger)],
    [answer({ card: laterCard })],
    [answer({}, student, kinds.presentation)],
    [answer({ signature: new Uint8Array(3_309) })],
  ],
};

for (const [refusal, claims] of Object.entries(bent)) {
  for (const [i, [bytes, changes]] of claims.entries()) {
    test(`refused: ${refusal} ${i}`, () => assert.equal(verdict(bytes, changes), refusal));
  }
}

test('every refusal has its sentence', () => {
  assert.deepEqual(Object.keys(bent), Object.keys(loginRefusals));
});

test('a membership cannot be put to another answer', () => {
  const decoded = login.decode(ofIdentity);
  assert.ok(decoded.ok);
  const without = login.encode({ ...decoded.value, membership: undefined });
  assert.equal(verdict(without, { registries }), 'signature');
  assert.equal(verdict(Uint8Array.of(1)), 'malformed');
});

test('cards follow by incarnation, then by generation', () => {
  const at = (incarnation: number, generation: number): [number, number] => [
    incarnation,
    generation,
  ];
  const before = (a: [number, number], b: [number, number]): boolean =>
    isBefore({ incarnation: a[0], generation: a[1] }, { incarnation: b[0], generation: b[1] });
  assert.ok(before(at(0, 0), at(0, 1)));
  assert.ok(before(at(0, 5), at(1, 0)));
  assert.ok(!before(at(1, 0), at(0, 5)));
  assert.ok(!before(at(1, 1), at(1, 1)));
  assert.ok(!isBefore({ incarnation: 0, generation: 0 }, undefined));
});
