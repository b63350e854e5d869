/** A registry changes while slots are written: what is certified stays, whoever comes and goes. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { intents } from '@dsm/availability';
import { memoryEnginePlace } from '@dsm/memory';
import { installNative } from '@dsm/node';
import { filled, slotAuthor } from '@dsm/ports/conformance';
import {
  checkCertificate,
  equal,
  registriesOf,
  slotKey,
  slotWrite,
  type Certificate,
} from '@dsm/primitive';
import { birthRefusals, nodeKeys } from '@dsm/storage-node';
import {
  followRegistry,
  planDifference,
  quorum,
  type Quorum,
  type SlotOutcome,
} from '../src/index.ts';
import { network, registryWorld, stateOf, type RegistryWorld } from './registry-world.ts';

installNative();

const author = slotAuthor(network, 1);

/** The quorum of the newest version, as a client has it. */
function clientOf(world: RegistryWorld): Quorum {
  const registry = world.newest();
  const dial = world.dial('client');
  return quorum(
    registry,
    registry.nodes.map(({ address }) => dial(address)),
  );
}

function certificateIn(outcome: SlotOutcome): Certificate {
  assert.equal(outcome.type, 'certified');
  assert.ok(outcome.type === 'certified');
  return outcome.certificate;
}

test('a node joins, and what was certified stands in the next version', async () => {
  const world = await registryWorld();
  const before = certificateIn(await clientOf(world).writeSlot(author.write(1, 10)));
  await world.newcomer(5);
  const second = await world.change(['node-5']);
  assert.equal(second.nodes.length, 5);
  const known = await followRegistry(registriesOf(world.first), world.dial('client'));
  assert.equal(known.newest.version, 2);
  const slot = { key: slotKey(author.place(1)), value: filled(10) };
  assert.equal(checkCertificate(before, known, slot), undefined);
  const after = certificateIn(await clientOf(world).writeSlot(author.write(1, 10)));
  assert.equal(after.version, 2);
  assert.equal(checkCertificate(after, known, slot), undefined);
  assert.equal((await clientOf(world).writeSlot(author.write(1, 20))).type, 'conflict');
  await world.close();
});

test('a node leaves, and the one that takes its place has its slots', async () => {
  const world = await registryWorld();
  await world.newcomer(5);
  for (let position = 1; position <= 20; position++) {
    certificateIn(await clientOf(world).writeSlot(author.write(position, 10)));
  }
  const leaver = world.members.get('node-2')!;
  leaver.intent = intents.leave;
  const plan = await world.plan(world.newest(), ['node-5']);
  const difference = planDifference(plan);
  const changes = difference.nodes.map(({ address, change }) => `${address} ${change}`);
  assert.ok(changes.includes('node-2 leaves') && changes.includes('node-5 joins'));
  assert.ok(difference.moved > 0 && difference.moved < 1);
  const second = await world.change(['node-5']);
  const group = second.groups[0]!.map((index) => second.nodes[index]!.address);
  assert.deepEqual(group.toSorted(), ['node-1', 'node-3', 'node-4', 'node-5']);
  assert.equal(world.members.get('node-5')!.node!.metrics().slots, 20);
  assert.equal(await leaver.node!.mayLeave(), true);
  leaver.intent = intents.gone;
  const third = await world.change();
  assert.equal(
    third.nodes.some(({ address }) => address === 'node-2'),
    false,
  );
  await world.stop(leaver);
  certificateIn(await clientOf(world).writeSlot(author.write(20, 10)));
  await world.close();
});

test('a node that leaves may not go before others hold what it holds', async () => {
  let isCut = false;
  const reaches = (from: string, to: string): boolean =>
    !isCut || from !== 'node-5' || to === 'node-5';
  const world = await registryWorld({ reaches });
  await world.newcomer(5);
  certificateIn(await clientOf(world).writeSlot(author.write(1, 10)));
  const [leaver, idle] = [world.members.get('node-2')!, world.members.get('node-3')!];
  leaver.intent = intents.leave;
  const plan = await world.plan(world.newest(), ['node-5']);
  isCut = true;
  await world.apply(plan);
  await Promise.all([1, 2, 3, 4].map((n) => world.members.get(`node-${n}`)!.node!.follow()));
  assert.equal(await leaver.node!.mayLeave(), true, 'q of the group have opened it');
  await world.stop(idle);
  assert.equal(await leaver.node!.mayLeave(), false);
  isCut = false;
  await world.members.get('node-5')!.node!.follow();
  assert.equal(await leaver.node!.mayLeave(), true);
  await world.close();
});

test('a dead node keeps its place for as long as there is grace, then another takes it', async () => {
  const world = await registryWorld();
  await world.newcomer(5);
  certificateIn(await clientOf(world).writeSlot(author.write(1, 10)));
  await world.stop(world.members.get('node-4')!);
  const groups: string[][] = [];
  for (let version = 2; version <= 5; version++) {
    const registry = await world.change(version === 2 ? ['node-5'] : []);
    groups.push(registry.groups[0]!.map((index) => registry.nodes[index]!.address).toSorted());
    const again = certificateIn(await clientOf(world).writeSlot(author.write(1, 10)));
    assert.equal(again.version, version);
  }
  const old = ['node-1', 'node-2', 'node-3', 'node-4'];
  assert.deepEqual(groups, [old, old, old, ['node-1', 'node-2', 'node-3', 'node-5']]);
  // Another node may be lost now: three of the group are there again.
  await world.stop(world.members.get('node-1')!);
  assert.equal((await clientOf(world).readSlot(author.place(1))).type, 'voted');
  certificateIn(await clientOf(world).writeSlot(author.write(1, 10)));
  await world.close();
});

test('a write that began under one version ends under the next', async () => {
  const world = await registryWorld();
  const write = slotWrite.encode(author.write(1, 10));
  const dial = world.dial('client');
  for (const address of ['node-1', 'node-2']) await dial(address).writeSlot(write);
  await world.change();
  const reading = await clientOf(world).readSlot(author.place(1));
  assert.ok(reading.type === 'voted');
  certificateIn(await clientOf(world).writeSlot(author.write(1, 10)));
  await world.close();
});

test('a slot with two values is frozen, and a certificate of an earlier version decides it', async () => {
  const world = await registryWorld();
  const dial = world.dial('client');
  const [ten, twenty] = [author.write(1, 10), author.write(1, 20)];
  await dial('node-4').writeSlot(slotWrite.encode(twenty));
  const certificate = certificateIn(await clientOf(world).writeSlot(ten));
  // Without the first node everybody takes over from the other three, who show both values.
  await world.stop(world.members.get('node-1')!);
  await world.change();
  const frozen = stateOf(await dial('node-2').readSlot(slotKey(ten.place)));
  assert.equal(frozen?.vote, undefined);
  assert.equal(frozen?.values.length, 2);
  for (const write of [ten, twenty]) {
    assert.notEqual((await clientOf(world).writeSlot(write)).type, 'certified');
  }
  const again = certificateIn(await clientOf(world).writeSlot({ ...ten, certificate }));
  assert.equal(again.version, 2);
  assert.equal((await clientOf(world).writeSlot(twenty)).type, 'conflict');
  const third = await world.change();
  assert.equal(third.version, 3);
  certificateIn(await clientOf(world).writeSlot(ten));
  await world.close();
});

test('who is cut off during a change votes under neither version, and goes on when it is back', async () => {
  let isCut = false;
  const reaches = (from: string, to: string): boolean =>
    !isCut || (from === 'node-4') === (to === 'node-4') || from === 'planner';
  const world = await registryWorld({ reaches });
  certificateIn(await clientOf(world).writeSlot(author.write(1, 10)));
  const plan = await world.plan(world.newest());
  isCut = true;
  assert.equal((await world.apply(plan)).type, 'applied');
  await Promise.all([1, 2, 3].map((n) => world.members.get(`node-${n}`)!.node!.follow()));
  const lonely = world.members.get('node-4')!.node!;
  assert.equal(lonely.standing(), undefined);
  await assert.rejects(lonely.writeSlot(author.encoded(2, 10)), /between two versions/);
  await assert.rejects(lonely.readSlot(slotKey(author.place(1))), /between two versions/);
  certificateIn(await clientOf(world).writeSlot(author.write(2, 10)));
  isCut = false;
  await lonely.follow();
  assert.equal(lonely.standing()?.version, 2);
  const state = stateOf(await lonely.readSlot(slotKey(author.place(1))));
  assert.ok(state?.vote?.version === 2 && equal(state.values[0]!.value, filled(10)));
  await world.close();
});

test('a node that was off for several versions learns them from the others', async () => {
  const world = await registryWorld();
  await world.newcomer(5);
  await world.change(['node-5']);
  const sleeper = world.members.get('node-3')!;
  await world.stop(sleeper);
  await world.change();
  await world.change();
  const node = await world.start(sleeper);
  await node.follow();
  assert.equal(node.registries()!.newest.version, 4);
  // It missed two changes, so the version that is open names no key of it.
  assert.equal(node.standing(), undefined);
  const fifth = await world.change();
  assert.equal(node.standing()?.version, fifth.version);
  certificateIn(await clientOf(world).writeSlot(author.write(3, 10)));
  await world.close();
});

test('a node that is started with a later version takes over from the one before it', async () => {
  const world = await registryWorld();
  certificateIn(await clientOf(world).writeSlot(author.write(1, 10)));
  const late = await world.newcomer(5);
  world.members.get('node-2')!.intent = intents.leave;
  const plan = await world.plan(world.newest(), ['node-5']);
  await world.stop(late);
  await world.apply(plan);
  await world.settled();
  // Its disk is new, and the first registry that it is told of has it in a group.
  const place = world.members.get('node-5')!;
  const node = await world.start(place, world.newest());
  assert.equal(node.standing(), undefined);
  await node.follow();
  assert.equal(node.standing()?.version, 2);
  assert.equal(node.metrics().slots, 1);
  await world.close();
});

test('after a change nobody can vote under the version before', async () => {
  const world = await registryWorld();
  const keys = world.first.nodes.map(({ voteKey }) => voteKey);
  const member = world.members.get('node-1')!;
  const before = await member.secrets.read();
  const seed = before.voteSeed;
  await world.change();
  const now = await nodeKeys(1, member.secrets);
  assert.equal(
    keys.some((key) => equal(key, now.voter().publicKey)),
    false,
  );
  assert.deepEqual(now.voter().publicKey, world.newest().nodes[0]!.voteKey);
  assert.ok(
    seed.every((byte) => byte === 0),
    'the seed is wiped',
  );
  await world.close();
});

test('a node that has lost its disk, or has another one, does not come back under its id', async () => {
  const world = await registryWorld();
  const member = world.members.get('node-1')!;
  await world.stop(member);
  const lost = { ...member, place: memoryEnginePlace() };
  await assert.rejects(world.start(lost), { message: birthRefusals.lost });
  const other = world.members.get('node-2')!;
  await world.stop(other);
  await assert.rejects(world.start({ ...member, place: other.place }), {
    message: birthRefusals.other,
  });
  await world.close();
});
