/** Tokens, notes and operations that keep every rule, for the tests that break one. */

import { portableHash } from '@dsm/portable';
import {
  address,
  ascii,
  compare,
  equal,
  installHash,
  keyOf,
  type DeviceMap,
  type OperationContext,
} from '@dsm/primitive';
import { allowList } from '../src/allow-list.ts';
import { noteKinds, type Output } from '../src/note.ts';
import { escrowId, openEscrow, type Escrow } from '../src/escrow.ts';
import {
  encodeOperation,
  inputOrder,
  type Input,
  type Movement,
  type Operation,
} from '../src/operation.ts';
import { forms, tokenId, type Policy } from '../src/policy.ts';
import { valueRules } from '../src/rules.ts';

installHash(portableHash);

export const named = (name: string): Uint8Array => address(ascii(name));

export const gold: Policy = {
  network: named('network'),
  registry: named('registry'),
  ticker: 'GLD',
  name: 'Gold',
  form: forms.fungible,
  decimals: 2,
  cap: 1_000n,
  threshold: 1,
  members: [named('issuer key')],
  bad: 0,
  burn: 1,
  allowed: undefined,
  suites: [1],
  anchors: [],
  depthMax: 8,
  receiptsMax: 64,
};
export const token: Uint8Array = tokenId(gold);
export const lead: Policy = { ...gold, ticker: 'LED', burn: 0 };
export const painting: Policy = { ...gold, ticker: 'ART', form: forms.unique, decimals: 0 };
export const diploma: Policy = { ...painting, ticker: 'DIP', form: forms.credential };
/** Gold for the writer, the peer and a third device. */
export const third: Uint8Array = named('third');
export const listed: Policy = { ...gold, ticker: 'VIP', allowed: membership().root() };
const policies = new Map(
  [gold, lead, painting, diploma, listed].map((each) => [keyOf(tokenId(each)), each]),
);

export function membership(): DeviceMap {
  return allowList([named('writer'), named('peer'), named('third')]);
}

export const writer: Uint8Array = named('writer');
export const peer: Uint8Array = named('peer');
export const between: OperationContext = { writer, peer, head: named('head') };
export const alone: OperationContext = { ...between, peer: writer };

export const input = (name: string, amount: bigint, changes: Partial<Input> = {}): Input => ({
  source: named(name),
  index: 0,
  key: named('spend key'),
  amount,
  kind: noteKinds.online,
  depth: 2,
  receipts: 3,
  blind: named('blind'),
  ...changes,
});

export const output = (
  owner: Uint8Array,
  amount: bigint,
  changes: Partial<Output> = {},
): Output => ({
  owner,
  key: named('their key'),
  amount,
  kind: noteKinds.online,
  depth: 3,
  receipts: 7,
  ...changes,
});

export const sorted = (...all: readonly Input[]): readonly Input[] =>
  all.toSorted((a, b) => compare(inputOrder(a), inputOrder(b)));

const moved = { token, allowed: undefined, memo: 'lunch' };
export const inputs: readonly Input[] = sorted(input('a', 60n), input('b', 40n));

export type Of<T extends Operation['type']> = Extract<Operation, { readonly type: T }>;

export const transfer: Of<'transfer'> = {
  type: 'transfer',
  inputs,
  outputs: [output(peer, 70n), output(writer, 30n)],
  ...moved,
};
export const load: Of<'load'> = {
  type: 'load',
  inputs,
  outputs: [output(writer, 64n, { kind: noteKinds.purse }), output(writer, 36n)],
  ...moved,
};
export const burn: Of<'burn'> = {
  type: 'burn',
  inputs,
  outputs: [output(writer, 99n)],
  ...moved,
};
export const payerKey: Uint8Array = named('key of the payer');
export const fund: Of<'fund'> = {
  type: 'fund',
  payerKey,
  inputs,
  outputs: [output(writer, 30n), output(peer, 70n, { kind: noteKinds.escrow })],
  ...moved,
};

/** A movement with something changed. */
export function move<T extends Operation & Movement>(of: T, changes: Partial<Movement>): T {
  return { ...of, ...changes };
}

/** Escrows that the rules know: one of the writer for the peer, and one the other way round. */
export const escrow: Escrow = openEscrow(
  { ...fund.outputs[1]!, token, source: named('a fund'), index: 1 },
  writer,
  payerKey,
);
export const facing: Escrow = openEscrow(
  { ...fund.outputs[1]!, owner: writer, token, source: named('fund of the peer'), index: 0 },
  peer,
  named('key of the peer'),
);

/** What the rules say of an operation: `accepted`, what is missing, or the detail of the refusal. */
export function said(
  operation: Operation,
  context: OperationContext,
  escrows: readonly Escrow[] = [escrow, facing],
): string {
  const verdict = rulesWith(escrows)(encodeOperation(operation), context);
  if (verdict.type === 'refused') return `${verdict.refusal}: ${verdict.detail}`;
  return verdict.type === 'pending' ? `pending ${verdict.pending}` : verdict.type;
}

export function rulesWith(escrows: readonly Escrow[]): ReturnType<typeof valueRules> {
  return valueRules({
    policyOf: (wanted) => policies.get(keyOf(wanted)),
    escrowOf: (id) => escrows.find((each) => equal(escrowId(each), id)),
  });
}
