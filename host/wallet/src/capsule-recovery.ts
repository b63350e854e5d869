/** A restore out of the nodes alone, for whoever has the secrets of one incarnation of the device. */

import { keyDigest, type Suite } from '@dsm/primitive';
import { portableAead, portableKem } from '@dsm/portable';
import type { Aead, Kem, Store } from '@dsm/ports';
import type { Network } from './api.ts';
import { readFromNodes } from './capsule-finding.ts';
import type { CapsulesRestored, RestoreProgress } from './capsules-api.ts';
import { translated } from './errors.ts';
import { walletKeys, type Incarnation, type Secrets } from './keys.ts';
import { planeOf, type Plane } from './plane.ts';

export interface NodesRestore extends Incarnation {
  /** Empty, or what a restore that was cut has left. */
  readonly store: Store;
  readonly network: Network;
  /** The storage plane, if the caller has one that follows the registry already. */
  readonly plane?: Plane;
  readonly secrets: Secrets;
  readonly suite: Suite;
  readonly device: Uint8Array;
  /** Undefined: whatever tree the capsules say that the device belongs to. */
  readonly genesis?: Uint8Array;
  /** The secret to keep in the store: only of a wallet that has no keystore. */
  readonly secret?: Uint8Array;
  /** Go back to an older capsule where the newest is handed out by nobody, or does not open. */
  readonly older?: boolean;
  readonly kem?: Kem;
  readonly aead?: Aead;
  readonly onProgress?: (progress: RestoreProgress) => void;
}

/**
 * Rows of the newest whole capsule into the store: `openWallet` finds a restored wallet there, which
 * acts after its first sync. Undefined if the nodes know of no capsule of this incarnation.
 */
export async function restoreFromNodes(
  options: NodesRestore,
): Promise<CapsulesRestored | undefined> {
  const { network, secrets, suite, kem = portableKem, aead = portableAead } = options;
  const { plane = planeOf(network) } = options;
  try {
    await plane.follow();
    const keys = walletKeys(secrets, suite, kem, options);
    const { publicKey } = keys.capsule();
    return await readFromNodes({
      ...options,
      quorum: plane,
      aead,
      replicas: plane.registries.newest.r,
      writer: keyDigest(suite, publicKey),
      capsuleSecret: keys.capsuleSecret,
    });
  } catch (error) {
    throw translated(error);
  }
}
