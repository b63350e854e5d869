/** `dsm key`: the keys that this device works with. */

import type { WorkingKey } from '@dsm/wallet';
import type { CommandSpec } from '../command.ts';
import * as s from '../schema.ts';
import { withWallet, withWords } from '../session.ts';

const keySchema = s.partial(
  {
    generation: s.count,
    key: s.text,
    state: s.oneOf('in force', 'replaced'),
    since: s.count,
    notes: s.count,
    escrows: s.count,
  },
  { until: s.count },
);

const ls: CommandSpec = {
  name: 'ls',
  summary: 'the keys of this incarnation, and what still names them',
  example: 'dsm key ls',
  output: s.record({ keys: s.list(keySchema) }),
  run: (context) =>
    withWallet(context, async (wallet) => {
      const keys = wallet.keys.list();
      context.result({ keys: keys.map(keyView) }, keys.flatMap(keyLines));
      return 0;
    }),
};

const rotate: CommandSpec = {
  name: 'rotate',
  summary: 'put a new working key and a new KEM key in force',
  details:
    'From the next step on the new key signs. What the old one has signed stays good, and its notes\n' +
    'and escrows are still spent with it. Contacts learn of it when you meet, or from the nodes. Of a\n' +
    'wallet from words they are needed: they come from DSM_WORDS, or are asked for.',
  example: 'dsm key rotate',
  output: keySchema,
  run: (context) =>
    withWallet(context, async (wallet) => {
      const made = await withWords(context, wallet, wallet.keys.rotate);
      context.result(keyView(made), [`${made.key} is in force after step ${made.since}.`]);
      return 0;
    }),
};

export const key: CommandSpec = {
  name: 'key',
  summary: 'the keys that this device works with',
  commands: [ls, rotate],
};

function keyView({ until, ...one }: WorkingKey): Record<string, unknown> {
  return until === undefined ? one : { ...one, until };
}

function keyLines({ key: digest, state, since, until, notes, escrows }: WorkingKey): string[] {
  const steps = until === undefined ? `steps after ${since}` : `steps ${since + 1} to ${until}`;
  const named = `${notes} notes and ${escrows} escrows name it`;
  return [`${digest}  ${state}`, `  ${steps}; ${named}`];
}
