/** Streams between this wallet and its contacts: how one is begun, and what is taken unsigned. */

import { zero32 } from '@dsm/primitive';
import { defaultInterval, restOf, type Interval } from '@dsm/protocols';
import type { Stream, StreamOptions } from './api.ts';
import { findContact } from './contacts.ts';
import { escrowsOf, escrowStateOf, idOf } from './edge-value.ts';
import type { Engine } from './engine.ts';
import { DsmError } from './errors.ts';
import type { Model } from './model.ts';
import { actingRelationship } from './payable.ts';
import type { ContactRow } from './rows.ts';
import { checkReady, current, liveSession, type Runtime } from './runtime.ts';
import { setUnsignedMax, unsignedMaxOf } from './stream-rows.ts';
import { findToken } from './tokens.ts';

/** Begin a stream to a contact that is connected, over the fullest escrow towards it. */
export async function openStream(
  runtime: Runtime,
  to: ContactRow,
  { token: name, every = {}, note = '' }: StreamOptions,
): Promise<Stream> {
  checkReady(runtime);
  const { model } = runtime.engine;
  const token = findToken(model, name);
  const contact = current(runtime, to);
  const { key } = actingRelationship(runtime.engine, contact);
  const session = liveSession(runtime, contact.device);
  if (session === undefined) {
    throw new DsmError('unreachable', `${contact.name} is not connected: a stream needs a line`);
  }
  const escrow = fullestEscrow(model, key, token.id);
  if (escrow === undefined) {
    const sentence = `no ${token.rules.ticker} are set apart for ${contact.name}: fund an edge first`;
    throw new DsmError('insufficient-funds', sentence);
  }
  return session.stream(escrow, intervalOf(every), note);
}

/** The open escrow of this device from which most can be paid. */
function fullestEscrow(
  model: Model,
  relationship: Uint8Array,
  token: Uint8Array,
): Uint8Array | undefined {
  const open = escrowsOf(model, relationship, token).filter(
    (row) => row.side === 0 && escrowStateOf(model, row) === 'open' && restOf(row.escrow) > 0n,
  );
  const [first] = open.toSorted((a, b) => (restOf(a.escrow) > restOf(b.escrow) ? -1 : 1));
  return first === undefined ? undefined : idOf(first);
}

function intervalOf({ count, amount, bytes }: NonNullable<StreamOptions['every']>): Interval {
  const good = isPositive(count) && isPositive(bytes) && (amount === undefined || amount > 0n);
  if (!good) throw new DsmError('usage', 'an interval is a count, an amount or bytes above zero');
  const isOther = amount !== undefined || bytes !== undefined;
  return {
    count: count ?? (isOther ? Number.MAX_SAFE_INTEGER : defaultInterval.count),
    amount,
    bytes,
  };
}

function isPositive(n: number | undefined): boolean {
  return n === undefined || (Number.isSafeInteger(n) && n > 0);
}

export interface Unsigned {
  readonly unsignedMax: (token: string, contact?: string) => bigint;
  readonly setUnsignedMax: (
    token: string,
    most: bigint | undefined,
    contact?: string,
  ) => Promise<void>;
}

/** What this wallet takes of streams before there is a signature. */
export function unsignedTerms(engine: Engine): Unsigned {
  const { model } = engine;
  const deviceOf = (contact: string | undefined): Uint8Array | undefined =>
    contact === undefined ? undefined : findContact(model, contact).device;
  return {
    unsignedMax: (token, contact) =>
      unsignedMaxOf(model, findToken(model, token), deviceOf(contact) ?? zero32),
    setUnsignedMax: (token, most, contact) =>
      setUnsignedMax(engine, findToken(model, token), deviceOf(contact), most),
  };
}
