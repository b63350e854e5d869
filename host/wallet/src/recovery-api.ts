/** Recovery in the SDK: what comes back of a lost device, what does not, and why. */

import type { CapsulesRestored, RestoreProgress } from './capsules-api.ts';
import type { OwnedDevice } from './devices-api.ts';
import type { Phase } from './phase-numbers.ts';

export interface RecoveryActions {
  /** Whether this device may act: see docs/recovery.md. */
  readonly phase: () => Phase;
  /** Why it may not, in a sentence; empty if it may. */
  readonly why: () => string;
  /** The certificate of the incarnation that took this device’s place, as bytes. */
  readonly proof: () => Promise<Uint8Array | undefined>;
  /**
   * What is here, and what of it the nodes show to be there still. Reads slots and writes nothing;
   * throws `offline` if too few nodes answer.
   */
  readonly report: () => Promise<RecoveryReport>;
}

/** Where a recovery takes the rows of the wallet from. The words are needed in every case. */
export type RecoverySource = 'words' | 'file' | 'nodes' | 'store';

export interface RecoveryReport {
  readonly source: RecoverySource;
  readonly device: string;
  readonly name: string;
  readonly incarnation: number;
  /** The devices of its owner’s tree as far as it is known here; empty if the card names none. */
  readonly devices: readonly Pick<OwnedDevice, 'device' | 'name' | 'state' | 'here'>[];
  /** What the nodes had, if they were asked for it. */
  readonly capsule: CapsulesRestored | undefined;
  readonly contacts: readonly RecoveredContact[];
  readonly relationships: number;
  readonly tokens: readonly RecoveredToken[];
  readonly edges: readonly RecoveredEdge[];
  /** Payments with their receipts. */
  readonly receipts: number;
  /** Payments that peers committed before the first sync, and that wait for it. */
  readonly held: number;
  /** What does not come back, or not by itself; a sentence each. */
  readonly missing: readonly string[];
}

export interface RecoveredContact {
  readonly name: string;
  readonly device: string;
  readonly state: 'ok' | 'resuming' | 'bricked' | 'blocked' | 'stopped' | 'retired';
}

/** Amounts of one token; of items, their number. */
export interface RecoveredToken {
  readonly token: string;
  readonly ticker: string;
  readonly decimals: number;
  /** Certified online notes that the nodes show to be free: this comes back. */
  readonly kept: bigint;
  /** Certified online notes that were spent after the capsule or the backup was made. */
  readonly spent: bigint;
  /** Purse notes: they are lost with the device that held them. */
  readonly purse: bigint;
  /** Not certified as far as is known here: it counts once the nodes have said so. */
  readonly uncertified: bigint;
}

export interface RecoveredEdge {
  readonly contact: string;
  readonly ticker: string;
  readonly decimals: number;
  readonly mine: bigint;
  readonly theirs: bigint;
  /** What can be done about it, in a sentence. */
  readonly next: string;
}

/** How far a recovery has come. */
export type RecoveryProgress =
  | { readonly stage: 'words' }
  | ({ readonly stage: 'capsules' } & RestoreProgress)
  | { readonly stage: 'notes' }
  | { readonly stage: 'certifying' };
