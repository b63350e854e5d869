/** The shapes that `--json` prints, with their schemas, and the lines that people read. */

import { bindingLevels } from '@dsm/primitive';
import { finalities, minimumFinalities } from '@dsm/protocols';
import type {
  Alarm,
  Balance,
  Contact,
  ContactBinding,
  OfflineLimit,
  OfflineLimits,
  Payment,
  StreamStatus,
  SyncReport,
  TokenInfo,
  VerifyReport,
  Waiting,
  Wallet,
} from '@dsm/wallet';
import { formatAmount } from './amount.ts';
import * as s from './schema.ts';

export const tokenSchema: s.Schema = s.record({
  id: s.text,
  ticker: s.text,
  name: s.text,
  form: s.oneOf('fungible', 'unique', 'credential'),
  decimals: s.count,
  cap: s.units,
  adopted: s.flag,
  issuer: s.flag,
});

export function tokenView(token: TokenInfo): object {
  const { id, ticker, name, form, decimals, cap, adopted, issuer } = token;
  return { id, ticker, name, form, decimals, cap, adopted, issuer };
}

export const balanceSchema: s.Schema = s.record({
  token: s.text,
  ticker: s.text,
  decimals: s.count,
  total: s.units,
  online: s.units,
  purse: s.units,
  uncertified: s.units,
  edges: s.units,
  worn: s.units,
  decimal: s.decimal,
});

export function balanceView(balance: Balance): object {
  const { token, total, online, purse, uncertified, edges, worn } = balance;
  const { id, ticker, decimals } = token;
  const decimal = formatAmount(total, decimals);
  const held = { total, online, purse, uncertified, edges, worn };
  return { token: id, ticker, decimals, ...held, decimal };
}

export function balanceLines(balances: readonly Balance[]): readonly string[] {
  if (balances.length === 0) return ['No tokens yet: dsm token adopt ID takes one.'];
  const rows = balances.map(({ token, total, online, purse, uncertified, edges }) => [
    ...[total, online, purse, uncertified, edges].map((units) =>
      formatAmount(units, token.decimals),
    ),
    token.ticker,
  ]);
  const head = ['total', 'online', 'purse', 'uncertified', 'edges', 'token'];
  return [...table([head, ...rows], 5), ...balances.flatMap(wornLine)];
}

/** Notes that have come far are still money; soon they cannot be paid on. */
function wornLine({ token, worn }: Balance): readonly string[] {
  if (worn === 0n) return [];
  const amount = `${formatAmount(worn, token.decimals)} ${token.ticker}`;
  return [`${amount} have come far from their mint: dsm token remint makes them anew`];
}

export const paymentSchema: s.Schema = s.record({
  id: s.text,
  what: s.oneOf('payment', 'burn'),
  direction: s.oneOf('in', 'out'),
  peer: s.text,
  device: s.text,
  token: s.text,
  ticker: s.text,
  amount: s.units,
  decimal: s.decimal,
  item: s.list(s.units),
  note: s.text,
  over: s.oneOf('edge', 'offline', 'online'),
  finality: s.oneOf(...Object.keys(finalities)),
  waiting: s.text,
  transfers: s.count,
  wireBytes: s.count,
  seenAt: s.count,
});

export function paymentView(wallet: Wallet, payment: Payment): object {
  const decimal = formatAmount(payment.amount, decimalsOf(wallet, payment.token));
  const { id, direction, peer, device, token, ticker, amount, note, over, finality } = payment;
  const { what, waiting, transfers, wireBytes, seenAt } = payment;
  const item = payment.item === undefined ? [] : [payment.item];
  const given = { token, ticker, amount, decimal, item, note, over };
  return {
    id,
    what,
    direction,
    peer,
    device,
    ...given,
    finality,
    waiting,
    transfers,
    wireBytes,
    seenAt,
  };
}

/** One sentence: who gave what to whom, and how sure it is. */
export function paymentLine(wallet: Wallet, payment: Payment): string {
  const what = deedIn(payment, formatAmount(payment.amount, decimalsOf(wallet, payment.token)));
  const note = payment.note === '' ? '' : ` for "${payment.note}"`;
  const wait = payment.waiting === '' ? '' : ` (${payment.waiting})`;
  return `${what}${note}, ${payment.over}: ${payment.finality}${wait}`;
}

function deedIn({ what, item, ticker, direction, peer }: Payment, amount: string): string {
  const value = item === undefined ? `${amount} ${ticker}` : `${ticker} #${item}`;
  if (what === 'burn') return `You burnt ${value}`;
  return direction === 'in' ? `${peer} paid you ${value}` : `You paid ${peer} ${value}`;
}

export const streamSchema: s.Schema = s.record({
  state: s.oneOf('open', 'ended', 'stopped'),
  why: s.text,
  peer: s.text,
  device: s.text,
  token: s.text,
  ticker: s.text,
  total: s.units,
  signed: s.units,
  unsigned: s.units,
  decimal: s.decimal,
  transfers: s.count,
  left: s.units,
});

export function streamView(wallet: Wallet, status: StreamStatus): object {
  const { state, why, peer, device, token, ticker, total, signed, unsigned } = status;
  const { transfers, left } = status;
  const decimal = formatAmount(signed, decimalsOf(wallet, token));
  const who = { state, why, peer, device, token, ticker };
  return { ...who, total, signed, unsigned, decimal, transfers, left };
}

/** One sentence: what has come, what of it is signed. */
export function streamLine(wallet: Wallet, status: StreamStatus): string {
  const { state, why, peer, ticker, transfers } = status;
  const decimals = decimalsOf(wallet, status.token);
  const [signed, unsigned] = [status.signed, status.unsigned].map((units) =>
    formatAmount(units, decimals),
  );
  const came = `${peer} streams ${signed} ${ticker} in ${transfers} transfers`;
  if (state === 'open') return `${came}, and ${unsigned} not signed yet`;
  return state === 'ended' ? `${came}: the end` : `${came}: stopped, ${why}`;
}

export const contactSchema: s.Schema = s.record({
  device: s.text,
  name: s.text,
  phrase: s.text,
  incarnation: s.count,
  written: s.count,
  absorbed: s.count,
  state: s.oneOf('ok', 'resuming', 'bricked', 'blocked', 'stopped', 'retired'),
  introduced: s.oneOf('met', 'unanswered', 'by-me', 'by-them'),
  identity: s.text,
  own: s.flag,
  minimumFinality: s.oneOf(...minimumFinalities),
  floods: s.count,
  stopped: s.text,
  binding: s.partial(
    { level: s.oneOf(...bindingLevels), state: s.oneOf('claimed', 'shown', 'changed') },
    { why: s.text, since: s.count, shownAt: s.count, unanswered: s.count },
  ),
});

export function contactView(contact: Contact): object {
  const { device, name, phrase, incarnation, written, absorbed, state } = contact;
  const { introduced, minimumFinality, floods, stopped, binding, identity = '', own } = contact;
  const who = { device, name, phrase, incarnation };
  const standing = { state, introduced, identity, own, minimumFinality, floods, stopped, binding };
  return { ...who, written, absorbed, ...standing };
}

export function contactLines(contacts: readonly Contact[]): readonly string[] {
  if (contacts.length === 0) return ['Nobody yet: dsm meet makes a contact.'];
  const rows = contacts.map(({ name, state, phrase, device }) => [name, state, phrase, device]);
  return table([['name', 'state', 'phrase', 'device'], ...rows]);
}

/** What a contact’s device is bound to, in a line. */
export function bindingLine({ level, state, why, unanswered }: ContactBinding): string {
  const silent = unanswered === 0 ? '' : `; ${unanswered} talks without an answer since`;
  switch (state) {
    case 'claimed':
      return `${level}, as its card claims${silent}`;
    case 'shown':
      return `${level}, shown${silent}`;
    case 'changed':
      return `${level} was told, and ${why}: is it the same device?`;
  }
}

const limitFields: Readonly<Record<string, s.Schema>> = {
  limit: s.units,
  used: s.units,
  left: s.units,
  decimal: s.decimal,
};

export const limitsSchema: s.Schema = s.record({
  token: s.text,
  ticker: s.text,
  total: s.record(limitFields),
  strangers: s.list(s.record(limitFields)),
  contacts: s.list(s.record({ contact: s.text, device: s.text, ...limitFields })),
});

/** `strangers` is a list of one, or empty: they have no limit of their own. */
export function limitsView({ token, total, strangers, contacts }: OfflineLimits): object {
  const fields = ({ limit, used, left }: OfflineLimit): object => {
    return { limit, used, left, decimal: formatAmount(limit, token.decimals) };
  };
  return {
    token: token.id,
    ticker: token.ticker,
    total: fields(total),
    strangers: strangers === undefined ? [] : [fields(strangers)],
    contacts: contacts.map((one) => {
      const { contact, device } = one;
      return { contact, device, ...fields(one) };
    }),
  };
}

export function limitsLines(all: readonly OfflineLimits[]): readonly string[] {
  if (all.length === 0) return ['No tokens yet: dsm token adopt ID takes one.'];
  const rows = all.flatMap(({ token, total, strangers, contacts }) => {
    const row = (whose: string, { limit, used, left }: OfflineLimit): string[] => [
      ...[limit, used, left].map((units) => formatAmount(units, token.decimals)),
      token.ticker,
      whose,
    ];
    return [
      row('everybody together', total),
      ...(strangers === undefined ? [] : [row('strangers together', strangers)]),
      ...contacts.map((one) => row(one.contact, one)),
    ];
  });
  return table([['limit', 'used', 'left', 'token', 'whose'], ...rows], 3);
}

export const waitingSchema: s.Schema = s.record({
  payment: paymentSchema,
  on: s.oneOf('peer', 'nodes', 'me'),
  why: s.text,
  next: s.text,
});

export function waitingView(wallet: Wallet, { payment, on, why, next }: Waiting): object {
  return { payment: paymentView(wallet, payment), on, why, next };
}

export const syncSchema: s.Schema = s.record({
  received: s.count,
  introduced: s.count,
  delivered: s.count,
  certified: s.count,
  conflicted: s.count,
  online: s.flag,
});

export function syncView(report: SyncReport): object {
  const { received, introduced, delivered, certified, conflicted, online } = report;
  return { received, introduced, delivered, certified, conflicted, online };
}

export const verifySchema: s.Schema = s.record({
  ok: s.flag,
  links: s.count,
  steps: s.count,
  faults: s.list(s.text),
});

export function verifyView({ ok, links, steps, faults }: VerifyReport): object {
  return { ok, links, steps, faults };
}

export const alarmSchema: s.Schema = s.record({
  id: s.text,
  culprit: s.text,
  device: s.text,
  what: s.oneOf('entries', 'steps', 'spends', 'issues', 'votes', 'commits'),
  explain: s.text,
  payments: s.list(s.text),
  done: s.list(s.text),
  evidence: s.base64url,
  seenAt: s.count,
});

export function alarmView(alarm: Alarm): object {
  const { id, culprit, device, what, explain, payments, done, evidence, seenAt } = alarm;
  return { id, culprit, device, what, explain, payments, done, evidence, seenAt };
}

export function decimalsOf(wallet: Wallet, token: string): number {
  return wallet.tokens().find(({ id }) => id === token)?.decimals ?? 0;
}

/** Columns under each other; the first `numbers` of them stand to the right. */
export function table(rows: readonly (readonly string[])[], numbers = 0): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column < numbers ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
}
