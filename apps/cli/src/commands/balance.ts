/** `dsm balance`: what this wallet holds. */

import type { CommandSpec } from '../command.ts';
import * as s from '../schema.ts';
import { withWallet } from '../session.ts';
import { balanceLines, balanceSchema, balanceView } from '../view.ts';

export const balance: CommandSpec = {
  name: 'balance',
  summary: 'what this wallet holds',
  details:
    'online: certified, can be sent with the nodes. purse: can be paid without a network.\n' +
    'uncertified: received or left over offline; a sync certifies it. edges: set apart for or by one\n' +
    'contact, and yours.',
  arguments: [{ form: '[token]', meaning: 'a ticker, or a unique prefix of the id' }],
  example: 'dsm balance',
  output: s.list(balanceSchema),
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const wanted = input.optional(0);
      const id = wanted === undefined ? undefined : wallet.token(wanted).id;
      const balances = wallet.balances().filter(({ token }) => id === undefined || token.id === id);
      context.result(balances.map(balanceView), balanceLines(balances));
      return 0;
    }),
};
