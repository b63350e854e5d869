/**
 * Bytes: compared, joined, looked up. Their lengths and meanings stand where they are laid out, in
 * the coders of each object.
 */

/** True if both hold the same bytes. The time taken does not depend on where they differ. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ b[i]!;
  return difference === 0;
}

/** Order as unsigned big-endian numbers: negative if `a` comes first, a prefix before its extensions. */
export function compare(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const order = a[i]! - b[i]!;
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** All of `parts`, one after the other. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Thirty-two zero bytes: an empty subtree, an absent value, "no previous". */
export const zero32: Uint8Array = new Uint8Array(32);

/** True if every byte is zero. */
export function isZero(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== 0) return false;
  return true;
}

/** The ASCII string as bytes. Domains and contexts are ASCII; a fault of the caller throws. */
export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => {
    const code = character.codePointAt(0)!;
    if (code > 0x7f) throw new RangeError(`not ASCII: ${text}`);
    return code;
  });
}

/** A map key for bytes: one character a byte. Never shown to anybody. */
export function keyOf(bytes: Uint8Array): string {
  let key = '';
  for (let i = 0; i < bytes.length; i++) key += String.fromCharCode(bytes[i]!);
  return key;
}
