/** `dsm load`: fill the purse. */

import { formatAmount, parseAmount } from '../amount.ts';
import type { CommandSpec } from '../command.ts';
import { withWallet } from '../session.ts';
import { balanceSchema, balanceView } from '../view.ts';

export const load: CommandSpec = {
  name: 'load',
  summary: 'fill the purse: what is in it can be paid without a network',
  details:
    'Needs the nodes. A lost device loses its purse, like a lost wallet of leather: neither words nor\n' +
    'a file nor the nodes bring it back (docs/recovery.md).',
  arguments: [
    { form: '<amount>', meaning: 'how much, like 20 or 12.50' },
    { form: '<token>', meaning: 'a ticker, or a unique prefix of the id' },
  ],
  example: 'dsm load 20 ERA',
  output: balanceSchema,
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const { id, decimals, ticker } = wallet.token(input.argument(1));
      const balance = await wallet.load(id, parseAmount(input.argument(0), decimals));
      const purse = formatAmount(balance.purse, decimals);
      context.result(balanceView(balance), `The purse holds ${purse} ${ticker}.`);
      context.say('It is lost with this device: no words, file or node brings a purse back.');
      return 0;
    }),
};
