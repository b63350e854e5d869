/** Membership: presence and absence without the chain, pins, and two updates at one position. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { registriesOf, type Certificate } from '@dsm/primitive';
import { flipped, named, network } from '@dsm/primitive/fixture';
import {
  checkMembership,
  isSignedTwice,
  judgePin,
  membership,
  membershipRefusals,
  updateDigest,
  type CertifiedUpdate,
  type Membership,
  type MembershipRefusal,
  type Pinned,
  type TreePoint,
  type TreeUpdate,
} from '../src/index.ts';
import {
  add,
  authorityOf,
  certifiedBy,
  genesis,
  grown,
  nodes,
  retire,
  shown,
  signedBy,
  succeed,
  type Grown,
} from './scene.ts';

const registries = registriesOf(nodes.registry);
const owner = authorityOf('owner', 0);

const whole = grown([
  add('phone'),
  1,
  add('laptop'),
  2,
  add('tablet'),
  succeed('phone', 'new phone'),
]);
const claim = shown(whole, ['phone', 'new phone', 'laptop', 'stranger']);

const judged = (bent: Membership): MembershipRefusal | undefined => {
  const checked = checkMembership(bent, network, registries);
  return checked.ok ? undefined : checked.refusal;
};

test('presence, absence and departure are shown by one proof', () => {
  const checked = checkMembership(claim, network, registries);
  assert.ok(checked.ok);
  const { head, rotations, devices } = checked.member;
  assert.deepEqual(head, whole.heads.at(-1));
  assert.deepEqual(
    rotations.map(({ seq }) => seq),
    [2, 4],
  );
  const of = (name: string): string | undefined =>
    devices.find(({ device }) => device.join() === named(name).join())?.status?.type;
  assert.equal(of('phone'), 'succeeded');
  assert.equal(of('new phone'), 'alive');
  assert.equal(of('stranger'), undefined);
  assert.deepEqual(membership.decode(membership.encode(claim)), { ok: true, value: claim });
});

test('a membership whose newest update is a rotation holds', () => {
  const rotated = shown(grown([add('phone'), 1]), ['phone']);
  assert.equal(judged(rotated), undefined);
});

const updateWith = (at: number, changes: Partial<TreeUpdate>): CertifiedUpdate => {
  const { update } = whole.updates[at]!.signed;
  return certifiedBy(authorityOf('owner', at > 3 ? 2 : at > 1 ? 1 : 0), { ...update, ...changes });
};
const few = ({ votes, ...rest }: Certificate): Certificate => ({ ...rest, votes: votes.slice(1) });
const rotation = (at: number): CertifiedUpdate => claim.rotations[at]!;

const bends: Record<MembershipRefusal, readonly Membership[]> = {
  genesis: [
    { ...claim, genesis: { ...genesis, network: named('other') } },
    { ...claim, genesis: { ...genesis, authority: owner.publicKey.subarray(1) } },
  ],
  order: [
    { ...claim, rotations: claim.rotations.toReversed() },
    { ...claim, rotations: [rotation(0), rotation(0), rotation(1)] },
    { ...claim, rotations: [whole.updates[0]!, ...claim.rotations] },
    { ...claim, genesis: { ...genesis, contributions: named('other') } },
    { ...claim, newest: rotation(1) },
    {
      ...shown(grown([add('phone')]), ['phone']),
      newest: certifiedBy(owner, {
        ...grown([add('phone')]).updates[0]!.signed.update,
        previous: named('x'),
      }),
    },
    {
      ...shown(grown([add('phone')]), ['phone']),
      newest: certifiedBy(owner, {
        ...grown([add('phone')]).updates[0]!.signed.update,
        before: named('x'),
      }),
    },
  ],
  authority: [
    {
      ...claim,
      rotations: [
        updateWith(1, { change: { type: 'rotate', authority: owner.publicKey } }),
        rotation(1),
      ],
    },
  ],
  change: [{ ...claim, newest: updateWith(5, { after: named('x') }) }],
  devices: [
    { ...claim, devices: claim.devices.map((one) => ({ ...one, status: { type: 'alive' } })) },
    { ...claim, devices: claim.devices.slice(1) },
    { ...claim, newest: whole.updates[4]! },
  ],
  signature: [
    // An authority that was replaced signs no more; a rotation left out makes the key unknown.
    { ...claim, newest: certifiedBy(owner, whole.updates[5]!.signed.update) },
    { ...claim, rotations: [rotation(0)] },
    { ...claim, rotations: [] },
  ],
  certificate: [
    { ...claim, newest: { ...claim.newest, certificate: few(claim.newest.certificate) } },
    { ...claim, newest: { ...claim.newest, certificate: rotation(0).certificate } },
    {
      ...claim,
      rotations: [{ ...rotation(0), certificate: few(rotation(0).certificate) }, rotation(1)],
    },
  ],
};

for (const [refusal, claims] of Object.entries(bends)) {
  for (const [at, bent] of claims.entries()) {
    test(`refused: ${refusal}, ${at}`, () => {
      assert.equal(judged(bent), refusal);
    });
  }
}

test('every refusal has its sentence', () => {
  assert.deepEqual(Object.keys(bends).toSorted(), Object.keys(membershipRefusals).toSorted());
});

test('devices stand ascending and once', () => {
  const { devices } = claim;
  assert.throws(() => membership.encode({ ...claim, devices: devices.toReversed() }), RangeError);
  assert.throws(
    () => membership.encode({ ...claim, devices: [devices[0]!, devices[0]!] }),
    RangeError,
  );
});

const pointOf = ({ signed }: CertifiedUpdate): TreePoint => ({
  seq: signed.update.seq,
  digest: updateDigest(signed.update),
});

/** The chain up to an update, as it is pinned. */
function pinnedAt({ updates }: Grown, seq: number): Pinned {
  const until = updates.slice(0, seq);
  const rotations = until.filter(({ signed }) => signed.update.change.type === 'rotate');
  return { newest: pointOf(until.at(-1)!), rotations: rotations.map(pointOf) };
}

test('a pin goes forward along its chain only', () => {
  const upTo = (seq: number): Pinned => pinnedAt(whole, seq);
  assert.equal(judgePin(undefined, upTo(1)), 'first');
  for (let a = 1; a <= 6; a++) {
    for (let b = 1; b <= 6; b++) {
      const answer = b > a ? 'newer' : b < a ? 'older' : 'same';
      assert.equal(judgePin(upTo(a), upTo(b)), answer, `${a}, then ${b}`);
    }
  }
});

test('what is beside the pinned chain is not taken, however high its number is', () => {
  // Whoever has the first authority's key only goes on as if it had never been replaced.
  const thief = grown([
    add('phone'),
    add('thief'),
    retire('phone'),
    add('a'),
    add('b'),
    add('c'),
    add('d'),
  ]);
  for (let seq = 2; seq <= 7; seq++) {
    assert.equal(judgePin(pinnedAt(whole, 6), pinnedAt(thief, seq)), 'beside', `${seq}`);
  }
  assert.equal(judgePin(pinnedAt(whole, 1), pinnedAt(thief, 3)), 'newer');
  assert.equal(judgePin(pinnedAt(whole, 2), pinnedAt(thief, 3)), 'beside');
  const same = pinnedAt(whole, 6);
  const other = { ...same, newest: { seq: 6, digest: flipped(same.newest.digest) } };
  assert.equal(judgePin(same, other), 'beside');
  // An earlier one that says of a pinned rotation's number that something else stands there.
  const [one, two] = same.rotations as [TreePoint, TreePoint];
  const elsewhere = { ...same, rotations: [{ ...one, seq: one.seq + 1 }, two] };
  assert.equal(judgePin(same, elsewhere), 'beside');
  const otherwise = { ...same, rotations: [{ ...one, digest: named('x') }, two] };
  assert.equal(judgePin(same, otherwise), 'beside');
  const early = { newest: { seq: 4, digest: named('x') }, rotations: same.rotations.slice(0, 1) };
  assert.equal(judgePin(same, early), 'beside');
});

test('two updates with one number are shown by both, and only if both are signed', () => {
  const by = whole.heads[0]!.authority;
  const base = grown([add('phone')]);
  const other = grown([add('thief')]);
  const [first, second] = [base.updates[0]!.signed, other.updates[0]!.signed];
  assert.ok(isSignedTwice(first, second, by));
  assert.ok(!isSignedTwice(first, first, by));
  assert.ok(!isSignedTwice(first, { ...second, signature: flipped(second.signature) }, by));
  assert.ok(!isSignedTwice({ ...first, signature: flipped(first.signature) }, second, by));
  assert.ok(!isSignedTwice(first, signedBy(authorityOf('thief', 0), second.update), by));
  const later = { ...second.update, seq: 2 };
  assert.ok(!isSignedTwice(first, signedBy(owner, later), by));
  const elsewhere = { ...second.update, genesis: named('other') };
  assert.ok(!isSignedTwice(first, signedBy(owner, elsewhere), by));
});
