/**
 * Membership: which devices an identity has, shown to somebody who has not walked its chain.
 *
 *     genesis ‖ certified rotations, ascending ‖ newest update, certified ‖ devices ‖ one proof of them
 *
 * The rotations lead from the authority of the genesis to the one that has signed the newest update. What
 * lies between is left out: each of these updates was certified in a slot that only the authority can
 * fill. Whether there is a newer one no bytes can show: whoever has seen one keeps it (`pin.ts`), and
 * whoever has a network asks the nodes.
 */

import {
  ascending,
  bytes32,
  certificate,
  checkCertificate,
  compare,
  equal,
  evaluate,
  kinds,
  limits,
  list,
  object,
  option,
  proofCoder,
  struct,
  type Certificate,
  type Coder,
  type Multiproof,
  type Obj,
  type Registries,
} from '@dsm/primitive';
import { genesis, genesisHolds, genesisId, type Genesis } from './genesis.ts';
import type { TreeDevice } from './device-tree.ts';
import { headAfter, mayRotate, treeStart, type TreeHead } from './tree-chain.ts';
import {
  deviceLeaf,
  isProven,
  isSignedBy,
  statusCoder,
  statusValue,
  treeUpdate,
  updateDigest,
  updateSlot,
  type SignedUpdate,
} from './tree-update.ts';

/** An update that counts. */
export interface CertifiedUpdate {
  readonly signed: SignedUpdate;
  readonly certificate: Certificate;
}

export interface Membership {
  readonly genesis: Genesis;
  /** Those before the newest update. */
  readonly rotations: readonly CertifiedUpdate[];
  readonly newest: CertifiedUpdate;
  /** Ascending by DevID. Without a status: never in the tree. */
  readonly devices: readonly TreeDevice[];
  readonly proof: Multiproof;
}

export const certifiedUpdate: Coder<CertifiedUpdate> = struct({ signed: treeUpdate, certificate });

export const treeDeviceCoder: Coder<TreeDevice> = struct({
  device: bytes32,
  status: option(statusCoder),
});

export const membership: Obj<Membership> = object(
  kinds.membership,
  983_040,
  struct({
    genesis,
    rotations: list(certifiedUpdate, limits.treeRotationsMax),
    newest: certifiedUpdate,
    devices: ascending<TreeDevice>(treeDeviceCoder, ({ device }) => device, limits.proofKeysMax, 1),
    proof: proofCoder,
  }),
);

export const membershipRefusals = {
  genesis: 'the genesis is of another network, or its key is none of its suite',
  order:
    'the updates do not belong to it, do not ascend, do not fit, or one before the last rotates nothing',
  authority: 'a rotation names a key that may not follow, or there are too many',
  change: 'an update does not lead from its root to its root',
  devices: 'the tree says something else of the devices',
  signature: 'an update is not signed by the authority then in force',
  certificate: 'an update does not stand in its slot at a quorum',
} as const;
export type MembershipRefusal = keyof typeof membershipRefusals;

/** A place in the chain: an update, or the genesis with the number 0. */
export interface TreePoint {
  readonly seq: number;
  readonly digest: Uint8Array;
}

/** What a membership has shown. */
export interface Member {
  readonly head: TreeHead;
  /** Every rotation up to the head, ascending. */
  readonly rotations: readonly TreePoint[];
  readonly devices: readonly TreeDevice[];
}

export type CheckedMembership =
  | { readonly ok: true; readonly member: Member }
  | { readonly ok: false; readonly refusal: MembershipRefusal };

/** What the membership shows, if all of it holds. Signatures and votes are looked at last. */
export function checkMembership(
  claim: Membership,
  network: Uint8Array,
  registries: Registries,
): CheckedMembership {
  if (!genesisHolds(claim.genesis, network)) return { ok: false, refusal: 'genesis' };
  const id = genesisId(claim.genesis);
  const updates = [...claim.rotations, claim.newest];
  const heads: TreeHead[] = [treeStart(claim.genesis)];
  for (const [at, { signed }] of updates.entries()) {
    const refusal = wrongLink(heads[at]!, signed, at === updates.length - 1);
    if (refusal !== undefined) return { ok: false, refusal };
    heads.push(headAfter(heads[at]!, signed.update));
  }
  const head = heads.at(-1)!;
  if (!areShown(id, head.root, claim)) return { ok: false, refusal: 'devices' };
  for (const [at, update] of updates.entries()) {
    const refusal = unproven(heads[at]!, update, registries);
    if (refusal !== undefined) return { ok: false, refusal };
  }
  const rotations = updates
    .map(({ signed }) => signed.update)
    .filter(({ change }) => change.type === 'rotate')
    .map((update) => ({ seq: update.seq, digest: updateDigest(update) }));
  return { ok: true, member: { head, rotations, devices: claim.devices } };
}

/** What is wrong with an update behind `head`, with any number of unseen ones between them. */
function wrongLink(
  head: TreeHead,
  { update }: SignedUpdate,
  isNewest: boolean,
): MembershipRefusal | undefined {
  const { change } = update;
  if (!equal(update.genesis, head.genesis) || update.seq <= head.seq) return 'order';
  if (!isNewest && change.type !== 'rotate') return 'order';
  const isNext = update.seq === head.seq + 1;
  if (isNext && !(equal(update.previous, head.digest) && equal(update.before, head.root))) {
    return 'order';
  }
  if (change.type === 'rotate' && !mayRotate(head, change.authority)) return 'authority';
  return isProven(update) ? undefined : 'change';
}

function unproven(
  head: TreeHead,
  { signed, certificate: votes }: CertifiedUpdate,
  registries: Registries,
): MembershipRefusal | undefined {
  if (!isSignedBy(signed, head.authority)) return 'signature';
  const slot = updateSlot(signed.update, head.authority);
  return checkCertificate(votes, registries, slot) === undefined ? undefined : 'certificate';
}

function areShown(id: Uint8Array, root: Uint8Array, { devices, proof }: Membership): boolean {
  const leaves = devices
    .map(({ device, status }) => ({ key: deviceLeaf(id, device), value: statusValue(status) }))
    .toSorted((a, b) => compare(a.key, b.key));
  const shown = evaluate(proof, leaves);
  return shown.ok && equal(shown.root, root);
}
