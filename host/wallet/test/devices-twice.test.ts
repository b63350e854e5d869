/** Two updates with one number, and chains beside the one that is known: told, and nobody is convicted. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  deviceTree,
  genesis as genesisObject,
  genesisId,
  headAfter,
  treePlace,
  treeStart,
  treeUpdate,
  updateAuthorisation,
  updateDigest,
  updateSlot,
  updateStatement,
  type CertifiedUpdate,
  type Membership,
  type SignedUpdate,
  type TreeHead,
  type TreeUpdate,
  type TreeWish,
} from '@dsm/identity';
import {
  address,
  keyOf,
  kinds,
  registriesOf,
  signatureContext,
  signatures,
  type Certificate,
  type KeyPair,
} from '@dsm/primitive';
import { memoryStore } from '@dsm/memory';
import type { NodeApi } from '@dsm/ports';
import type { Engine } from '../src/engine.ts';
import { idBytes, type IdentityNotice, type Network, type Wallet } from '../src/index.ts';
import { membershipOf, takeMembership } from '../src/membership.ts';
import { quorum } from '../src/quorum.ts';
import { learnTree } from '../src/tree-learning.ts';
import { headOf, type TreeRow } from '../src/tree-rows.ts';
import { genesis, home, household, member, openHome, owner } from './household.ts';

const decoded = genesisObject.decode(genesis);
assert.ok(decoded.ok);
const start = treeStart(decoded.value);

function signed(update: TreeUpdate, head: TreeHead, pair: KeyPair): SignedUpdate {
  const { network, suite } = head.authority;
  const context = signatureContext(kinds.treeUpdate, suite, network);
  const statement = updateStatement(update, head.authority);
  return { update, signature: signatures().sign(pair.secretKey, statement, context) };
}

/** What whoever has the words can write at the nodes, past every wallet. */
async function written(
  network: Network,
  by: SignedUpdate,
  head: TreeHead,
): Promise<Certificate | undefined> {
  const nodes = quorum(network.registry, network.nodes);
  const bytes = treeUpdate.encode(by);
  await nodes.publish(bytes);
  const outcome = await nodes.writeSlot({
    place: treePlace(head.genesis, by.update.seq, head.authority),
    value: updateDigest(by.update),
    authorisation: updateAuthorisation(by, head.authority),
    hint: address(bytes),
    certificate: undefined,
  });
  return outcome.type === 'certified' ? outcome.certificate : undefined;
}

const device = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);

test('a second signed update in a slot is told by whoever walks there, and changes nothing', async () => {
  const { network, phone, laptop, cafe } = await household();
  const first = deviceTree(genesisId(decoded.value)).next(start, {
    type: 'add',
    device: device(9),
  });
  assert.ok(first.ok);
  const pair = owner.authority(0);
  assert.equal(await written(network, signed(first.update, start, pair), start), undefined);
  const notices: IdentityNotice[] = [];
  cafe.on('identity', (notice) => notices.push(notice));
  await cafe.sync();
  assert.deepEqual(
    notices.map(({ seq }) => seq),
    [1],
  );
  assert.equal(cafe.devices.of('Phone')!.seq, 2);
  assert.equal(cafe.devices.of('Phone')!.notices.length, 1);
  assert.deepEqual(cafe.alarms(), []);
  assert.equal(cafe.contact('Phone').contact().state, 'ok');
  await cafe.sync();
  assert.equal(notices.length, 1);
  for (const own of [phone, laptop]) assert.equal(own.devices.tree()!.seq, 2);
});

test('an update that finds its slot taken is given up; what stands there is learned first', async () => {
  const left = await home();
  const { network, laptop, phone: idle } = await openHome(left);
  await idle.close();
  // The phone has seen where the tree stands and has signed; before it writes, the laptop does.
  let hurry: Promise<unknown> | undefined;
  const late = network.nodes.map((node): NodeApi => ({
    ...node,
    writeSlot: async (write) => {
      await (hurry ??= laptop.devices.rotate(owner));
      return node.writeSlot(write);
    },
  }));
  const store = memoryStore({ place: left.places.Phone });
  const phone = await member({ ...network, nodes: late }, 'Phone', {
    store,
    keystore: left.keystores.Phone,
  });
  await assert.rejects(phone.devices.retire(owner, 'Laptop'), { code: 'refused' });
  const tree = phone.devices.tree()!;
  assert.deepEqual([tree.seq, tree.rotations, tree.open], [3, 1, false]);
  // Both were signed, and both are seen; one counts.
  assert.equal((await phone.devices.retire(owner, 'Laptop')).seq, 4);
});

/** As much of a wallet as membership needs. */
function watcher(network: Network, notices: IdentityNotice[]): Engine {
  const model = {
    trees: new Map(),
    named: new Map(),
    left: new Map(),
    device: { network: start.authority.network },
    card: { body: { genesis: undefined } },
  };
  const engine = {
    model,
    registries: registriesOf(network.registry),
    quorum: quorum(network.registry, network.nodes),
    clock: { now: () => 0 },
    exclusive: (decide: () => Promise<unknown>) => decide(),
    commit: async ({ applies }: { applies: readonly (() => void)[] }) => {
      for (const apply of applies) apply();
    },
    emit: (_: string, notice: IdentityNotice) => notices.push(notice),
  };
  return engine as unknown as Engine;
}

test('a replaced authority that goes on beside the tree is not believed by whoever has walked it', async () => {
  const { network, phone } = await household();
  await phone.devices.rotate(owner);
  // Whoever has only the first key makes a tree of its own, far ahead; the nodes certify it.
  const claim = await beside(network, owner.authority(0), 50);
  const id = genesisId(decoded.value);

  const notices: IdentityNotice[] = [];
  const careful = watcher(network, notices);
  await learnTree(careful, id);
  assert.ok(await takeMembership(careful, claim));
  const seqOf = ({ model }: Engine): number => headOf(model.trees.get(keyOf(id))!).seq;
  assert.equal(seqOf(careful), 3);
  assert.deepEqual(
    notices.map(({ seq }) => seq),
    [3],
  );

  // A newcomer without a network takes what it is shown, and gives it up once it has walked.
  const newcomer = watcher(network, []);
  assert.ok(await takeMembership(newcomer, claim));
  assert.equal(seqOf(newcomer), 50);
  const learned = await learnTree(newcomer, id);
  assert.equal(seqOf(newcomer), 3);
  assert.ok(learned!.row.whole === 1 && learned!.row.notices.length === 1);
});

test('an older membership does not take back what is pinned', async () => {
  const { network, phone, laptop } = await household();
  const before = membershipOf(rowOf(await walked(network)), [phoneId(phone)]);
  await laptop.devices.retire(owner, 'Phone');
  const engine = watcher(network, []);
  const id = genesisId(decoded.value);
  await learnTree(engine, id);
  assert.ok(!(await takeMembership(engine, before)));
  const status = engine.model.trees
    .get(keyOf(id))!
    .devices.find((one) => keyOf(one.device) === keyOf(phoneId(phone)))!.status;
  assert.equal(status?.type, 'retired');
});

async function walked(network: Network): Promise<Engine> {
  const engine = watcher(network, []);
  await learnTree(engine, genesisId(decoded.ok ? decoded.value : never()));
  return engine;
}

function rowOf({ model }: Engine): TreeRow {
  return [...model.trees.values()][0]!;
}

function phoneId(phone: Wallet): Uint8Array {
  return idBytes('device', phone.id.device)!;
}

/** A certified update with a high number, by an authority that was replaced before. */
async function beside(network: Network, pair: KeyPair, seq: number): Promise<Membership> {
  const id = genesisId(decoded.ok ? decoded.value : never());
  const tree = deviceTree(id);
  const wish: TreeWish = { type: 'add', device: device(9) };
  const head = { ...start, seq: seq - 1, digest: device(1) };
  const made = tree.next(head, wish);
  assert.ok(made.ok);
  const by = signed(made.update, head, pair);
  const certificate = await written(network, by, head);
  assert.ok(certificate !== undefined);
  assert.deepEqual(certificate.key, updateSlot(made.update, head.authority).key);
  tree.apply(made.update);
  assert.equal(headAfter(head, made.update).seq, seq);
  const newest: CertifiedUpdate = { signed: by, certificate };
  return {
    genesis: decoded.ok ? decoded.value : never(),
    rotations: [],
    newest,
    devices: [{ device: device(9), status: tree.status(device(9)) }],
    proof: tree.prove([device(9)]),
  };
}

function never(): never {
  throw new Error('the genesis does not decode');
}
