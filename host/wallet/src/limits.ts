/**
 * Offline limits: how much uncertified value a wallet takes, of one token, from whom.
 *
 *     total      from everybody together; it always bounds the sum, for devices are free to make
 *     strangers  from all contacts together that have no limit of their own; none unless it is set
 *     contact    from one contact
 *
 * Whatever could still turn out to be spent elsewhere counts as used. Certifying it ends that.
 */

import { equal, keyOf } from '@dsm/primitive';
import { format } from './amounts.ts';
import type { LimitScope, OfflineLimit, OfflineLimits, TokenInfo } from './api.ts';
import { findContact } from './contacts.ts';
import type { Engine } from './engine.ts';
import { DsmError } from './errors.ts';
import { draft, putContact, putToken, type Model, type Token } from './model.ts';
import type { ContactRow } from './rows.ts';
import { idText } from './text.ts';
import { findToken, tokenInfo } from './tokens.ts';
import { exposure } from './value.ts';

/** Tokens for which one contact can have a limit of its own. */
const contactLimitsMax = 256;

/** A limit that a payment would exceed, and where it stands. */
export interface Exceeded extends OfflineLimit {
  readonly of: 'total' | 'strangers' | 'contact';
}

export function offlineLimitsOf(model: Model, token: Token): OfflineLimits {
  const contacts = [...model.contacts.values()].flatMap((row) => {
    const limit = limitFor(row, token);
    if (limit === undefined) return [];
    const device = idText('device', row.device);
    return [{ contact: row.name, device, ...standingAt(limit, fromContact(model, token, row)) }];
  });
  const { strangersLimit: strangers } = token;
  return {
    token: tokenInfo(token),
    total: standingAt(token.offlineLimit, exposure(model, token.id)),
    strangers:
      strangers === undefined ? undefined : standingAt(strangers, fromStrangers(model, token)),
    contacts: contacts.toSorted((a, b) => (a.contact < b.contact ? -1 : 1)),
  };
}

function standingAt(limit: bigint, used: bigint): OfflineLimit {
  return { limit, used, left: used < limit ? limit - used : 0n };
}

/** The first limit that `amount` more from the device would exceed, the narrowest first. */
export function exceeded(
  model: Model,
  token: Token,
  from: Uint8Array,
  amount: bigint,
): Exceeded | undefined {
  const row = model.contacts.get(keyOf(from));
  const own = row === undefined ? undefined : limitFor(row, token);
  const bounds: Exceeded[] = [];
  if (row !== undefined && own !== undefined) {
    bounds.push({ of: 'contact', ...standingAt(own, fromContact(model, token, row)) });
  } else if (token.strangersLimit !== undefined) {
    const used = fromStrangers(model, token);
    bounds.push({ of: 'strangers', ...standingAt(token.strangersLimit, used) });
  }
  bounds.push({ of: 'total', ...standingAt(token.offlineLimit, exposure(model, token.id)) });
  return bounds.find(({ used, limit }) => used + amount > limit);
}

const whose = {
  contact: 'for this contact',
  strangers: 'for strangers',
  total: 'for everybody together',
} as const;

/** Which limit it is, where it stands and what ends it. It is told to the payer: at most 256 bytes. */
export function exceededSentence(
  by: Exceeded,
  { ticker, decimals }: Pick<TokenInfo, 'ticker' | 'decimals'>,
  amount: bigint,
): string {
  const [limit, used, left] = [by.limit, by.used, by.left].map((units) => format(units, decimals));
  const stands = `the offline limit ${whose[by.of]} is ${limit} ${ticker}: ${used} used, ${left} left`;
  return amount > by.limit
    ? `${stands}; pay less, or online`
    : `${stands}; it ends when what is open is certified (sync)`;
}

function limitFor({ limits }: ContactRow, { id }: Token): bigint | undefined {
  return limits.find(({ token }) => equal(token, id))?.limit;
}

function fromContact(model: Model, { id }: Token, { device }: ContactRow): bigint {
  return exposure(model, id, (peer) => equal(peer, device));
}

function fromStrangers(model: Model, token: Token): bigint {
  return exposure(model, token.id, (peer) => {
    const row = model.contacts.get(keyOf(peer));
    return row === undefined || limitFor(row, token) === undefined;
  });
}

/** Keep a limit; `undefined` takes it away again, but never the total. */
export async function setOfflineLimit(
  engine: Engine,
  name: string,
  limit: bigint | undefined,
  scope: LimitScope,
): Promise<void> {
  const { model } = engine;
  if (limit !== undefined && limit < 0n) {
    throw new DsmError('usage', 'a limit is an amount, or zero to take nothing');
  }
  await engine.exclusive(async () => {
    const token = findToken(model, name);
    const to = draft();
    if ('contact' in scope) {
      putContact(to, model, withLimit(findContact(model, scope.contact), token.id, limit));
    } else if ('strangers' in scope) {
      putToken(to, model, { ...token, strangersLimit: limit });
    } else if (limit === undefined) {
      throw new DsmError('usage', 'the total is never without a limit: say how much');
    } else {
      putToken(to, model, { ...token, offlineLimit: limit });
    }
    await engine.commit(to);
  });
}

function withLimit(row: ContactRow, token: Uint8Array, limit: bigint | undefined): ContactRow {
  const others = row.limits.filter((one) => !equal(one.token, token));
  if (limit === undefined) return { ...row, limits: others };
  if (others.length === contactLimitsMax) {
    throw new DsmError('usage', `a contact has limits for ${contactLimitsMax} tokens at most`);
  }
  return { ...row, limits: [...others, { token, limit }] };
}
