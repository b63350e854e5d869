/**
 * The device tree as a map: what all updates of an identity have made of its devices.
 *
 * Whoever has walked the whole chain has it: the owner, who makes the next update from it and shows
 * single devices with a proof, and a peer who has asked the nodes.
 */

import { compare, deviceMap, keyOf, limits, type DeviceMap, type Multiproof } from '@dsm/primitive';
import { gained, wrongChange, type TreeHead, type UpdateRefusal } from './tree-chain.ts';
import {
  deviceLeaf,
  leafChanges,
  statusChanges,
  statusValue,
  type DeviceStatus,
  type StatusChange,
  type TreeChange,
  type TreeUpdate,
} from './tree-update.ts';

/** What the owner wants to be said next. */
export type TreeWish =
  | { readonly type: 'add' | 'retire'; readonly device: Uint8Array }
  | { readonly type: 'succeed'; readonly old: Uint8Array; readonly device: Uint8Array }
  | { readonly type: 'rotate'; readonly authority: Uint8Array };

/** A device and what the tree says of it; nothing if it was never there. */
export interface TreeDevice {
  readonly device: Uint8Array;
  readonly status: DeviceStatus | undefined;
}

export type NextUpdate =
  | { readonly ok: true; readonly update: TreeUpdate }
  | { readonly ok: false; readonly refusal: UpdateRefusal };

export interface DeviceTree {
  /** Every device that was ever in the tree, ascending. */
  readonly devices: () => readonly TreeDevice[];
  readonly root: () => Uint8Array;
  readonly status: (device: Uint8Array) => DeviceStatus | undefined;
  /** Takes over what a checked update has changed. */
  readonly apply: (update: TreeUpdate) => void;
  /** The update after `head` that does it, to be signed by the authority of `head`. */
  readonly next: (head: TreeHead, wish: TreeWish) => NextUpdate;
  /** One proof of what the tree says of these devices, which stand in any order, each once. */
  readonly prove: (devices: readonly Uint8Array[]) => Multiproof;
}

/** The tree of one identity with these devices. */
export function deviceTree(genesis: Uint8Array, devices: readonly TreeDevice[] = []): DeviceTree {
  const map = deviceMap();
  const known = new Map(devices.map((one) => [keyOf(one.device), one]));
  map.apply(
    devices.map(({ device, status }) => ({
      key: deviceLeaf(genesis, device),
      value: statusValue(status),
    })),
  );
  const statusOf = (device: Uint8Array): DeviceStatus | undefined =>
    known.get(keyOf(device))?.status;
  const prove = (devices: readonly Uint8Array[]): Multiproof =>
    map.prove(devices.map((device) => deviceLeaf(genesis, device)).toSorted(compare));
  return {
    devices: () => [...known.values()].toSorted((a, b) => compare(a.device, b.device)),
    root: map.root,
    status: statusOf,
    apply: ({ seq, change }) => {
      if (change.type === 'rotate') return;
      const changes = statusChanges(seq, change);
      map.apply(leavesAfter(genesis, changes));
      for (const { device, after } of changes) known.set(keyOf(device), { device, status: after });
    },
    next: (head, wish) => {
      if (head.seq >= limits.treeUpdatesMax) return refused('seq');
      const change = proved(wish, prove);
      const changes = change.type === 'rotate' ? [] : statusChanges(head.seq + 1, change);
      const update = updateAfter(head, change, map.rootAfter(leavesAfter(genesis, changes)));
      const refusal = wrongChange(head, update);
      return refusal === undefined ? { ok: true, update } : refused(refusal);
    },
    prove,
  };
}

function refused(refusal: UpdateRefusal): NextUpdate {
  return { ok: false, refusal };
}

function proved(wish: TreeWish, prove: DeviceTree['prove']): TreeChange {
  if (wish.type === 'rotate') return wish;
  const devices = wish.type === 'succeed' ? [wish.old, wish.device] : [wish.device];
  return { ...wish, proof: prove(devices) };
}

function leavesAfter(
  genesis: Uint8Array,
  changes: readonly StatusChange[],
): Parameters<DeviceMap['apply']>[0] {
  return leafChanges(genesis, changes).map(({ key, after: value }) => ({ key, value }));
}

function updateAfter(head: TreeHead, change: TreeChange, root: Uint8Array): TreeUpdate {
  return {
    genesis: head.genesis,
    seq: head.seq + 1,
    previous: head.digest,
    before: head.root,
    after: root,
    alive: head.alive + gained(change),
    change,
  };
}
