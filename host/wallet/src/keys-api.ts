/**
 * The surface of the SDK: the keys that a wallet works with (see api.ts).
 *
 * A working key signs steps and is named by notes and escrows; a KEM key is what others seal to. Both are
 * replaced together. What the old key has signed stays signed, and its notes are still spent with it.
 */

export interface KeyActions {
  /** Those of this incarnation, the newest last. */
  readonly list: () => readonly WorkingKey[];
  /**
   * Put new keys in force from the next step on. Contacts that are connected are told at once, the others at the next
   * meeting or by the nodes. Throws `needs-words` where the root key is not at hand, and `needs-restore`.
   */
  readonly rotate: () => Promise<WorkingKey>;
}

export interface WorkingKey {
  readonly generation: number;
  /** The digest that notes name. */
  readonly key: string;
  readonly state: 'in force' | 'replaced';
  /** Steps that were signed before it, and with it; undefined while it signs. */
  readonly since: number;
  readonly until: number | undefined;
  /** Unspent notes and open escrows that name it: they are spent with it. */
  readonly notes: number;
  readonly escrows: number;
}
