/** `dsm history`: every payment. */

import type { CommandSpec } from '../command.ts';
import * as s from '../schema.ts';
import { withWallet } from '../session.ts';
import { paymentLine, paymentSchema, paymentView } from '../view.ts';

export const history: CommandSpec = {
  name: 'history',
  summary: 'every payment, or those with one contact',
  arguments: [{ form: '[who]', meaning: 'a name, or a unique prefix of the id' }],
  example: 'dsm history Café',
  output: s.list(paymentSchema),
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const who = input.optional(0);
      const device = who === undefined ? undefined : wallet.contact(who).contact().device;
      const payments = wallet.history(device === undefined ? {} : { contact: device });
      context.result(
        payments.map((payment) => paymentView(wallet, payment)),
        payments.length === 0
          ? 'No payments yet.'
          : payments.map((payment) => `${paymentLine(wallet, payment)}  ${payment.id}`),
      );
      return 0;
    }),
};
