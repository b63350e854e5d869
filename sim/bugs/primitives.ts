/** Mistakes in the two implementations of the primitives that their comparison must find. */

import type { SeededBug } from './bug.ts';

const by: SeededBug['by'] = ['sim/primitives/main.ts'];

export const bugs: readonly SeededBug[] = [
  {
    name: 'key-cached-by-prefix',
    why: 'a public key that differs behind byte 31 is verified under another one',
    edits: [
      {
        file: 'host/node/src/signatures.ts',
        from: 'known !== undefined && Buffer.compare(known.bytes, bytes) === 0',
        to: 'known !== undefined',
      },
    ],
    by,
    finding: 'differs: ml-dsa-65',
  },
  {
    name: 'context-not-signed',
    why: 'a signature for one kind of statement is one for all',
    edits: [
      {
        file: 'host/node/src/signatures.ts',
        from: 'return crypto.verify(null, message, { key, context }, signature);',
        to: 'return crypto.verify(null, message, { key, context: context.subarray(0, 0) }, signature);',
      },
    ],
    by,
    finding: 'differs: slh-dsa-sha2-128f',
  },
  {
    name: 'associated-data-dropped',
    why: 'sealed bytes open in another place than they were sealed for',
    edits: [
      {
        file: 'host/portable/src/aead.ts',
        from: 'return xchacha20poly1305(key, nonce, associated).decrypt(ciphertext);',
        to: 'return xchacha20poly1305(key, nonce).decrypt(ciphertext);',
      },
    ],
    by,
    finding: 'differs: XChaCha20-Poly1305',
  },
  {
    name: 'hash-stops-early',
    why: 'two objects that differ behind that have one address',
    edits: [
      {
        file: 'host/node/src/hash.ts',
        from: 'blake3: (input) => hash(input),',
        to: 'blake3: (input) => hash(input.subarray(0, 65_536)),',
      },
    ],
    by,
    finding: 'differs: BLAKE3',
  },
  {
    name: 'bad-public-key-taken',
    why: 'FIPS 203 demands the check; without it two implementations disagree about a card',
    edits: [
      {
        file: 'host/portable/src/kem.ts',
        from: '    return undefined;\n  } finally {',
        to: '    return { ciphertext: message, secret: message };\n  } finally {',
      },
    ],
    by,
    finding: 'differs: ML-KEM-768',
  },
];
