/**
 * Spend parts: an entry that spends notes and makes others, signed by the key of each input.
 *
 *     head before ‖ entry ‖ body digest ‖ slots ‖ signatures ‖ a certificate for each input?
 *
 * The signatures travel beside the certificates: should a group of nodes fail its assumption, it can
 * let an owner spend twice, but never spend for him.
 */

import {
  bytes32,
  certificate,
  equal,
  keyDigest,
  keySignatureCoder,
  kinds,
  limits,
  list,
  nextHead,
  object,
  option,
  slotCoder,
  slotKey,
  slotListRoot,
  statementDigest,
  struct,
  variable,
  verifyWorking,
  type Certificate,
  type KeySignature,
  type Obj,
  type Slot,
} from '@dsm/primitive';
import { mayBeSpentBy, movementRefusal, opensOutput, type Moving } from './movement.ts';
import { noteKinds, spendPlace } from './note.ts';
import { type Input, operationOf } from './operation.ts';
import {
  allHold,
  bad,
  certificateHolds,
  type LineageKnown,
  type LineageRefusal,
  type LineageVerdict,
  type Origin,
} from './origin.ts';
import type { Policy } from './policy.ts';

export interface SpendPart {
  readonly before: Uint8Array;
  readonly entry: Uint8Array;
  readonly body: Uint8Array;
  readonly slots: readonly Slot[];
  readonly signatures: readonly KeySignature[];
  /** In the order of the inputs. */
  readonly certificates: readonly (Certificate | undefined)[];
}

export const spendPart: Obj<SpendPart> = object(
  kinds.spendPart,
  limits.objectBytesMax,
  struct<SpendPart>({
    before: bytes32,
    entry: variable(limits.operationBytesMax + 79),
    body: bytes32,
    slots: list(slotCoder, limits.slotsMax, 1),
    signatures: list(keySignatureCoder, limits.stepKeysMax + 1, 1),
    certificates: list(option(certificate), limits.inputsMax, 1),
  }),
);

export function checkSpend(part: SpendPart, known: LineageKnown): LineageVerdict {
  const operation = movingIn(part);
  if (operation === undefined) return bad('malformed');
  const { inputs, outputs, token } = operation;
  const missing = inputs.filter(({ source }) => known.originOf(source) === undefined);
  if (missing.length > 0) return { type: 'missing', heads: missing.map(({ source }) => source) };
  const policy = known.policyOf(token);
  if (policy === undefined) return { type: 'missing', heads: [], policy: token };
  const head = nextHead(part.before, part.entry);
  const refusal = spendRefusal(part, operation, head, policy, known);
  if (refusal !== undefined) return bad(refusal);
  const certified = isCertified(part, inputs, head, policy, known);
  if (certified === 'bad') return bad('certificate');
  return {
    type: 'good',
    origin: {
      type: 'spend',
      head,
      token,
      outputs,
      certified,
      sources: inputs.map(({ source }) => source),
      issued: undefined,
      payer: operation.type === 'fund' ? payerOf(operation, known) : undefined,
      purse: inputs.every(({ kind }) => kind === noteKinds.purse),
    },
  };
}

/** Whoever owned what was spent into the escrow. */
function payerOf(
  { inputs, payerKey }: Moving & { readonly type: 'fund' },
  known: LineageKnown,
): Origin['payer'] {
  const { source, index } = inputs[0]!;
  return { device: known.originOf(source)!.outputs[index]!.owner, key: payerKey };
}

function movingIn({ entry: bytes, certificates }: SpendPart): Moving | undefined {
  const operation = operationOf(bytes);
  if (typeof operation === 'string' || !isMoving(operation)) return undefined;
  return certificates.length === operation.inputs.length ? operation : undefined;
}

export function isMoving(operation: { readonly type: string }): operation is Moving {
  return ['transfer', 'load', 'burn', 'fund'].includes(operation.type);
}

function spendRefusal(
  part: SpendPart,
  operation: Moving,
  head: Uint8Array,
  policy: Policy,
  known: LineageKnown,
): LineageRefusal | undefined {
  const { inputs, token } = operation;
  if (!inputs.every((input) => opensNote(input, token, known))) return 'input';
  if (movementRefusal(operation, policy) !== undefined) return 'movement';
  if (!part.signatures.every(({ suite }) => mayBeSpentBy(policy, suite))) return 'suite';
  const slots = inputs.map((input) => slotKey(spendPlace(input)));
  const named = slots.every((key) =>
    part.slots.some((slot) => equal(slot.key, key) && equal(slot.value, head)),
  );
  if (!named) return 'slots';
  return signedByAll(part, inputs, known.network) ? undefined : 'signature';
}

function opensNote(input: Input, token: Uint8Array, known: LineageKnown): boolean {
  const origin = known.originOf(input.source);
  const output = origin?.outputs[input.index];
  return output !== undefined && equal(origin!.token, token) && opensOutput(input, output);
}

/** Every input's key has signed the one statement that the slots belong to. */
function signedByAll(part: SpendPart, inputs: readonly Input[], network: Uint8Array): boolean {
  const statement = statementDigest(part.body, slotListRoot(part.slots));
  const signers = part.signatures.map(({ suite, publicKey }) => keyDigest(suite, publicKey));
  const covered = inputs.every(({ key }) => signers.some((signer) => equal(signer, key)));
  return (
    covered &&
    part.signatures.every(({ suite, publicKey, signature }) =>
      verifyWorking(kinds.signedStep, suite, network, publicKey, statement, signature),
    )
  );
}

function isCertified(
  part: SpendPart,
  inputs: readonly Input[],
  head: Uint8Array,
  policy: Policy,
  { registries, originOf }: LineageKnown,
): boolean | 'bad' {
  return allHold(
    inputs.flatMap((input, i) => {
      const slot = { key: slotKey(spendPlace(input)), value: head };
      const holds = certificateHolds(part.certificates[i], slot, registries, policy);
      return [holds, originOf(input.source)!.certified];
    }),
  );
}
