/** What nodes of a plane say to the next version of their registry (definition 22), signed. */

import {
  byteCommitDigest,
  byteCommitStatement,
  closedSet,
  intents,
  next,
  registryAddress,
  signalDigest,
  signalParameters,
  type ByteCommit,
  type ClosedSet,
  type Intent,
  type Signal,
  type SignedByteCommit,
  type SignedSignal,
} from '@dsm/availability';
import {
  compare,
  equal,
  kinds,
  nodeId,
  registryLineage,
  signatureContext,
  signatures,
  zero32,
  type Kind,
  type Registry,
} from '@dsm/primitive';
import type { Findings } from './claim.ts';
import { network } from './party.ts';
import { identityOf, voterOf } from './plane.ts';

export interface Said {
  readonly number: number;
  readonly capacityBytes: number;
  readonly intent?: Intent;
  /** What it uses; undefined from a node that applies. */
  readonly usedBytes: number | undefined;
}

export function signalOf(registry: Registry, said: Said): SignedSignal {
  const { number, capacityBytes, usedBytes, intent = intents.stay } = said;
  const signal: Signal = {
    lineage: registryLineage(registry),
    version: registry.version,
    suite: 1,
    identityKey: identityOf(number).publicKey,
    address: `node:${number}`,
    capacityBytes,
    voteKey: voterOf(number, registry.version + 1).publicKey,
    intent,
    commits: usedBytes === undefined ? [] : commitsOf(registry, number, usedBytes),
  };
  return { signal, signature: signed(number, kinds.signal, signalDigest(signal)) };
}

/** As many commits as a signal rests on, one after the other, that use the same. */
function commitsOf(
  { version }: Registry,
  number: number,
  objectsUsed: number,
): readonly SignedByteCommit[] {
  const { publicKey: identityKey } = identityOf(number);
  let previous: Uint8Array = zero32;
  return Array.from({ length: signalParameters.window }, (_, sequence) => {
    const commit: ByteCommit = {
      node: nodeId(1, identityKey),
      sequence,
      version,
      objectsRoot: zero32,
      objectsUsed,
      slotsRoot: zero32,
      slotsUsed: 0,
      previous,
    };
    previous = byteCommitDigest(commit);
    const statement = byteCommitStatement(commit, { suite: 1, identityKey });
    const signature = signed(number, kinds.byteCommit, statement);
    return { commit, suite: 1 as const, identityKey, signature };
  });
}

function signed(number: number, kind: Kind, digest: Uint8Array): Uint8Array {
  const { secretKey } = identityOf(number);
  return signatures().sign(secretKey, digest, signatureContext(kind, 1, network));
}

/** What somebody makes of signals, in whatever order they came to him. */
function observed(registry: Registry, signals: readonly SignedSignal[]): Registry {
  const id = ({ signal }: SignedSignal): Uint8Array => nodeId(signal.suite, signal.identityKey);
  const ascending = signals.toSorted((a, b) => compare(id(a), id(b)));
  const { version } = registry;
  const set: ClosedSet = { lineage: registryLineage(registry), version, signals: ascending };
  const read = closedSet.decode(closedSet.encode(set));
  if (!read.ok) throw new Error(`a closed set that cannot be read: ${read.refusal}`);
  const made = next(registry, read.value);
  if (!made.ok) throw new Error(`no next version: ${made.refusal}`);
  return made.registry;
}

/** The next version, as two observers make it who heard of the signals in other orders. */
export function nextVersion(registry: Registry, said: readonly Said[], found: Findings): Registry {
  const signals = said.map((one) => signalOf(registry, one));
  const [one, other] = [observed(registry, signals), observed(registry, signals.toReversed())];
  found.check(
    equal(registryAddress(one), registryAddress(other)),
    'next-deterministic',
    `two observers make two versions ${one.version}`,
  );
  return one;
}
