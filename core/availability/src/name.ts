/**
 * The name of 32 bytes in a URL: base64url (RFC 4648, section 5) without padding, 43 characters.
 *
 * The last character carries four bits; its two low bits are zero, so 32 bytes have one name.
 */

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const sixByCode = new Map(Array.from(alphabet, (character, i) => [character, i]));

/** Characters of a name. */
export const nameLength = 43;

export function nameOf(bytes: Uint8Array): string {
  if (bytes.length !== 32) throw new RangeError(`name: expected 32 bytes, got ${bytes.length}`);
  let name = '';
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0x3fff;
    for (bits += 8; bits >= 6; bits -= 6) name += alphabet[(held >> (bits - 6)) & 63]!;
  }
  return name + alphabet[(held << (6 - bits)) & 63]!;
}

/** The 32 bytes, or undefined if the text is not the one name of any. */
export function fromName(name: string): Uint8Array | undefined {
  if (name.length !== nameLength) return undefined;
  const bytes = new Uint8Array(32);
  let held = 0;
  let bits = 0;
  let at = 0;
  for (const character of name) {
    const six = sixByCode.get(character);
    if (six === undefined) return undefined;
    held = ((held << 6) | six) & 0x3fff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[at] = held >> bits;
      at += 1;
    }
  }
  return (held & ((1 << bits) - 1)) === 0 ? bytes : undefined;
}
