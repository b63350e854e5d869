/** `dsm alarm`: who told two histories, with the evidence. */

import { writeFile } from 'node:fs/promises';
import { DsmError, type Alarm } from '@dsm/wallet';
import type { CommandSpec } from '../command.ts';
import { located } from '../network-file.ts';
import * as s from '../schema.ts';
import { withWallet } from '../session.ts';
import { alarmSchema, alarmView } from '../view.ts';

const ls: CommandSpec = {
  name: 'ls',
  summary: 'list the alarms',
  example: 'dsm alarm ls',
  output: s.list(alarmSchema),
  run: (context) =>
    withWallet(context, async (wallet) => {
      const alarms = wallet.alarms();
      context.result(
        alarms.map(alarmView),
        alarms.length === 0
          ? 'No alarms.'
          : alarms.flatMap((one) => [
              `${context.paint('red', one.culprit)}: two ${one.what}  ${one.id}`,
              `  ${one.explain}`,
            ]),
      );
      return 0;
    }),
};

const show: CommandSpec = {
  name: 'show',
  summary: 'show one alarm, or write its evidence into a file',
  details: 'The evidence convinces anybody, and nobody can make it against an honest device.',
  arguments: [{ form: '<alarm>', meaning: 'a unique prefix of the id' }],
  options: [{ form: '--evidence <file>', meaning: 'write the evidence there' }],
  example: 'dsm alarm show alarm1q --evidence maya.evidence',
  output: alarmSchema,
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const alarm = alarmBy(wallet.alarms(), input.argument(0));
      const path = input.option('evidence');
      if (path !== undefined) await writeFile(located(path, context.cli.cwd), alarm.evidence);
      context.result(alarmView(alarm), [
        `${alarm.culprit}  ${alarm.device}`,
        alarm.explain,
        ...alarm.payments.map((id) => `touches  ${id}: dsm receipt show`),
        `evidence: ${alarm.evidence.length} bytes about two ${alarm.what}`,
      ]);
      return 0;
    }),
};

export const alarm: CommandSpec = {
  name: 'alarm',
  summary: 'who told two histories, with the evidence',
  commands: [ls, show],
};

function alarmBy(alarms: readonly Alarm[], prefix: string): Alarm {
  const found = alarms.filter(({ id }) => id.startsWith(prefix));
  if (found.length === 1) return found[0]!;
  throw found.length === 0
    ? new DsmError('not-found', `no alarm begins with ${prefix}`)
    : new DsmError('ambiguous', `${found.length} alarms begin with ${prefix}`);
}
