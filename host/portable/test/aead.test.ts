/** The portable XChaCha20-Poly1305: the rules of the port and the Wycheproof vectors. */

import { aeadConformance } from '@dsm/ports/conformance';
import { aeadVectors, ownAeadVectors } from '@dsm/ports/conformance';
import { portableAead } from '../src/aead.ts';

aeadConformance('portable AEAD', portableAead);
aeadVectors('portable AEAD', portableAead);
ownAeadVectors('portable AEAD', portableAead);
