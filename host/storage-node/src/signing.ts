/**
 * A node as a signer: what it says to the next version, and how it agrees to one.
 *
 * Its state is durable before a signature leaves (`succession.ts` of the core has the rule). It
 * endorses only what it has computed itself from a closed set that it has looked at (`review.ts`).
 */

import {
  closedSet,
  commitTo,
  endorse,
  freshSigner,
  next,
  phases,
  registryAddress,
  signal as signalObject,
  signalDigest,
  signerRecord,
  succession,
  successionDigest,
  type ClosedSet,
  type SignedByteCommit,
  type SignerRecord,
  type Signing,
  type Succession,
  type SuccessionStatement,
} from '@dsm/availability';
import { NodeError, type Engine } from '@dsm/ports';
import {
  decodeWith,
  encodeWith,
  equal,
  kinds,
  registryLineage,
  type Registry,
} from '@dsm/primitive';
import { wholeObject } from './peers.ts';
import { reviewOf, type ReviewParts } from './review.ts';
import { translated } from './room.ts';
import { named, namedWrite, shelves } from './rows.ts';
import type { Standing } from './slots.ts';
import { turns } from './turns.ts';
import type { Versions } from './versions.ts';

export interface SigningParts extends ReviewParts {
  readonly engine: Engine;
  readonly versions: Versions;
  readonly address: () => string;
  readonly capacityBytes: number;
  /** The newest ByteCommits of the version, oldest first, as many as a signal takes. */
  readonly commits: (version: number) => Promise<readonly SignedByteCommit[]>;
  readonly object: (registry: Registry, address: Uint8Array) => Promise<Uint8Array | undefined>;
}

export interface Endorsing {
  readonly attempt: number;
  readonly closed: Uint8Array;
  /** Endorsements of the same value in an earlier attempt. */
  readonly shown: Uint8Array | undefined;
}

export interface Proof {
  readonly closed: Uint8Array;
  readonly shown: Uint8Array;
}

export interface SignerService {
  readonly signal: () => Promise<Uint8Array>;
  /** The signal of another node of the version, as it reaches this one. */
  readonly relayed: (id: Uint8Array) => Promise<Uint8Array | undefined>;
  readonly record: () => Promise<Uint8Array>;
  readonly endorse: (asked: Endorsing) => Promise<Uint8Array>;
  readonly commit: (asked: Proof) => Promise<Uint8Array>;
  /** What follows from the closed set at this address. */
  readonly follows: (old: Registry, closed: Uint8Array) => Promise<Followed>;
}

export interface Followed {
  readonly set: ClosedSet;
  readonly registry: Registry;
  readonly value: Uint8Array;
}

/** Why a signer does not sign. */
export const signerRefusals = {
  signer: 'this node is no signer of the version that it votes under',
  set: 'the closed set is not among the objects that can be reached, or is none',
  own: 'the closed set has no signal of this node, or an old one',
  stranger: 'the closed set brings in a node that the operator of this signer has not named',
  'left-out': 'the closed set leaves out a node that answers this signer: plan again',
  next: 'nothing follows from the closed set',
  proof: 'the endorsements that were shown are not enough, or not for what follows',
  late: 'the signer takes part in a later attempt',
  early: 'attempts come one after the other, and this one skips some',
  other: 'the signer has endorsed another value in this attempt',
  locked: 'the signer has committed to another value, and nothing later speaks for this one',
} as const;
export type SignerServiceRefusal = keyof typeof signerRefusals;

export function signerOf(parts: SigningParts): SignerService {
  const { engine, keys, versions } = parts;
  const review = reviewOf(parts);
  const inTurn = turns();
  const recordOf = async (version: number): Promise<SignerRecord> => {
    const bytes = await translated(engine.get(shelves.named, named('signer')));
    const found = bytes === undefined ? undefined : decodeWith(signerRecord, bytes);
    return found?.version === version ? found : { version, state: freshSigner, backing: undefined };
  };
  /** Work as a signer, one after the other, under a version that the node votes under. */
  const asSigner = (work: (by: Standing) => Promise<Uint8Array>): Promise<Uint8Array> =>
    versions.during((by) => {
      if (by?.registry.signers.includes(by.index) !== true) throw refused('signer');
      return inTurn('signer', () => work(by));
    });
  const signed = async (
    { registry, index }: Standing,
    said: SuccessionStatement,
    record: SignerRecord,
  ): Promise<Uint8Array> => {
    await translated(engine.commit([namedWrite('signer', encodeWith(signerRecord, record))]));
    const digest = successionDigest(said);
    const signature = keys.voter().sign(kinds.succession, registry.network, digest);
    return succession.encode({ ...said, signatures: [{ node: index, signature }] });
  };
  const follows = (old: Registry, closed: Uint8Array): Promise<Followed> =>
    followed(parts, old, closed);
  return {
    follows,
    signal: () => versions.during(() => signalNow(parts)),
    relayed: (id) =>
      versions.during(async (by) => (by === undefined ? by : review.relayed(by.registry, id))),
    record: () =>
      asSigner(async ({ registry }) => encodeWith(signerRecord, await recordOf(registry.version))),
    endorse: ({ attempt, closed, shown }) =>
      asSigner(async (by) => {
        const { registry: old } = by;
        const { set, value } = await follows(old, closed);
        const record = await recordOf(old.version);
        const proof = shown === undefined ? undefined : proofOf(shown);
        const state = agreed(endorse(record.state, { attempt, value }, proof, old));
        // What enough signers, or this one, have endorsed before is not looked at again.
        const isKnown = [proof?.value, record.state.endorsed, record.state.lock?.value].some(
          (one) => one !== undefined && equal(one, value),
        );
        const objection = isKnown ? undefined : await review.objection(old, set);
        if (objection !== undefined) throw refused(objection);
        const said = statement(old, phases.endorse, attempt, value);
        return signed(by, said, { ...record, state });
      }),
    commit: ({ closed, shown }) =>
      asSigner(async (by) => {
        const { registry: old } = by;
        const { value } = await follows(old, closed);
        const proof = proofOf(shown);
        if (!equal(proof.value, value)) throw refused('proof');
        const record = await recordOf(old.version);
        const state = agreed(commitTo(record.state, proof, old));
        const said = statement(old, phases.commit, proof.attempt, value);
        return signed(by, said, { ...record, state, backing: { closed, shown: proof } });
      }),
  };
}

function statement(
  old: Registry,
  phase: SuccessionStatement['phase'],
  attempt: number,
  value: Uint8Array,
): SuccessionStatement {
  return { lineage: registryLineage(old), version: old.version, phase, attempt, value };
}

async function signalNow(parts: SigningParts): Promise<Uint8Array> {
  const { keys, versions, address, capacityBytes, intent } = parts;
  const known = versions.known();
  if (known === undefined) throw refused('signer');
  const { newest } = known;
  const { suite, publicKey: identityKey } = keys.identity;
  const said = {
    lineage: known.lineage,
    version: newest.version,
    suite,
    identityKey,
    address: address(),
    capacityBytes,
    voteKey: keys.nextVoteKey(),
    intent: intent(),
    commits: await parts.commits(newest.version),
  };
  const signature = keys.identity.sign(kinds.signal, newest.network, signalDigest(said));
  return signalObject.encode({ signal: said, signature });
}

async function followed(
  { object }: SigningParts,
  old: Registry,
  closed: Uint8Array,
): Promise<Followed> {
  const bytes = await wholeObject(closed, (at) => object(old, at));
  const decoded = bytes === undefined ? undefined : closedSet.decode(bytes);
  if (decoded?.ok !== true) throw refused('set');
  const computed = next(old, decoded.value);
  if (!computed.ok) throw refused('next');
  const { registry } = computed;
  return { set: decoded.value, registry, value: registryAddress(registry) };
}

function proofOf(bytes: Uint8Array): Succession {
  const decoded = succession.decode(bytes);
  if (!decoded.ok) throw refused('proof');
  return decoded.value;
}

function agreed(signing: Signing): SignerRecord['state'] {
  if (!signing.ok) throw refused(signing.refusal);
  return signing.state;
}

function refused(reason: SignerServiceRefusal): NodeError {
  return new NodeError('refused', signerRefusals[reason]);
}
