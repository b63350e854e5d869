/**
 * ByteCommits: what a node says that it keeps (seed 000, assumption 6 and definition 19).
 *
 *     H_byte-commit( node id ‖ sequence u64 ‖ version u32 ‖ objects root ‖ objects used u64
 *                    ‖ slots root ‖ slots used u64 ‖ previous digest )
 *
 * The roots are of Merkle-sum maps (`sum-map.ts`), so they prove what is used and not only say it.
 * A node signs its commits and writes each into its own slot: position (node id, sequence), writer
 * its identity key. Two commits of one sequence are two values in one slot, and convict it. The
 * seeds leave commits unsigned; then anybody could forge one for another node.
 */

import {
  address,
  bytes32,
  encodeWith,
  equal,
  hash,
  isZero,
  keyDigest,
  kinds,
  limits,
  nodeId,
  object,
  slotKey,
  slotKinds,
  slotListRoot,
  statementDigest,
  struct,
  suiteCoder,
  u32,
  u64,
  variable,
  verifyWorking,
  type Obj,
  type SlotPlace,
  type SlotWrite,
  type Suite,
} from '@dsm/primitive';

export interface ByteCommit {
  readonly node: Uint8Array;
  /** From 0. */
  readonly sequence: number;
  /** The registry under which it was made. */
  readonly version: number;
  readonly objectsRoot: Uint8Array;
  readonly objectsUsed: number;
  readonly slotsRoot: Uint8Array;
  readonly slotsUsed: number;
  /** Digest of the commit before; zero for the first. */
  readonly previous: Uint8Array;
}

export interface SignedByteCommit {
  readonly commit: ByteCommit;
  readonly suite: Suite;
  readonly identityKey: Uint8Array;
  readonly signature: Uint8Array;
}

const body = struct<ByteCommit>({
  node: bytes32,
  sequence: u64,
  version: u32,
  objectsRoot: bytes32,
  objectsUsed: u64,
  slotsRoot: bytes32,
  slotsUsed: u64,
  previous: bytes32,
});

export const byteCommit: Obj<SignedByteCommit> = object(
  kinds.byteCommit,
  limits.signatureBytesMax + limits.publicKeyBytesMax + 512,
  struct({
    commit: body,
    suite: suiteCoder,
    identityKey: variable(limits.publicKeyBytesMax),
    signature: variable(limits.signatureBytesMax),
  }),
);

/** ByteCommit_k of definition 19: what is signed, and the value of its slot. */
export function byteCommitDigest(commit: ByteCommit): Uint8Array {
  return hash('byte-commit', encodeWith(body, commit));
}

/** Bytes used in all: used_k of definition 17. */
export function usedBytes({ objectsUsed, slotsUsed }: ByteCommit): number {
  return objectsUsed + slotsUsed;
}

/** What the identity key signs: a node of the slot's group admits it as the write of the slot, too. */
export function byteCommitStatement(
  commit: ByteCommit,
  by: Pick<SignedByteCommit, 'suite' | 'identityKey'>,
): Uint8Array {
  const value = byteCommitDigest(commit);
  const key = slotKey(byteCommitPlace(by, commit.node, commit.sequence));
  return statementDigest(value, slotListRoot([{ key, value }]));
}

/** The commit as the write of its slot; `hint` is the address of the signed commit as an object. */
export function byteCommitWrite(signed: SignedByteCommit): SlotWrite {
  const { commit, suite, identityKey, signature } = signed;
  const value = byteCommitDigest(commit);
  return {
    place: byteCommitPlace(signed, commit.node, commit.sequence),
    value,
    authorisation: {
      suite,
      publicKey: identityKey,
      body: value,
      path: [],
      signature,
      backing: undefined,
    },
    hint: address(byteCommit.encode(signed)),
    certificate: undefined,
  };
}

/** Where the commit stands; the node is the only writer. */
export function byteCommitPlace(
  { suite, identityKey }: Pick<SignedByteCommit, 'suite' | 'identityKey'>,
  node: Uint8Array,
  sequence: number,
): SlotPlace {
  const position = hash('position', node, encodeWith(u64, sequence));
  return { kind: slotKinds.byteCommit, writer: keyDigest(suite, identityKey), position };
}

/** True if the node of the commit has signed it. */
export function byteCommitHolds(
  { commit, suite, identityKey, signature }: SignedByteCommit,
  network: Uint8Array,
): boolean {
  if (!equal(nodeId(suite, identityKey), commit.node)) return false;
  const statement = byteCommitStatement(commit, { suite, identityKey });
  return verifyWorking(kinds.byteCommit, suite, network, identityKey, statement, signature);
}

/** True if `next` comes right after `before`, of the same node. */
export function follows(next: ByteCommit, before: ByteCommit | undefined): boolean {
  if (before === undefined) return next.sequence === 0 && isZero(next.previous);
  return (
    equal(next.node, before.node) &&
    next.sequence === before.sequence + 1 &&
    next.version >= before.version &&
    equal(next.previous, byteCommitDigest(before))
  );
}
