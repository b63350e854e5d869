/**
 * What a TPM has sealed, as bytes: two objects that only this TPM can load, wrapped by it.
 *
 *     OFFSET  FIELD
 *          0  version 0x01
 *          1  n ‖ SubjectPublicKeyInfo of the signing key
 *             n ‖ its public part       n ‖ its private part, wrapped
 *             n ‖ public part of the sealed secret      n ‖ its private part, wrapped
 */

import { BindingError } from '@dsm/ports';
import { encodeWith, oneOf, reader, struct, variable, type Coder } from '@dsm/primitive';

export interface SealedByTpm {
  readonly version: 1;
  readonly secretPublic: Uint8Array;
  readonly secretPrivate: Uint8Array;
  readonly keyPublic: Uint8Array;
  readonly keyPrivate: Uint8Array;
  readonly publicKey: Uint8Array;
}

const part = variable(600);
const coder: Coder<SealedByTpm> = struct<SealedByTpm>({
  version: oneOf([1]),
  publicKey: part,
  keyPublic: part,
  keyPrivate: part,
  secretPublic: part,
  secretPrivate: part,
});

export function sealedBytes(sealed: SealedByTpm): Uint8Array {
  return encodeWith(coder, sealed);
}

export function sealedOf(bytes: Uint8Array): SealedByTpm {
  const from = reader(bytes);
  const sealed = coder.read(from);
  if (from.bad() || from.left() > 0)
    throw new BindingError('damaged', 'these bytes are nothing that a TPM has sealed');
  return sealed;
}
