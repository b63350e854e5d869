/**
 * Four storage nodes in one group, through two versions of a registry, and the writer of one slot:
 * what `slot` of the models and of the counts stands on. A node keeps what the core says; its votes are
 * signed with its key of the version.
 */

import {
  admit,
  firstRegistry,
  historyAfter,
  stoodIn,
  taken,
  takenOver,
  type Admission,
  type KeptSlot,
  type Stood,
} from '@dsm/availability';
import {
  checkCertificate,
  keyDigest,
  keyOf,
  kinds,
  nodeId,
  registriesOf,
  registryLineage,
  signatures,
  slotKey,
  slotListRoot,
  statementDigest,
  verifyVote,
  voteDigest,
  type Certificate,
  type KeyPair,
  type Registry,
  type SlotPlace,
  type SlotValue,
  type SlotWrite,
} from '@dsm/primitive';
import { named, network, signedAs } from './party.ts';

export const group: readonly number[] = [0, 1, 2, 3];
/** The node that votes for everything. */
export const liar = 3;

/** An honest node. It votes under version 1, closes it, and opens version 2. */
export interface Node {
  readonly phase: 'voting' | 'closed' | 'open';
  readonly kept: KeptSlot | undefined;
  readonly history: readonly Stood[];
}

export const freshNode: Node = { phase: 'voting', kept: undefined, history: [] };

export interface Vote {
  readonly node: number;
  readonly version: number;
  readonly value: number;
}

export interface Plane {
  /** The write of a value by its writer, or by nobody. */
  readonly write: (value: number, isForged?: boolean) => SlotWrite;
  readonly numberOf: (value: Uint8Array) => number;
  /** The signature of a node under a version. */
  readonly signVote: (vote: Vote) => Uint8Array;
  readonly holds: (vote: Vote, signature: Uint8Array) => boolean;
  /** The certificate that these votes make, if anybody believes it. */
  readonly certificateOf: (
    version: number,
    value: number,
    votes: ReadonlyMap<string, Uint8Array>,
  ) => Certificate | undefined;
  readonly admitted: (node: Node, write: SlotWrite) => Written;
}

export interface Written {
  readonly node: Node;
  readonly answer: Admission['type'];
  /** The value that is voted on, unless the slot is frozen. */
  readonly votedFor: number | undefined;
}

export function voteName({ node, version, value }: Vote): string {
  return `${node} ${version} ${value}`;
}

export function openPlane(): Plane {
  const registries = registriesFor();
  const writes = new Map([1, 2].map((value) => [value, writeOf(value)]));
  const numbers = new Map([...writes].map(([number, { value }]) => [keyOf(value), number]));
  const signed = new Map<string, Uint8Array>();
  const numberOf = (value: Uint8Array): number => numbers.get(keyOf(value)) ?? 0;
  const slotOf = (value: number): { key: Uint8Array; value: Uint8Array } => {
    const { place, value: bytes } = writes.get(value)!;
    return { key: slotKey(place), value: bytes };
  };
  const signVote = (vote: Vote): Uint8Array => {
    const name = voteName(vote);
    const registry = registries[vote.version - 1]!;
    const digest = voteDigest(registryLineage(registry), vote.version, slotOf(vote.value));
    const made = signed.get(name) ?? signedAs(voter(vote.node, vote.version), kinds.vote, digest);
    signed.set(name, made);
    return made;
  };
  return {
    write: (value, isForged = false) =>
      isForged ? forged(writes.get(value)!) : writes.get(value)!,
    numberOf,
    signVote,
    holds: ({ node, version, value }, signature) =>
      verifyVote(registries[version - 1]!, node, slotOf(value), { path: [], signature }),
    certificateOf: (version, value, votes) => {
      const registry = registries[version - 1]!;
      const given = group.flatMap((node) => {
        const signature = votes.get(voteName({ node, version, value }));
        return signature === undefined ? [] : [{ node, path: [], signature }];
      });
      // Whoever shows a certificate may show too few votes, so it is not made by `certify`: the
      // reader counts.
      const claim: Certificate = {
        lineage: registryLineage(registry),
        version,
        ...slotOf(value),
        votes: given,
      };
      const refusal = checkCertificate(claim, registriesOf(...registries), slotOf(value));
      return refusal === undefined ? claim : undefined;
    },
    admitted: (node, write) => {
      const known = registriesOf(...registries.slice(0, node.phase === 'open' ? 2 : 1));
      return admittedBy(node, admit(node.kept, write, { network, registries: known }), numberOf);
    },
  };
}

function admittedBy(node: Node, admission: Admission, numberOf: Plane['numberOf']): Written {
  const { kept, type: answer } = admission;
  if (kept === undefined || answer === 'refused') return { node, answer, votedFor: undefined };
  const standing = kept.values.slice(0, kept.standing).map(({ value }) => value);
  const version = node.phase === 'open' ? 2 : 1;
  const ascending = standing.toSorted((a, b) => numberOf(a) - numberOf(b));
  const history = historyAfter(node.history, version, ascending);
  const votedFor = kept.standing === 1 ? numberOf(kept.values[0]!.value) : undefined;
  return { node: { ...node, kept, history }, answer, votedFor };
}

/** What the closed map of version 1 of an honest node shows of the slot. */
export function mapOf({ kept, history }: Node): readonly SlotValue[] {
  return stoodIn(history, 1).map((value) =>
    kept!.values.find((one) => keyOf(one.value) === keyOf(value))!,
  );
}

/** The node with what these maps show taken over, open under version 2. */
export function openedWith(
  node: Node,
  place: SlotPlace,
  shown: readonly (readonly SlotValue[])[],
): Node {
  const values = taken(shown);
  if (values.length === 0) return { ...node, phase: 'open' };
  const kept = takenOver(node.kept, place, values);
  const stood = values.map(({ value }) => value);
  return { phase: 'open', kept, history: historyAfter(node.history, 2, stood) };
}

function voter(node: number, version: number): KeyPair {
  return signatures().keyPair('ml-dsa-65', named(`vote key ${node} of version ${version}`));
}

function registriesFor(): readonly [Registry, Registry] {
  const nodes = group.map((node) => ({
    suite: 1 as const,
    id: nodeId(1, signatures().keyPair('ml-dsa-65', named(`node ${node}`)).publicKey),
    voteKey: voter(node, 1).publicKey,
    address: `node-${node}`,
    capacityBytes: 4_000,
  }));
  const first = firstRegistry({ network, nodes, bucketBits: 8 })!;
  const lineage = registryLineage(first);
  const second: Registry = {
    ...first,
    first: lineage,
    previous: lineage,
    closed: lineage,
    version: 2,
    nodes: first.nodes.map((node, i) => ({ ...node, voteKey: voter(i, 2).publicKey })),
  };
  return [first, second];
}

/** The write of a value, 32 times its number, by the one writer of the slot. */
function writeOf(number: number): SlotWrite {
  const key = signatures().keyPair('ml-dsa-65', named('writer'));
  const place: SlotPlace = {
    kind: 1,
    writer: keyDigest(1, key.publicKey),
    position: named('position'),
  };
  const value = new Uint8Array(32).fill(number);
  const body = named('body');
  const digest = statementDigest(body, slotListRoot([{ key: slotKey(place), value }]));
  const authorisation = {
    suite: 1,
    publicKey: key.publicKey,
    body,
    path: [],
    signature: signedAs(key, kinds.signedStep, digest),
    backing: undefined,
  } as const;
  return { place, value, authorisation, hint: undefined, certificate: undefined };
}

function forged(write: SlotWrite): SlotWrite {
  const { authorisation } = write;
  const { signature } = authorisation;
  const other = signature.with(0, signature[0]! ^ 1);
  return { ...write, authorisation: { ...authorisation, signature: other } };
}
