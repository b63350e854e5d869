/** Randomness from outside: unpredictable bytes, as many as asked for. */
export interface Entropy {
  readonly bytes: (length: number) => Uint8Array;
}
