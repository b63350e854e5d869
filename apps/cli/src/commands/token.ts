/** `dsm token`: what is paid with. Looking at tokens, taking them, and what a holder does alone. */

import { DsmError, type Item, type TokenDetails, type Wallet } from '@dsm/wallet';
import { formatAmount, parseAmount } from '../amount.ts';
import type { CommandSpec } from '../command.ts';
import type { Context } from '../context.ts';
import { confirm } from '../prompt.ts';
import * as s from '../schema.ts';
import { withWallet } from '../session.ts';
import {
  balanceLines,
  balanceSchema,
  balanceView,
  paymentLine,
  paymentSchema,
  paymentView,
  table,
  tokenSchema,
  tokenView,
} from '../view.ts';
import { relationshipWith } from './pay.ts';
import { cosign, finish, issue, issuerKey, mint, propose } from './token-issue.ts';

const which = { form: '<token>', meaning: 'a ticker, or a unique prefix of the id' } as const;

const detailsSchema = s.record({
  token: tokenSchema,
  shortId: s.text,
  issuers: s.list(s.partial({ key: s.text }, { name: s.text })),
  threshold: s.count,
  bad: s.count,
  issued: s.units,
  burn: s.flag,
  allowed: s.oneOf('any', 'listed', 'unknown'),
  devices: s.list(s.text),
  anchors: s.list(s.record({ label: s.text, address: s.text })),
  suites: s.list(s.count),
  depthMax: s.count,
  receiptsMax: s.count,
  warnings: s.list(s.record({ what: s.text, token: s.text, sentence: s.text })),
});

function detailsView(details: TokenDetails): object {
  const { info, allowed, issuers, ...rest } = details;
  return {
    ...rest,
    token: tokenView(info),
    issuers: issuers.map(({ key, name }) => ({ key, ...(name !== undefined && { name }) })),
    allowed: typeof allowed === 'string' ? allowed : 'listed',
    devices: typeof allowed === 'string' ? [] : allowed,
  };
}

function detailsLines({ info, ...details }: TokenDetails): readonly string[] {
  const { ticker, name, id, decimals, cap, form, adopted, issuer } = info;
  const { issuers, threshold, issued, burn, allowed, anchors, depthMax, receiptsMax } = details;
  const [most, there] = [cap, issued].map((units) => formatAmount(units, decimals));
  const who = typeof allowed === 'string' ? allowed : `${allowed.length} listed`;
  return [
    `${ticker}  ${name}  ${id}`,
    `short id   ${details.shortId}: compare it with the issuer`,
    `form       ${form}, ${decimals} decimals${burn ? ', can be burnt' : ''}`,
    `cap        ${most}; ${there} are known to be issued`,
    `issuers    ${threshold} of ${issuers.length} sign`,
    ...issuers.map((one) => `  ${one.key}  ${one.name ?? ''}`.trimEnd()),
    `holders    ${who}`,
    `lineage    ${depthMax} hops, ${receiptsMax} receipts`,
    ...anchors.map(({ label, address }) => `${label}  ${address}`),
    `here       ${adopted ? 'adopted' : 'not adopted'}${issuer ? ', issued by this wallet' : ''}`,
    ...details.warnings.map(({ sentence }) => `CAREFUL: ${sentence}`),
  ];
}

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
  summary: 'show everything that a token says of itself, and what it could be mistaken for',
  arguments: [{ form: '<token>', meaning: 'a ticker, a unique prefix of the id, or a whole id' }],
  example: 'dsm token show ERA',
  output: detailsSchema,
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const details = await wallet.inspect(input.argument(0));
      context.result(detailsView(details), detailsLines(details));
      return 0;
    }),
};

const adopt: CommandSpec = {
  name: 'adopt',
  summary: 'take payments in a token from now on',
  details:
    'Shows the token and asks, where somebody can answer. A token that could be mistaken for one\n' +
    'that is taken here needs --look-alike.',
  arguments: [{ form: '<token>', meaning: 'the whole id, or a ticker known here' }],
  options: [{ form: '--look-alike', meaning: 'it looks like another one, and is meant' }],
  example: 'dsm token adopt tok1…',
  output: tokenSchema,
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const details = await wallet.inspect(input.argument(0));
      const lookAlike = input.isSet('lookAlike');
      await approve(context, details);
      const token = await wallet.adopt(details.info.id, { lookAlike });
      context.result(
        tokenView(token),
        `This wallet takes ${token.ticker} from now on: ${token.id}`,
      );
      return 0;
    }),
};

async function approve({ canAsk, yes, cli }: Context, details: TokenDetails): Promise<void> {
  if (yes || !canAsk || details.info.adopted) return;
  process.stderr.write(`${detailsLines(details).join('\n')}\n`);
  if (!(await confirm(`Take payments in ${details.info.ticker}?`, cli.signal))) {
    throw new DsmError('refused', 'you said no');
  }
}

const burn: CommandSpec = {
  name: 'burn',
  summary: 'destroy an amount, or one item, for good',
  arguments: [which, { form: '<amount>', meaning: 'how much; of items, the serial number' }],
  example: 'dsm token burn ERA 10',
  output: paymentSchema,
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const { id, decimals, form, ticker } = wallet.token(input.argument(0));
      const units = parseAmount(input.argument(1), decimals);
      const what = form === 'fungible' ? `${input.argument(1)} ${ticker}` : `${ticker} #${units}`;
      await sure(context, `Destroy ${what} for good?`);
      const burnt = await wallet.burn(id, form === 'fungible' ? units : { item: units });
      context.result(paymentView(wallet, burnt), paymentLine(wallet, burnt));
      return 0;
    }),
};

async function sure({ canAsk, yes, cli }: Context, question: string): Promise<void> {
  if (yes) return;
  if (!canAsk) throw new DsmError('usage', `${question} Say so with --yes`);
  if (!(await confirm(question, cli.signal))) throw new DsmError('refused', 'you said no');
}

const remint: CommandSpec = {
  name: 'remint',
  summary: 'have notes that have come a long way made anew by their issuer',
  arguments: [which, { form: '<who>', meaning: 'the issuer, as a contact' }],
  options: [{ form: '--to <address>', meaning: 'where the issuer listens' }],
  example: 'dsm token remint ERA Bank --to 127.0.0.1:4700',
  output: balanceSchema,
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const { id } = wallet.token(input.argument(0));
      const contact = wallet.contact(input.argument(1)).contact();
      const at = input.option('to');
      const issuer = await relationshipWith(context, wallet, {
        contact,
        ...(at !== undefined && { at }),
      });
      const balance = await issuer.remint(id);
      await issuer.close();
      context.result(balanceView(balance), balanceLines([balance]));
      return 0;
    }),
};

const itemSchema = s.partial(
  {
    token: s.text,
    ticker: s.text,
    serial: s.units,
    finality: s.text,
    waiting: s.text,
  },
  { anchor: s.text },
);

function itemView({ anchor, ...item }: Item): object {
  return { ...item, ...(anchor !== undefined && { anchor }) };
}

const items: CommandSpec = {
  name: 'items',
  summary: 'list the items of a unique token, or the credentials, that are here',
  arguments: [which],
  example: 'dsm token items ART',
  output: s.list(itemSchema),
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const found = await wallet.items(input.argument(0));
      context.result(
        found.map(itemView),
        found.length === 0 ? ['No items here.'] : table(found.map(itemCells)),
      );
      return 0;
    }),
};

function itemCells({ ticker, serial, finality, anchor }: Item): readonly string[] {
  return [`${ticker} #${serial}`, finality, anchor ?? ''];
}

const collect: CommandSpec = {
  name: 'collect',
  summary: 'ask the nodes for what the issuers of a token gave to this wallet',
  arguments: [which],
  example: 'dsm token collect ERA',
  output: s.record({ collected: s.count, balance: balanceSchema }),
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const { id } = wallet.token(input.argument(0));
      const collected = await wallet.collect(id);
      const balance = balanceIn(wallet, id);
      context.result({ collected, balance: balanceView(balance) }, [
        `${collected} notes collected`,
        ...balanceLines([balance]),
      ]);
      return 0;
    }),
};

function balanceIn(wallet: Wallet, id: string): ReturnType<Wallet['balances']>[number] {
  return wallet.balances().find((one) => one.token.id === id)!;
}

export const token: CommandSpec = {
  name: 'token',
  summary: 'what is paid with',
  commands: [
    ls,
    show,
    adopt,
    issue,
    issuerKey,
    mint,
    propose,
    cosign,
    finish,
    collect,
    items,
    burn,
    remint,
  ],
};
