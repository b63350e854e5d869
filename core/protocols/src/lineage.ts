/**
 * Lineage: how a note is traced to the mint.
 *
 * A lineage is a graph of parts, one for each head that created notes: an issue, or a spend. Parts
 * are content-addressed by that head, so only missing ones travel, and each is checked once and
 * remembered as an `Origin`. A part is checked after the parts that it rests on.
 *
 *     issue part   issue ‖ authorisation by the issuer ‖ certificate of the slot after its parent
 *     spend part   head before ‖ entry ‖ body digest ‖ slots ‖ signatures ‖ a certificate for each input?
 *
 * Certified: q votes exist at the spend slot of every input, and every input's own origin is
 * certified, back to certified issues. The signatures travel beside the certificates: should a
 * group of nodes fail its assumption, it can let an owner spend twice, but never spend for him.
 */

import {
  authorisationCoder,
  authorises,
  bytes32,
  certificate,
  checkCertificate,
  entry,
  equal,
  keyDigest,
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
  suiteCoder,
  variable,
  registryLineage,
  verifyWorking,
  type Authorisation,
  type Certificate,
  type Obj,
  type Registry,
  type Slot,
  type Suite,
} from '@dsm/primitive';
import { issue, issueHead, issuePlace, type Issue } from './issue.ts';
import { noteKinds, spendPlace, type Output } from './note.ts';
import { decodeOperation, type Input, type Movement } from './operation.ts';
import type { Policy } from './policy.ts';
import { boundsAfter, outputsRefusal } from './rules.ts';

export interface IssuePart {
  readonly issue: Issue;
  readonly authorisation: Authorisation;
  readonly certificate: Certificate | undefined;
}

export interface SpendSignature {
  readonly suite: Suite;
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
}

export interface SpendPart {
  readonly before: Uint8Array;
  readonly entry: Uint8Array;
  readonly body: Uint8Array;
  readonly slots: readonly Slot[];
  readonly signatures: readonly SpendSignature[];
  /** In the order of the inputs. */
  readonly certificates: readonly (Certificate | undefined)[];
}

export const issuePart: Obj<IssuePart> = object(
  kinds.issuePart,
  limits.objectBytesMax,
  struct({ issue, authorisation: authorisationCoder, certificate: option(certificate) }),
);

export const spendPart: Obj<SpendPart> = object(
  kinds.spendPart,
  limits.objectBytesMax,
  struct({
    before: bytes32,
    entry: variable(limits.operationBytesMax + 79),
    body: bytes32,
    slots: list(slotCoder, limits.slotsMax, 1),
    signatures: list<SpendSignature>(
      struct({
        suite: suiteCoder,
        publicKey: variable(limits.publicKeyBytesMax),
        signature: variable(limits.signatureBytesMax),
      }),
      5,
      1,
    ),
    certificates: list(option(certificate), limits.inputsMax, 1),
  }),
);

/** What is remembered of a part that was checked: enough to check what rests on it. */
export interface Origin {
  readonly head: Uint8Array;
  readonly token: Uint8Array;
  readonly outputs: readonly Output[];
  readonly certified: boolean;
  /** Heads that it rests on: none for the first issue of a token. */
  readonly sources: readonly Uint8Array[];
  readonly issued: { readonly index: number; readonly total: bigint } | undefined;
  /** True if every input was a purse note: it may stand uncertified within a payee's limit. */
  readonly purse: boolean;
}

export const lineageRefusals = {
  malformed: 'the bytes are no part of a lineage',
  chain: 'the issue does not follow its parent',
  cap: 'the issue exceeds the cap of its policy',
  input: 'an input is not the note that its origin created',
  bounds: 'the bounds of the notes do not follow from their inputs',
  conservation: 'outputs and inputs do not add up',
  slots: 'the slot list does not name every spend',
  signature: 'a spend is not signed by the key of its note',
  certificate: 'a certificate does not certify its slot',
} as const;

export type LineageRefusal = keyof typeof lineageRefusals;

export type LineageVerdict =
  | { readonly type: 'good'; readonly origin: Origin }
  | {
      readonly type: 'missing';
      readonly heads: readonly Uint8Array[];
      readonly policy?: Uint8Array;
    }
  | { readonly type: 'bad'; readonly refusal: LineageRefusal };

/** What a device already knows when it checks a part. */
export interface LineageKnown {
  readonly network: Uint8Array;
  readonly originOf: (head: Uint8Array) => Origin | undefined;
  readonly policyOf: (token: Uint8Array) => Policy | undefined;
  readonly registry: Registry;
}

/** The head that a part is about: its content address within lineages. */
export function partHead(part: IssuePart | SpendPart): Uint8Array {
  return 'issue' in part ? issueHead(part.issue) : nextHead(part.before, part.entry);
}

/** Decode either kind of part; undefined for anything else. */
export function decodePart(bytes: Uint8Array): IssuePart | SpendPart | undefined {
  const decoded = bytes[1] === kinds.spendPart ? spendPart.decode(bytes) : issuePart.decode(bytes);
  return decoded.ok ? decoded.value : undefined;
}

export function encodePart(part: IssuePart | SpendPart): Uint8Array {
  return 'issue' in part ? issuePart.encode(part) : spendPart.encode(part);
}

/** Check one part against what is known. Pure; at most one signature check for each signature. */
export function checkPart(part: IssuePart | SpendPart, known: LineageKnown): LineageVerdict {
  return 'issue' in part ? checkIssue(part, known) : checkSpend(part, known);
}

const bad = (refusal: LineageRefusal): LineageVerdict => ({ type: 'bad', refusal });

function checkIssue(part: IssuePart, known: LineageKnown): LineageVerdict {
  const { token, parent } = part.issue;
  const policy = known.policyOf(token);
  if (policy === undefined) return { type: 'missing', heads: [], policy: token };
  const first = equal(parent, token);
  const before = first ? undefined : known.originOf(parent);
  if (!first && before === undefined) return { type: 'missing', heads: [parent] };
  return judgeIssue(part, policy, before, known);
}

/** `before` is the origin of the parent issue, undefined for the first. */
function judgeIssue(
  part: IssuePart,
  policy: Policy,
  before: Origin | undefined,
  known: LineageKnown,
): LineageVerdict {
  const { token, index, parent, amount, total, outputs } = part.issue;
  if (!followsParent(part.issue, before)) return bad('chain');
  if (total > policy.cap) return bad('cap');
  if (outputsRefusal(outputs, amount) !== undefined) return bad('conservation');
  const head = issueHead(part.issue);
  const place = issuePlace(parent, policy);
  if (!authorises(known.network, place, head, part.authorisation)) return bad('signature');
  const slot = { key: slotKey(place), value: head };
  const holds = certificateHolds(part.certificate, slot, known, part.issue.token);
  if (holds === 'bad') return bad('certificate');
  const certified = holds && (before?.certified ?? true);
  const sources = before === undefined ? [] : [parent];
  const origin = { head, token, outputs, certified, sources, issued: { index, total } };
  return { type: 'good', origin: { ...origin, purse: false } };
}

/** One further in the chain of one token, with the amount added to the running total. */
function followsParent(
  { token, index, amount, total }: Issue,
  before: Origin | undefined,
): boolean {
  if (before === undefined) return index === 1 && total === amount;
  const { issued } = before;
  return (
    issued !== undefined &&
    equal(before.token, token) &&
    index === issued.index + 1 &&
    total === issued.total + amount
  );
}

function checkSpend(part: SpendPart, known: LineageKnown): LineageVerdict {
  const decoded = entry.decode(part.entry);
  if (!decoded.ok) return bad('malformed');
  const operation = decodeOperation(decoded.value.operation);
  if (typeof operation === 'string') return bad('malformed');
  if (operation.type !== 'transfer' && operation.type !== 'load') return bad('malformed');
  const { inputs, outputs, token } = operation;
  if (part.certificates.length !== inputs.length) return bad('malformed');

  const missing = inputs.filter(({ source }) => known.originOf(source) === undefined);
  if (missing.length > 0) return { type: 'missing', heads: missing.map(({ source }) => source) };
  if (known.policyOf(token) === undefined) return { type: 'missing', heads: [], policy: token };
  const head = nextHead(part.before, part.entry);
  const refusal = spendRefusal(part, operation, head, known);
  if (refusal !== undefined) return bad(refusal);
  const certified = spendCertified(part, operation, head, known);
  if (certified === 'bad') return bad('certificate');
  return {
    type: 'good',
    origin: {
      head,
      token,
      outputs,
      certified,
      sources: inputs.map(({ source }) => source),
      issued: undefined,
      purse: inputs.every(({ kind }) => kind === noteKinds.purse),
    },
  };
}

function spendRefusal(
  part: SpendPart,
  { inputs, outputs, token, type }: Movement & { readonly type: 'transfer' | 'load' },
  head: Uint8Array,
  known: LineageKnown,
): LineageRefusal | undefined {
  if (!inputs.every((input) => opensNote(input, token, known))) return 'input';
  if (sum(inputs) !== sum(outputs) || outputs.some(({ amount }) => amount === 0n)) {
    return 'conservation';
  }
  const { depth, receipts } = boundsAfter(inputs);
  if (outputs.some((output) => output.depth !== depth || output.receipts !== receipts)) {
    return 'bounds';
  }
  const purse = outputs.some(({ kind }) => kind === noteKinds.purse);
  if (purse && type !== 'load') return 'input';
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
  return (
    origin !== undefined &&
    output !== undefined &&
    equal(origin.token, token) &&
    equal(output.key, input.key) &&
    output.amount === input.amount &&
    output.kind === input.kind &&
    output.depth === input.depth &&
    output.receipts === input.receipts
  );
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

function spendCertified(
  part: SpendPart,
  { inputs, token }: Movement,
  head: Uint8Array,
  known: LineageKnown,
): boolean | 'bad' {
  let certified = true;
  for (const [i, input] of inputs.entries()) {
    const slot = { key: slotKey(spendPlace(input)), value: head };
    const holds = certificateHolds(part.certificates[i], slot, known, token);
    if (holds === 'bad') return 'bad';
    certified = certified && holds && known.originOf(input.source)!.certified;
  }
  return certified;
}

/** Only certificates of the registry lineage that the token's policy names count. */
function certificateHolds(
  claim: Certificate | undefined,
  slot: Slot,
  { registry, policyOf }: LineageKnown,
  token: Uint8Array,
): boolean | 'bad' {
  if (claim === undefined) return false;
  const named = policyOf(token)?.registry;
  if (named === undefined || !equal(named, registryLineage(registry))) return 'bad';
  return checkCertificate(claim, registry, slot) === undefined ? true : 'bad';
}

function sum(items: readonly { readonly amount: bigint }[]): bigint {
  return items.reduce((total, { amount }) => total + amount, 0n);
}
