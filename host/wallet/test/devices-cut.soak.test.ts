/**
 * An update of the device tree, cut before and after every effect: it completes later or never was, a
 * signed one goes on without the words, and no slot ever holds two.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryStore } from '@dsm/memory';
import type { NodeApi, Store } from '@dsm/ports';
import type { Wallet } from '../src/index.ts';
import { home, member, owner, type Home } from './household.ts';
import { life, type Cut, type Life } from './life.ts';
import { networkIn } from './world.ts';

/** The phone of a home, which dies at an effect. */
async function phoneIn({ nodes, places, keystores }: Home, of: Life): Promise<Wallet> {
  const network = await networkIn({ nodes });
  const store = memoryStore({ place: places.Phone });
  const mortal: Store = {
    get: (key) => of.look(() => store.get(key)),
    scan: (prefix) => of.look(() => store.scan(prefix)),
    commit: (writes) => of.act('commit', () => store.commit(writes)),
    close: () => of.look(() => store.close()),
  };
  const through = network.nodes.map((node): NodeApi => ({
    ...node,
    putObject: (bytes) => of.act('object', () => node.putObject(bytes)),
    writeSlot: (write) => of.act('slot', () => node.writeSlot(write)),
  }));
  return member({ ...network, nodes: through }, 'Phone', {
    store: mortal,
    keystore: keystores.Phone,
  });
}

/** What is left once the phone has died there: itself, opened again, and the laptop. */
async function survivors(left: Home): Promise<readonly [Wallet, Wallet]> {
  left.places.Phone.held = false;
  for (const node of left.nodes) node.held = false;
  const network = await networkIn({ nodes: left.nodes });
  const opened = (name: 'Phone' | 'Laptop'): Promise<Wallet> =>
    member(network, name, { place: left.places[name], keystore: left.keystores[name] });
  return [await opened('Phone'), await opened('Laptop')];
}

async function retireLaptop(left: Home, of: Life): Promise<boolean> {
  const phone = await phoneIn(left, of);
  const done = phone.devices.retire(owner, 'Laptop').then(
    () => true,
    () => false,
  );
  return Promise.race([done, of.death.then(() => false)]);
}

test('an update that is cut at any effect completes, or never was', async () => {
  const whole = life();
  assert.ok(await retireLaptop(await home(), whole));
  const cuts: Cut[] = Array.from({ length: whole.count() }, (_, i) => [
    { at: i + 1, after: false },
    { at: i + 1, after: true },
  ]).flat();
  assert.ok(cuts.length >= 12);
  let completed = 0;
  for (const cut of cuts) {
    const left = await home();
    await retireLaptop(left, life(cut));
    const [phone, laptop] = await survivors(left);
    // No words: what was signed is finished, what was not is not begun.
    await phone.sync();
    const tree = phone.devices.tree()!;
    assert.ok(!tree.open, `${cut.at} ${cut.after}`);
    const state = tree.devices.find(({ here }) => !here)!.state;
    assert.equal(tree.seq, state === 'retired' ? 3 : 2);
    if (state === 'retired') completed += 1;
    else assert.equal((await phone.devices.retire(owner, 'Laptop')).seq, 3);
    await assert.rejects(laptop.sync(), { code: 'retired' });
    assert.deepEqual(phone.devices.tree()!.notices, []);
    await Promise.all([phone.close(), laptop.close()]);
  }
  assert.ok(completed > 0 && completed < cuts.length);
});
