/**
 * The health tests of the literature’s probe: whether a source of bytes is stuck, not whether it is
 * anybody’s. A coin that is thrown passes them all.
 */

export interface ProbeHealth {
  /** Shannon entropy of the byte values, bits per byte (0 to 8). */
  readonly entropy: number;
  /** Correlation of each byte with the next, −1 to 1. */
  readonly correlation: number;
  /** Phrases of LZ78, as bits of its code over bits of the input; above 1 for what does not shrink. */
  readonly compression: number;
  readonly passes: boolean;
}

/** Entropy and compression at least, correlation at most in size. */
export const probeHealthBounds = { entropy: 0.45, correlation: 0.3, compression: 0.45 } as const;

export function probeHealth(bytes: Uint8Array): ProbeHealth {
  const entropy = shannon(bytes);
  const correlation = lagOne(bytes);
  const compression = lz78(bytes);
  const passes =
    entropy >= probeHealthBounds.entropy &&
    Math.abs(correlation) <= probeHealthBounds.correlation &&
    compression >= probeHealthBounds.compression;
  return { entropy, correlation, compression, passes };
}

function shannon(bytes: Uint8Array): number {
  const counts = new Float64Array(256);
  for (const byte of bytes) counts[byte]! += 1;
  let sum = 0;
  for (const count of counts) {
    if (count > 0) sum -= (count / bytes.length) * Math.log2(count / bytes.length);
  }
  return sum;
}

function lagOne(bytes: Uint8Array): number {
  const mean = bytes.reduce((sum, byte) => sum + byte, 0) / bytes.length;
  let [together, alone] = [0, 0];
  for (const [i, byte] of bytes.entries()) {
    alone += (byte - mean) ** 2;
    if (i > 0) together += (byte - mean) * (bytes[i - 1]! - mean);
  }
  // What never changes is as correlated as can be.
  return alone === 0 ? 1 : together / alone;
}

/** Each phrase is the longest known one and a byte more: its number and that byte are written. */
function lz78(bytes: Uint8Array): number {
  const phrases = new Map<string, number>();
  let [phrase, bits] = ['', 0];
  for (const byte of bytes) {
    phrase += String.fromCharCode(byte);
    if (phrases.has(phrase)) continue;
    bits += Math.ceil(Math.log2(phrases.size + 1)) + 8;
    phrases.set(phrase, phrases.size);
    phrase = '';
  }
  return bits / (8 * bytes.length);
}
