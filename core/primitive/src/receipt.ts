/**
 * The stitched receipt (seed 000, definition 6): what both devices keep of one run.
 *
 *     receipt = head before ‖ entries ‖ countersignature? ‖ step of the writer ‖ step of the peer?
 *
 * The peer's step may arrive later. A receipt and the two cards are enough for anyone to check
 * that both authorised the run and that both maps moved as it demands.
 */

import { equal } from './bytes.ts';
import { bytes32, list, object, option, struct, variable, type Obj } from './codec.ts';
import { cardDevice, isNextOf, signsStep, type Card } from './card.ts';
import { consentDigest, countersignature, type Countersignature } from './countersignature.ts';
import { judgeProof } from './accept.ts';
import { nextHead } from './entry.ts';
import { kinds } from './kinds.ts';
import { limits } from './limits.ts';
import { signedStep, stepStatement, type SignedStep } from './step.ts';
import { verifyWorking, type Suite } from './suite.ts';

export interface Receipt {
  readonly before: Uint8Array;
  readonly entries: readonly Uint8Array[];
  readonly countersignature: Countersignature | undefined;
  readonly writer: SignedStep;
  readonly peer: SignedStep | undefined;
}

export const receipt: Obj<Receipt> = object(
  kinds.receipt,
  limits.receiptBytesMax,
  struct({
    before: bytes32,
    entries: list(variable(limits.operationBytesMax + 79), limits.runEntriesMax, 1),
    countersignature: option(countersignature),
    writer: signedStep,
    peer: option(signedStep),
  }),
);

export const receiptRefusals = {
  head: 'the writer’s step names another head than the entries lead to',
  device: 'a step is not by the device of its card',
  generation: 'a step is not one of those that the key of its card signs',
  proof: 'a step’s proof does not turn its old root into its new one',
  signature: 'a signature does not verify under the card',
  countersignature: 'the countersignature is not consent to this head',
  absorb: 'the peer’s step does not absorb this head',
} as const;

export type ReceiptRefusal = keyof typeof receiptRefusals;

/** The head that a receipt's entries lead to. */
export function receiptHead({ before, entries }: Receipt): Uint8Array {
  return entries.reduce(nextHead, before);
}

/** Cards of the generations right after those of writer and peer, where their keys were replaced. */
export interface NextCards {
  readonly writer?: Card | undefined;
  readonly peer?: Card | undefined;
}

/**
 * Undefined if the receipt holds under the cards of writer and peer, else the rule it breaks. However
 * long the chains are: a card is a checkpoint, so nothing before it is looked at.
 */
export function checkReceipt(
  claim: Receipt,
  writer: Card,
  peer: Card,
  next: NextCards = {},
): ReceiptRefusal | undefined {
  const head = receiptHead(claim);
  const { cause } = claim.writer.step;
  if (cause.type !== 'append' || !equal(cause.head, head)) return 'head';
  if (claim.peer !== undefined) {
    const absorbed = claim.peer.step.cause;
    if (absorbed.type !== 'absorb' || !equal(absorbed.head, head)) return 'absorb';
    if (!equal(absorbed.relationship, cause.relationship)) return 'absorb';
  }
  return (
    checkSignedStep(claim.writer, writer, next.writer) ??
    checkCountersignature(claim.countersignature, head, writer, peer, next.peer) ??
    (claim.peer === undefined ? undefined : checkSignedStep(claim.peer, peer, next.peer))
  );
}

/** Undefined if the step is the card's, its proof holds and its signatures verify. */
export function checkSignedStep(
  { step, slots, signature, further }: SignedStep,
  card: Card,
  next?: Card,
): 'device' | 'generation' | 'proof' | 'signature' | undefined {
  const { network, suite, workingKey, incarnation } = card.body;
  if (!equal(step.device, cardDevice(card)) || step.incarnation !== incarnation) return 'device';
  if (!signsStep(card, step.seq, next)) return 'generation';
  if (judgeProof(step.proof, step.writes, step.before, step.after) !== undefined) return 'proof';
  const statement = stepStatement(step, slots);
  const signed = (key: { suite: Suite; publicKey: Uint8Array; signature: Uint8Array }): boolean =>
    verifyWorking(kinds.signedStep, key.suite, network, key.publicKey, statement, key.signature);
  const keys = [{ suite, publicKey: workingKey, signature }, ...further];
  return keys.every(signed) ? undefined : 'signature';
}

/** Undefined if there is none, or if it is the peer's consent to this head of this proposer. */
export function checkCountersignature(
  claim: Countersignature | undefined,
  head: Uint8Array,
  writer: Card,
  peer: Card,
  next?: Card,
): 'countersignature' | undefined {
  if (claim === undefined) return undefined;
  const { consent, signature } = claim;
  const { network, suite, workingKey } = peer.body;
  const fits =
    equal(consent.head, head) &&
    equal(consent.proposer, cardDevice(writer)) &&
    consent.proposerIncarnation === writer.body.incarnation &&
    equal(consent.peer, cardDevice(peer)) &&
    consent.peerIncarnation === peer.body.incarnation &&
    // Who consents after a step and before the next may have changed keys in between.
    consent.seq >= peer.body.since &&
    (next === undefined || (isNextOf(next, peer) && consent.seq <= next.body.since));
  const digest = consentDigest(consent);
  return fits &&
    verifyWorking(kinds.countersignature, suite, network, workingKey, digest, signature)
    ? undefined
    : 'countersignature';
}
