/**
 * The chain of updates of one identity: one writer, walked from the genesis.
 *
 * `checkUpdate` is the whole rule, cheapest first. It says whether an update may follow; the update
 * counts when the certificate of its slot is there.
 */

import {
  checkCertificate,
  equal,
  limits,
  zero32,
  type Certificate,
  type Registries,
} from '@dsm/primitive';
import { genesisId, isAuthority, type Genesis } from './genesis.ts';
import {
  isProven,
  isSignedBy,
  updateDigest,
  updateSlot,
  type Authority,
  type SignedUpdate,
  type TreeChange,
  type TreeUpdate,
} from './tree-update.ts';

/** Where a chain of updates stands. */
export interface TreeHead {
  readonly genesis: Uint8Array;
  readonly seq: number;
  /** Of the newest update, or the genesis. */
  readonly digest: Uint8Array;
  readonly root: Uint8Array;
  readonly alive: number;
  readonly authority: Authority;
  /** How often the authority was changed. */
  readonly rotations: number;
}

export const updateRefusals = {
  genesis: 'it is of another identity',
  seq: 'its number is not the next one, or there is none after the last',
  previous: 'it does not name the update before it',
  root: 'it does not begin at the root that the update before it has led to',
  alive: 'it counts the devices wrongly, or there are too many',
  same: 'a device takes its own place',
  authority:
    'the next authority is no key of the suite or the one in force, or there were too many of them',
  proof: 'it is not proved that the change leads from root to root: added twice, gone, never there',
  signature: 'the authority in force has not signed it',
  certificate: 'it does not stand in its slot at a quorum',
} as const;
export type UpdateRefusal = keyof typeof updateRefusals;

export type CheckedUpdate =
  | { readonly ok: true; readonly head: TreeHead }
  | { readonly ok: false; readonly refusal: UpdateRefusal };

/** Before the first update. */
export function treeStart(genesis: Genesis): TreeHead {
  const id = genesisId(genesis);
  const { network, suite, authority } = genesis;
  return {
    genesis: id,
    seq: 0,
    digest: id,
    root: zero32,
    alive: 0,
    authority: { network, suite, key: authority },
    rotations: 0,
  };
}

/** The head after the update, if it may follow and the authority has signed it. */
export function checkUpdate(head: TreeHead, signed: SignedUpdate): CheckedUpdate {
  const refusal = refusalOf(head, signed);
  return refusal === undefined
    ? { ok: true, head: headAfter(head, signed.update) }
    : { ok: false, refusal };
}

/** As `checkUpdate`, and its slot is certified: the update counts. */
export function checkCertified(
  head: TreeHead,
  signed: SignedUpdate,
  certificate: Certificate,
  registries: Registries,
): CheckedUpdate {
  const checked = checkUpdate(head, signed);
  if (!checked.ok) return checked;
  const slot = updateSlot(signed.update, head.authority);
  return checkCertificate(certificate, registries, slot) === undefined
    ? checked
    : { ok: false, refusal: 'certificate' };
}

function refusalOf(head: TreeHead, signed: SignedUpdate): UpdateRefusal | undefined {
  const { update } = signed;
  if (!equal(update.genesis, head.genesis)) return 'genesis';
  if (update.seq !== head.seq + 1) return 'seq';
  if (!equal(update.previous, head.digest)) return 'previous';
  if (!equal(update.before, head.root)) return 'root';
  return (
    wrongChange(head, update) ?? (isSignedBy(signed, head.authority) ? undefined : 'signature')
  );
}

/** What is wrong with the change itself, whoever signs it. */
export function wrongChange(head: TreeHead, update: TreeUpdate): UpdateRefusal | undefined {
  const { alive, change } = update;
  if (alive !== head.alive + gained(change) || alive > limits.treeDevicesMax) return 'alive';
  if (change.type === 'rotate' && !mayRotate(head, change.authority)) return 'authority';
  if (change.type === 'succeed' && equal(change.old, change.device)) return 'same';
  return isProven(update) ? undefined : 'proof';
}

/** True if the key may be the authority after that of `head`. */
export function mayRotate({ authority, rotations }: TreeHead, next: Uint8Array): boolean {
  return (
    rotations < limits.treeRotationsMax &&
    isAuthority(authority.suite, next) &&
    !equal(next, authority.key)
  );
}

/** By how many devices there are more. */
export function gained({ type }: TreeChange): number {
  return type === 'add' ? 1 : type === 'retire' ? -1 : 0;
}

/** The head after an update that may follow, with any number of unseen ones between them. */
export function headAfter(head: TreeHead, update: TreeUpdate): TreeHead {
  const { change } = update;
  const rotated = change.type === 'rotate';
  return {
    genesis: head.genesis,
    seq: update.seq,
    digest: updateDigest(update),
    root: update.after,
    alive: update.alive,
    authority: rotated ? { ...head.authority, key: change.authority } : head.authority,
    rotations: head.rotations + (rotated ? 1 : 0),
  };
}
