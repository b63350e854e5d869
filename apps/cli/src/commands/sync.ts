/** `dsm sync`: talk to the nodes. */

import { DsmError } from '@dsm/wallet';
import type { CommandSpec } from '../command.ts';
import { withWallet, withWords } from '../session.ts';
import { syncSchema, syncView } from '../view.ts';

export const sync: CommandSpec = {
  name: 'sync',
  summary: 'fetch what came, send what waits, certify what is missing',
  details:
    'A wallet from words that was restored certifies its next incarnation first: the words come\n' +
    'from DSM_WORDS, or are asked for.',
  example: 'dsm sync',
  output: syncSchema,
  run: (context) =>
    withWallet(context, async (wallet) => {
      const report = await withWords(context, wallet, wallet.sync);
      if (!report.online) throw new DsmError('offline', 'too few nodes answered');
      const { received, introduced, delivered, certified, conflicted } = report;
      const came = `${introduced} have introduced themselves: dsm contact ls.`;
      context.result(syncView(report), [
        ...(introduced === 0 ? [] : [came]),
        `${received} received, ${delivered} delivered, ${certified} certified` +
          (conflicted === 0 ? '.' : `, ${conflicted} conflicted: dsm alarm ls.`),
      ]);
      return conflicted === 0 ? 0 : 6;
    }),
};
