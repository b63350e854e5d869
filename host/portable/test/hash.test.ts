/** The portable BLAKE3: the rules of the port and the official vectors. */

import { hashConformance } from '@dsm/ports/conformance';
import { hashVectors, ownHashVectors } from '@dsm/ports/conformance';
import { portableHash } from '../src/hash.ts';

hashConformance('portable hash', portableHash);
hashVectors('portable hash', portableHash);
ownHashVectors('portable hash', portableHash);
