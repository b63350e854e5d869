/**
 * Non-interference (seed 000, lemma 1): what strangers do between themselves leaves a device as it
 * is, byte for byte, and what it does itself touches one relationship.
 *
 * One device with 1,000 relationships; its peers are 1,000 devices that trade with each other.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  append,
  absorb,
  claimOf,
  openRelationship,
  type Device,
  type Relationship,
  type World,
} from '@dsm/bilateral';
import { installNative } from '@dsm/node';
import {
  keyDigest,
  address,
  ascii,
  compare,
  deviceId,
  deviceMap,
  equal,
  evaluate,
  isZero,
  kinds,
  proofObject,
  signatureContext,
  signatures,
  zero32,
  type DeviceMap,
  type KeyPair,
  type StepWrite,
} from '@dsm/primitive';
import { encodeOperation, valueRules } from '@dsm/protocols';

installNative();

const relationships = 1_000;
const network = named('a network');

function named(name: string): Uint8Array {
  return address(ascii(name));
}

/** A device in memory. It changes; only what it states is compared. */
interface Node {
  device: Device;
  readonly working: KeyPair;
  readonly map: DeviceMap;
  readonly relationships: Map<Node, Relationship>;
}

function nodeOf(name: string): Node {
  // No card is looked at here, so the name stands in for the root key.
  const id = deviceId(network, 1, ascii(name));
  const base = { network, id, suite: 1, incarnation: 0, seq: 0, previous: zero32 } as const;
  return {
    device: { ...base, root: zero32 },
    working: signatures().keyPair('ml-dsa-65', named(name)),
    map: deviceMap(),
    relationships: new Map(),
  };
}

function meet(a: Node, b: Node): void {
  const secret = named(
    [a, b]
      .map(({ device }) => device.id.join())
      .toSorted()
      .join(),
  );
  const peer = ({ device, working }: Node): Parameters<typeof openRelationship>[1] => ({
    device: device.id,
    incarnation: 0,
    suite: 1,
    workingKey: working.publicKey,
    since: 0,
  });
  const writers = (mine: Node, theirs: Node): Parameters<typeof openRelationship>[3] => ({
    mine: keyDigest(1, mine.working.publicKey),
    theirs: keyDigest(1, theirs.working.publicKey),
  });
  a.relationships.set(b, openRelationship(a.device, peer(b), secret, writers(a, b)));
  b.relationships.set(a, openRelationship(b.device, peer(a), secret, writers(b, a)));
}

function worldOf({ map }: Node): World {
  return {
    rules: valueRules({ policyOf: () => undefined, escrowOf: () => undefined }),
    escrowOf: () => undefined,
    map,
    blindSecret: zero32,
    indexOfMine: ({ mine }, head) => {
      if (equal(mine.head, head)) return mine.index;
      return equal(mine.start, head) ? 0 : undefined;
    },
    headOfTheirs: () => undefined,
    stepOf: () => undefined,
  };
}

function kept(
  of: Node,
  device: Device,
  relationship: Relationship,
  peer: Node,
  leaves: readonly StepWrite[],
): void {
  of.map.apply(leaves.map(({ key, after }) => ({ key, value: after })));
  of.device = device;
  of.relationships.set(peer, relationship);
  assert.deepEqual(of.map.root(), device.root);
}

/** One transition between two devices: one appends, the other absorbs. */
function transition(from: Node, to: Node, word: string): void {
  const operation = encodeOperation({ type: 'memo', text: word });
  const own = append(from.device, from.relationships.get(to)!, [operation], worldOf(from));
  assert.ok(own.type === 'accepted');
  const { run, device, relationship, leaves } = own.value;
  const context = signatureContext(kinds.signedStep, 1, network);
  const signature = signatures().sign(from.working.secretKey, run.statement, context);
  kept(from, device, relationship, to, leaves);
  const theirs = absorb(
    to.device,
    to.relationships.get(from)!,
    claimOf(run, signature, []),
    worldOf(to),
  );
  assert.equal(theirs.type, 'accepted');
  if (theirs.type !== 'accepted') return;
  kept(to, theirs.value.device, theirs.value.relationship, from, theirs.value.leaves);
}

interface Witness {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly proof: Uint8Array;
}

function witnessesOf({ map, relationships }: Node): Witness[] {
  return [...relationships.values()].map(({ key }) => ({
    key,
    value: map.get(key) ?? zero32,
    proof: proofObject.encode(map.prove([key])),
  }));
}

function assertHold(witnesses: readonly Witness[], root: Uint8Array): void {
  for (const { key, value, proof } of witnesses) {
    const decoded = proofObject.decode(proof);
    assert.ok(decoded.ok);
    const shown = evaluate(decoded.value, [{ key, value }]);
    assert.ok(shown.ok && equal(shown.root, root));
  }
}

const hub = nodeOf('hub');
const peers = Array.from({ length: relationships }, (_, i) => nodeOf(`peer ${i}`));
for (const peer of peers) {
  meet(hub, peer);
  transition(hub, peer, 'hello');
}

test(`${relationships} relationships: strangers leave the root and every witness as they are`, () => {
  const root = hub.map.root();
  const before = witnessesOf(hub);
  assert.equal(before.length, relationships);
  assert.ok(before.every(({ value }) => !isZero(value)));
  assertHold(before, root);
  const bystanders = new Map(peers.map((peer) => [peer, peer.map.root()]));
  for (let i = 0; i < relationships; i += 2) {
    const [a, b] = [peers[i]!, peers[i + 1]!];
    meet(a, b);
    transition(a, b, 'between us');
    for (const each of [a, b]) assert.notDeepEqual(each.map.root(), bystanders.get(each));
    bystanders.set(a, a.map.root()).set(b, b.map.root());
  }
  for (const [peer, seen] of bystanders) assert.deepEqual(peer.map.root(), seen);
  assert.deepEqual(hub.map.root(), root);
  assert.deepEqual(hub.device.root, root);
  assert.deepEqual(witnessesOf(hub), before);
  assertHold(before, hub.map.root());
});

test('an own transition moves one leaf: the other values stand, and old witnesses tell the old root', () => {
  const root = hub.map.root();
  const before = witnessesOf(hub);
  const [peer, ...others] = peers;
  const seen = others.map(({ map }) => map.root());
  transition(peer!, hub, 'from the one');
  const after = witnessesOf(hub);
  const moved = after.filter(({ value }, i) => compare(value, before[i]!.value) !== 0);
  assert.deepEqual(
    moved.map(({ key }) => key),
    [hub.relationships.get(peer!)!.key],
  );
  assert.notDeepEqual(hub.map.root(), root);
  assertHold(before, root);
  assertHold(after, hub.map.root());
  assert.deepEqual(
    others.map(({ map }) => map.root()),
    seen,
  );
  assert.deepEqual(hub.map.get(moved[0]!.key), peer!.map.get(moved[0]!.key));
});
