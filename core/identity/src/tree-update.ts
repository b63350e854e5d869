/**
 * One update of a device tree, and the slot that it stands in.
 *
 *     update   = G ‖ seq ‖ previous ‖ root before ‖ root after ‖ alive ‖ change
 *     digest   = H_tree-update( update )                 previous of the first: G
 *     slot     kind tree, writer = the authority in force, position = H_position( G ‖ seq ), value = digest
 *     signed   H_step( digest ‖ root of the one-line slot list )      as a card is
 *     leaf     key H_tree-device( G ‖ DevID ), value H_tree-status( status ); absent: never in the tree
 *
 * A leaf never disappears: a device that has left is shown as gone, with the number of the update
 * that says so, and is never added again.
 */

import {
  bytes32,
  choice,
  compare,
  encodeWith,
  evaluateChange,
  equal,
  hash,
  keyDigest,
  kinds,
  limits,
  object,
  proofCoder,
  signedKinds,
  slotKey,
  slotKinds,
  slotListRoot,
  statementDigest,
  struct,
  u32,
  u8,
  variable,
  verifyRoot,
  where,
  zero32,
  type Authorisation,
  type Coder,
  type MapChange,
  type Multiproof,
  type Obj,
  type Slot,
  type SlotPlace,
  type Suite,
} from '@dsm/primitive';

export type TreeChange =
  | { readonly type: 'add'; readonly device: Uint8Array; readonly proof: Multiproof }
  | { readonly type: 'retire'; readonly device: Uint8Array; readonly proof: Multiproof }
  /** `device` takes the place of `old`. */
  | {
      readonly type: 'succeed';
      readonly old: Uint8Array;
      readonly device: Uint8Array;
      readonly proof: Multiproof;
    }
  /** From the next update on this key signs. */
  | { readonly type: 'rotate'; readonly authority: Uint8Array };

/** What the authority signs. */
export interface TreeUpdate {
  readonly genesis: Uint8Array;
  readonly seq: number;
  readonly previous: Uint8Array;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
  /** How many devices are alive after it. */
  readonly alive: number;
  readonly change: TreeChange;
}

export interface SignedUpdate {
  readonly update: TreeUpdate;
  readonly signature: Uint8Array;
}

/** Who signs updates: the suite is that of the genesis. */
export interface Authority {
  readonly network: Uint8Array;
  readonly suite: Suite;
  readonly key: Uint8Array;
}

/** What a leaf says of a device. */
export type DeviceStatus =
  | { readonly type: 'alive' }
  | { readonly type: 'retired'; readonly seq: number }
  | { readonly type: 'succeeded'; readonly seq: number; readonly by: Uint8Array };

const seqCoder: Coder<number> = where(u32, (seq) => seq >= 1 && seq <= limits.treeUpdatesMax);

export const statusCoder: Coder<DeviceStatus> = choice<DeviceStatus>({
  alive: [1, struct({})],
  retired: [2, struct({ seq: seqCoder })],
  succeeded: [3, struct({ seq: seqCoder, by: bytes32 })],
});

const updateCoder: Coder<TreeUpdate> = struct<TreeUpdate>({
  genesis: bytes32,
  seq: seqCoder,
  previous: bytes32,
  before: bytes32,
  after: bytes32,
  alive: where(u8, (alive) => alive <= limits.treeDevicesMax),
  change: choice<TreeChange>({
    add: [1, struct({ device: bytes32, proof: proofCoder })],
    retire: [2, struct({ device: bytes32, proof: proofCoder })],
    succeed: [3, struct({ old: bytes32, device: bytes32, proof: proofCoder })],
    rotate: [4, struct({ authority: variable(limits.publicKeyBytesMax) })],
  }),
});

/** Update and signature as they lie at the nodes. */
export const treeUpdate: Obj<SignedUpdate> = object(
  kinds.treeUpdate,
  49_152,
  struct({ update: updateCoder, signature: variable(limits.signatureBytesMax) }),
);

export function updateDigest(update: TreeUpdate): Uint8Array {
  return hash('tree-update', encodeWith(updateCoder, update));
}

export function treePosition(genesis: Uint8Array, seq: number): Uint8Array {
  return hash('position', genesis, encodeWith(u32, seq));
}

/** Where the update with this number stands, if `by` is the authority then. */
export function treePlace(genesis: Uint8Array, seq: number, by: Authority): SlotPlace {
  return {
    kind: slotKinds.tree,
    writer: keyDigest(by.suite, by.key),
    position: treePosition(genesis, seq),
  };
}

export function updateSlot(update: TreeUpdate, by: Authority): Slot {
  const place = treePlace(update.genesis, update.seq, by);
  return { key: slotKey(place), value: updateDigest(update) };
}

/** What the authority signs: a node admits it as the write of the slot, too. */
export function updateStatement(update: TreeUpdate, by: Authority): Uint8Array {
  return statementDigest(updateDigest(update), slotListRoot([updateSlot(update, by)]));
}

/** The signed update as the write of its slot. */
export function updateAuthorisation(
  { update, signature }: SignedUpdate,
  { suite, key }: Authority,
): Authorisation {
  const body = updateDigest(update);
  return { suite, publicKey: key, body, path: [], signature, backing: undefined };
}

export function isSignedBy({ update, signature }: SignedUpdate, by: Authority): boolean {
  const kind = signedKinds[slotKinds.tree];
  const statement = updateStatement(update, by);
  return verifyRoot(kind, by.suite, by.network, by.key, statement, signature);
}

/** The key of a device's leaf. */
export function deviceLeaf(genesis: Uint8Array, device: Uint8Array): Uint8Array {
  return hash('tree-device', genesis, device);
}

/** The value of a device's leaf; nothing is known of a device that was never in the tree. */
export function statusValue(status: DeviceStatus | undefined): Uint8Array {
  return status === undefined ? zero32 : hash('tree-status', encodeWith(statusCoder, status));
}

/** A device whose status an update changes. */
export interface StatusChange {
  readonly device: Uint8Array;
  readonly before: DeviceStatus | undefined;
  readonly after: DeviceStatus;
}

const alive: DeviceStatus = { type: 'alive' };

/** Whose status changes, and how. */
export function statusChanges(
  seq: number,
  change: Exclude<TreeChange, { type: 'rotate' }>,
): readonly StatusChange[] {
  const { device } = change;
  switch (change.type) {
    case 'add':
      return [{ device, before: undefined, after: alive }];
    case 'retire':
      return [{ device, before: alive, after: { type: 'retired', seq } }];
    case 'succeed':
      return [
        { device: change.old, before: alive, after: { type: 'succeeded', seq, by: device } },
        { device, before: undefined, after: alive },
      ];
  }
}

/** The same as changes of the map, in the order of a multiproof. */
export function leafChanges(
  genesis: Uint8Array,
  changes: readonly StatusChange[],
): readonly MapChange[] {
  return changes
    .map(({ device, before, after }) => ({
      key: deviceLeaf(genesis, device),
      before: statusValue(before),
      after: statusValue(after),
    }))
    .toSorted((a, b) => compare(a.key, b.key));
}

/** True if the proof leads from the root before to the root after, by exactly this change. */
export function isProven({ genesis, seq, before, after, change }: TreeUpdate): boolean {
  if (change.type === 'rotate') return equal(before, after);
  const shown = evaluateChange(change.proof, leafChanges(genesis, statusChanges(seq, change)));
  return shown.ok && equal(shown.before, before) && equal(shown.after, after);
}
