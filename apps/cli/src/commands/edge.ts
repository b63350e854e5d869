/** `dsm edge`: value set apart for one contact, payable without a network and without trust. */

import { DsmError, escrowStates, type Edge, type EscrowView, type Wallet } from '@dsm/wallet';
import { formatAmount, parseAmount } from '../amount.ts';
import type { CommandSpec } from '../command.ts';
import type { Context } from '../context.ts';
import { confirm } from '../prompt.ts';
import * as s from '../schema.ts';
import { withWallet } from '../session.ts';
import { table } from '../view.ts';

const escrowSchema = s.record({
  id: s.text,
  direction: s.oneOf('in', 'out'),
  amount: s.units,
  paid: s.units,
  locked: s.units,
  rest: s.units,
  state: s.oneOf(...Object.keys(escrowStates)),
  why: s.text,
});

const edgeFields: Readonly<Record<string, s.Schema>> = {
  contact: s.text,
  device: s.text,
  token: s.text,
  ticker: s.text,
  decimals: s.count,
  mine: s.units,
  theirs: s.units,
  locked: s.units,
  canPay: s.units,
  canReceive: s.units,
  limit: s.list(s.units),
  finality: s.oneOf('pending', 'edge-final'),
  escrows: s.list(escrowSchema),
};

const edgeSchema = s.record(edgeFields);

/** `limit` is a list of one, or empty: the owner has set none. */
function edgeView(edge: Edge): object {
  const { contact, device, mine, theirs, locked, canPay, canReceive, limit, finality } = edge;
  const { id: token, ticker, decimals } = edge.token;
  return {
    contact,
    device,
    token,
    ticker,
    decimals,
    mine,
    theirs,
    locked,
    canPay,
    canReceive,
    limit: limit === undefined ? [] : [limit],
    finality,
    escrows: edge.escrows.map(escrowView),
  };
}

function escrowView({ id, direction, amount, paid, locked, rest, state, why }: EscrowView): object {
  return { id, direction, amount, paid, locked, rest, state, why };
}

const head = ['mine', 'theirs', 'locked', 'can pay', 'can receive', 'token', 'with', 'finality'];

function edgeLines(edges: readonly Edge[]): readonly string[] {
  if (edges.length === 0) return ['No edges: dsm edge fund makes one.'];
  const rows = edges.map(({ mine, theirs, locked, canPay, canReceive, ...edge }) => [
    ...[mine, theirs, locked, canPay, canReceive].map((units) =>
      formatAmount(units, edge.token.decimals),
    ),
    edge.token.ticker,
    edge.contact,
    edge.finality,
  ]);
  return table([head, ...rows], 5);
}

function escrowLines({ escrows, token }: Edge): readonly string[] {
  return escrows.map(({ id, direction, amount, paid, rest, state, why }) => {
    const [of, gone, left] = [amount, paid, rest].map((units) =>
      formatAmount(units, token.decimals),
    );
    const whose = direction === 'out' ? 'yours' : 'theirs';
    return `  ${whose}, of ${of}: ${gone} paid, ${left} left; ${state}, ${why}  ${id}`;
  });
}

const who = { form: '<who>', meaning: 'a contact' } as const;
const which = { form: '<token>', meaning: 'a ticker, or a unique prefix of the id' } as const;

const ls: CommandSpec = {
  name: 'ls',
  summary: 'list the edges',
  example: 'dsm edge ls',
  output: s.list(edgeSchema),
  run: (context) =>
    withWallet(context, async (wallet) => {
      const edges = wallet.edges();
      context.result(edges.map(edgeView), edgeLines(edges));
      return 0;
    }),
};

const show: CommandSpec = {
  name: 'show',
  summary: 'show one edge and its escrows',
  arguments: [who, which],
  example: 'dsm edge show Café ERA',
  output: edgeSchema,
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const edge = wallet.contact(input.argument(0)).edge(input.argument(1));
      result(context, edge);
      return 0;
    }),
};

function result(context: Context, edge: Edge): void {
  context.result(edgeView(edge), [...edgeLines([edge]), ...escrowLines(edge)]);
}

const fund: CommandSpec = {
  name: 'fund',
  summary: 'set value apart for a contact',
  details:
    'From then on payments to that contact go without a network and cannot be spent elsewhere. What\n' +
    'each side can and cannot get back alone is said first; --yes says that you have read it.\n' +
    'Needs the nodes. Exits with 8 if too few of them answered: dsm sync goes on.',
  arguments: [who, { form: '<amount>', meaning: 'how much, like 20 or 12.50' }, which],
  example: 'dsm edge fund Café 20 ERA --yes',
  output: edgeSchema,
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const to = wallet.contact(input.argument(0));
      const { id, decimals } = wallet.token(input.argument(2));
      const amount = parseAmount(input.argument(1), decimals);
      await approve(context, to.fundTerms(id, amount));
      result(context, await to.fund(id, amount));
      return 0;
    }),
};

/** What can be lost is on the screen before anything is set apart. */
async function approve({ canAsk, yes, cli }: Context, terms: readonly string[]): Promise<void> {
  const text = terms.map((line) => `- ${line}`).join('\n');
  if (!yes && !canAsk) {
    throw new DsmError('usage', `read this, then say so with --yes:\n${text}`);
  }
  cli.stderr(`${text}\n`);
  if (!yes && !(await confirm('Set it apart?', cli.signal))) {
    throw new DsmError('refused', 'you said no');
  }
}

const exit: CommandSpec = {
  name: 'exit',
  summary: 'leave what a contact has set apart for you',
  details:
    'What it has paid becomes notes of yours, and the rest returns to it. Needs the nodes and not\n' +
    'the contact. What you have set apart yourself returns only when the contact leaves.',
  arguments: [who, which],
  example: 'dsm edge exit Maya ERA',
  output: edgeSchema,
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      result(context, await wallet.contact(input.argument(0)).exit(input.argument(1)));
      return 0;
    }),
};

const limit: CommandSpec = {
  name: 'limit',
  summary: 'say how much you set apart for a contact at most',
  arguments: [who, which, { form: '<amount>', meaning: 'the most; none takes the limit away' }],
  example: 'dsm edge limit Café ERA 50',
  output: edgeSchema,
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const to = wallet.contact(input.argument(0));
      const { id } = wallet.token(input.argument(1));
      await to.setEdgeLimit(id, limitOf(wallet, id, input.argument(2)));
      result(context, to.edge(id));
      return 0;
    }),
};

function limitOf(wallet: Wallet, token: string, text: string): bigint | undefined {
  if (text === 'none') return undefined;
  const { decimals } = wallet.token(token);
  return /^0+(\.0+)?$/.test(text) ? 0n : parseAmount(text, decimals);
}

export const edge: CommandSpec = {
  name: 'edge',
  summary: 'value set apart for one contact, for payments without a network',
  commands: [ls, show, fund, exit, limit],
};
