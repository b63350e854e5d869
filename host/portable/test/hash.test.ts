/** The portable BLAKE3: the rules of the port and the official vectors. */

import { hashConformance } from '../../ports/src/conformance/crypto.ts';
import { hashVectors } from '../../ports/src/conformance/crypto-vectors.ts';
import { portableHash } from '../src/hash.ts';

hashConformance('portable hash', portableHash);
hashVectors('portable hash', portableHash);
