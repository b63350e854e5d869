/**
 * Movements: what must hold between inputs and outputs, whatever the operation.
 *
 * A lane's rules and a stranger who checks a lineage ask the same questions, so they are here once.
 * Of a fungible token the amounts add up; of a unique one the same items come out that went in; a
 * credential does not move at all.
 */

import { equal, type Suite } from '@dsm/primitive';
import { areAllowed } from './allow-list.ts';
import { noteKinds, type Output } from './note.ts';
import type { Input, Operation } from './operation.ts';
import { forms, type Policy } from './policy.ts';

/** An operation that spends notes and makes others. */
export type Moving = Extract<Operation, { type: 'transfer' | 'load' | 'burn' | 'fund' }>;

export const movementRefusals = {
  'zero-amount': 'an amount is zero',
  overflow: 'the amounts add up to more than 128 bits hold',
  conservation: 'outputs and inputs do not add up, or are not the same items',
  'mixed-inputs': 'purse notes and online notes do not mix in one operation',
  'wrong-input': 'the operation does not take notes of this kind',
  'wrong-output': 'the operation does not make notes of this kind',
  'no-output': 'the operation makes nothing of the kind that it is for',
  denomination: 'a purse note is not a power of two',
  bounds: 'the lineage bounds do not follow from the inputs, or exceed the policy',
  form: 'a token of this form does not move in this way',
  'not-burnable': 'the policy does not let holders destroy what they hold',
  'not-allowed': 'an owner is not shown on the allow-list of the token',
} as const;

export type MovementRefusal = keyof typeof movementRefusals;

export const amountMax: bigint = (1n << 128n) - 1n;

/** The kinds of notes that each operation takes and makes. */
const takes: Readonly<Record<Moving['type'], readonly number[]>> = {
  transfer: [noteKinds.online, noteKinds.purse],
  load: [noteKinds.online],
  burn: [noteKinds.online, noteKinds.purse],
  fund: [noteKinds.online],
};
const makes: Readonly<Record<Moving['type'], readonly number[]>> = {
  transfer: [noteKinds.online],
  load: [noteKinds.online, noteKinds.purse],
  burn: [noteKinds.online],
  fund: [noteKinds.online, noteKinds.escrow],
};

/** Everything that can be said of a movement without knowing its lane. */
export function movementRefusal(moving: Moving, policy: Policy): MovementRefusal | undefined {
  const { type, inputs, outputs } = moving;
  if ([...inputs, ...outputs].some(({ amount }) => amount === 0n)) return 'zero-amount';
  if (sum(inputs) > amountMax || sum(outputs) > amountMax) return 'overflow';
  if (!inputs.every(({ kind }) => takes[type].includes(kind))) return 'wrong-input';
  if (!outputs.every(({ kind }) => makes[type].includes(kind))) return 'wrong-output';
  if (inputs.some(({ kind }) => kind !== inputs[0]!.kind)) return 'mixed-inputs';
  return (
    formRefusal(moving, policy) ??
    boundsRefusal(moving, policy) ??
    purposeRefusal(moving) ??
    (areAllowed(policy.allowed, moving.allowed, outputs) ? undefined : 'not-allowed')
  );
}

function formRefusal(
  { type, inputs, outputs }: Moving,
  { form, burn }: Policy,
): MovementRefusal | undefined {
  if (type === 'burn' && burn === 0) return 'not-burnable';
  if (form === forms.fungible) {
    const [taken, given] = [sum(inputs), sum(outputs)];
    return (type === 'burn' ? given < taken : given === taken) ? undefined : 'conservation';
  }
  if (type === 'load' || type === 'fund') return 'form';
  if (type === 'transfer' && form === forms.credential) return 'form';
  return areSameItems(inputs, outputs, type === 'burn') ? undefined : 'conservation';
}

/** What comes of a re-mint is worth what went: the same sum, or the same items. */
export function isWorthTheSame(
  inputs: readonly { readonly amount: bigint }[],
  outputs: readonly { readonly amount: bigint }[],
  { form }: Pick<Policy, 'form'>,
): boolean {
  if (form !== forms.fungible) return areSameItems(inputs, outputs, false);
  return sum(inputs) <= amountMax && sum(inputs) === sum(outputs);
}

/** Each item comes out once; if some are burnt, no others come. */
function areSameItems(
  inputs: readonly { readonly amount: bigint }[],
  outputs: readonly { readonly amount: bigint }[],
  burnt: boolean,
): boolean {
  const taken = new Set(inputs.map(({ amount }) => amount));
  const given = new Set(outputs.map(({ amount }) => amount));
  const distinct = taken.size === inputs.length && given.size === outputs.length;
  const fewer = burnt ? given.size < taken.size : given.size === taken.size;
  return distinct && fewer && [...given].every((item) => taken.has(item));
}

function boundsRefusal(
  { type, inputs, outputs }: Moving,
  { depthMax, receiptsMax }: Policy,
): 'bounds' | undefined {
  const { depth, receipts } = boundsAfter(inputs);
  // What leaves an escrow has one hop more behind it, and the payee must be able to leave.
  const more = type === 'fund' ? 1 : 0;
  if (depth + more > depthMax || receipts + more > receiptsMax) return 'bounds';
  const bounded = outputs.every((output) => output.depth === depth && output.receipts === receipts);
  return bounded ? undefined : 'bounds';
}

/** A load makes purse notes, a fund one escrow, a transfer something. */
function purposeRefusal({ type, outputs }: Moving): MovementRefusal | undefined {
  if (type === 'burn') return undefined;
  const wanted = type === 'load' ? noteKinds.purse : noteKinds.escrow;
  const made = type === 'transfer' ? outputs : outputs.filter(({ kind }) => kind === wanted);
  if (made.length === 0 || (type === 'fund' && made.length > 1)) return 'no-output';
  const coins = type === 'load' ? made : [];
  return coins.every(({ amount }) => (amount & (amount - 1n)) === 0n) ? undefined : 'denomination';
}

/** The bounds of whatever comes of the inputs: depth = max + 1, receipts = sum + 1. */
export function boundsAfter(
  inputs: readonly { readonly depth: number; readonly receipts: number }[],
): { readonly depth: number; readonly receipts: number } {
  return {
    depth: Math.max(...inputs.map(({ depth }) => depth)) + 1,
    receipts: inputs.reduce((total, { receipts }) => total + receipts, 0) + 1,
  };
}

/**
 * Fresh notes of an issue: online, with nothing behind them, adding up to the amount; of a unique
 * token, one for each of the serial numbers up to the total.
 */
export function issuedRefusal(
  outputs: readonly Output[],
  amount: bigint,
  total: bigint,
  { form }: Pick<Policy, 'form'>,
): MovementRefusal | undefined {
  if (outputs.some((output) => output.amount === 0n)) return 'zero-amount';
  if (outputs.some(({ kind }) => kind !== noteKinds.online)) return 'wrong-output';
  if (outputs.some(({ depth, receipts }) => depth !== 0 || receipts !== 1)) return 'bounds';
  if (form === forms.fungible) return sum(outputs) === amount ? undefined : 'conservation';
  const first = total - amount + 1n;
  const inOrder = outputs.every((output, i) => output.amount === first + BigInt(i));
  return inOrder && BigInt(outputs.length) === amount ? undefined : 'conservation';
}

/** True if the token may be spent by this key. */
export function mayBeSpentBy({ suites }: Pick<Policy, 'suites'>, suite: Suite): boolean {
  return suites.includes(suite);
}

export function sum(items: readonly { readonly amount: bigint }[]): bigint {
  return items.reduce((total, { amount }) => total + amount, 0n);
}

/** What an input says of the note that it opens is what its origin made. */
export function opensOutput(input: Input, output: Output): boolean {
  return (
    equal(output.key, input.key) &&
    output.amount === input.amount &&
    output.kind === input.kind &&
    output.depth === input.depth &&
    output.receipts === input.receipts
  );
}
