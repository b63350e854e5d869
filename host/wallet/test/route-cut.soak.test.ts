/** The ends of a route die at any of their effects: it is paid throughout or returned throughout. */

import { cutAt } from './route-cuts.ts';

for (const name of ['payer', 'recipient'] as const) {
  cutAt(name, 'paid');
  cutAt(name, 'given up');
}
