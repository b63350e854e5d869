/**
 * Ids as people see them: bech32m, lower case, with a prefix that says what they name. No hex.
 *
 * Three words follow from a device id, for two people to compare aloud: 24 bits, enough to notice
 * the wrong phone in the room and never an identity by themselves.
 */

import { bech32m } from '@scure/base';
import { hash } from '@dsm/primitive';
import { words } from './words.ts';

export const prefixes = {
  device: 'dev',
  token: 'tok',
  payment: 'pay',
  object: 'obj',
  node: 'node',
  alarm: 'alarm',
  app: 'app',
  escrow: 'edge',
  route: 'route',
  issuer: 'iss',
  identity: 'gen',
  invitation: 'inv',
  credential: 'cred',
  key: 'key',
} as const;

export type IdKind = keyof typeof prefixes;

export function idText(kind: IdKind, bytes: Uint8Array): string {
  return bech32m.encode(prefixes[kind], bech32m.toWords(bytes), 90);
}

/** The bytes of a whole id of this kind, or undefined. */
export function idBytes(kind: IdKind, text: string): Uint8Array | undefined {
  try {
    const decoded = bech32m.decode(text as `${string}1${string}`, 90);
    const bytes = bech32m.fromWords(decoded.words);
    return decoded.prefix === prefixes[kind] && bytes.length === 32 ? bytes : undefined;
  } catch {
    return undefined;
  }
}

/** Three words of a device. */
export function phraseOf(device: Uint8Array): string {
  return [...hash('device', device).subarray(0, 3)].map((byte) => words[byte]).join(' ');
}
