/**
 * Capsules under crashes: whatever cuts a wallet off, what the nodes hold is the wallet as it was at
 * one of its commits, and once it has sent again it is the wallet as it is.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryStore, type MemoryPlace } from '@dsm/memory';
import type { Store } from '@dsm/ports';
import { returned, rowsIn } from './capsule-scene.ts';
import { life, type Cut } from './life.ts';
import { copied, market, opened, type Stall } from './market.ts';
import { copyOf, copyOfNode, networkIn, walletIn } from './world.ts';

interface Start {
  readonly nodes: Parameters<typeof networkIn>[0]['nodes'];
  readonly maya: Stall;
}

async function begun(): Promise<Start> {
  const { nodes, maya, cafe, bazaar, stalls } = await market();
  await maya.capsules.send();
  await Promise.all([maya.close(), cafe.close(), bazaar.close()]);
  return { nodes, maya: stalls.maya };
}

/** A store that remembers the rows after each commit. */
function watched(place: MemoryPlace, moments: Set<string>): Store {
  const store = memoryStore({ place });
  const look = (): void => void moments.add(JSON.stringify(rowsIn(place)));
  look();
  return {
    ...store,
    commit: (writes) => {
      const done = store.commit(writes);
      look();
      return done;
    },
  };
}

async function runCut({ nodes: kept, maya }: Start, cut: Cut): Promise<boolean> {
  const nodes = kept.map(copyOfNode);
  const stall = copied(maya);
  const moments = new Set<string>();
  const dying = life(cut);
  const first = await walletIn(await networkIn({ nodes }), stall.place, 'Maya', {
    life: dying,
    keystore: stall.keystore,
    store: watched(stall.place, moments),
  });
  const days = async (): Promise<void> => {
    await first.load('ERA', 4n);
    await first.capsules.send();
    await first.setOfflineLimit('ERA', 8n);
    await first.mint('ERA', 5n);
    await first.sync();
  };
  await Promise.race([days(), dying.death]);
  const later = await networkIn({ nodes: nodes.map(copyOfNode) });
  const then = await returned(later, stall);
  assert.ok(moments.has(JSON.stringify(rowsIn(then.place))), 'a state that never was');
  const again = await opened(later, { ...stall, place: copyOf(stall.place) });
  const status = await again.capsules.send();
  assert.deepEqual([status.complete, status.copied], [true, false]);
  await again.close();
  const now = await returned(later, stall);
  assert.deepEqual(rowsIn(now.place), rowsIn(stall.place));
  return dying.isOver();
}

for (const after of [false, true]) {
  test(`a wallet that is cut ${after ? 'after' : 'before'} any effect loses no capsule`, async (t) => {
    const from = await begun();
    let cuts = 0;
    while (await runCut(from, { at: cuts + 1, after })) cuts += 1;
    assert.ok(cuts > 20, `${cuts}`);
    t.diagnostic(`${cuts} cuts`);
  });
}
