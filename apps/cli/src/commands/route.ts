/** `dsm route`: payments through others, to somebody with whom there is no edge. */

import { tcpTransport } from '@dsm/node';
import {
  DsmError,
  type DisclosureView,
  type InvoiceInfo,
  type RoutePayment,
  type Wallet,
} from '@dsm/wallet';
import { formatAmount, parseAmount } from '../amount.ts';
import type { CommandSpec, Input } from '../command.ts';
import type { Context } from '../context.ts';
import { confirm } from '../prompt.ts';
import * as s from '../schema.ts';
import { withWallet } from '../session.ts';
import { decimalsOf, table } from '../view.ts';

const hopSchema = s.record({ device: s.text, name: s.text, amount: s.units });

const routeSchema = s.record({
  id: s.text,
  role: s.oneOf('payer', 'relay', 'recipient'),
  token: s.text,
  ticker: s.text,
  decimals: s.count,
  amount: s.units,
  fee: s.units,
  hops: s.list(hopSchema),
  from: s.text,
  note: s.text,
  state: s.oneOf('pending', 'paid', 'returned'),
  locked: s.units,
  waiting: s.text,
  why: s.text,
  finality: s.oneOf('pending', 'edge-final', 'certified'),
});

const invoiceFields: Readonly<Record<string, s.Schema>> = {
  invoice: s.text,
  device: s.text,
  name: s.text,
  token: s.text,
  ticker: s.text,
  amount: s.units,
  note: s.text,
};

const termsSchema = s.record({
  contact: s.text,
  edges: s.flag,
  flat: s.units,
  perMillion: s.count,
  told: s.count,
});

function routeView(route: RoutePayment): object {
  const { id, role, amount, fee, hops, from, note, state, locked, waiting, why, finality } = route;
  const { id: token, ticker, decimals } = route.token;
  return {
    id,
    role,
    token,
    ticker,
    decimals,
    amount,
    fee,
    hops,
    from: from ?? '',
    note,
    state,
    locked,
    waiting,
    why,
    finality,
  };
}

function invoiceView({ text, device, name, token, ticker, amount, note }: InvoiceInfo): object {
  return { invoice: text, device, name: name ?? '', token, ticker, amount, note };
}

const head = ['amount', 'fee', 'token', 'as', 'state', 'waits for', 'id'];

function routeLines(routes: readonly RoutePayment[]): readonly string[] {
  if (routes.length === 0) return ['No routes: dsm route pay makes one.'];
  const rows = routes.map(({ amount, fee, token, role, state, waiting, id }) => [
    ...[amount, fee].map((units) => formatAmount(units, token.decimals)),
    token.ticker,
    role,
    state,
    waiting === '' ? '-' : waiting,
    id,
  ]);
  return table([head, ...rows], 2);
}

function details({ hops, token, why, note, locked }: RoutePayment): readonly string[] {
  const { decimals, ticker } = token;
  return [
    ...hops.map(({ name, amount }) => `  ${formatAmount(amount, decimals)} ${ticker} to ${name}`),
    ...(locked > 0n ? [`  ${formatAmount(locked, decimals)} ${ticker} are locked here`] : []),
    ...(why === '' ? [] : [`  given up: ${why}`]),
    ...(note === '' ? [] : [`  ${note}`]),
  ];
}

const ls: CommandSpec = {
  name: 'ls',
  summary: 'list payments over routes, and for whom each waits',
  example: 'dsm route ls',
  output: s.list(routeSchema),
  run: (context) =>
    withWallet(context, async (wallet) => {
      const routes = wallet.routes();
      context.result(routes.map(routeView), routeLines(routes));
      return 0;
    }),
};

const show: CommandSpec = {
  name: 'show',
  summary: 'show one of them',
  arguments: [{ form: '<id>', meaning: 'a route, or a unique prefix of its id' }],
  example: 'dsm route show route1q',
  output: routeSchema,
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const route = wallet.route(input.argument(0));
      context.result(routeView(route), [...routeLines([route]), ...details(route)]);
      return 0;
    }),
};

const ask: CommandSpec = {
  name: 'ask',
  summary: 'make an invoice, which anybody can pay who knows a way',
  details:
    'Prints a text that dsm route pay takes. It is paid once. Whoever knows a chain of edges to this\n' +
    'device can pay it; dsm ask is for contacts.',
  arguments: [
    { form: '<amount>', meaning: 'how much, like 12 or 12.50' },
    { form: '<token>', meaning: 'a ticker, or a unique prefix of the id' },
  ],
  options: [{ form: '--note <text>', meaning: 'what it is for' }],
  example: 'dsm route ask 12.00 ERA --note coffee',
  output: s.record(invoiceFields),
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const token = wallet.token(input.argument(1));
      const amount = parseAmount(input.argument(0), token.decimals);
      const note = input.option('note') ?? '';
      const text = await wallet.invoice({ token: token.id, amount, note });
      context.result(invoiceView(wallet.readInvoice(text)), text);
      return 0;
    }),
};

const pay: CommandSpec = {
  name: 'pay',
  summary: 'pay an invoice through others',
  details:
    'The cheapest way over edges that contacts have told of. With --to it goes over a connection to\n' +
    'the first device on the way and is done at once if all of them are connected; else over the\n' +
    'nodes, as each of them syncs. Exits with 8 while somebody has not answered: what is locked\n' +
    'stays locked until the one that dsm route ls names opens it or gives it up. No time ends it.',
  arguments: [{ form: '<invoice>', meaning: 'a text from dsm route ask' }],
  options: [
    { form: '--max-fee <amount>', meaning: 'the most that all relays may keep; 1 % if not said' },
    { form: '--to <address>', meaning: 'where the first relay listens' },
  ],
  example: 'dsm route pay inv1… --max-fee 1 --to 127.0.0.1:4700',
  output: routeSchema,
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const text = input.argument(0);
      const asked = wallet.readInvoice(text);
      await approve(context, wallet, asked);
      const at = input.option('to');
      const peer =
        at === undefined
          ? undefined
          : await wallet.meet(await tcpTransport().connect(at, context.cli.signal), {
              signal: context.cli.signal,
            });
      const maxFee = feeWithin(wallet, asked, input);
      const route = await wallet.payInvoice(text, maxFee === undefined ? {} : { maxFee });
      await peer?.close();
      context.result(routeView(route), [...routeLines([route]), ...details(route)]);
      return route.state === 'pending' ? 8 : route.state === 'paid' ? 0 : 4;
    }),
};

function feeWithin(wallet: Wallet, { token }: InvoiceInfo, input: Input): bigint | undefined {
  const text = input.option('maxFee');
  if (text === undefined) return undefined;
  return /^0+(\.0+)?$/.test(text) ? 0n : parseAmount(text, decimalsOf(wallet, token));
}

/** What somebody wrote into an invoice is not paid before the owner has seen it. */
async function approve(
  { canAsk, yes, cli }: Context,
  wallet: Wallet,
  { token, ticker, amount, name, device, note }: InvoiceInfo,
): Promise<void> {
  if (yes) return;
  const known = wallet.tokens().some(({ id }) => id === token);
  if (!known) throw new DsmError('not-found', `the token ${token} is not known here`);
  const what = `${formatAmount(amount, decimalsOf(wallet, token))} ${ticker} to ${name ?? device}`;
  const whole = note === '' ? what : `${what}, ${JSON.stringify(note)}`;
  if (!canAsk) throw new DsmError('usage', `pay ${whole}? Say so with --yes`);
  if (!(await confirm(`Pay ${whole}?`, cli.signal))) throw new DsmError('refused', 'you said no');
}

const relay: CommandSpec = {
  name: 'relay',
  summary: 'take part in routes with a contact',
  details:
    'The contact is told of your edges with others that take part, and they of yours with it. What\n' +
    'goes on to the contact leaves the fee here. A payment under way locks its amount until the\n' +
    'contact answers; dsm route ls shows it. Without options, shows the terms.',
  arguments: [{ form: '<who>', meaning: 'a contact' }],
  options: [
    { form: '--on', meaning: 'take part' },
    { form: '--off', meaning: 'no more; what is under way goes on' },
    { form: '--flat <units>', meaning: 'of each payment, in the smallest unit of its token' },
    { form: '--per-million <units>', meaning: 'of each million units' },
  ],
  example: 'dsm route relay Café --on --flat 1 --per-million 500',
  output: termsSchema,
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const to = wallet.contact(input.argument(0));
      const before = to.disclosure();
      if (input.isSet('on') && input.isSet('off')) {
        throw new DsmError('usage', 'either --on or --off');
      }
      const fee = {
        flat: BigInt(whole(input, 'flat') ?? before.fee.flat),
        perMillion: whole(input, 'perMillion') ?? before.fee.perMillion,
      };
      const changes = ['on', 'off', 'flat', 'perMillion'].some((name) => input.isSet(name));
      const edges = input.isSet('on') || (before.edges && !input.isSet('off'));
      const terms = { edges, fee, lockedMax: before.lockedMax };
      const now = changes ? await to.disclose(terms) : before;
      const { name } = to.contact();
      const { flat, perMillion } = now.fee;
      context.result(
        { contact: name, edges: now.edges, flat, perMillion, told: now.told },
        termsLine(name, now),
      );
      return 0;
    }),
};

function whole(input: Input, name: string): number | undefined {
  const text = input.option(name);
  if (text === undefined) return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new DsmError('usage', 'a fee is a whole number of units');
}

function termsLine(name: string, { edges, fee, told }: DisclosureView): string {
  if (!edges) return `no routes with ${name}`;
  return `routes with ${name}: ${fee.flat} and ${fee.perMillion} per million stay here; ${told} edges told`;
}

export const route: CommandSpec = {
  name: 'route',
  summary: 'payments through others, to somebody with whom there is no edge',
  commands: [ls, show, ask, pay, relay],
};
