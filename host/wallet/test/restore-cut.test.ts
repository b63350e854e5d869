/** A restore that is cut at every effect: it is begun again, and ends with what the nodes show free. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryPlace, memoryStore, type MemoryEnginePlace } from '@dsm/memory';
import { nativeKem } from '@dsm/node';
import { restoreWallet } from '../src/index.ts';
import { life, type Cut } from './life.ts';
import { market, opened, type Stall } from './market.ts';
import { statements } from './statements.ts';
import { copyOf, copyOfNode, networkIn, walletIn } from './world.ts';

interface Restored {
  readonly nodes: readonly MemoryEnginePlace[];
  readonly cafe: Stall;
  /** Maya, restored and not yet online. */
  readonly maya: Stall;
}

async function beforeFirstSync(): Promise<Restored> {
  const { nodes, network, maya, cafe, bazaar, stalls } = await market();
  const backup = await maya.backup();
  const { keystore } = stalls.maya;
  const place = memoryPlace();
  const options = { network, keystore, kem: nativeKem, backup };
  const again = await restoreWallet({ ...options, store: memoryStore({ place }) });
  await Promise.all([again.close(), maya.close(), cafe.close(), bazaar.close()]);
  return { nodes, cafe: stalls.cafe, maya: { name: 'Maya', place, keystore } };
}

async function runCut(from: Restored, cut: Cut): Promise<boolean> {
  const nodes = from.nodes.map(copyOfNode);
  const place = copyOf(from.maya.place);
  const said = statements();
  const dying = life(cut);
  const { keystore } = from.maya;
  const network = await networkIn({ nodes });
  const first = await walletIn(network, place, 'Maya', { life: dying, statements: said, keystore });
  await Promise.race([first.sync(), dying.death]);
  const later = await networkIn({ nodes: nodes.map(copyOfNode) });
  const again = await walletIn(later, copyOf(place), 'Maya', { statements: said, keystore });
  await again.sync();
  assert.ok(again.id.incarnation >= 1);
  const [balance] = again.balances();
  assert.deepEqual([balance!.online, balance!.purse, balance!.uncertified], [937n, 0n, 0n]);
  assert.deepEqual((await again.verify()).faults, []);
  const cafe = await opened(later, { ...from.cafe, place: copyOf(from.cafe.place) });
  await again.contact('Cafe').pay({ ERA: 937n, over: 'online' });
  await cafe.sync();
  assert.equal(await cafe.balance('ERA'), 937n);
  assert.equal(cafe.contact('Maya').contact().incarnation, again.id.incarnation);
  assert.deepEqual(cafe.alarms(), []);
  return dying.isOver();
}

for (const after of [false, true]) {
  test(`a restore that is cut ${after ? 'after' : 'before'} any effect is begun again`, async (t) => {
    const from = await beforeFirstSync();
    let cuts = 0;
    while (await runCut(from, { at: cuts + 1, after })) cuts += 1;
    t.diagnostic(`${cuts} cut points`);
    assert.ok(cuts >= 5, 'a restore has effects to cut');
  });
}
