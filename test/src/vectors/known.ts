/** What a case gives of value: policies, notes, escrows and origins, by the ids that name them. */

import { equal } from '@dsm/primitive';
import {
  escrowId,
  policy,
  tokenId,
  type Escrow,
  type HeldLock,
  type Note,
  type NoteKind,
  type Origin,
  type OriginType,
  type Output,
  type Policy,
  type ValueKnown,
} from '@dsm/protocols';
import type { Given } from './case.ts';
import { decodedAs } from './objects.ts';

/** The policies that a case gives, by token. */
export function policiesOf(given: Given): (token: Uint8Array) => Policy | undefined {
  const known = given.bytesList('policies').map((bytes) => decodedAs(policy, bytes));
  return (token) => known.find((one) => equal(tokenId(one), token));
}

/** All that the rules of value look at: policies, and escrows if there are any. */
export function valueKnownOf(given: Given): ValueKnown {
  const escrows = given.has('escrows') ? given.list('escrows').map(escrowOf) : [];
  return {
    policyOf: policiesOf(given),
    escrowOf: (id) => escrows.find((one) => equal(escrowId(one), id)),
  };
}

export function outputOf(given: Given): Output {
  return {
    owner: given.bytes('owner'),
    key: given.bytes('key'),
    amount: given.amount('amount'),
    kind: given.number('kind') as NoteKind,
    depth: given.number('depth'),
    receipts: given.number('receipts'),
  };
}

export function noteOf(given: Given): Note {
  return {
    token: given.bytes('token'),
    source: given.bytes('source'),
    index: given.number('index'),
    ...outputOf(given),
  };
}

export function escrowOf(given: Given): Escrow {
  return {
    note: noteOf(given.at('note')),
    payer: given.bytes('payer'),
    payerKey: given.bytes('payerKey'),
    total: given.amount('total'),
    count: given.number('count'),
    ticks: given.bytes('ticks'),
    locks: given.list('locks').map((lock): HeldLock => ({
      hash: lock.bytes('hash'),
      amount: lock.amount('amount'),
      route: lock.bytes('route'),
      givenUp: lock.number('givenUp') as 0 | 1,
    })),
  };
}

export function payerOf(given: Given): NonNullable<Origin['payer']> {
  return { device: given.bytes('device'), key: given.bytes('key') };
}

export function originOf(given: Given): Origin {
  const issued = given.has('issued') ? given.at('issued') : undefined;
  return {
    type: given.text('type') as OriginType,
    head: given.bytes('head'),
    token: given.bytes('token'),
    outputs: given.list('outputs').map(outputOf),
    certified: given.flag('certified'),
    sources: given.bytesList('sources'),
    issued:
      issued === undefined
        ? undefined
        : {
            index: issued.number('index'),
            total: issued.amount('total'),
            certified: issued.flag('certified'),
          },
    payer: given.has('payer') ? payerOf(given.at('payer')) : undefined,
    purse: given.flag('purse'),
  };
}
