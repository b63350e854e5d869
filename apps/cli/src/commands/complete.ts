/** `dsm __complete`: words for the completion scripts. Hidden; it never fails, it finds nothing. */

import type { CommandSpec } from '../command.ts';
import { withWallet } from '../session.ts';

export const complete: CommandSpec = {
  name: '__complete',
  summary: 'words for the completion scripts',
  hidden: true,
  arguments: [{ form: '<what>', meaning: 'contacts or tokens' }],
  run: async (context, input) => {
    // A person who presses Tab must not be asked for a passphrase.
    const quiet = { ...context, canAsk: false, say: (): void => {} };
    const words = await withWallet(quiet, async (wallet) =>
      input.argument(0) === 'tokens'
        ? wallet.tokens().map(({ ticker }) => ticker)
        : wallet.contacts().map(({ name }) => name),
    ).catch((): readonly string[] => []);
    context.result(words, words);
    return 0;
  },
};
