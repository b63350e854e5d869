/** Keeping device trees: their rows in the store, and in memory which devices have left. */

import { genesisId } from '@dsm/identity';
import { cardDevice, keyOf, type Card } from '@dsm/primitive';
import type { Store } from '@dsm/ports';
import { decodeRow, type Draft, type Model } from './model.ts';
import { rowKey } from './rows.ts';
import { treeRow, type TreeRow } from './tree-rows.ts';

export function putTree(to: Draft, model: Model, row: TreeRow): void {
  const id = genesisId(row.genesis);
  to.put(rowKey('tree', id), treeRow.encode(row));
  to.after(() => {
    model.trees.set(keyOf(id), row);
    findLeft(model);
  });
}

/** The identity that a device's card names, if it names one. */
export function putNamed(to: Draft, model: Model, card: Card): void {
  const { genesis } = card.body;
  if (genesis === undefined) return;
  const device = cardDevice(card);
  to.put(rowKey('tree', genesis, device), Uint8Array.of(1));
  to.after(() => {
    addNamed(model, device, genesis);
    findLeft(model);
  });
}

function addNamed({ named }: Model, device: Uint8Array, genesis: Uint8Array): void {
  const all = named.get(keyOf(device)) ?? new Map<string, Uint8Array>();
  named.set(keyOf(device), all.set(keyOf(genesis), genesis));
}

/** Devices that the tree of an identity which they have named has taken out. */
function findLeft(model: Model): void {
  model.left.clear();
  for (const [key, row] of model.trees) {
    for (const { device, status } of row.devices) {
      const isNamed = model.named.get(keyOf(device))?.has(key) === true;
      if (isNamed && status !== undefined && status.type !== 'alive') {
        model.left.set(keyOf(device), status);
      }
    }
  }
}

export async function loadTrees(store: Store, model: Model): Promise<void> {
  for (const [key, value] of await store.scan(rowKey('tree'))) {
    const genesis = key.slice(1, 33);
    if (key.length > 33) addNamed(model, key.slice(33), genesis);
    else model.trees.set(keyOf(genesis), decodeRow(treeRow, value, 'tree'));
  }
  findLeft(model);
}
