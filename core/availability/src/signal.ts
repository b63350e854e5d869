/**
 * Signals: what a node says about itself to the next version of the registry (definition 22).
 *
 *     up       the last `window` ByteCommits of this version used at least 85 % of the capacity
 *     down     … at most 35 %
 *     stable   anything else, and a node that has made fewer commits under this version
 *
 * The signal carries the commits, so whoever reads it computes what it says; nothing in it is an
 * opinion. A node may stuff itself or drop what it holds: an up only makes room for others, and a
 * down takes away nobody's seats, so a lie moves nothing that belongs to somebody else.
 */

import {
  ascending,
  bytes32,
  encodeWith,
  equal,
  hash,
  kinds,
  limits,
  list,
  nodeId,
  object,
  oneOf,
  struct,
  suiteCoder,
  text,
  u32,
  u64,
  variable,
  verifyWorking,
  type Coder,
  type Obj,
  type Suite,
} from '@dsm/primitive';
import {
  byteCommit,
  byteCommitHolds,
  follows,
  usedBytes,
  type SignedByteCommit,
} from './byte-commit.ts';

/** Commits that a capacity signal rests on; shares of the capacity, in percent. */
export const signalParameters = { window: 3, upPercent: 85, downPercent: 35 } as const;

/** stay: 0, leave: 1 (gives up its seats), gone: 2 (its successors hold everything). */
export const intents = { stay: 0, leave: 1, gone: 2 } as const;
export type Intent = (typeof intents)[keyof typeof intents];

export interface Signal {
  readonly lineage: Uint8Array;
  /** The version that the signal is about. */
  readonly version: number;
  readonly suite: Suite;
  readonly identityKey: Uint8Array;
  /** Where it is reached, and what it promises to keep, from the next version on. */
  readonly address: string;
  readonly capacityBytes: number;
  /** The vote key of the next version. */
  readonly voteKey: Uint8Array;
  readonly intent: Intent;
  /** Its newest commits, oldest first; none from a node that applies. */
  readonly commits: readonly SignedByteCommit[];
}

export interface SignedSignal {
  readonly signal: Signal;
  readonly signature: Uint8Array;
}

const body: Coder<Signal> = struct({
  lineage: bytes32,
  version: u32,
  suite: suiteCoder,
  identityKey: variable(limits.publicKeyBytesMax),
  address: text(limits.nodeAddressBytesMax),
  capacityBytes: u64,
  voteKey: variable(limits.publicKeyBytesMax),
  intent: oneOf([0, 1, 2]),
  commits: list(byteCommit, signalParameters.window),
});

const signalBytesMax = 5 * (limits.signatureBytesMax + limits.publicKeyBytesMax + 512);

export const signal: Obj<SignedSignal> = object(
  kinds.signal,
  signalBytesMax,
  struct({ signal: body, signature: variable(limits.signatureBytesMax) }),
);

/** Every signal that the next version takes into account, once each, in one order. */
export interface ClosedSet {
  readonly lineage: Uint8Array;
  readonly version: number;
  /** By node id, ascending. */
  readonly signals: readonly SignedSignal[];
}

export const closedSet: Obj<ClosedSet> = object(
  kinds.closedSet,
  limits.registryBytesMax,
  struct({
    lineage: bytes32,
    version: u32,
    signals: ascending(
      signal,
      (one) => nodeId(one.signal.suite, one.signal.identityKey),
      limits.registryNodesMax,
    ),
  }),
);

export function signalDigest(value: Signal): Uint8Array {
  return hash('signal', encodeWith(body, value));
}

/**
 * lineage    about another lineage or version
 * signature  not signed by its identity key
 * commits    not its own, not one after the other, of another version, or above its capacity
 */
export type SignalRefusal = 'lineage' | 'signature' | 'commits';

/** Undefined if the signal may count for what follows this version of the lineage. */
export function checkSignal(
  { signal: said, signature }: SignedSignal,
  network: Uint8Array,
  lineage: Uint8Array,
  version: number,
): SignalRefusal | undefined {
  if (!equal(said.lineage, lineage) || said.version !== version) return 'lineage';
  const { suite, identityKey, commits, capacityBytes } = said;
  const id = nodeId(suite, identityKey);
  const hold = commits.every(
    (one, i) =>
      equal(one.commit.node, id) &&
      one.commit.version === version &&
      usedBytes(one.commit) <= capacityBytes &&
      (i === 0 || follows(one.commit, commits[i - 1]!.commit)),
  );
  if (!hold) return 'commits';
  const digest = signalDigest(said);
  if (!verifyWorking(kinds.signal, suite, network, identityKey, digest, signature)) {
    return 'signature';
  }
  return commits.every((one) => byteCommitHolds(one, network)) ? undefined : 'commits';
}

/** What the signal of a registered node says about room. */
export function capacitySignal({ commits, capacityBytes }: Signal): 'up' | 'down' | 'stable' {
  const { window, upPercent, downPercent } = signalParameters;
  if (commits.length < window) return 'stable';
  // In whole numbers: used / capacity ≥ p / 100, without leaving what a double holds exactly.
  const share = (one: SignedByteCommit): bigint => BigInt(usedBytes(one.commit)) * 100n;
  const bound = (percent: number): bigint => BigInt(capacityBytes) * BigInt(percent);
  if (commits.every((one) => share(one) >= bound(upPercent))) return 'up';
  return commits.every((one) => share(one) <= bound(downPercent)) ? 'down' : 'stable';
}
