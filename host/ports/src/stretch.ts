/**
 * Stretching: what makes guessing at a secret that people hold cost memory and time.
 *
 * The function is Argon2id, version 1.3 (RFC 9106), with a tag of 32 bytes. All implementations give
 * the same bytes; where the platform has none of its own, 64 MiB in three passes take about a second.
 */

export interface Stretch {
  readonly name: string;
  /** 32 bytes. What is out of `stretchBounds` is the caller's fault and throws `RangeError`. */
  readonly argon2id: (input: StretchInput) => Promise<Uint8Array>;
}

export interface StretchInput {
  /** What is guessed at: at most 65,536 bytes. */
  readonly message: Uint8Array;
  /** 8 to 64 bytes; 16 are enough where it is drawn. */
  readonly salt: Uint8Array;
  readonly memoryKibibytes: number;
  readonly passes: number;
  readonly lanes: number;
  /** A key that whoever guesses does not have: at most 64 bytes. */
  readonly secret?: Uint8Array;
  /** What the result is bound to: at most 1,024 bytes. */
  readonly associated?: Uint8Array;
}

/** The least memory is 8 KiB for each lane. */
export const stretchBounds = {
  messageBytesMax: 65_536,
  saltBytesMin: 8,
  saltBytesMax: 64,
  secretBytesMax: 64,
  associatedBytesMax: 1_024,
  memoryKibibytesMax: 1_048_576,
  passesMax: 16,
  lanesMax: 16,
} as const;

/** True if memory, passes and lanes are within bounds, as for costs that were read from a file. */
export function isStretchCost(
  cost: Pick<StretchInput, 'memoryKibibytes' | 'passes' | 'lanes'>,
): boolean {
  const { passes, lanes, memoryKibibytes } = cost;
  return (
    isWithin(passes, 1, stretchBounds.passesMax) &&
    isWithin(lanes, 1, stretchBounds.lanesMax) &&
    isWithin(memoryKibibytes, 8 * lanes, stretchBounds.memoryKibibytesMax)
  );
}

/** Throws unless `input` is within bounds; every implementation asks this first. */
export function checkStretch(input: StretchInput): void {
  const { message, salt, secret, associated } = input;
  if (!isStretchCost(input)) throw new RangeError('Argon2id: the cost is out of bounds');
  const { messageBytesMax, saltBytesMin, saltBytesMax } = stretchBounds;
  if (message.length > messageBytesMax) throw new RangeError('Argon2id: the message is too long');
  if (!isWithin(salt.length, saltBytesMin, saltBytesMax)) {
    throw new RangeError(`Argon2id: a salt has ${saltBytesMin} to ${saltBytesMax} bytes`);
  }
  if ((secret?.length ?? 0) > stretchBounds.secretBytesMax) {
    throw new RangeError('Argon2id: the secret is too long');
  }
  if ((associated?.length ?? 0) > stretchBounds.associatedBytesMax) {
    throw new RangeError('Argon2id: the associated data is too long');
  }
}

function isWithin(n: number, least: number, most: number): boolean {
  return Number.isInteger(n) && n >= least && n <= most;
}
