/** What a storage node that writes down everything can link, and what it cannot. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryStore } from '@dsm/memory';
import { installNative } from '@dsm/node';
import type { NodeApi } from '@dsm/ports';
import { keyOf, slotKinds, slotWrite, type SlotWrite } from '@dsm/primitive';
import { createWallet, localNetwork, type Network, type Wallet } from '../src/index.ts';

installNative();

interface Log {
  readonly network: Network;
  readonly writes: SlotWrite[];
  readonly objects: Uint8Array[];
}

/** A network whose nodes keep a log of all that comes. */
async function logging(): Promise<Log & { readonly fund: (wallet: Wallet) => Promise<void> }> {
  const local = await localNetwork({ nodes: 4 });
  const writes: SlotWrite[] = [];
  const objects: Uint8Array[] = [];
  const nodes = local.nodes.map((node): NodeApi => ({
    ...node,
    putObject: async (bytes) => {
      objects.push(bytes.slice());
      await node.putObject(bytes);
    },
    writeSlot: async (bytes) => {
      const decoded = slotWrite.decode(bytes);
      assert.ok(decoded.ok);
      writes.push(decoded.value);
      return node.writeSlot(bytes);
    },
  }));
  const network = { name: local.name, registry: local.registry, nodes };
  return { network, writes, objects, fund: (wallet) => local.fund(wallet, { GOLD: 100n }) };
}

test('deliveries to one peer are one lane’s; nothing tells whose lane it is, nor that two lanes are one device’s', async () => {
  const { network, writes, objects, fund } = await logging();
  const open = (name: string): Promise<Wallet> =>
    createWallet({ name, store: memoryStore(), network });
  const [ada, bob, cleo] = await Promise.all([open('Ada'), open('Bob'), open('Cleo')]);
  await fund(ada);
  const [token] = ada.tokens();
  for (const peer of [bob, cleo]) await peer.adopt(token!.id);
  const toBob = await ada.meet(bob);
  const toCleo = await ada.meet(cleo);
  await Promise.all([toBob.close(), toCleo.close()]);
  writes.length = 0;
  objects.length = 0;
  // Two to one peer, one to another; the order of the log is all that a test may know better.
  for (const to of ['Bob', 'Bob', 'Cleo']) {
    await ada.contact(to).pay({ token: token!.id, amount: 5n, over: 'online' });
  }
  await ada.sync();

  const deliveries = new Map(
    writes
      .filter(({ place }) => place.kind === slotKinds.delivery)
      .map((one) => [keyOf(one.value), one]),
  );
  assert.equal(deliveries.size, 3);
  const [first, second, third] = [...deliveries.values()].map(fieldsOf);
  const same = shared(first!, second!);
  const other = shared(second!, third!);
  assert.deepEqual(same, new Set(['writer', 'publicKey']));
  assert.deepEqual(other, new Set());

  // What the device spends is one key's, and no delivery is by that key.
  const spends = writes.filter(({ place }) => place.kind === slotKinds.spend);
  const [working, ...others] = new Set(
    spends.map(({ authorisation }) => keyOf(authorisation.publicKey)),
  );
  assert.ok(spends.length > 4 && others.length === 0);
  for (const one of [first!, second!, third!]) assert.notEqual(one.get('publicKey'), working);

  const secrets = [bob, cleo, ada].flatMap(({ id }) => [id.name, id.card]);
  const log = [...writes.map((one) => slotWrite.encode(one)), ...objects].map((one) =>
    Buffer.from(one).toString('latin1'),
  );
  const delivered = log.filter((one) => !one.includes('GOLD'));
  for (const secret of secrets) {
    const text = Buffer.from(secret).toString('latin1');
    assert.ok(!delivered.some((one) => one.includes(text)));
  }
  await Promise.all([ada, bob, cleo].map((wallet) => wallet.close()));
});

function fieldsOf({ place, value, authorisation, hint }: SlotWrite): ReadonlyMap<string, string> {
  const { publicKey, body, signature, path } = authorisation;
  const fields: readonly (readonly [string, Uint8Array])[] = [
    ['writer', place.writer],
    ['position', place.position],
    ['value', value],
    ['publicKey', publicKey],
    ['body', body],
    ['signature', signature],
    ...(hint === undefined ? [] : [['hint', hint] as const]),
    ...path.map(({ sibling }, i) => [`path ${i}`, sibling] as const),
  ];
  return new Map(fields.map(([name, bytes]) => [name, keyOf(bytes)]));
}

function shared(
  a: ReadonlyMap<string, string>,
  b: ReadonlyMap<string, string>,
): ReadonlySet<string> {
  return new Set([...a].flatMap(([name, bytes]) => (b.get(name) === bytes ? [name] : [])));
}
