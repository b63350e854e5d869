/** The app of the runs: a sum that two devices share. */

import { defineApp, struct, u32, type App } from '@dsm/wallet';

export interface Sum {
  readonly sum: number;
}

export const ledger: App<Sum, { readonly add: number }> = defineApp<Sum, { readonly add: number }>({
  name: 'sum',
  version: 1,
  rules: 'everybody adds',
  initial: { sum: 0 },
  operation: struct({ add: u32 }),
  state: struct({ sum: u32 }),
  reduce: ({ sum }, { add }) => ({ sum: (sum + add) % 1_000_000 }),
});
