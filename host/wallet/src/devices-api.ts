/**
 * The surface of the SDK for an owner's devices: the tree that names them, and what it says of others.
 *
 * What changes the tree is signed by a key that follows from the owner's words. It is handed in for
 * each call (`identityFrom(words, …)` has it) and not kept.
 */

import type { KeyPair } from '@dsm/primitive';
import type { NewPayment, Payment } from './api.ts';

/** The keys that may sign the device tree: what words lead to. */
export interface AuthorityKeys {
  /** The n-th one; the tree says which of them is in force. */
  readonly authority: (n: number) => KeyPair;
}

export type DeviceState = 'alive' | 'retired' | 'succeeded';

export interface OwnedDevice {
  /** `dev1…` */
  readonly device: string;
  /** What this wallet calls it: its own name, or that of the contact; empty if it was never met. */
  readonly name: string;
  readonly state: DeviceState;
  /** Number of the update since which it is gone, and the device that took its place. */
  readonly since: number | undefined;
  readonly by: string | undefined;
  /** True for the device that this wallet is. */
  readonly here: boolean;
}

export interface IdentityTree {
  /** `gen1…`: names the identity for ever. */
  readonly identity: string;
  /** Number of the newest update that is known; 0 if there is none. */
  readonly seq: number;
  /** How often the authority was changed. */
  readonly rotations: number;
  readonly devices: readonly OwnedDevice[];
  /** True if these are all devices as of that update; else those that were shown. */
  readonly complete: boolean;
  /** True while an update of this wallet is signed and not certified: `sync` goes on with it. */
  readonly open: boolean;
  readonly notices: readonly IdentityNotice[];
}

/** Two updates with one number were signed. It convicts nobody: whoever has the words can sign. */
export interface IdentityNotice {
  readonly identity: string;
  readonly seq: number;
  readonly explain: string;
  readonly seenAt: number;
}

export interface DeviceActions {
  /** `gen1…` of the identity that this device's card names; undefined if it names none. */
  readonly identity: () => string | undefined;
  /** The own tree as it is known; undefined if the card names no identity. */
  readonly tree: () => IdentityTree | undefined;
  /** The tree of the identity that a contact's card names; undefined if nothing is known of it. */
  readonly of: (contact: string) => IdentityTree | undefined;
  /** Ask the nodes for the own tree. Throws `offline`. */
  readonly refresh: () => Promise<IdentityTree>;
  /**
   * Add a device by its card, or this one. The card must name this identity. The first call also
   * publishes the genesis. Throws `refused` with the rule, `offline` with the update kept.
   */
  readonly add: (by: AuthorityKeys, card?: Uint8Array) => Promise<IdentityTree>;
  /** The device belongs to nobody any more; contacts refuse what it writes from then on. */
  readonly retire: (by: AuthorityKeys, device: string) => Promise<IdentityTree>;
  /** The device with this card takes the place of another one, which is refused from then on. */
  readonly succeed: (by: AuthorityKeys, old: string, card: Uint8Array) => Promise<IdentityTree>;
  /**
   * Let the card of this device name an identity: by new keys, which the root key certifies. For wallets
   * that were made without words; the identity's owner adds them then. Throws `refused` if it names one.
   */
  readonly join: (genesis: Uint8Array) => Promise<string>;
  /** From now on another key signs the tree: the next one of these words, or a given one. */
  readonly rotate: (by: AuthorityKeys, next?: KeyPair['publicKey']) => Promise<IdentityTree>;
  /** Pay another device of the same owner. Throws `refused` if it is none. */
  readonly move: (payment: NewPayment & { readonly to: string }) => Promise<Payment>;
}
