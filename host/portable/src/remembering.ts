/**
 * Signatures that were verified are not verified again: a step's one signature stands under every
 * slot that it writes, and a storage node is shown it once for each.
 *
 * What is remembered is a hash over everything that was verified, so a hit says exactly what the
 * verification said. Refusals are not remembered: nobody is helped by repeating them.
 */

import { address, concat, keyOf, utf8, type Signatures } from '@dsm/primitive';

/** The same signatures, which remember the last `max` good verifications. */
export function rememberingSignatures(inner: Signatures, max = 4_096): Signatures {
  const good = new Set<string>();
  return {
    ...inner,
    verify: (algorithm, publicKey, message, signature, context) => {
      const lengths = Uint8Array.of(context.length, message.length);
      const parts = [utf8(algorithm), lengths, context, message, publicKey, signature];
      const name = keyOf(address(concat(...parts)));
      if (good.has(name)) return true;
      if (!inner.verify(algorithm, publicKey, message, signature, context)) return false;
      if (good.size >= max) good.delete(good.keys().next().value!);
      good.add(name);
      return true;
    },
  };
}
