/**
 * Succession: how one version of a registry gets its one successor.
 *
 *     statement     H_succession( lineage ‖ version u32 ‖ phase u8 ‖ attempt u32 ‖ address of the next )
 *     endorsement   phase 1: "this may follow"; a signer endorses one value in an attempt
 *     commitment    phase 2: "this follows"; only after `threshold` endorsements of one attempt
 *     certificate   `threshold` commitments of one attempt and one value
 *
 * The signers of a version are several, so this position has several writers, the only one in the
 * whole design: it is agreed by the two phases and the lock of Buchman, Kwon and Milosevic (2018).
 * A signer that has committed endorses another value only when it is shown a later set of
 * endorsements for it; two sets of `threshold` signers share an honest one; so no two successors are
 * ever certified, in whatever order messages come. Attempts are started by people: no clock moves
 * one. While signers disagree the registry stays what it is, and every payment goes on.
 */

import {
  address,
  ascending,
  bytes32,
  encodeWith,
  equal,
  hash,
  kinds,
  limits,
  object,
  oneOf,
  option,
  registry,
  registryLineage,
  struct,
  u16,
  u32,
  u8,
  variable,
  verifyWorking,
  type Coder,
  type Obj,
  type Registry,
} from '@dsm/primitive';

export const phases = { endorse: 1, commit: 2 } as const;
export type Phase = (typeof phases)[keyof typeof phases];

/** What a signer says about the successor of a version. */
export interface SuccessionStatement {
  readonly lineage: Uint8Array;
  /** The version that is succeeded. */
  readonly version: number;
  readonly phase: Phase;
  readonly attempt: number;
  /** Address of the next registry. */
  readonly value: Uint8Array;
}

/** A signer by its index in the version's nodes, and what it has signed. */
export interface SignerSignature {
  readonly node: number;
  readonly signature: Uint8Array;
}

/** A statement with the signatures of several signers, by their index in the version's nodes. */
export interface Succession extends SuccessionStatement {
  readonly signatures: readonly SignerSignature[];
}

export const succession: Obj<Succession> = object(
  kinds.succession,
  limits.registrySignersMax * (limits.signatureBytesMax + 6) + 128,
  struct({
    lineage: bytes32,
    version: u32,
    phase: oneOf([phases.endorse, phases.commit]),
    attempt: u32,
    value: bytes32,
    signatures: ascending<SignerSignature>(
      struct({ node: u16, signature: variable(limits.signatureBytesMax) }),
      ({ node }) => encodeWith(u16, node),
      limits.registrySignersMax,
      1,
    ),
  }),
);

/** What a signer signs, with its vote key of the version and `kinds.succession`. */
export function successionDigest(said: SuccessionStatement): Uint8Array {
  const { lineage, version, phase, attempt, value } = said;
  const numbers = [encodeWith(u32, version), encodeWith(u8, phase), encodeWith(u32, attempt)];
  return hash('succession', lineage, ...numbers, value);
}

/** True if `threshold` signers of the version have said this, each once. */
export function isAgreed(claim: Succession, old: Registry): boolean {
  if (!equal(claim.lineage, registryLineage(old)) || claim.version !== old.version) return false;
  const signers = new Set(claim.signatures.map(({ node }) => node));
  if (signers.size < claim.signatures.length || signers.size < old.threshold) return false;
  return claim.signatures.every(({ node, signature }) =>
    saysSo(old, node, successionDigest(claim), signature),
  );
}

/** True if the signer with this index has signed the digest. */
export function saysSo(
  old: Registry,
  index: number,
  digest: Uint8Array,
  signature: Uint8Array,
): boolean {
  const node = old.nodes[index];
  if (node === undefined || node.missed > 0 || !old.signers.includes(index)) return false;
  const { suite, voteKey } = node;
  return verifyWorking(kinds.succession, suite, old.network, voteKey, digest, signature);
}

/** shape: no successor of this version; agreement: not committed by enough of its signers. */
export type SuccessionRefusal = 'shape' | 'agreement';

/** Undefined if `claim` makes `after` the successor of `old`. */
export function checkSuccession(
  old: Registry,
  after: Registry,
  claim: Succession,
): SuccessionRefusal | undefined {
  if (!isSuccessor(old, after)) return 'shape';
  const named = claim.phase === phases.commit && equal(claim.value, registryAddress(after));
  return named && isAgreed(claim, old) ? undefined : 'agreement';
}

/** What no version may change, and what each says of the one before. */
function isSuccessor(old: Registry, after: Registry): boolean {
  return (
    after.version === old.version + 1 &&
    equal(after.network, old.network) &&
    equal(after.first, registryLineage(old)) &&
    equal(after.previous, registryAddress(old)) &&
    after.r === old.r &&
    after.q === old.q &&
    after.f === old.f &&
    after.bucketBits === old.bucketBits &&
    after.seatBytes === old.seatBytes &&
    after.admission === old.admission
  );
}

/** The address of a version, by which its successor and its signers name it. */
export function registryAddress(value: Registry): Uint8Array {
  return address(registry.encode(value));
}

/** What a signer remembers of one version, durably, before any of its signatures leaves it. */
export interface SignerState {
  /** The attempt that it takes part in. */
  readonly attempt: number;
  /** What it has endorsed in that attempt. */
  readonly endorsed: Uint8Array | undefined;
  /** What it has committed to last. */
  readonly lock: { readonly attempt: number; readonly value: Uint8Array } | undefined;
}

export const freshSigner: SignerState = { attempt: 0, endorsed: undefined, lock: undefined };

/** What a signer keeps and shows: its state, and what it needs to be brought back to its lock. */
export interface SignerRecord {
  /** The version that is to be succeeded. */
  readonly version: number;
  readonly state: SignerState;
  /** Of the lock: the closed set that its value follows from, and the endorsements that were shown. */
  readonly backing: { readonly closed: Uint8Array; readonly shown: Succession } | undefined;
}

export const signerRecord: Coder<SignerRecord> = struct({
  version: u32,
  state: struct<SignerState>({
    attempt: u32,
    endorsed: option(bytes32),
    lock: option(struct({ attempt: u32, value: bytes32 })),
  }),
  backing: option(struct({ closed: bytes32, shown: succession })),
});

/**
 * late    the signer takes part in a later attempt
 * early   attempts come one after the other, so that nobody uses them up
 * other   it has endorsed another value in this attempt
 * locked  it has committed to another value, and nothing later speaks for this one
 * proof   the endorsements that were shown are not enough
 */
export type SignerRefusal = 'late' | 'early' | 'other' | 'locked' | 'proof';

export type Signing =
  | { readonly ok: true; readonly state: SignerState }
  | { readonly ok: false; readonly refusal: SignerRefusal };

/** Whether to endorse a value; `shown` are endorsements of it in an earlier attempt, if there are any. */
export function endorse(
  state: SignerState,
  { attempt, value }: Pick<SuccessionStatement, 'attempt' | 'value'>,
  shown: Succession | undefined,
  old: Registry,
): Signing {
  if (attempt < state.attempt) return no('late');
  if (attempt > reached(state, value, shown, old) + 1) return no('early');
  const isOther = state.endorsed !== undefined && !equal(state.endorsed, value);
  if (attempt === state.attempt && isOther) return no('other');
  const { lock } = state;
  if (lock !== undefined && !equal(lock.value, value)) {
    if (shown === undefined) return no('locked');
    const isLater = shown.attempt > lock.attempt && shown.attempt < attempt;
    if (!isLater) return no('locked');
    if (!isEndorsed(shown, value, old)) return no('proof');
  }
  return { ok: true, state: { ...state, attempt, endorsed: value } };
}

/** The last attempt that the signer was in, or knows of. */
function reached(
  { attempt }: SignerState,
  value: Uint8Array,
  shown: Succession | undefined,
  old: Registry,
): number {
  if (shown === undefined || shown.attempt <= attempt) return attempt;
  return isEndorsed(shown, value, old) ? shown.attempt : attempt;
}

/** Whether to commit to a value, given enough endorsements of it in one attempt. */
export function commitTo(state: SignerState, shown: Succession, old: Registry): Signing {
  const { attempt, value } = shown;
  if (attempt < state.attempt) return no('late');
  if (!isEndorsed(shown, value, old)) return no('proof');
  const endorsed = attempt === state.attempt ? state.endorsed : undefined;
  return { ok: true, state: { attempt, endorsed, lock: { attempt, value } } };
}

function isEndorsed(shown: Succession, value: Uint8Array, old: Registry): boolean {
  return shown.phase === phases.endorse && equal(shown.value, value) && isAgreed(shown, old);
}

function no(refusal: SignerRefusal): Signing {
  return { ok: false, refusal };
}
