/** A keystore that forgets at the end of the process. */

import { KeystoreError, type Keystore } from '@dsm/ports';

export function memoryKeystore(initial?: Uint8Array): Keystore {
  let secret = initial === undefined ? undefined : checked(initial);
  return {
    open: () => Promise.resolve(secret?.slice()),
    create: async (bytes) => {
      const copy = checked(bytes);
      if (secret !== undefined) throw new KeystoreError('exists', 'there is a secret already');
      secret = copy;
    },
  };
}

function checked(secret: Uint8Array): Uint8Array {
  if (secret.length !== 32) throw new RangeError(`secret: expected 32 bytes, got ${secret.length}`);
  return secret.slice();
}
