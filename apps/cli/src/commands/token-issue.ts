/** `dsm token issue …`: tokens come into being, by one issuer or by several together. */

import { readFile, writeFile } from 'node:fs/promises';
import { DsmError, type NewToken, type TokenForm, type Wallet } from '@dsm/wallet';
import { formatAmount, parseAmount } from '../amount.ts';
import type { CommandSpec, Input } from '../command.ts';
import { located } from '../network-file.ts';
import * as s from '../schema.ts';
import { withWallet } from '../session.ts';
import { balanceSchema, balanceView, tokenSchema, tokenView } from '../view.ts';

const which = { form: '<token>', meaning: 'a ticker, or a unique prefix of the id' } as const;
const amountOf = { form: '<amount>', meaning: 'how much; of a unique token, how many' } as const;
const toOption = { form: '--to <who>', meaning: 'give it to a contact' } as const;

export const issue: CommandSpec = {
  name: 'issue',
  summary: 'make a new token; this wallet becomes its issuer',
  details:
    'Nothing about a token ever changes: not its name, its cap, its issuers or who may hold it.\n' +
    'With --issuers, the keys come from dsm token key of each of them.',
  arguments: [{ form: '<ticker>', meaning: 'up to 12 letters and digits' }],
  options: [
    { form: '--cap <amount>', meaning: 'how much there can ever be' },
    { form: '--form <form>', meaning: 'fungible (the default), unique or credential' },
    { form: '--decimals <count>', meaning: 'digits after the point (2; 0 unless fungible)' },
    { form: '--name <name>', meaning: 'the full name' },
    { form: '--issuers <keys>', meaning: 'keys of several issuers, with commas' },
    { form: '--threshold <count>', meaning: 'how many of them sign' },
    { form: '--bad <count>', meaning: 'how many of them may be dishonest (0)' },
    { form: '--allowed <devices>', meaning: 'devices that may hold it, with commas' },
    { form: '--anchors <list>', meaning: 'LABEL=obj1… with commas: what is said elsewhere' },
    { form: '--burn', meaning: 'holders may destroy what they hold' },
  ],
  example: 'dsm token issue ERA --cap 1000000 --decimals 2',
  output: tokenSchema,
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const token = await wallet.issue(policyIn(input));
      context.result(tokenView(token), [
        `${token.ticker}  ${token.name}  ${token.id}`,
        `cap ${formatAmount(token.cap, token.decimals)}, ${token.decimals} decimals`,
      ]);
      return 0;
    }),
};

function policyIn(input: Input): NewToken {
  const form = formIn(input.option('form') ?? 'fungible');
  const decimals = decimalsOf(input.option('decimals') ?? (form === 'fungible' ? '2' : '0'));
  const cap = input.option('cap');
  if (cap === undefined) throw new DsmError('usage', 'a token needs --cap');
  const name = input.option('name');
  const [threshold, bad] = ['threshold', 'bad'].map((option) => countIn(input, option));
  const [issuers, allowed] = ['issuers', 'allowed'].map((option) => listIn(input, option));
  const anchors = listIn(input, 'anchors')?.map(anchorOf);
  return {
    ticker: input.argument(0),
    form,
    decimals,
    cap: parseAmount(cap, decimals),
    burn: input.isSet('burn'),
    ...(name !== undefined && { name }),
    ...(issuers !== undefined && { issuers }),
    ...(threshold !== undefined && { threshold }),
    ...(bad !== undefined && { bad }),
    ...(allowed !== undefined && { allowed }),
    ...(anchors !== undefined && { anchors }),
  };
}

function formIn(text: string): TokenForm {
  if (text === 'fungible' || text === 'unique' || text === 'credential') return text;
  throw new DsmError('usage', `"${text}" is no form: fungible, unique or credential`);
}

function decimalsOf(text: string): number {
  if (/^\d{1,2}$/.test(text) && Number(text) <= 38) return Number(text);
  throw new DsmError('usage', `"${text}" is no number of decimals: 0 to 38`);
}

function countIn(input: Input, option: string): number | undefined {
  const text = input.option(option);
  if (text === undefined || /^\d$/.test(text)) return text === undefined ? undefined : Number(text);
  throw new DsmError('usage', `--${option} is a number of issuers`);
}

function listIn(input: Input, option: string): readonly string[] | undefined {
  return input
    .option(option)
    ?.split(',')
    .map((text) => text.trim());
}

function anchorOf(text: string): { readonly label: string; readonly address: string } {
  const [label, address] = text.split('=');
  if (label === undefined || address === undefined) {
    throw new DsmError('usage', `"${text}" is no anchor: LABEL=obj1…`);
  }
  return { label, address };
}

export const issuerKey: CommandSpec = {
  name: 'key',
  summary: 'a new issuer key of this wallet, for a committee that does not exist yet',
  example: 'dsm token key',
  output: s.record({ key: s.text }),
  run: (context) =>
    withWallet(context, async (wallet) => {
      const key = await wallet.issuerKey();
      context.result({ key }, key);
      return 0;
    }),
};

export const mint: CommandSpec = {
  name: 'mint',
  summary: 'make new units or items of a token that this wallet issues alone',
  arguments: [which, amountOf],
  options: [toOption],
  example: 'dsm token mint ERA 1000',
  output: balanceSchema,
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const { id, decimals, ticker } = wallet.token(input.argument(0));
      const to = input.option('to');
      const amount = parseAmount(input.argument(1), decimals);
      await wallet.mint(id, amount, to === undefined ? {} : { to });
      const balance = balanceIn(wallet, id);
      const total = formatAmount(balance.total, decimals);
      context.result(balanceView(balance), `This wallet holds ${total} ${ticker}.`);
      return 0;
    }),
};

const proposalSchema = s.record({ file: s.text, bytes: s.count });

export const propose: CommandSpec = {
  name: 'propose',
  summary: 'propose an issue to the other issuers of a token',
  details: 'Writes a file with the first signature. Hand it around; each adds its own with cosign.',
  arguments: [which, amountOf, { form: '<file>', meaning: 'where to write the proposal' }],
  options: [toOption],
  example: 'dsm token propose EUR 1000 june.issue',
  output: proposalSchema,
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const { id, decimals } = wallet.token(input.argument(0));
      const to = input.option('to');
      const amount = parseAmount(input.argument(1), decimals);
      const bytes = await wallet.proposeIssue(id, amount, to === undefined ? {} : { to });
      const file = located(input.argument(2), context.cli.cwd);
      await writeFile(file, bytes);
      context.result({ file, bytes: bytes.length }, `${bytes.length} bytes written to ${file}`);
      return 0;
    }),
};

export const cosign: CommandSpec = {
  name: 'cosign',
  summary: 'sign an issue that another issuer proposes',
  details:
    'An issuer signs one issue at each position, for ever. Without the second file, the first is\n' +
    'written again.',
  arguments: [
    { form: '<file>', meaning: 'the proposal' },
    { form: '[signed]', meaning: 'where to write it with this signature' },
  ],
  example: 'dsm token cosign june.issue june-ben.issue',
  output: proposalSchema,
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const from = located(input.argument(0), context.cli.cwd);
      const file = located(input.optional(1) ?? input.argument(0), context.cli.cwd);
      const bytes = await wallet.cosign(await fileBytes(from));
      await writeFile(file, bytes);
      context.result({ file, bytes: bytes.length }, `${bytes.length} bytes written to ${file}`);
      return 0;
    }),
};

export const finish: CommandSpec = {
  name: 'finish',
  summary: 'put the signatures of the issuers together and certify the issue',
  arguments: [{ form: '<file...>', meaning: 'proposals of one issue, in any order' }],
  example: 'dsm token finish june-ben.issue june-cat.issue',
  output: s.record({ finished: s.flag }),
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const files = input.rest(0).map((path) => located(path, context.cli.cwd));
      await wallet.finishIssue(await Promise.all(files.map(fileBytes)));
      context.result({ finished: true }, 'Certified: it belongs to whom the issue names.');
      return 0;
    }),
};

function balanceIn(wallet: Wallet, id: string): ReturnType<Wallet['balances']>[number] {
  const found = wallet.balances().find((one) => one.token.id === id);
  if (found === undefined) throw new DsmError('not-found', 'this wallet holds none of it');
  return found;
}

async function fileBytes(path: string): Promise<Uint8Array> {
  try {
    return Uint8Array.from(await readFile(path));
  } catch (cause) {
    throw new DsmError('not-found', `${path} cannot be read`, { cause });
  }
}
