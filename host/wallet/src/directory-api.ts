/**
 * The surface of the SDK, part six: the directory, for those who have never met (see api.ts).
 *
 * A name proves nothing: anybody lists any. Compare the phrase or the id with its owner before much
 * is paid; a name that was used once stays with its device.
 */

import type { Relationship } from './api.ts';

export interface DirectoryActions {
  /**
   * Be found under a name, by the id of the device and by that of its genesis, until the name is
   * withdrawn; `sync` keeps it up. Throws `usage` for a text that is no name.
   */
  readonly publish: (name: string) => Promise<Listed>;
  /** Be found under a name no more. Whoever has looked it up before still has the invitation. */
  readonly withdraw: (name: string) => Promise<void>;
  /** Everybody who claims a name; or the device of `dev1…`, the devices of `gen1…`, or who made `inv1…`. In order of ids. */
  readonly find: (who: string) => Promise<readonly Claimant[]>;
  /** A new invitation. The one before ends: introductions that were made to it are not read. */
  readonly invite: () => Promise<string>;
  /**
   * Introduce this device to a name, `dev1…` or `inv1…`, which may be off: it can be paid at once.
   * Who is a contact already stays what he is. Throws `ambiguous` if several claim the name.
   */
  readonly introduce: (who: string, options?: IntroduceOptions) => Promise<Relationship>;
  readonly status: () => DirectoryStatus;
}

export interface IntroduceOptions {
  /** What to call the contact; otherwise the name on its card. */
  readonly name?: string;
}

export interface Listed {
  /** The name as it is compared: compatibility forms and case do not count. */
  readonly name: string;
  readonly invitation: string;
  /** How many nodes keep the name. */
  readonly nodes: number;
  /** Other devices that claim the same name. */
  readonly others: number;
}

export interface Claimant {
  readonly device: string;
  /** As it was listed; empty if the listing, or the way here, has none. */
  readonly name: string;
  /** What the owner calls the device on its card: a claim, too. */
  readonly cardName: string;
  readonly phrase: string;
  readonly incarnation: number;
  readonly invitation: string;
  /** `gen1…` if the device shows that it belongs to an identity, and the identity says so, too. */
  readonly identity: string | undefined;
  /** True if the nodes show that no later incarnation was opened and no later key made. */
  readonly current: boolean;
  /** What the contacts of this wallet have to do with it; a sentence each. */
  readonly warnings: readonly string[];
}

export interface DirectoryStatus {
  readonly names: readonly string[];
  /** `inv1…`; undefined if there is none. */
  readonly invitation: string | undefined;
  /** The last version of the registry under which the names are listed. */
  readonly until: number;
  /** What was left in the inbox of the invitation and is no introduction that holds. */
  readonly bad: number;
  /** Contacts who introduced themselves and have said nothing since: beyond 256 no more are taken. */
  readonly strangers: number;
  /** Contacts whom this wallet has introduced itself to and who have not answered. */
  readonly unanswered: number;
}
