/** The portable XChaCha20-Poly1305: the rules of the port and the Wycheproof vectors. */

import { aeadConformance } from '../../ports/src/conformance/crypto.ts';
import { aeadVectors } from '../../ports/src/conformance/crypto-vectors.ts';
import { portableAead } from '../src/aead.ts';

aeadConformance('portable AEAD', portableAead);
aeadVectors('portable AEAD', portableAead);
