/** `dsm token`: what is paid with. */

import type { TokenInfo, Wallet } from '@dsm/wallet';
import { DsmError } from '@dsm/wallet';
import { formatAmount, parseAmount } from '../amount.ts';
import type { CommandSpec } from '../command.ts';
import * as s from '../schema.ts';
import { withWallet } from '../session.ts';
import { balanceSchema, balanceView, table, tokenSchema, tokenView } from '../view.ts';

const ls: CommandSpec = {
  name: 'ls',
  summary: 'list the tokens known here',
  example: 'dsm token ls',
  output: s.list(tokenSchema),
  run: (context) =>
    withWallet(context, async (wallet) => {
      const tokens = wallet.tokens();
      context.result(tokens.map(tokenView), [
        ...(tokens.length === 0 ? ['No tokens yet: dsm token adopt ID takes one.'] : []),
        ...table(
          tokens.map((one) => [one.ticker, one.name, one.adopted ? 'adopted' : 'known', one.id]),
        ),
      ]);
      return 0;
    }),
};

const show: CommandSpec = {
  name: 'show',
  summary: 'show a token',
  arguments: [{ form: '<token>', meaning: 'a ticker, or a unique prefix of the id' }],
  example: 'dsm token show ERA',
  output: tokenSchema,
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const token = wallet.token(input.argument(0));
      context.result(tokenView(token), tokenLines(token));
      return 0;
    }),
};

const adopt: CommandSpec = {
  name: 'adopt',
  summary: 'take payments in a token from now on',
  arguments: [{ form: '<token>', meaning: 'the whole id, or a ticker known here' }],
  example: 'dsm token adopt tok1…',
  output: tokenSchema,
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const token = await wallet.adopt(input.argument(0));
      context.result(tokenView(token), tokenLines(token));
      return 0;
    }),
};

const issue: CommandSpec = {
  name: 'issue',
  summary: 'make a new token; this wallet becomes its issuer',
  details: 'Nothing about a token ever changes: not its name, its decimals or its cap.',
  arguments: [{ form: '<ticker>', meaning: 'up to 12 letters and digits' }],
  options: [
    { form: '--cap <amount>', meaning: 'how much there can ever be' },
    { form: '--decimals <count>', meaning: 'digits after the point (2)' },
    { form: '--name <name>', meaning: 'the full name' },
  ],
  example: 'dsm token issue ERA --cap 1000000 --decimals 2',
  output: tokenSchema,
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const decimals = decimalsOf(input.option('decimals') ?? '2');
      const cap = input.option('cap');
      if (cap === undefined) throw new DsmError('usage', 'a token needs --cap');
      const name = input.option('name');
      const token = await wallet.issue({
        ticker: input.argument(0),
        decimals,
        cap: parseAmount(cap, decimals),
        ...(name !== undefined && { name }),
      });
      context.result(tokenView(token), tokenLines(token));
      return 0;
    }),
};

const mint: CommandSpec = {
  name: 'mint',
  summary: 'make new units of a token that this wallet issues',
  arguments: [
    { form: '<token>', meaning: 'a ticker, or a unique prefix of the id' },
    { form: '<amount>', meaning: 'how much' },
  ],
  example: 'dsm token mint ERA 1000',
  output: balanceSchema,
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const { id, decimals, ticker } = wallet.token(input.argument(0));
      await wallet.mint(id, parseAmount(input.argument(1), decimals));
      const balance = balanceIn(wallet, id);
      const total = formatAmount(balance.total, decimals);
      context.result(balanceView(balance), `This wallet holds ${total} ${ticker}.`);
      return 0;
    }),
};

export const token: CommandSpec = {
  name: 'token',
  summary: 'what is paid with',
  commands: [ls, show, adopt, issue, mint],
};

function balanceIn(wallet: Wallet, id: string): ReturnType<Wallet['balances']>[number] {
  const found = wallet.balances().find((one) => one.token.id === id);
  if (found === undefined) throw new DsmError('not-found', 'this wallet holds none of it');
  return found;
}

function tokenLines({ ticker, name, id, decimals, cap, adopted, issuer }: TokenInfo): string[] {
  return [
    `${ticker}  ${name}  ${id}`,
    `cap ${formatAmount(cap, decimals)}, ${decimals} decimals`,
    `${adopted ? 'adopted' : 'not adopted'}${issuer ? ', issued by this wallet' : ''}`,
  ];
}

function decimalsOf(text: string): number {
  if (/^\d{1,2}$/.test(text) && Number(text) <= 38) return Number(text);
  throw new DsmError('usage', `"${text}" is no number of decimals: 0 to 38`);
}
