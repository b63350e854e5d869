/** Argon2id (RFC 9106) by Node's OpenSSL, off the main thread. */

import crypto from 'node:crypto';
import { checkStretch, type Stretch } from '@dsm/ports';

/** True if this Node has Argon2id. */
export function nativeStretchAvailable(): boolean {
  return typeof crypto.argon2 === 'function';
}

export const nativeStretch: Stretch = {
  name: 'node:crypto',
  argon2id: async (input) => {
    checkStretch(input);
    const { message, salt, secret, associated, memoryKibibytes, passes, lanes } = input;
    const parameters = {
      message,
      nonce: salt,
      memory: memoryKibibytes,
      passes,
      parallelism: lanes,
      tagLength: 32,
      ...(secret === undefined ? {} : { secret }),
      ...(associated === undefined ? {} : { associatedData: associated }),
    };
    return new Promise((resolve, reject) => {
      crypto.argon2('argon2id', parameters, (error, tag) => {
        if (error === null) resolve(new Uint8Array(tag));
        else reject(error);
      });
    });
  },
};
