/** What nodes say to the next version of a registry, and what follows from it, for tests. */

import assert from 'node:assert/strict';
import {
  byteCommitDigest,
  byteCommitStatement,
  intents,
  next,
  signalDigest,
  type ByteCommit,
  type ClosedSet,
  type Intent,
  type Signal,
  type SignedByteCommit,
  type SignedSignal,
} from '@dsm/availability';
import { compare, kinds, nodeId, registryLineage, zero32, type Registry } from '@dsm/primitive';
import { idOf, identityOf, signAs, voterOf } from './signers.ts';

export interface Said {
  readonly intent?: Intent;
  /** Shares of the capacity that the last commits used, in percent. */
  readonly used?: readonly number[];
  readonly capacityBytes?: number;
}

/** What node `number` says to the version after `registry`. */
export function signalOf(registry: Registry, number: number, said: Said = {}): SignedSignal {
  const { intent = intents.stay, used = [], capacityBytes = 4_000 } = said;
  const commits = commitsOf(
    registry,
    number,
    used.map((share) => (share * capacityBytes) / 100),
  );
  const signal: Signal = {
    lineage: registryLineage(registry),
    version: registry.version,
    suite: 1,
    identityKey: identityOf(number).publicKey,
    address: `node-${number}`,
    capacityBytes,
    voteKey: voterOf(number, registry.version + 1).publicKey,
    intent,
    commits,
  };
  return signed(signal, number);
}

export function signed(signal: Signal, number: number): SignedSignal {
  const { secretKey } = identityOf(number);
  return { signal, signature: signAs(secretKey, kinds.signal, signalDigest(signal)) };
}

export function commitsOf(
  registry: Registry,
  number: number,
  used: readonly number[],
): readonly SignedByteCommit[] {
  const { publicKey: identityKey, secretKey } = identityOf(number);
  let previous = zero32;
  return used.map((objectsUsed, sequence) => {
    const commit: ByteCommit = {
      node: idOf(number),
      sequence,
      version: registry.version,
      objectsRoot: zero32,
      objectsUsed,
      slotsRoot: zero32,
      slotsUsed: 0,
      previous,
    };
    previous = byteCommitDigest(commit);
    const statement = byteCommitStatement(commit, { suite: 1, identityKey });
    const signature = signAs(secretKey, kinds.byteCommit, statement);
    return { commit, suite: 1, identityKey, signature };
  });
}

export function setOf(registry: Registry, signals: readonly SignedSignal[]): ClosedSet {
  const id = ({ signal }: SignedSignal): Uint8Array => nodeId(signal.suite, signal.identityKey);
  const ascending = signals.toSorted((a, b) => compare(id(a), id(b)));
  return {
    lineage: registryLineage(registry),
    version: registry.version,
    signals: ascending,
  };
}

export function after(registry: Registry, signals: readonly SignedSignal[]): Registry {
  const made = next(registry, setOf(registry, signals));
  assert.ok(made.ok, made.ok ? '' : made.refusal);
  return made.registry;
}

export function numbers(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

export function addresses({ nodes }: Registry): readonly string[] {
  return nodes.map(({ address: where }) => where);
}

export function groupNames(registry: Registry): readonly (readonly string[])[] {
  return registry.groups.map((group) =>
    group.map((index) => registry.nodes[index]!.address).toSorted(),
  );
}
