/** Who keeps objects: what each of those that are compared gives to the bench. */

export interface Publisher {
  readonly name: string;
  /** What has happened when a publish is answered. */
  readonly promise: string;
  /** Keep the bytes under a name of 32 bytes, which is new. */
  readonly publish: (name: Uint8Array, bytes: Uint8Array) => Promise<void>;
  /** Resolves when nothing is under way any more that was started by a publish. */
  readonly settled?: () => Promise<void>;
  /** The processes that serve it. */
  readonly pids: readonly number[];
  readonly stop: () => Promise<void>;
}

/** Or the sentence that says what is missing. */
export type Started = Publisher | string;
