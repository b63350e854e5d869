/**
 * A request for payment as one text:
 *
 *     dsm:pay?to=dev1…&token=tok1…&units=1200&at=127.0.0.1:4700&note=coffee
 *
 * It names the receiver's whole id and the token's, and the amount in smallest units: a ticker and a
 * decimal point would leave something to guess. `at` and `note` may lack.
 */

import { DsmError } from '@dsm/wallet';

export interface PaymentRequest {
  readonly to: string;
  readonly token: string;
  readonly units: bigint;
  /** Where the receiver listens. */
  readonly at?: string;
  readonly note?: string;
}

const scheme = 'dsm:pay?';
const lengthMax = 1_024;
const members = ['to', 'token', 'units', 'at', 'note'];

export function isRequest(text: string): boolean {
  return text.startsWith(scheme);
}

export function requestText({ to, token, units, at, note }: PaymentRequest): string {
  const query = new URLSearchParams({ to, token, units: units.toString() });
  if (at !== undefined) query.set('at', at);
  if (note !== undefined && note !== '') query.set('note', note);
  return scheme + query.toString();
}

/** Reads the text strictly. Throws `usage`. */
export function parseRequest(text: string): PaymentRequest {
  if (!isRequest(text) || text.length > lengthMax)
    throw unreadable('it does not begin with dsm:pay?');
  const query = new URLSearchParams(text.slice(scheme.length));
  const names = [...query.keys()];
  if (names.some((name) => !members.includes(name)) || new Set(names).size !== names.length) {
    throw unreadable('it has a part that is not known, or one twice');
  }
  const [to, token, units] = ['to', 'token', 'units'].map((name) => query.get(name) ?? '');
  if (!/^dev1[a-z0-9]+$/.test(to!)) throw unreadable('it names no device');
  if (!/^tok1[a-z0-9]+$/.test(token!)) throw unreadable('it names no token');
  if (!/^[1-9]\d{0,38}$/.test(units!)) throw unreadable('it names no amount');
  const [at, note] = [query.get('at'), query.get('note')];
  return {
    to: to!,
    token: token!,
    units: BigInt(units!),
    ...(at !== null && { at }),
    ...(note !== null && { note }),
  };
}

function unreadable(why: string): DsmError {
  return new DsmError('usage', `the request cannot be read: ${why}`);
}
