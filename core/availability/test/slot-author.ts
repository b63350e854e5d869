/** Somebody who writes slots, in suite 1. */

import {
  keyDigest,
  kinds,
  signatureContext,
  signatures,
  slotKey,
  slotListRoot,
  statementDigest,
  type SlotPlace,
  type SlotWrite,
} from '@dsm/primitive';

export interface SlotAuthor {
  readonly write: (position: number, value: number) => SlotWrite;
}

/** The author of a number. Positions and values are thirty-two times one byte. */
export function slotAuthor(network: Uint8Array, number: number): SlotAuthor {
  const { publicKey, secretKey } = signatures().keyPair('ml-dsa-65', filled(number));
  const writer = keyDigest(1, publicKey);
  const context = signatureContext(kinds.signedStep, 1, network);
  return {
    write: (position, byte) => {
      const place: SlotPlace = { kind: 1, writer, position: filled(position) };
      const [value, body] = [filled(byte), filled(byte + 1)];
      const root = slotListRoot([{ key: slotKey(place), value }]);
      const signature = signatures().sign(secretKey, statementDigest(body, root), context);
      const authorisation = {
        suite: 1,
        publicKey,
        body,
        path: [],
        signature,
        backing: undefined,
      } as const;
      return { place, value, authorisation, hint: undefined, certificate: undefined };
    },
  };
}

/** Thirty-two times one byte. */
export function filled(byte: number): Uint8Array {
  return new Uint8Array(32).fill(byte);
}
