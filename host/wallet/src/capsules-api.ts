/** Recovery data of a wallet, as the SDK shows it: capsules at the nodes, in a file, on paper. */

export interface CapsuleStatus {
  readonly incarnation: number;
  /** Capsules of this incarnation that the nodes have certified. */
  readonly certified: number;
  /** Capsules that are sealed and not certified yet. */
  readonly waiting: number;
  /** True if the nodes hold everything as it is now. */
  readonly complete: boolean;
  /** Rows in them from the last complete start on, in bytes. */
  readonly bytes: number;
  /** True if the nodes hold a capsule of this device that this device has not made: a copy of it. */
  readonly copied: boolean;
}

export interface CapsuleActions {
  /** Seal what has changed and keep it here, to be sent later; answers how many capsules that made. */
  readonly seal: () => Promise<number>;
  readonly status: () => Promise<CapsuleStatus>;
  /**
   * Send what has changed to the nodes. From the first time on every sync and every payment with the
   * nodes does it. Throws `offline` if too few nodes answer; what waits is sent later.
   */
  readonly send: () => Promise<CapsuleStatus>;
}

/** How far a restore has come. */
export interface RestoreProgress {
  readonly capsules: number;
  readonly of: number;
  readonly rows: number;
  readonly bytes: number;
}

/** What a restore from the nodes has found. */
export interface CapsulesRestored {
  readonly incarnation: number;
  /** Counters of the capsules that were read. */
  readonly base: number;
  readonly newest: number;
  /** The newest that the nodes have certified: higher than what was read if that is handed out by nobody. */
  readonly certified: number;
  readonly rows: number;
  readonly bytes: number;
  /** So many of so many nodes of its slot say that no later capsule is known to them. */
  readonly answers: number;
  readonly of: number;
}
