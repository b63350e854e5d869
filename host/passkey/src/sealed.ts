/**
 * What a passkey has sealed, as bytes.
 *
 *     OFFSET  FIELD
 *          0  version 0x01
 *          1  backup eligible, 0 or 1: its platform may copy the passkey to other devices
 *          2  algorithm 1 ECDSA P-256, 2 RSA
 *          3  n ‖ credential id      n ‖ SubjectPublicKeyInfo      nonce, 12 bytes
 *             AES-256-GCM of the secret, 48 bytes; everything before is associated data
 */

import type { AttestationAlgorithm } from '@dsm/identity';
import { BindingError } from '@dsm/ports';
import { encodeWith, fixed, oneOf, reader, struct, variable, type Coder } from '@dsm/primitive';

export interface PasskeyHeader {
  readonly version: 1;
  readonly isCopied: 0 | 1;
  readonly algorithm: AttestationAlgorithm;
  readonly credential: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly nonce: Uint8Array;
}

export interface SealedByPasskey extends PasskeyHeader {
  readonly ciphertext: Uint8Array;
}

const fields = {
  version: oneOf([1]),
  isCopied: oneOf([0, 1]),
  algorithm: oneOf([1, 2]),
  credential: variable(1_023),
  publicKey: variable(600),
  nonce: fixed(12),
};
const header: Coder<PasskeyHeader> = struct<PasskeyHeader>(fields);
const whole: Coder<SealedByPasskey> = struct<SealedByPasskey>({ ...fields, ciphertext: fixed(48) });

export function headerBytes(head: PasskeyHeader): Uint8Array {
  return encodeWith(header, head);
}

export function sealedBytes(sealed: SealedByPasskey): Uint8Array {
  return encodeWith(whole, sealed);
}

export function sealedOf(bytes: Uint8Array): SealedByPasskey {
  const from = reader(bytes);
  const sealed = whole.read(from);
  if (from.bad() || from.left() > 0)
    throw new BindingError('damaged', 'these bytes are nothing that a passkey has sealed');
  return sealed;
}
