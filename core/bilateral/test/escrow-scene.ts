/** What the two devices of an escrow write: a fund, words of the payer, and the exit of the payee. */

import {
  demandedSlot,
  equal,
  exitHead,
  kinds,
  lockHash,
  slotKey,
  slotPath,
  stepBodyDigest,
  totalLine,
  zero32,
  type Authorisation,
  type Citation,
  type ExitClaim,
  type Total,
} from '@dsm/primitive';
import {
  boundsAfter,
  encodeOperation,
  escrowId,
  exitPlace,
  lockPlace,
  noteKinds,
  type Escrow,
  type EscrowOperation,
  type ExitPart,
  type Note,
  type Operation,
  type Output,
} from '@dsm/protocols';
import { authorisationOf, certificateOf, type Nodes } from '@dsm/primitive/fixture';
import { inInputOrder, inputOf, outputTo, type Person, type Sent } from './fixture.ts';

/** An escrow of `amount` out of `notes`, with change. */
export function fundOperation(
  from: Person,
  to: Person,
  notes: readonly Note[],
  amount: bigint,
): Operation & { readonly type: 'fund' } {
  const inputs = inInputOrder(notes).map((note) => inputOf(from, note));
  const bounds = boundsAfter(inputs);
  const rest = inputs.reduce((sum, input) => sum + input.amount, 0n) - amount;
  const outputs = [outputTo(to, amount, { ...bounds, kind: noteKinds.escrow })];
  if (rest > 0n) outputs.push(outputTo(from, rest, bounds));
  const { token } = notes[0]!;
  const payerKey = from.keys.writer;
  return { type: 'fund', payerKey, token, inputs, outputs, allowed: undefined, memo: '' };
}

/** The payer has paid `total` in `count` transfers. */
export function totalOperation(
  escrow: Uint8Array,
  total: bigint,
  count: number,
): EscrowOperation & { readonly type: 'total' } {
  return { type: 'total', escrow, total, count, ticks: zero32, memo: '' };
}

export function lockOperation(
  escrow: Uint8Array,
  preimage: Uint8Array,
  amount: bigint,
): EscrowOperation & { readonly type: 'lock' } {
  const route = new Uint8Array(0);
  return { type: 'lock', escrow, hash: lockHash(preimage), amount, route };
}

/** A statement of the payer as its signed step shows it, or undefined if the step has no such line. */
export function citationOf(
  by: Person,
  { claim }: Pick<Sent, 'claim'>,
  said: Total,
): Citation | undefined {
  const { step, slots, signature } = claim.signed;
  const line = totalLine(said);
  const index = slots.findIndex((s) => equal(s.key, line.key) && equal(s.value, line.value));
  if (index < 0) return undefined;
  return {
    ...said,
    suite: by.keys.suite,
    publicKey: by.keys.working.publicKey,
    body: stepBodyDigest(step),
    path: slotPath(slots, index),
    signature,
  };
}

/** Where an escrow stands, as its payer says it. */
export function saidOf(escrow: Escrow): Total {
  const locks = escrow.locks.map(({ hash, amount }) => ({ hash, amount }));
  return { escrow: escrowId(escrow), total: escrow.total, locks };
}

/** The payee takes what the claim gives. */
export function exitOperation(by: Person, note: Note, claim: ExitClaim): Uint8Array {
  return encodeOperation({ type: 'exit', token: note.token, input: inputOf(by, note), claim });
}

/** What an exit has made for the payer enters the payer's map. */
export function returned(token: Uint8Array, claim: ExitClaim, output: Output): Uint8Array {
  return encodeOperation({
    type: 'collect',
    token,
    source: exitHead(claim),
    outputs: [{ ...output, index: 1 }],
  });
}

interface Leaving {
  readonly by: Person;
  readonly escrow: Escrow;
  readonly nodes: Nodes;
  readonly certified?: boolean;
  /** Preimages whose locks have a certificate; those that are paid, if nothing is said. */
  readonly opened?: readonly Uint8Array[];
}

export function exitPartOf(
  { by, escrow, nodes, certified = true, opened }: Leaving,
  claim: ExitClaim,
): ExitPart {
  const { key, value } = demandedSlot(exitPlace(escrow), exitHead(claim));
  return {
    source: escrow.note.source,
    index: escrow.note.index,
    authorisation: exitAuthorisation(by, { key, value }, claim),
    certificate: certified ? certificateOf(nodes, { key, value }) : undefined,
    opened: (opened ?? claim.preimages).map((preimage) => {
      const place = lockPlace(escrow, lockHash(preimage));
      return certificateOf(nodes, { key: slotKey(place), value: preimage });
    }),
  };
}

export function exitAuthorisation(
  by: Person,
  slot: { readonly key: Uint8Array; readonly value: Uint8Array },
  claim: ExitClaim,
): Authorisation {
  const made = authorisationOf(by.keys, [slot], 0, kinds.signedStep);
  return { ...made, backing: { type: 'exit', ...claim } };
}
