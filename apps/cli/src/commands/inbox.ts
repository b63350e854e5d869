/** `dsm inbox`: what came and waits. */

import type { Waiting, Wallet } from '@dsm/wallet';
import type { CommandSpec } from '../command.ts';
import * as s from '../schema.ts';
import { withWallet } from '../session.ts';
import { paymentLine, waitingSchema, waitingView } from '../view.ts';

export const inbox: CommandSpec = {
  name: 'inbox',
  summary: 'what came and waits, on whom, and what ends it',
  example: 'dsm inbox',
  output: s.list(waitingSchema),
  run: (context) =>
    withWallet(context, async (wallet) => {
      const waiting = wallet.inbox();
      context.result(
        waiting.map((one) => waitingView(wallet, one)),
        waitingLines(wallet, waiting),
      );
      return 0;
    }),
};

export function waitingLines(wallet: Wallet, waiting: readonly Waiting[]): readonly string[] {
  if (waiting.length === 0) return ['Nothing waits.'];
  return waiting.flatMap(({ payment, on, why, next }) => [
    paymentLine(wallet, payment),
    `  waits for ${on === 'me' ? 'you' : `the ${on}`}: ${why}; ${next}`,
  ]);
}
