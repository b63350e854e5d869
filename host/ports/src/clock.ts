/** The clock, for display only ("seen on this device at …"). Nothing is decided by it. */
export interface Clock {
  /** Milliseconds since 1970. */
  readonly now: () => number;
}
