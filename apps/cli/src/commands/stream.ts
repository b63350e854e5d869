/** `dsm stream`: many small transfers over an edge, authorised together. */

import { setTimeout } from 'node:timers/promises';
import { DsmError, type Stream, type StreamOptions, type TokenInfo } from '@dsm/wallet';
import { formatAmount, parseAmount } from '../amount.ts';
import type { CommandSpec, Input } from '../command.ts';
import type { Context } from '../context.ts';
import * as s from '../schema.ts';
import { withWallet } from '../session.ts';
import { exactToken, receiver, relationshipWith } from './pay.ts';

/** Progress is shown this often, whatever the pace of the transfers. */
const progressMs = 1_000;

const send: CommandSpec = {
  name: 'send',
  summary: 'send a stream of transfers to a contact',
  details:
    'Over the edge with the contact, which must be funded, and a connection. The amounts are the\n' +
    'lines of the standard input, or --amount each --count times, --tick milliseconds apart.\n' +
    'One signature authorises all transfers since the last one. If the connection ends, what is\n' +
    'not signed was never paid: the result says how many transfers the edge has carried.',
  arguments: [
    { form: '<who>', meaning: 'a contact' },
    { form: '<token>', meaning: 'a ticker, or the whole id' },
  ],
  options: [
    { form: '--to <address>', meaning: 'where the receiver listens' },
    { form: '--amount <amount>', meaning: 'the amount of each transfer, like 0.01' },
    { form: '--count <number>', meaning: 'how many transfers (1)' },
    { form: '--tick <milliseconds>', meaning: 'the time between two transfers (0)' },
    { form: '--every <number>', meaning: 'transfers for each signature (256)' },
    { form: '--note <text>', meaning: 'what it is for' },
  ],
  example: 'dsm stream send Café ERA --to 127.0.0.1:4700 --amount 0.01 --count 600 --tick 100',
  output: s.record({
    transfers: s.count,
    amount: s.units,
    decimal: s.decimal,
    payment: s.partial({}, { id: s.text }),
    signed: s.record({ transfers: s.count, amount: s.units }),
    left: s.units,
  }),
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const contact = receiver(wallet, input.argument(0));
      const token = exactToken(wallet, input.argument(1));
      const amounts = amountsOf(context, input, token);
      const at = input.option('to');
      const peer = await relationshipWith(context, wallet, {
        contact,
        ...(at !== undefined && { at }),
      });
      try {
        const stream = await peer.stream(optionsOf(input, token));
        const before = stream.signed;
        await pour(context, stream, amounts, token);
        await stream.close();
        const { signed, left } = stream;
        const amount = signed.amount - before.amount;
        const transfers = signed.transfers - before.transfers;
        const decimal = formatAmount(amount, token.decimals);
        const payment = transfers === 0 ? undefined : wallet.history().at(-1);
        context.result(
          { transfers, amount, decimal, payment: payment && { id: payment.id }, signed, left },
          [
            `You paid ${contact.name} ${decimal} ${token.ticker} in ${transfers} transfers: edge-final`,
            `  ${formatAmount(left, token.decimals)} ${token.ticker} left in the edge`,
          ],
        );
        return 0;
      } finally {
        await peer.close();
      }
    }),
};

const allow: CommandSpec = {
  name: 'allow',
  summary: 'show or set how much of a stream is taken before it is signed',
  details:
    'This is what you can lose if the payer goes away: it must sign as soon as so much is unsigned,\n' +
    'and no more is taken until it has. As much as the offline limit unless you set it. Without an\n' +
    'option for each contact that has no bound of its own; none goes back to that.',
  arguments: [
    { form: '<token>', meaning: 'a ticker, or a unique prefix of the id' },
    { form: '[amount]', meaning: 'the new bound, 0 for nothing, or none' },
  ],
  options: [{ form: '--contact <who>', meaning: 'for streams of this contact alone' }],
  example: 'dsm stream allow ERA 0.50 --contact Maya',
  output: s.record({ token: s.text, ticker: s.text, unsigned: s.units, decimal: s.decimal }),
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const { id, ticker, decimals } = wallet.token(input.argument(0));
      const [text, who] = [input.optional(1), input.option('contact')];
      if (text !== undefined) {
        await wallet.setUnsignedMax(
          id,
          boundOf(text, decimals),
          ...(who === undefined ? [] : [who]),
        );
      }
      const unsigned = wallet.unsignedMax(id, ...(who === undefined ? [] : [who]));
      const decimal = formatAmount(unsigned, decimals);
      const whose =
        who === undefined ? 'streams' : `streams of ${wallet.contact(who).contact().name}`;
      context.result(
        { token: id, ticker, unsigned, decimal },
        `Of ${whose}, at most ${decimal} ${ticker} are taken before they are signed.`,
      );
      return 0;
    }),
};

export const stream: CommandSpec = {
  name: 'stream',
  summary: 'many small transfers over an edge, authorised together',
  commands: [send, allow],
};

function boundOf(text: string, decimals: number): bigint | undefined {
  if (text === 'none') return undefined;
  return /^0+(\.0+)?$/.test(text) ? 0n : parseAmount(text, decimals);
}

function optionsOf(input: Input, token: TokenInfo): StreamOptions {
  const note = input.option('note');
  const count = numberOf(input, 'every', 1);
  return {
    token: token.id,
    ...(count !== undefined && { every: { count } }),
    ...(note !== undefined && { note }),
  };
}

function numberOf(input: Input, name: string, least: number): number | undefined {
  const text = input.option(name);
  if (text === undefined) return undefined;
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number) && number >= least) return number;
  throw new DsmError('usage', `--${name} is a whole number from ${least}`);
}

/** The amounts to send, with their pauses: told by the options, or line by line. */
function amountsOf({ cli }: Context, input: Input, { decimals }: TokenInfo): AsyncIterable<bigint> {
  const each = input.option('amount');
  const count = numberOf(input, 'count', 1) ?? 1;
  const tick = numberOf(input, 'tick', 0) ?? 0;
  const isTold = each !== undefined;
  if (!isTold && input.isSet('count')) throw new DsmError('usage', '--count needs --amount');
  const told = isTold ? repeated(parseAmount(each, decimals), count) : undefined;
  const lines = cli.lines;
  if (told === undefined && lines === undefined) {
    throw new DsmError('usage', 'say --amount, or give one amount on each line of the input');
  }
  return paced(told ?? parsed(lines!(), decimals), tick, cli.signal);
}

function* repeated(amount: bigint, count: number): Iterable<bigint> {
  for (let i = 0; i < count; i++) yield amount;
}

async function* parsed(lines: AsyncIterable<string>, decimals: number): AsyncIterable<bigint> {
  for await (const line of lines) if (line.trim() !== '') yield parseAmount(line.trim(), decimals);
}

async function* paced(
  amounts: AsyncIterable<bigint> | Iterable<bigint>,
  tick: number,
  signal: AbortSignal,
): AsyncIterable<bigint> {
  let isFirst = true;
  for await (const amount of amounts) {
    if (!isFirst && tick > 0) await setTimeout(tick, undefined, { signal });
    isFirst = false;
    yield amount;
  }
}

/** Send all of them; an interruption ends the stream as if the amounts had ended. */
async function pour(
  { cli, say }: Context,
  stream: Stream,
  amounts: AsyncIterable<bigint>,
  { ticker, decimals }: TokenInfo,
): Promise<void> {
  const before = stream.sent;
  let shown = performance.now();
  try {
    for await (const amount of amounts) {
      if (cli.signal.aborted) return;
      await stream.send(amount);
      if (performance.now() - shown < progressMs) continue;
      shown = performance.now();
      const [sent, unsigned] = [stream.sent.amount - before.amount, stream.exposure].map((units) =>
        formatAmount(units, decimals),
      );
      say(`  ${sent} ${ticker} sent, ${unsigned} of it not signed yet`);
    }
  } catch (error) {
    if (!cli.signal.aborted) throw error;
  }
}
