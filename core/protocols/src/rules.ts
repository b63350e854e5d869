/**
 * The rules of value: what each operation demands of the step that carries it.
 *
 * These are the composed rules that `accept` takes. They judge only the operation's own bytes and
 * the token's policy. Whether the inputs exist, are certified and may be taken is standing
 * (lineage.ts): it decides what a wallet counts as paid, and never stops absorption.
 */

import {
  accepted,
  equal,
  noteKey,
  pending,
  refused,
  zero32,
  type Demand,
  type DemandedWrite,
  type OperationContext,
  type Rules,
  type Verdict,
} from '@dsm/primitive';
import { issueHead, issuePlace, type Issue } from './issue.ts';
import { noteId, noteKinds, noteLeaf, spendPlace, type Note, type Output } from './note.ts';
import {
  decodeOperation,
  isStill,
  type Input,
  type Movement,
  type Operation,
  type Still,
} from './operation.ts';
import type { Policy } from './policy.ts';

/** Why an operation is invalid for its author: the detail of the refusal `operation`. */
export const operationRefusals = {
  malformed: 'the operation is not in its canonical form',
  'own-lane': 'loads and mints belong on the device’s own lane, and only own notes come of them',
  'zero-amount': 'an amount is zero',
  overflow: 'the amounts add up to more than 128 bits hold',
  conservation: 'outputs and inputs do not add up to the same amount',
  owner: 'an output belongs to neither device of the lane',
  'mixed-inputs': 'purse notes and online notes do not mix in one operation',
  'purse-output': 'purse notes come only of a load',
  'purse-input': 'a load takes online notes',
  denomination: 'a purse note is not a power of two',
  bounds: 'the lineage bounds do not follow from the inputs, or exceed the policy',
  'no-purse-note': 'a load makes at least one purse note',
  total: 'the issue does not add up, or exceeds the cap',
} as const;

export type OperationRefusal = keyof typeof operationRefusals;

const amountMax = (1n << 128n) - 1n;

/** The rules under the policies that this device has. */
export function valueRules(policyOf: (token: Uint8Array) => Policy | undefined): Rules {
  return (bytes, context): Verdict<Demand> => {
    const operation = decodeOperation(bytes);
    if (operation === 'unknown') return pending('operation');
    if (operation === 'malformed') return refused('operation', 'malformed');
    if (isStill(operation)) return accepted({ writes: [], slots: [] });
    const token = operation.type === 'mint' ? operation.issue.token : operation.token;
    const policy = policyOf(token);
    if (policy === undefined) return pending('policy');
    const refusal = refusalOf(operation, policy, context);
    if (refusal !== undefined) return refused('operation', refusal);
    return accepted(demandOf(operation, policy, context));
  };
}

type Moving = Exclude<Operation, Still>;

function refusalOf(
  operation: Moving,
  policy: Policy,
  context: OperationContext,
): OperationRefusal | undefined {
  switch (operation.type) {
    case 'transfer':
      return movementRefusal(operation, policy) ?? transferRefusal(operation, context);
    case 'load':
      return movementRefusal(operation, policy) ?? loadRefusal(operation, context);
    case 'mint':
      return mintRefusal(operation.issue, policy, context);
  }
}

function movementRefusal(
  { inputs, outputs }: Movement,
  policy: Policy,
): OperationRefusal | undefined {
  if ([...inputs, ...outputs].some(({ amount }) => amount === 0n)) return 'zero-amount';
  const taken = sum(inputs);
  if (taken > amountMax || sum(outputs) > amountMax) return 'overflow';
  if (taken !== sum(outputs)) return 'conservation';
  if (inputs.some(({ kind }) => kind !== inputs[0]!.kind)) return 'mixed-inputs';
  const { depth, receipts } = boundsAfter(inputs);
  if (depth > policy.depthMax || receipts > policy.receiptsMax) return 'bounds';
  const bounded = outputs.every((output) => output.depth === depth && output.receipts === receipts);
  return bounded ? undefined : 'bounds';
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

function transferRefusal(
  { outputs }: Movement,
  { writer, peer }: OperationContext,
): OperationRefusal | undefined {
  if (outputs.some(({ kind }) => kind === noteKinds.purse)) return 'purse-output';
  const between = outputs.every(({ owner }) => equal(owner, writer) || equal(owner, peer));
  return between ? undefined : 'owner';
}

function loadRefusal(
  { inputs, outputs }: Movement,
  { writer, peer }: OperationContext,
): OperationRefusal | undefined {
  if (!equal(writer, peer)) return 'own-lane';
  if (!outputs.every(({ owner }) => equal(owner, writer))) return 'own-lane';
  if (inputs.some(({ kind }) => kind === noteKinds.purse)) return 'purse-input';
  const purse = outputs.filter(({ kind }) => kind === noteKinds.purse);
  if (purse.length === 0) return 'no-purse-note';
  return purse.every(({ amount }) => (amount & (amount - 1n)) === 0n) ? undefined : 'denomination';
}

function mintRefusal(
  { index, parent, token, amount, total, outputs }: Issue,
  policy: Policy,
  { writer, peer }: OperationContext,
): OperationRefusal | undefined {
  if (!equal(writer, peer)) return 'own-lane';
  if (!outputs.every(({ owner }) => equal(owner, writer))) return 'own-lane';
  return (
    outputsRefusal(outputs, amount) ??
    ((index === 1) === equal(parent, token) && total >= amount && total <= policy.cap
      ? undefined
      : 'total')
  );
}

/** Fresh notes: online, without lineage, adding up to the issued amount. */
export function outputsRefusal(
  outputs: readonly Output[],
  amount: bigint,
): OperationRefusal | undefined {
  if (outputs.some((output) => output.amount === 0n)) return 'zero-amount';
  if (outputs.some(({ kind }) => kind === noteKinds.purse)) return 'purse-output';
  if (outputs.some(({ depth, receipts }) => depth !== 0 || receipts !== 1)) return 'bounds';
  return sum(outputs) === amount ? undefined : 'total';
}

function demandOf(operation: Moving, policy: Policy, context: OperationContext): Demand {
  const { writer, head } = context;
  if (operation.type === 'mint') {
    const source = issueHead(operation.issue);
    return {
      writes: created(source, operation.issue.outputs, writer),
      slots: [{ place: issuePlace(operation.issue.parent, policy), value: source }],
    };
  }
  const { inputs, outputs } = operation;
  return {
    writes: [
      ...inputs.map((input) => spent(inputNote(input, operation.token, writer), input.blind)),
      ...created(head, outputs, writer),
    ],
    slots: inputs.map((input) => ({ place: spendPlace(input), value: head })),
  };
}

function spent(note: Note, blind: Uint8Array): DemandedWrite {
  const key = noteKey(noteId(note.source, note.index));
  return { key, before: noteLeaf(note, blind), after: zero32 };
}

/** The writer's own new notes enter its map now; the peer's enter the peer's when it absorbs. */
function created(
  source: Uint8Array,
  outputs: readonly Output[],
  writer: Uint8Array,
): DemandedWrite[] {
  return outputs.flatMap(({ owner }, index) =>
    equal(owner, writer)
      ? [{ key: noteKey(noteId(source, index)), before: zero32, after: undefined }]
      : [],
  );
}

/** The note that an input opens. */
export function inputNote(input: Input, token: Uint8Array, owner: Uint8Array): Note {
  const { source, index, key, amount, kind, depth, receipts } = input;
  return { token, source, index, owner, key, amount, kind, depth, receipts };
}

function sum(items: readonly { readonly amount: bigint }[]): bigint {
  return items.reduce((total, { amount }) => total + amount, 0n);
}
