/** A change of keys that is cut at an effect: either nothing has happened, or it is continued. */

import assert from 'node:assert/strict';
import { life, type Cut } from './life.ts';
import { market, opened } from './market.ts';
import { copyOf, copyOfNode, meetAndPart, networkIn, walletIn } from './world.ts';

export type CutRotation = (cut: Cut) => Promise<boolean>;

/** Runs a rotation of a wallet with money and contacts up to a cut; true if the cut was reached. */
export async function cutRotations(): Promise<CutRotation> {
  const { nodes, maya, cafe, bazaar, stalls } = await market();
  await Promise.all([maya.close(), cafe.close(), bazaar.close()]);
  return async (cut) => {
    const here = nodes.map(copyOfNode);
    const place = copyOf(stalls.maya.place);
    const dying = life(cut);
    const { keystore } = stalls.maya;
    const first = await walletIn(await networkIn({ nodes: here }), place, 'Maya', {
      life: dying,
      keystore,
    });
    await Promise.race([first.keys.rotate(), dying.death]);
    const later = await networkIn({ nodes: here.map(copyOfNode) });
    const again = await walletIn(later, copyOf(place), 'Maya', { keystore });
    // Before the first commit nothing has happened; after it the new key is in force.
    const generation = cut.at === 1 && !cut.after ? 0 : 1;
    assert.equal(again.keys.list().at(-1)!.generation, generation);
    await again.contact('Cafe').pay({ ERA: 900n, over: 'online' });
    await again.sync();
    // Whoever only reads the nodes has learned of it.
    const shop = await opened(later, { ...stalls.cafe, place: copyOf(stalls.cafe.place) });
    await shop.sync();
    assert.equal(await shop.balance('ERA'), 900n);
    const { generation: next } = await again.keys.rotate();
    assert.equal(next, generation + 1);
    await meetAndPart(again, shop);
    for (const wallet of [again, shop]) assert.deepEqual((await wallet.verify()).faults, []);
    assert.deepEqual(shop.alarms(), []);
    await Promise.all([again.close(), shop.close()]);
    return dying.isOver();
  };
}
