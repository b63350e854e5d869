/** Preloaded by every test run: a property draws the same cases each time, `SEED=17` draws others. */

import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env['SEED'] ?? 1) });
