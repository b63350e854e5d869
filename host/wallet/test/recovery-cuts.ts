/** A recovery that is cut at an effect, begun again in the same place, and judged. */

import assert from 'node:assert/strict';
import { memoryKeystore, memoryPlace, type MemoryEnginePlace } from '@dsm/memory';
import { recover } from '../src/index.ts';
import { life, type Cut } from './life.ts';
import { opened, type Stall } from './market.ts';
import { cheapStretch, lived, recovery } from './recovery-scene.ts';
import { statements } from './statements.ts';
import { copyOf, copyOfNode, mortalNode, mortalStore, networkIn } from './world.ts';

export interface Lost {
  readonly nodes: readonly MemoryEnginePlace[];
  readonly cafe: Stall;
}

/** Dora’s phone is gone; what is left is at the nodes and in her head. */
export async function lostPhone(): Promise<Lost> {
  const { dora, maya, cafe, bazaar, nodes, stalls } = await lived(cheapStretch);
  await Promise.all([dora.close(), maya.close(), cafe.close(), bazaar.close()]);
  return { nodes, cafe: stalls.cafe };
}

/** True if the recovery lived to reach the cut. */
export async function runRecovery(from: Lost, cut: Cut): Promise<boolean> {
  const nodes = from.nodes.map(copyOfNode);
  const phone = { place: memoryPlace(), keystore: memoryKeystore() };
  const said = statements();
  const dying = life(cut);
  const network = await networkIn({ nodes });
  const options = recovery(network, phone, cheapStretch);
  const first = recover({
    ...options,
    store: mortalStore(options.store, dying),
    network: {
      ...network,
      nodes: network.nodes.map((node) => mortalNode(node, dying, said)),
    },
  });
  await Promise.race([first, dying.death]);

  const later = await networkIn({ nodes: nodes.map(copyOfNode) });
  const again = { place: copyOf(phone.place), keystore: phone.keystore };
  const noted = later.nodes.map((node) => mortalNode(node, life(), said));
  const { wallet } = await recover({
    ...recovery(later, again, cheapStretch),
    network: { ...later, nodes: noted },
  });
  assert.deepEqual(said.contradictions(), []);
  assert.equal(wallet.recovery.phase(), 'live');
  assert.ok(wallet.id.incarnation >= 1);
  assert.equal(wallet.id.name, 'Dora');
  const [balance] = wallet.balances();
  assert.deepEqual([balance!.online, balance!.purse, balance!.uncertified], [43n, 0n, 0n]);
  assert.equal(wallet.contacts().length, 2);
  assert.equal(wallet.history().length, 2);
  assert.deepEqual((await wallet.verify()).faults, []);
  const cafe = await opened(later, { ...from.cafe, place: copyOf(from.cafe.place) });
  await wallet.contact('Cafe').pay({ ERA: 43n, over: 'online' });
  await cafe.sync();
  assert.equal(cafe.balances()[0]!.online, 43n);
  assert.deepEqual([...wallet.alarms(), ...cafe.alarms()], []);
  return dying.isOver();
}
