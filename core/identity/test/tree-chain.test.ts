/** The chain of updates: what may follow, and every way in which it may not. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  authorises,
  deviceMap,
  equal,
  limits,
  registriesOf,
  slotKinds,
  zero32,
  type Multiproof,
} from '@dsm/primitive';
import { certificateOf, flipped, named, network } from '@dsm/primitive/fixture';
import {
  checkCertified,
  checkUpdate,
  deviceLeaf,
  deviceTree,
  genesisHolds,
  headAfter,
  isProven,
  statusValue,
  treePlace,
  treeStart,
  treeUpdate,
  updateAuthorisation,
  updateDigest,
  updateRefusals,
  updateSlot,
  type TreeChange,
  type TreeUpdate,
  type UpdateRefusal,
} from '../src/index.ts';
import {
  add,
  authorityOf,
  certifiedBy,
  genesis,
  grown,
  id,
  nodes,
  retire,
  signedBy,
  succeed,
} from './scene.ts';

const registries = registriesOf(nodes.registry);
const owner = authorityOf('owner', 0);

test('a chain of every change is walked from the genesis, and gives the devices', () => {
  const { updates, heads, tree } = grown([
    add('phone'),
    add('laptop'),
    succeed('phone', 'new phone'),
    1,
    retire('laptop'),
  ]);
  let head = treeStart(genesis);
  for (const [at, { signed, certificate }] of updates.entries()) {
    const checked = checkCertified(head, signed, certificate, registries);
    assert.ok(checked.ok);
    head = checked.head;
    assert.deepEqual(head, heads[at + 1]);
    const bytes = treeUpdate.encode(signed);
    assert.deepEqual(treeUpdate.decode(bytes), { ok: true, value: signed });
  }
  assert.equal(head.alive, 1);
  assert.equal(head.rotations, 1);
  assert.deepEqual(tree.status(named('phone')), {
    type: 'succeeded',
    seq: 3,
    by: named('new phone'),
  });
  assert.deepEqual(tree.status(named('new phone')), { type: 'alive' });
  assert.deepEqual(tree.status(named('laptop')), { type: 'retired', seq: 5 });
  assert.equal(tree.status(named('stranger')), undefined);
  assert.equal(tree.devices().length, 3);
});

test('a signed update is the write of its slot, by the authority in force and nobody else', () => {
  const { updates, heads } = grown([add('phone'), 1, add('laptop')]);
  for (const [at, { signed }] of updates.entries()) {
    const by = heads[at]!.authority;
    const place = treePlace(id, at + 1, by);
    const value = updateDigest(signed.update);
    assert.equal(place.kind, slotKinds.tree);
    assert.ok(authorises(network, place, value, updateAuthorisation(signed, by)));
    assert.ok(!authorises(network, place, flipped(value), updateAuthorisation(signed, by)));
    const other = { ...by, key: authorityOf('thief', 0).publicKey };
    assert.ok(!authorises(network, place, value, updateAuthorisation(signed, other)));
  }
});

const base = grown([add('phone'), add('laptop')]);
const head = base.heads.at(-1)!;

function updateOf(changes: Partial<TreeUpdate>): TreeUpdate {
  const made = base.tree.next(head, retire('laptop'));
  assert.ok(made.ok);
  return { ...made.update, ...changes };
}

/** A change with a proof of these devices, and the roots that the proof gives, true or not. */
function forged(change: TreeChange, alive: number): TreeUpdate {
  return updateOf({ change, alive });
}

const proofOf = (...names: readonly string[]): Multiproof =>
  base.tree.prove(names.map((name) => named(name)));

/** A tree in which the phone is not: what it gives is right, but of another root. */
const elsewhere = ((): Multiproof => {
  const tree = deviceTree(id);
  const made = tree.next(treeStart(genesis), add('laptop'));
  assert.ok(made.ok);
  tree.apply(made.update);
  return tree.prove([named('phone')]);
})();

const bends: Record<UpdateRefusal, readonly TreeUpdate[]> = {
  genesis: [updateOf({ genesis: named('another identity') })],
  seq: [updateOf({ seq: 2 }), updateOf({ seq: 4 }), updateOf({ seq: limits.treeUpdatesMax })],
  previous: [updateOf({ previous: id }), updateOf({ previous: flipped(head.digest) })],
  root: [updateOf({ before: zero32 }), updateOf({ before: base.heads[1]!.root })],
  alive: [updateOf({ alive: 2 }), updateOf({ alive: 0 })],
  same: [
    forged(
      { type: 'succeed', old: named('phone'), device: named('phone'), proof: proofOf('phone') },
      2,
    ),
  ],
  authority: [
    forged({ type: 'rotate', authority: owner.publicKey }, 2),
    forged({ type: 'rotate', authority: named('short').subarray(1) }, 2),
  ],
  proof: [
    // A device twice, a device that was never there, a status that the tree does not have.
    forged({ type: 'add', device: named('phone'), proof: proofOf('phone') }, 3),
    forged({ type: 'retire', device: named('tablet'), proof: proofOf('tablet') }, 1),
    forged({ type: 'add', device: named('phone'), proof: elsewhere }, 3),
    updateOf({ after: flipped(updateOf({}).after) }),
    // A rotation changes no device.
    updateOf({
      change: { type: 'rotate', authority: authorityOf('owner', 1).publicKey },
      alive: 2,
    }),
  ],
  signature: [],
  certificate: [],
};

for (const [refusal, updates] of Object.entries(bends)) {
  for (const [at, update] of updates.entries()) {
    test(`refused: ${refusal}, ${at}`, () => {
      assert.deepEqual(checkUpdate(head, signedBy(owner, update)), { ok: false, refusal });
    });
  }
}

test('every refusal has its sentence', () => {
  assert.deepEqual(Object.keys(bends), Object.keys(updateRefusals));
});

test('nobody but the authority in force retires a device: no device, no earlier authority', () => {
  const update = updateOf({});
  assert.ok(checkUpdate(head, signedBy(owner, update)).ok);
  const refused = { ok: false, refusal: 'signature' };
  assert.deepEqual(checkUpdate(head, signedBy(authorityOf('thief', 0), update)), refused);
  const { signature } = signedBy(owner, update);
  assert.deepEqual(checkUpdate(head, { update, signature: flipped(signature) }), refused);

  const rotated = grown([add('phone'), 1]);
  const made = rotated.tree.next(rotated.heads.at(-1)!, retire('phone'));
  assert.ok(made.ok);
  assert.deepEqual(checkUpdate(rotated.heads.at(-1)!, signedBy(owner, made.update)), refused);
  assert.ok(checkUpdate(rotated.heads.at(-1)!, signedBy(rotated.pair, made.update)).ok);
});

test('an update counts only with the certificate of its slot', () => {
  const { signed, certificate } = certifiedBy(owner, updateOf({}));
  assert.ok(checkCertified(head, signed, certificate, registries).ok);
  const refused = { ok: false, refusal: 'certificate' };
  const few = { ...certificate, votes: certificate.votes.slice(1) };
  assert.deepEqual(checkCertified(head, signed, few, registries), refused);
  const other = base.updates[0]!.certificate;
  assert.deepEqual(checkCertified(head, signed, other, registries), refused);
  // What is wrong with the update itself is said first.
  const wrong = signedBy(owner, updateOf({ alive: 2 }));
  const reason = { ok: false, refusal: 'alive' };
  assert.deepEqual(checkCertified(head, wrong, few, registries), reason);
  // Certified in the slot of somebody else's key: not the slot of this position.
  const thief = { ...head.authority, key: authorityOf('thief', 0).publicKey };
  const theirs = certificateOf(nodes, updateSlot(signed.update, thief));
  assert.deepEqual(checkCertified(head, signed, theirs, registries), refused);
});

test('a device succeeds once: the second successor finds its predecessor gone', () => {
  const first = grown([add('phone'), succeed('phone', 'new phone')]);
  const at = first.heads.at(-1)!;
  assert.deepEqual(first.tree.next(at, succeed('phone', 'thief')), { ok: false, refusal: 'proof' });
  const proof = first.tree.prove([named('phone'), named('thief')]);
  const change: TreeChange = {
    type: 'succeed',
    old: named('phone'),
    device: named('thief'),
    proof,
  };
  const { update } = first.updates.at(-1)!.signed;
  const second = { ...update, seq: 3, previous: at.digest, before: at.root, change };
  assert.deepEqual(checkUpdate(at, signedBy(owner, second)), { ok: false, refusal: 'proof' });
  // Both at one position: one chain has one of them, whatever was signed.
  const beside = base.tree.next(base.heads.at(-1)!, succeed('phone', 'a'));
  const other = base.tree.next(base.heads.at(-1)!, succeed('phone', 'b'));
  assert.ok(beside.ok && other.ok);
  const then = headAfter(base.heads.at(-1)!, beside.update);
  assert.deepEqual(checkUpdate(then, signedBy(owner, other.update)), { ok: false, refusal: 'seq' });
});

test('who has left does not come back, and nobody is added twice', () => {
  const { tree, heads } = grown([add('phone'), add('laptop'), retire('phone')]);
  const at = heads.at(-1)!;
  for (const wish of [
    add('phone'),
    add('laptop'),
    retire('phone'),
    succeed('phone', 'x'),
    succeed('laptop', 'phone'),
  ]) {
    assert.deepEqual(tree.next(at, wish), { ok: false, refusal: 'proof' });
  }
});

test('thirty-two devices are alive at most, and a place becomes free', () => {
  const names = Array.from({ length: limits.treeDevicesMax }, (_, i) => `device ${i}`);
  const full = grown(names.map(add));
  const at = full.heads.at(-1)!;
  assert.equal(at.alive, limits.treeDevicesMax);
  assert.deepEqual(full.tree.next(at, add('one more')), { ok: false, refusal: 'alive' });
  const proof = full.tree.prove([named('one more')]);
  const map = deviceMap();
  map.apply(
    names.map((name) => ({
      key: deviceLeaf(id, named(name)),
      value: statusValue({ type: 'alive' }),
    })),
  );
  const after = map.rootAfter([
    { key: deviceLeaf(id, named('one more')), value: statusValue({ type: 'alive' }) },
  ]);
  const update: TreeUpdate = {
    genesis: id,
    seq: at.seq + 1,
    previous: at.digest,
    before: at.root,
    after,
    alive: limits.treeDevicesMax,
    change: { type: 'add', device: named('one more'), proof },
  };
  assert.deepEqual(checkUpdate(at, signedBy(owner, update)), { ok: false, refusal: 'alive' });
  assert.ok(full.tree.next(at, succeed('device 3', 'one more')).ok);
  assert.throws(() => treeUpdate.encode(signedBy(owner, { ...update, alive: 33 })), RangeError);
});

test('numbers end at their bound: no update blocks all later ones by a greater one', () => {
  const last = { ...head, seq: limits.treeUpdatesMax };
  assert.deepEqual(base.tree.next(last, retire('phone')), { ok: false, refusal: 'seq' });
  const update = updateOf({});
  assert.throws(() => treeUpdate.encode(signedBy(owner, { ...update, seq: 0 })), RangeError);
  const bytes = treeUpdate.encode(signedBy(owner, update));
  const beyond = Uint8Array.from(bytes);
  beyond.set([0xff, 0xff, 0xff, 0xff], 34);
  assert.deepEqual(treeUpdate.decode(beyond), { ok: false, refusal: 'malformed' });
});

test('a seventeenth rotation is refused', () => {
  const rotations = Array.from({ length: limits.treeRotationsMax }, (_, i) => i + 1);
  const { tree, heads } = grown(rotations);
  const authority = authorityOf('owner', 99).publicKey;
  assert.deepEqual(tree.next(heads.at(-1)!, { type: 'rotate', authority }), {
    ok: false,
    refusal: 'authority',
  });
});

test('a leaf is no inner node: digests of other domains prove no device', () => {
  const update = updateOf({});
  assert.ok(update.change.type === 'retire');
  const { proof } = update.change;
  const asDigest: Multiproof = {
    ...proof,
    leaves: [],
    shape: Uint8Array.of(0b1100_0000),
    digests: statusValue({ type: 'alive' }),
  };
  const bent = { ...update, change: { ...update.change, proof: asDigest } };
  assert.deepEqual(checkUpdate(head, signedBy(owner, bent)), { ok: false, refusal: 'proof' });
  // Leaves out of their order and off their paths.
  const misplaced: Multiproof = {
    ...proof,
    leaves: [{ key: deviceLeaf(id, named('laptop')), value: statusValue({ type: 'alive' }) }],
  };
  const covered = { ...update, change: { ...update.change, proof: misplaced } };
  assert.deepEqual(checkUpdate(head, signedBy(owner, covered)), { ok: false, refusal: 'proof' });
  assert.ok(!equal(deviceLeaf(id, named('phone')), deviceLeaf(named('other'), named('phone'))));
});

test('a genesis is one of its network and suite', () => {
  assert.ok(genesisHolds(genesis, network));
  assert.ok(!genesisHolds(genesis, named('other network')));
  assert.ok(!genesisHolds({ ...genesis, authority: owner.publicKey.subarray(1) }, network));
});

test('a proof must give the root before as well as the root after', () => {
  const update = updateOf({});
  assert.ok(isProven(update));
  assert.ok(!isProven({ ...update, before: flipped(update.before) }));
  assert.ok(!isProven({ ...update, after: flipped(update.after) }));
});
