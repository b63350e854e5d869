/** `dsm limit`: what this wallet takes on trust, from whom. */

import { DsmError, minimumFinalities, type LimitScope, type MinimumFinality } from '@dsm/wallet';
import { parseAmount } from '../amount.ts';
import type { CommandSpec, Input } from '../command.ts';
import * as s from '../schema.ts';
import { withWallet } from '../session.ts';
import { contactSchema, contactView, limitsLines, limitsSchema, limitsView } from '../view.ts';

const show: CommandSpec = {
  name: 'show',
  summary: 'show the limits, what is used of them and what is left',
  arguments: [{ form: '[token]', meaning: 'a ticker, or a unique prefix of the id; all if none' }],
  example: 'dsm limit show ERA',
  output: s.list(limitsSchema),
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const named = input.optional(0);
      const tokens = named === undefined ? wallet.tokens() : [wallet.token(named)];
      const all = tokens.map(({ id }) => wallet.offlineLimits(id));
      context.result(all.map(limitsView), limitsLines(all));
      return 0;
    }),
};

const set: CommandSpec = {
  name: 'set',
  summary: 'say how much uncertified value is taken',
  details:
    'Without an option, from everybody together: devices are free to make, so this limit always\n' +
    'bounds the sum. With --contact, from that one; with --strangers, from all together who have no\n' +
    'limit of their own. What is certified counts no more, so dsm sync makes room.',
  arguments: [
    { form: '<token>', meaning: 'a ticker, or a unique prefix of the id' },
    { form: '<amount>', meaning: 'the new limit; none takes it away from contact or strangers' },
  ],
  options: [
    { form: '--contact <who>', meaning: 'from this contact alone' },
    { form: '--strangers', meaning: 'from all together who have no limit of their own' },
  ],
  example: 'dsm limit set ERA 20 --contact Maya',
  output: limitsSchema,
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const { id, decimals } = wallet.token(input.argument(0));
      await wallet.setOfflineLimit(id, unitsOf(input.argument(1), decimals), scopeOf(input));
      const now = wallet.offlineLimits(id);
      context.result(limitsView(now), limitsLines([now]));
      return 0;
    }),
};

const finality: CommandSpec = {
  name: 'finality',
  summary: 'show or set how final a payment from a contact must be to be taken',
  details:
    'pair-final takes everything, edge-final no purse notes, certified only what the nodes have\n' +
    'certified. What is less final is refused with the reason, and nothing is paid.',
  arguments: [
    { form: '<who>', meaning: 'a name, or a unique prefix of the id' },
    { form: '[level]', meaning: minimumFinalities.join(', ') },
  ],
  example: 'dsm limit finality Maya certified',
  output: contactSchema,
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const relationship = wallet.contact(input.argument(0));
      const level = input.optional(1);
      if (level !== undefined) await relationship.setMinimumFinality(minimumOf(level));
      const now = relationship.contact();
      const line = `From ${now.name}, payments are taken that are at least ${now.minimumFinality}.`;
      context.result(contactView(now), line);
      return 0;
    }),
};

export const limit: CommandSpec = {
  name: 'limit',
  summary: 'what this wallet takes on trust, from whom',
  commands: [show, set, finality],
};

function unitsOf(text: string, decimals: number): bigint | undefined {
  if (text === 'none') return undefined;
  return /^0+(\.0+)?$/.test(text) ? 0n : parseAmount(text, decimals);
}

function scopeOf(input: Input): LimitScope {
  const contact = input.option('contact');
  if (contact === undefined) return input.isSet('strangers') ? { strangers: true } : {};
  if (input.isSet('strangers')) throw new DsmError('usage', 'say --contact or --strangers');
  return { contact };
}

function minimumOf(text: string): MinimumFinality {
  const known = minimumFinalities.find((one) => one === text);
  if (known !== undefined) return known;
  throw new DsmError('usage', `"${text}" is no level to demand: ${minimumFinalities.join(', ')}`);
}
