/** The relay dies at any of its effects: it does not lose, and nobody is stuck. */

import { cutAt } from './route-cuts.ts';

cutAt('relay', 'paid');
cutAt('relay', 'given up');
