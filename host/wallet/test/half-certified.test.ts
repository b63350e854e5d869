/** A payment of two notes, of which the nodes have certified one: the other follows, and it counts. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NodeError, type NodeApi } from '@dsm/ports';
import { keyOf, slotKey, slotKinds, slotWrite } from '@dsm/primitive';
import { market, opened, type Market } from './market.ts';

/** Nodes that take the first spend that they are told, and no other while `cut.now`. */
function oneSpendOnly(
  nodes: Market['network']['nodes'],
  cut: { now: boolean; first?: string },
): NodeApi[] {
  const isRefused = (bytes: Uint8Array): boolean => {
    const write = slotWrite.decode(bytes);
    if (!cut.now || !write.ok || write.value.place.kind !== slotKinds.spend) return false;
    const key = keyOf(slotKey(write.value.place));
    cut.first ??= key;
    return cut.first !== key;
  };
  const away = (): never => {
    throw new NodeError('unreachable', 'the line is cut');
  };
  return nodes.map((node) => ({
    ...node,
    writeSlot: async (write) => (isRefused(write) ? away() : node.writeSlot(write)),
    ask: async (requests) =>
      requests.some((one) => one.type === 'write-slot' && isRefused(one.write))
        ? away()
        : node.ask(requests),
  }));
}

test('the certificate that is there already is kept for its input', async () => {
  const { network, maya, cafe, stalls } = await market();
  for (const amount of [10n, 20n]) {
    await maya.contact('Cafe').pay({ ERA: amount, over: 'online' });
  }
  await cafe.sync();
  await cafe.close();
  const cut: { now: boolean; first?: string } = { now: false };
  const nodes = oneSpendOnly(network.nodes, cut);
  const again = await opened({ ...network, nodes }, stalls.cafe);
  cut.now = true;
  const sent = await again.contact('Maya').pay({ ERA: 25n, over: 'online' });
  assert.notEqual(sent.finality, 'certified');
  assert.notEqual(cut.first, undefined);
  cut.now = false;
  await again.sync();
  assert.equal(again.history().find(({ direction }) => direction === 'out')!.finality, 'certified');
  await maya.sync();
  const received = maya.history().find(({ direction }) => direction === 'in')!;
  assert.deepEqual([received.amount, received.finality], [25n, 'certified']);
});
