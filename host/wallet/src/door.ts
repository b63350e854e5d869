/** The door: the order in which the decisions of a wallet are taken. */

import type { Engine } from './engine.ts';
import { DsmError, translated } from './errors.ts';

/** One decision at a time, in the order of asking; none once the wallet is closed. */
export function door(): {
  readonly exclusive: Engine['exclusive'];
  readonly shut: () => Promise<void>;
} {
  let last: Promise<unknown> = Promise.resolve();
  let open = true;
  return {
    exclusive: async (decide) => {
      if (!open) throw new DsmError('closed', 'this wallet is closed');
      const next = last.then(decide);
      last = next.catch(() => undefined);
      return next.catch((error: unknown) => {
        throw translated(error);
      });
    },
    shut: async () => {
      open = false;
      await last;
    },
  };
}
