/**
 * Device trees as this wallet knows them: its own identity's, and those that its contacts' cards name.
 *
 *     0x33   genesis              what is known of the tree
 *     0x33   genesis ‖ DevID      this device's card has named the identity: kept for good, so that a
 *                                 device cannot leave its tree's verdict behind by another card
 */

import {
  certifiedUpdate,
  deviceTree,
  genesis as genesisObject,
  genesisId,
  headAfter,
  treeDeviceCoder,
  treeStart,
  treeUpdate,
  updateDigest,
  type CertifiedUpdate,
  type DeviceTree,
  type Genesis,
  type Pinned,
  type SignedUpdate,
  type TreeDevice,
  type TreeHead,
  type TreePoint,
} from '@dsm/identity';
import {
  bytes32,
  kinds,
  limits,
  list,
  object,
  oneOf,
  option,
  struct,
  u32,
  u64,
  type Obj,
} from '@dsm/primitive';

/** Two different updates with one number, or a chain beside the one that is pinned. */
export interface TreeNotice {
  readonly seq: number;
  readonly first: Uint8Array;
  readonly second: Uint8Array;
  readonly seenAt: number;
}

export interface TreeRow {
  readonly genesis: Genesis;
  /** The changes of the authority before the newest update. */
  readonly rotations: readonly CertifiedUpdate[];
  readonly newest: CertifiedUpdate | undefined;
  /** What is known of its devices. */
  readonly devices: readonly TreeDevice[];
  /** 1 if the whole chain was walked: these are all devices, as of the newest update. */
  readonly whole: 0 | 1;
  /** 1 once the slot of the genesis is certified: asked by the owner alone. */
  readonly declared: 0 | 1;
  /** An own update that is signed and not certified yet. */
  readonly open: SignedUpdate | undefined;
  readonly notices: readonly TreeNotice[];
}

/** More notices of one identity say nothing more. */
export const treeNoticesMax = 16;

export const treeRow: Obj<TreeRow> = object(
  kinds.membership,
  16 * 1_048_576,
  struct({
    genesis: genesisObject,
    rotations: list(certifiedUpdate, limits.treeRotationsMax),
    newest: option(certifiedUpdate),
    devices: list(treeDeviceCoder, 65_535),
    whole: oneOf([0, 1]),
    declared: oneOf([0, 1]),
    open: option(treeUpdate),
    notices: list(
      struct({ seq: u32, first: bytes32, second: bytes32, seenAt: u64 }),
      treeNoticesMax,
    ),
  }),
);

/** Nothing but its genesis is known. */
export function newTree(genesis: Genesis): TreeRow {
  return {
    genesis,
    rotations: [],
    newest: undefined,
    devices: [],
    whole: 1,
    declared: 0,
    open: undefined,
    notices: [],
  };
}

function updatesOf({ rotations, newest }: TreeRow): readonly CertifiedUpdate[] {
  return newest === undefined ? rotations : [...rotations, newest];
}

export function headOf(row: TreeRow): TreeHead {
  return updatesOf(row)
    .map(({ signed }) => signed.update)
    .reduce(headAfter, treeStart(row.genesis));
}

export function pointOf({ signed }: CertifiedUpdate): TreePoint {
  return { seq: signed.update.seq, digest: updateDigest(signed.update) };
}

/** What is pinned; nothing before the first update. */
export function pinOf(row: TreeRow): Pinned | undefined {
  if (row.newest === undefined) return undefined;
  const rotations = updatesOf(row).filter(({ signed }) => signed.update.change.type === 'rotate');
  return { newest: pointOf(row.newest), rotations: rotations.map(pointOf) };
}

/** The tree itself, of a row that has all of it. */
export function treeOf(row: TreeRow): DeviceTree {
  return deviceTree(genesisId(row.genesis), row.devices);
}

/** The row with the next update behind its newest. */
export function extended(row: TreeRow, next: CertifiedUpdate): TreeRow {
  const tree = treeOf(row);
  tree.apply(next.signed.update);
  const { newest } = row;
  const rotates = newest?.signed.update.change.type === 'rotate';
  return {
    ...row,
    rotations: rotates ? [...row.rotations, newest!] : row.rotations,
    newest: next,
    devices: tree.devices(),
  };
}

export function noticed(row: TreeRow, notice: TreeNotice): TreeRow {
  const known = row.notices.some(({ seq }) => seq === notice.seq);
  if (known || row.notices.length >= treeNoticesMax) return row;
  return { ...row, notices: [...row.notices, notice] };
}
