/**
 * Keys, signatures and verifications, by Node and in plain JavaScript.
 *
 * The message has 32 bytes and the context 34, as in the protocol: what is signed is a digest.
 * `verify` meets one public key again and again, `verify-new` a key that it has never seen.
 */

import { nativeSignatures } from '@dsm/node';
import { portableSignatures } from '@dsm/portable';
import { algorithms, sizes, type Algorithm, type Signatures } from '@dsm/primitive';
import { interleaved, type Candidate } from './interleaved.ts';
import type { Report } from './report.ts';

export const question = 'What do keys, signatures and verifications cost, native and portable?';

const implementations: readonly Signatures[] = [nativeSignatures, portableSignatures];
const message = new Uint8Array(32).fill(1);
const context = new Uint8Array(34).fill(2);

/** Rounds and pieces of work in a round; a portable signature of 128s takes a second. */
const efforts: Readonly<Record<Algorithm, readonly [rounds: number, count: number]>> = {
  'ml-dsa-65': [41, 5],
  'slh-dsa-sha2-128s': [5, 1],
  'slh-dsa-sha2-128f': [15, 1],
};

/** Reports one line for each algorithm, work and implementation. */
export function run(report: Report): Promise<void> {
  for (const algorithm of algorithms) {
    const [rounds, count] = efforts[algorithm];
    for (const [work, candidate] of Object.entries(works)) {
      const candidates = implementations.map((one) => candidate(one, algorithm));
      for (const figure of interleaved(candidates, rounds, count)) {
        report({ bench: 'signature', algorithm, work, ...figure });
      }
    }
  }
  return Promise.resolve();
}

const works: Readonly<Record<string, (by: Signatures, algorithm: Algorithm) => Candidate>> = {
  'key-pair': (by, algorithm) => {
    let next = 0;
    return repeated(by, () => {
      next++;
      by.keyPair(algorithm, seedOf(algorithm, next));
    });
  },
  sign: (by, algorithm) => {
    const { secretKey } = by.keyPair(algorithm, seedOf(algorithm, 0));
    return repeated(by, () => by.sign(secretKey, message, context));
  },
  verify: (by, algorithm) => {
    const { publicKey, signature } = signed(algorithm);
    return repeated(by, () => by.verify(algorithm, publicKey, message, signature, context));
  },
  'verify-new': (by, algorithm) => {
    const { publicKey, signature } = signed(algorithm);
    let next = 0;
    return repeated(by, () => {
      next++;
      publicKey[0] = next;
      publicKey[1] = next >> 8;
      by.verify(algorithm, publicKey, message, signature, context);
    });
  },
};

function repeated(by: Signatures, once: () => void): Candidate {
  return {
    name: by.name,
    work: (count) => {
      for (let i = 0; i < count; i++) once();
    },
  };
}

function signed(algorithm: Algorithm): { publicKey: Uint8Array; signature: Uint8Array } {
  const { publicKey, secretKey } = nativeSignatures.keyPair(algorithm, seedOf(algorithm, 0));
  return { publicKey, signature: nativeSignatures.sign(secretKey, message, context) };
}

/** Another seed for every `n`, so that nothing that was remembered helps. */
function seedOf(algorithm: Algorithm, n: number): Uint8Array {
  const seed = new Uint8Array(sizes[algorithm].seed);
  new DataView(seed.buffer).setUint32(0, n);
  return seed;
}

if (import.meta.main) await run((line) => console.log(JSON.stringify(line)));
