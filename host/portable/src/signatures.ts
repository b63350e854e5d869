/**
 * ML-DSA and SLH-DSA in plain JavaScript (@noble/post-quantum), pure and hedged.
 *
 *     algorithm            seed
 *     ml-dsa-65            ξ                              32 bytes (FIPS 204, algorithm 6)
 *     slh-dsa-sha2-128*    SK.seed ‖ SK.prf ‖ PK.seed     48 bytes (FIPS 205, algorithm 18)
 *
 * Hedged means that every signature draws fresh randomness, which takes the edge off fault and
 * side-channel attacks; two signatures over one message differ, and nothing compares them. Slow
 * (a SLH-DSA-SHA2-128s signature takes about a second), so keep it off the thread that draws.
 */

import type { Algorithm, Signatures } from '@dsm/primitive';
import { ml_dsa65 } from '@noble/post-quantum/ml-dsa.js';
import { slh_dsa_sha2_128f, slh_dsa_sha2_128s } from '@noble/post-quantum/slh-dsa.js';
import { checkContext, checkSeed, isVerifiable } from './bounds.ts';
import { secretKeys, type SecretKeys } from './secret-key.ts';

const library = {
  'ml-dsa-65': ml_dsa65,
  'slh-dsa-sha2-128s': slh_dsa_sha2_128s,
  'slh-dsa-sha2-128f': slh_dsa_sha2_128f,
} as const satisfies Record<Algorithm, unknown>;

const keys: SecretKeys<Uint8Array> = secretKeys('noble');

export const portableSignatures: Signatures = {
  name: 'noble',
  keyPair: (algorithm, seed) => {
    checkSeed(algorithm, seed);
    const { publicKey, secretKey } = library[algorithm].keygen(seed);
    return { publicKey, secretKey: keys.wrap(algorithm, secretKey) };
  },
  sign: (key, message, context) => {
    const material = keys.unwrap(key);
    checkContext(context);
    return library[key.algorithm].sign(message, material, { context });
  },
  verify: (algorithm, publicKey, message, signature, context) =>
    isVerifiable(algorithm, publicKey, signature, context) &&
    library[algorithm].verify(signature, message, publicKey, { context }),
};
