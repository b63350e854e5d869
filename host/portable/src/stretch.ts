/** Argon2id (RFC 9106) in plain JavaScript (@noble/hashes). */

import { argon2idAsync } from '@noble/hashes/argon2.js';
import { checkStretch, type Stretch } from '@dsm/ports';

export const portableStretch: Stretch = {
  name: 'noble',
  argon2id: async (input) => {
    checkStretch(input);
    const { message, salt, secret, associated, memoryKibibytes, passes, lanes } = input;
    return argon2idAsync(message, salt, {
      m: memoryKibibytes,
      t: passes,
      p: lanes,
      dkLen: 32,
      // The library has a bound of its own, below what the port allows.
      maxmem: 1_024 * (memoryKibibytes + 1_024),
      ...(secret === undefined ? {} : { key: secret }),
      ...(associated === undefined ? {} : { personalization: associated }),
    });
  },
};
