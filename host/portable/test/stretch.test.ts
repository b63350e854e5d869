/** The portable Argon2id: the rules of the port. */

import { stretchConformance } from '@dsm/ports/conformance';
import { portableStretch } from '../src/stretch.ts';

stretchConformance('portable Argon2id', portableStretch);
