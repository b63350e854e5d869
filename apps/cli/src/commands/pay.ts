/** `dsm pay`: give somebody what is yours. */

import { performance } from 'node:perf_hooks';
import { tcpTransport } from '@dsm/node';
import {
  DsmError,
  type Contact,
  type Payment,
  type Relationship,
  type TokenInfo,
  type Wallet,
} from '@dsm/wallet';
import { formatAmount, parseAmount } from '../amount.ts';
import type { CommandSpec, Input } from '../command.ts';
import type { Context } from '../context.ts';
import { confirm } from '../prompt.ts';
import { isRequest, parseRequest } from '../request.ts';
import * as s from '../schema.ts';
import { withWallet } from '../session.ts';
import { settingRules } from '../settings.ts';
import { claimantLines } from './directory.ts';
import { decimalsOf, paymentLine, paymentSchema, paymentView } from '../view.ts';

export const pay: CommandSpec = {
  name: 'pay',
  summary: 'pay a contact',
  details:
    'The receiver is a contact, by its name or whole id, never a prefix; or somebody whom you have not\n' +
    'met, by a name of the directory or an invitation, which you are asked about: anybody lists any\n' +
    'name. It goes over the edge with the receiver if\n' +
    'its rest suffices; else with --to over a connection, offline if the purse suffices; else over\n' +
    'the nodes.\n' +
    'Exits with 8 if something is still missing, with 6 if an input was spent before.',
  arguments: [
    { form: '<who>', meaning: 'a contact, a listed name, inv1…, or a request from dsm ask' },
    { form: '[amount]', meaning: 'how much, like 12 or 12.50; the serial number of an item' },
    { form: '[token]', meaning: 'a ticker, or the whole id' },
  ],
  options: [
    { form: '--to <address>', meaning: 'where the receiver listens' },
    { form: '--over <way>', meaning: 'auto, edge, offline or online (DSM_OVER)' },
    { form: '--note <text>', meaning: 'what it is for' },
  ],
  example: 'dsm pay Café 12.00 ERA --to 127.0.0.1:4700',
  output: s.record({ payment: paymentSchema, milliseconds: s.count }),
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const wanted = await wantedOf(context, wallet, input);
      const over = wayOf(input.option('over') ?? context.settings.over.value);
      await approve(context, wallet, wanted, isRequest(input.argument(0)));
      const { token, amount, note } = wanted;
      const peer = await relationshipWith(context, wallet, wanted);
      const start = performance.now();
      const items = wallet.token(token).form !== 'fungible';
      const what = items ? { token, item: amount } : { token, amount };
      const payment = await peer.pay({ ...what, over, ...(note !== undefined && { note }) });
      const milliseconds = Math.round(performance.now() - start);
      await peer.close();
      const lines = [paymentLine(wallet, payment), costLine(payment, milliseconds)];
      context.result({ payment: paymentView(wallet, payment), milliseconds }, lines);
      return exitOf(payment);
    }),
};

interface Wanted {
  readonly contact: Contact;
  readonly token: string;
  readonly amount: bigint;
  readonly note?: string;
  readonly at?: string;
}

async function wantedOf(context: Context, wallet: Wallet, input: Input): Promise<Wanted> {
  const first = input.argument(0);
  const wanted = isRequest(first) ? requested(wallet, input) : await named(context, wallet, input);
  const [at, note] = [input.option('to'), input.option('note')];
  return { ...wanted, ...(at !== undefined && { at }), ...(note !== undefined && { note }) };
}

/** What a request asks for. */
function requested(wallet: Wallet, input: Input): Wanted {
  if (input.optional(1) !== undefined) {
    throw new DsmError('usage', 'a request names its amount: give nothing more');
  }
  const { to, token, units, at, note } = parseRequest(input.argument(0));
  return {
    contact: receiver(wallet, to),
    token: wallet.token(token).id,
    amount: units,
    ...(at !== undefined && { at }),
    ...(note !== undefined && { note }),
  };
}

/** What the command line says. */
async function named(context: Context, wallet: Wallet, input: Input): Promise<Wanted> {
  const [amount, ticker] = [input.optional(1), input.optional(2)];
  if (amount === undefined || ticker === undefined) {
    throw new DsmError('usage', 'pay needs whom, how much and in which token');
  }
  const token = exactToken(wallet, ticker);
  const units = parseAmount(amount, token.decimals);
  const who = input.argument(0);
  const isContact = wallet.contacts().some(({ name, device }) => name === who || device === who);
  const contact = isContact ? receiver(wallet, who) : await stranger(context, wallet, who);
  return { contact, token: token.id, amount: units };
}

/** Somebody who is listed and was never met: paid only if the owner has seen who it is. */
async function stranger(
  { canAsk, yes, say, cli }: Context,
  wallet: Wallet,
  who: string,
): Promise<Contact> {
  const found = await wallet.directory.find(who);
  if (found.length === 0) {
    throw new DsmError('not-found', `you have not met "${who}", and nobody is listed so`);
  }
  for (const line of found.flatMap(claimantLines)) say(line);
  if (found.length === 1 && !yes) {
    if (!canAsk) throw new DsmError('usage', 'is this whom you mean? Say so with --yes');
    const isMeant = await confirm('You have not met. Is this whom you mean?', cli.signal);
    if (!isMeant) throw new DsmError('refused', 'you said no');
  }
  const contact = (await wallet.directory.introduce(who)).contact();
  if (found.some(({ device }) => device === contact.device)) return contact;
  // A name stays with the device that it was used for; whoever is listed now is somebody else.
  const id = contact.device;
  throw new DsmError('refused', `you know "${who}" as ${contact.name}, ${id}: pay by name or id`);
}

/** The token by its ticker or whole id. */
export function exactToken(wallet: Wallet, name: string): TokenInfo {
  const token = wallet.token(name);
  if (token.ticker === name || token.id === name) return token;
  throw new DsmError('usage', `"${name}" is only a prefix: write the ticker or the whole id`);
}

/** A prefix that is unique today may be somebody else's tomorrow: value needs a name or a whole id. */
export function receiver(wallet: Wallet, who: string): Contact {
  const found = wallet.contacts().filter(({ name, device }) => name === who || device === who);
  if (found.length === 1) return found[0]!;
  throw found.length === 0
    ? new DsmError('not-found', `you have not met "${who}": dsm meet first`)
    : new DsmError('ambiguous', `${found.length} contacts are called "${who}": use the whole id`);
}

const ways = ['auto', 'edge', 'offline', 'online'] as const;

function wayOf(text: string): (typeof ways)[number] {
  const known = ways.find((way) => way === text);
  if (known !== undefined) return known;
  throw new DsmError('usage', `--over is ${settingRules.over.meaning}`);
}

/** What a stranger wrote into a request is not paid before the owner has seen it. */
async function approve(
  { canAsk, yes, cli }: Context,
  wallet: Wallet,
  { contact, token, amount }: Wanted,
  isAsked: boolean,
): Promise<void> {
  if (!isAsked || yes) return;
  const { ticker } = wallet.token(token);
  const what = `${formatAmount(amount, decimalsOf(wallet, token))} ${ticker} to ${contact.name}`;
  if (!canAsk) throw new DsmError('usage', `pay ${what}? Say so with --yes`);
  if (!(await confirm(`Pay ${what}?`, cli.signal))) throw new DsmError('refused', 'you said no');
}

export async function relationshipWith(
  { cli }: Context,
  wallet: Wallet,
  { contact, at }: Pick<Wanted, 'contact' | 'at'>,
): Promise<Relationship> {
  if (at === undefined) return wallet.contact(contact.device);
  const connection = await tcpTransport().connect(at, cli.signal);
  const peer = await wallet.meet(connection, { signal: cli.signal });
  if (peer.contact().device === contact.device) return peer;
  const { name } = peer.contact();
  await peer.close();
  throw new DsmError('refused', `${name} listens at ${at}, not ${contact.name}: nothing was paid`);
}

function costLine({ wireBytes }: Payment, milliseconds: number): string {
  const bytes = wireBytes === 0 ? '' : `${wireBytes.toLocaleString('en')} bytes, `;
  return `  ${bytes}${milliseconds} ms`;
}

function exitOf({ finality }: Payment): number {
  switch (finality) {
    case 'pending':
      return 8;
    case 'conflicted':
      return 6;
    case 'pair-final':
    case 'edge-final':
    case 'certified':
      return 0;
  }
}
