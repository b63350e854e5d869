/**
 * The surface of the SDK: what devices are bound to (see api.ts).
 *
 * Shown to people, and to programs that show people. Nothing here changes what is taken or paid.
 */

import type { BindingLevel } from '@dsm/ports';

export interface BindingActions {
  readonly own: () => OwnBinding;
  readonly of: (contact: string) => ContactBinding;
  /**
   * Ask the contact for a signature by its thing. Needs a live connection; every talk begins with the
   * same question anyway if the contact’s card names a key. Throws `unreachable`.
   */
  readonly check: (contact: string) => Promise<ContactBinding>;
  /**
   * The contact has a new device, or had it repaired: the key that it showed last counts from now on; none
   * any more, if its newest card names none. Throws `not-found` if it has shown no other.
   */
  readonly accept: (contact: string) => Promise<ContactBinding>;
}

export interface OwnBinding {
  readonly level: BindingLevel;
  /** True if whoever has the files, and the passphrase if there is one, has this wallet. */
  readonly clonable: boolean;
  /** Whether challenges of peers are signed. */
  readonly attests: boolean;
  /** What the card tells peers: differs after the keystore was sealed to another thing, until the next card. */
  readonly told: BindingLevel;
  /** False if peers expect another key than the one that would sign. */
  readonly isTold: boolean;
}

export interface ContactBinding {
  /** What the contact’s card claims. */
  readonly level: BindingLevel;
  /** `shown`: the key that the card names, or that was shown before, has signed. `changed`: not any more. */
  readonly state: 'claimed' | 'shown' | 'changed';
  /** Why it is `changed`, in a sentence; empty otherwise. */
  readonly why: string;
  /** Milliseconds since 1970, for people; undefined while it is only claimed. */
  readonly since: number | undefined;
  readonly shownAt: number | undefined;
  /** Talks that ended without an answer since the key was last shown. */
  readonly unanswered: number;
}

/** A contact’s device shows its key for the first time, another one, none, or its own again. */
export interface BindingNotice {
  readonly contact: string;
  readonly device: string;
  readonly before: ContactBinding['state'];
  readonly binding: ContactBinding;
}
