/** `dsm outbox`: what was sent and waits. */

import type { CommandSpec } from '../command.ts';
import * as s from '../schema.ts';
import { withWallet } from '../session.ts';
import { waitingSchema, waitingView } from '../view.ts';
import { waitingLines } from './inbox.ts';

export const outbox: CommandSpec = {
  name: 'outbox',
  summary: 'what was sent and waits, on whom, and what ends it',
  example: 'dsm outbox',
  output: s.list(waitingSchema),
  run: (context) =>
    withWallet(context, async (wallet) => {
      const waiting = wallet.outbox();
      context.result(
        waiting.map((one) => waitingView(wallet, one)),
        waitingLines(wallet, waiting),
      );
      return 0;
    }),
};
