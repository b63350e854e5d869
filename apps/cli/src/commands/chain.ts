/** `dsm chain verify`: recompute what this wallet keeps. */

import type { CommandSpec } from '../command.ts';
import { withWallet } from '../session.ts';
import { verifySchema, verifyView } from '../view.ts';

const verify: CommandSpec = {
  name: 'verify',
  summary: 'recompute every link of one relationship, or of all',
  details: 'Exits with 7 if anything is not what it says it is.',
  arguments: [{ form: '[who]', meaning: 'a name, or a unique prefix of the id' }],
  example: 'dsm chain verify',
  output: verifySchema,
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const report = await wallet.verify(input.optional(0));
      const summary = `${report.links} links and ${report.steps} steps recomputed`;
      context.result(
        verifyView(report),
        report.ok ? `${summary}: all as they should be.` : [`${summary}:`, ...report.faults],
      );
      return report.ok ? 0 : 7;
    }),
};

export const chain: CommandSpec = {
  name: 'chain',
  summary: 'the chains that this wallet keeps',
  commands: [verify],
};
