/**
 * The rules of value: what each operation demands of the step that carries it.
 *
 * These are the composed rules that `accept` takes. They judge only the operation's own bytes, the
 * token's policy, and where an escrow of this lane stands. Whether inputs exist, are certified and
 * may be taken is standing (lineage.ts): it decides what a wallet counts as paid, and never stops
 * absorption.
 */

import {
  accepted,
  demandedSlot,
  equal,
  exitAmount,
  exitHead,
  keyDigest,
  noteKey,
  pending,
  refused,
  zero32,
  type Demand,
  type DemandedSlot,
  type DemandedWrite,
  type OperationContext,
  type Rules,
  type Verdict,
} from '@dsm/primitive';
import {
  escrowRefusals,
  exitOutputs,
  exitPlace,
  nextEscrow,
  openEscrow,
  totalDemand,
  type Escrow,
  type EscrowOperation,
  type EscrowRefusal,
} from './escrow.ts';
import { issueHead } from './issue.ts';
import {
  isWorthTheSame,
  movementRefusal,
  movementRefusals,
  type MovementRefusal,
  type Moving,
} from './movement.ts';
import { noteId, noteKinds, noteLeaf, spendPlace, type Note, type Output } from './note.ts';
import {
  decodeOperation,
  isStill,
  type Exit,
  type Input,
  type Operation,
  type PlacedOutput,
  type Still,
} from './operation.ts';
import type { Policy } from './policy.ts';

const ownRefusals = {
  malformed: 'the operation is not in its canonical form',
  'own-lane': 'the operation belongs on the device’s own lane, and only own notes come of it',
  'peer-lane': 'the operation belongs on the lane to a peer',
  owner: 'an output belongs to neither device of the lane, or to the wrong one',
  remint: 'the re-mint is not of these notes, or not worth the same',
  exit: 'the exit does not follow from what the payer has said of this escrow',
} as const;

export type OperationRefusal = keyof typeof ownRefusals | MovementRefusal | EscrowRefusal;

/** Why an operation is invalid for its author: the detail of the refusal `operation`. */
export const operationRefusals: Readonly<Record<OperationRefusal, string>> = {
  ...ownRefusals,
  ...movementRefusals,
  ...escrowRefusals,
};

/** What the rules may look up: policies, and escrows between the two devices of the lane. */
export interface ValueKnown {
  readonly policyOf: (token: Uint8Array) => Policy | undefined;
  readonly escrowOf: (id: Uint8Array) => Escrow | undefined;
}

export function valueRules(known: ValueKnown): Rules {
  return (bytes, context) => {
    const operation = decodeOperation(bytes);
    if (operation === 'unknown') return pending('operation');
    if (operation === 'malformed') return refused('operation', 'malformed');
    return isEscrowOperation(operation)
      ? saidOfEscrow(operation, known, context)
      : judged(operation, known, context);
  };
}

type Valued = Exclude<Operation, Still | EscrowOperation>;

export function isEscrowOperation(operation: Operation): operation is EscrowOperation {
  return ['total', 'lock', 'claim', 'cancel'].includes(operation.type);
}

/** The token that an operation is about, if it says so itself. */
export function tokenOf(operation: Operation): Uint8Array | undefined {
  if (operation.type === 'remint') return operation.issue.token;
  return 'token' in operation ? operation.token : undefined;
}

const nothing: Demand = { writes: [], slots: [] };

function judged(
  operation: Operation,
  known: ValueKnown,
  context: OperationContext,
): Verdict<Demand> {
  if (isStill(operation) || isEscrowOperation(operation)) return accepted(nothing);
  const policy = known.policyOf(tokenOf(operation)!);
  if (policy === undefined) return pending('policy');
  const refusal = refusalOf(operation, policy, context);
  return refusal === undefined
    ? accepted(demandOf(operation, context))
    : refused('operation', refusal);
}

/** The payer moves the line of an escrow of this lane. */
function saidOfEscrow(
  operation: EscrowOperation,
  { escrowOf }: ValueKnown,
  { writer, peer }: OperationContext,
): Verdict<Demand> {
  const escrow = escrowOf(operation.escrow);
  const theirs =
    escrow !== undefined && equal(escrow.payer, writer) && equal(escrow.note.owner, peer);
  if (!theirs) return refused('operation', 'escrow');
  const next = nextEscrow(escrow, operation);
  if (typeof next === 'string') return refused('operation', next);
  return accepted({ writes: [], slots: [totalDemand(next)] });
}

function refusalOf(
  operation: Valued,
  policy: Policy,
  context: OperationContext,
): OperationRefusal | undefined {
  switch (operation.type) {
    case 'transfer':
    case 'load':
    case 'burn':
    case 'fund':
      return movementRefusal(operation, policy) ?? ownersRefusal(operation, context);
    case 'collect':
      return ownRefusal(operation.outputs, context);
    case 'exit':
      return exitRefusal(operation, context);
    case 'remint':
      return remintRefusal(operation, policy, context);
  }
}

/** Who may own what comes of a movement. */
function ownersRefusal(
  { type, outputs }: Moving,
  context: OperationContext,
): OperationRefusal | undefined {
  const { writer, peer } = context;
  if (type === 'load' || type === 'burn') return ownRefusal(outputs, context);
  if (type === 'fund' && equal(writer, peer)) return 'peer-lane';
  const fits = outputs.every(({ owner, kind }) => {
    if (type === 'fund') return equal(owner, kind === noteKinds.escrow ? peer : writer);
    return equal(owner, writer) || equal(owner, peer);
  });
  return fits ? undefined : 'owner';
}

function ownRefusal(
  outputs: readonly Output[],
  { writer, peer }: OperationContext,
): OperationRefusal | undefined {
  const own = equal(writer, peer) && outputs.every(({ owner }) => equal(owner, writer));
  return own ? undefined : 'own-lane';
}

function exitRefusal(
  { input, claim }: Exit,
  { writer, peer }: OperationContext,
): OperationRefusal | undefined {
  if (!equal(writer, peer)) return 'own-lane';
  if (input.kind !== noteKinds.escrow) return 'wrong-input';
  const amount = exitAmount(claim);
  const about = equal(claim.citation.escrow, noteId(input.source, input.index));
  return about && amount !== undefined && amount <= input.amount ? undefined : 'exit';
}

/** The holder's side of a re-mint: these notes go, and what the issuers made in their place comes. */
function remintRefusal(
  { inputs, issue }: Operation & { type: 'remint' },
  policy: Policy,
  context: OperationContext,
): OperationRefusal | undefined {
  const { remint, outputs, amount, total } = issue;
  if (remint === undefined || amount !== 0n || total > policy.cap) return 'remint';
  if (inputs.some(({ kind }) => kind !== noteKinds.online)) return 'wrong-input';
  const named = inputs.map((input) => ({ key: input.key, id: noteId(input.source, input.index) }));
  const same =
    named.length === remint.notes.length &&
    named.every(({ key, id }) => remint.notes.some((n) => equal(n.key, key) && equal(n.id, id)));
  if (!same || !isWorthTheSame(inputs, outputs, policy)) return 'remint';
  return ownRefusal(outputs, context);
}

/** The inputs leave the writer's map, its own new notes enter it, and every spend has its slot. */
function demandOf(operation: Valued, { writer, head }: OperationContext): Demand {
  const { source, token, outputs } = madeBy(operation, head, writer)!;
  const inputs = inputsIn(operation);
  return {
    writes: [...spentAll(inputs, token, writer), ...created(source, outputs, writer)],
    slots:
      operation.type === 'exit'
        ? [demandedSlot(exitPlace(exitNote(operation, writer)), source)]
        : [
            ...inputs.map((input) => demandedSlot(spendPlace(input), source)),
            ...firstTotal(operation, head, writer),
          ],
  };
}

/** Funding says total 0, so the payee can leave from the first moment. */
function firstTotal(operation: Operation, head: Uint8Array, writer: Uint8Array): DemandedSlot[] {
  if (operation.type !== 'fund') return [];
  const { outputs, token, payerKey } = operation;
  const index = outputs.findIndex(({ kind }) => kind === noteKinds.escrow);
  const note = { ...outputs[index]!, token, source: head, index };
  return [totalDemand(openEscrow(note, writer, payerKey))];
}

/** The notes that an operation spends. */
export function inputsIn(operation: Operation): readonly Input[] {
  if (operation.type === 'exit') return [operation.input];
  return 'inputs' in operation ? operation.inputs : [];
}

/** The notes that an operation brings into the maps of the two devices, and the head that names them. */
export function madeBy(
  operation: Operation,
  head: Uint8Array,
  writer: Uint8Array,
):
  | {
      readonly source: Uint8Array;
      readonly token: Uint8Array;
      readonly outputs: readonly PlacedOutput[];
    }
  | undefined {
  switch (operation.type) {
    case 'transfer':
    case 'load':
    case 'burn':
    case 'fund':
      return { source: head, token: operation.token, outputs: placed(operation.outputs) };
    case 'collect':
      return operation;
    case 'exit': {
      // What returns to the payer enters the payer's map by its own entry.
      const { note } = exitNote(operation, writer);
      const nobody = { device: zero32, key: zero32 };
      const parts = exitOutputs(note, nobody, exitAmount(operation.claim)!);
      const outputs = placed(parts.slice(0, 1)).filter(({ amount }) => amount > 0n);
      return { source: exitHead(operation.claim), token: operation.token, outputs };
    }
    case 'remint': {
      const { issue } = operation;
      return { source: issueHead(issue), token: issue.token, outputs: placed(issue.outputs) };
    }
    case 'memo':
    case 'app':
    case 'total':
    case 'lock':
    case 'claim':
    case 'cancel':
      return undefined;
  }
}

/** The escrow that an exit ends, and the payer's key that it cites. */
function exitNote(
  { input, token, claim }: Exit,
  owner: Uint8Array,
): { readonly note: Note; readonly payerKey: Uint8Array } {
  const { suite, publicKey } = claim.citation;
  return { note: inputNote(input, token, owner), payerKey: keyDigest(suite, publicKey) };
}

function spentAll(inputs: readonly Input[], token: Uint8Array, owner: Uint8Array): DemandedWrite[] {
  return inputs.map((input) => {
    const note = inputNote(input, token, owner);
    const key = noteKey(noteId(note.source, note.index));
    return { key, before: noteLeaf(note, input.blind), after: zero32 };
  });
}

/** The writer's own new notes enter its map now; the peer's enter the peer's when it absorbs. */
function created(
  source: Uint8Array,
  outputs: readonly PlacedOutput[],
  writer: Uint8Array,
): DemandedWrite[] {
  return outputs.flatMap(({ owner, index }) =>
    equal(owner, writer)
      ? [{ key: noteKey(noteId(source, index)), before: zero32, after: undefined }]
      : [],
  );
}

export function placed(outputs: readonly Output[]): PlacedOutput[] {
  return outputs.map((output, index) => ({ ...output, index }));
}

/** The note that an input opens. */
export function inputNote(input: Input, token: Uint8Array, owner: Uint8Array): Note {
  const { source, index, key, amount, kind, depth, receipts } = input;
  return { token, source, index, owner, key, amount, kind, depth, receipts };
}
