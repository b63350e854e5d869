/**
 * Parts of lineages for the space of lineages: an issuer, a cheat and its puppets, two payees, and
 * everything that the cheat and the puppets can say of one note, true or forged.
 */

import {
  certify,
  compare,
  concat,
  encodeWith,
  entry,
  equal,
  keyDigest,
  keyOf,
  kinds,
  nextHead,
  registryLineage,
  slotKey,
  slotListRoot,
  statementDigest,
  u16,
  type Authorisation,
  type Certificate,
  type KeyPair,
  type Kind,
  type Slot,
  type SlotPlace,
} from '@dsm/primitive';
import {
  boundsAfter,
  encodeOperation,
  inputOrder,
  issueHead,
  issuePlace,
  noteId,
  noteKinds,
  partHead,
  remintedPlace,
  spendPlace,
  tokenId,
  type Input,
  type Issue,
  type LineagePart,
  type Note,
  type NoteKind,
  type Output,
  type Policy,
} from '@dsm/protocols';
import { authorisationBy, named, network, nodesOf, pairOf, signAs, voteOf } from './plane.ts';

/** Somebody who owns notes. */
export interface Owner {
  readonly id: Uint8Array;
  readonly pair: KeyPair;
  readonly key: Uint8Array;
}

function ownerOf(name: string): Owner {
  const pair = pairOf(`spend key of ${name}`);
  return { id: named(name), pair, key: keyDigest(1, pair.publicKey) };
}

const names = ['issuer', 'cheat', 'puppet 1', 'puppet 2', 'payee A', 'payee B'] as const;
const owners = new Map(names.map((name) => [name, ownerOf(name)] as const));
export type OwnerName = (typeof names)[number];

export function owner(name: OwnerName): Owner {
  return owners.get(name)!;
}

export const nodes: ReturnType<typeof nodesOf> = nodesOf(4);

export const gold: Policy = {
  network,
  registry: registryLineage(nodes.registry),
  ticker: 'GLD',
  name: 'Gold',
  decimals: 0,
  cap: 20n,
  form: 0,
  threshold: 1,
  members: [owner('issuer').key],
  bad: 0,
  burn: 0,
  allowed: undefined,
  suites: [1],
  anchors: [],
  depthMax: 8,
  receiptsMax: 64,
};
export const token: Uint8Array = tokenId(gold);

/** A certificate of three good votes. */
export function certificateOf(slot: Slot): Certificate {
  return certify(
    nodes.registry,
    slot,
    [0, 1, 2].map((node) => voteOf(nodes, node, slot)),
  )!;
}

/** One that a liar makes alone. */
export function badCertificateOf(slot: Slot): Certificate {
  const own = voteOf(nodes, 0, slot);
  return { ...certificateOf(slot), votes: [0, 1, 2].map((node) => ({ ...own, node })) };
}

/** A part without certificates, the slots that it needs, and the parts that it rests on. */
export interface Claimed {
  readonly name: string;
  readonly head: Uint8Array;
  /** Filled with these certificates; in the order of `places`. */
  readonly part: (certificates: readonly (Certificate | undefined)[]) => LineagePart;
  readonly places: readonly SlotPlace[];
  /** Names of the claims that made its inputs, or of the parent issue. */
  readonly rests: readonly string[];
  /** Names of the claims that an honest issuer sees certified before it says this one. */
  readonly asks: readonly string[];
  readonly outputs: readonly Output[];
  /** Whether every input is a purse note. */
  readonly isPurse: boolean;
  /** True if nobody may ever take it for good. */
  readonly isForged: boolean;
}

export function outputTo(to: OwnerName, amount: bigint, changes: Partial<Output> = {}): Output {
  const { id, key } = owner(to);
  return { owner: id, key, amount, kind: noteKinds.online, depth: 0, receipts: 1, ...changes };
}

/** The note with this place among what a claim makes. */
export function noteOf({ head, outputs }: Claimed, index: number): Note {
  return { ...outputs[index]!, token, source: head, index };
}

export interface SpendSaid {
  readonly name: string;
  readonly type?: 'transfer' | 'load';
  /** A fund: whose statements count for the escrow. */
  readonly payerKey?: Uint8Array;
  readonly inputs: readonly { readonly of: Claimed; readonly index: number }[];
  /** To whom, how much, and of which kind. */
  readonly outputs: readonly (readonly [OwnerName, bigint, NoteKind?])[];
  /** What a forger changes in what it says of its inputs, and who signs. */
  readonly lie?: Partial<Input>;
  readonly signer?: OwnerName;
  readonly lists?: 'another value';
}

export function spend(said: SpendSaid): Claimed {
  const { name, type = 'transfer', payerKey, inputs: from, lie, signer } = said;
  const notes = from.map(({ of, index }) => noteOf(of, index));
  const inputs = notes
    .map(({ source, index, key, amount, kind, depth, receipts }): Input => ({
      source,
      index,
      key,
      amount,
      kind,
      depth,
      receipts,
      blind: named('a blind'),
      ...lie,
    }))
    .toSorted((a, b) => compare(inputOrder(a), inputOrder(b)));
  const bounds = boundsAfter(inputs);
  const outputs = said.outputs.map(([to, amount, kind = noteKinds.online]) =>
    outputTo(to, amount, { ...bounds, kind }),
  );
  const moved = { token, inputs, outputs, allowed: undefined, memo: name };
  const operation =
    payerKey === undefined
      ? ({ type, ...moved } as const)
      : ({ type: 'fund', payerKey, ...moved } as const);
  const bytes = entry.encode({
    side: 0,
    index: 1,
    entropy: named(`entropy of ${name}`),
    absorbed: named('nothing'),
    operation: encodeOperation(operation),
  });
  const before = named(`the head before ${name}`);
  const head = nextHead(before, bytes);
  const places = inputs.map(spendPlace);
  const value = said.lists === undefined ? head : named('another value');
  const slots = places.map((place) => ({ key: slotKey(place), value }));
  const body = named(`body of ${name}`);
  const statement = statementDigest(body, slotListRoot(slots));
  const keys = signer === undefined ? signersOf(inputs) : [owner(signer).pair];
  const signatures = keys.map((pair) => ({
    suite: 1 as const,
    publicKey: pair.publicKey,
    signature: signAs(pair, kinds.signedStep, statement),
  }));
  return {
    name,
    head,
    part: (certificates) => ({ before, entry: bytes, body, slots, signatures, certificates }),
    places,
    rests: from.map(({ of }) => of.name),
    asks: [],
    outputs,
    isPurse: notes.every(({ kind }) => kind === noteKinds.purse),
    isForged: lie !== undefined || signer !== undefined || said.lists !== undefined,
  };
}

function signersOf(inputs: readonly Input[]): readonly KeyPair[] {
  const keys = new Map(
    inputs.map(({ key }) => {
      const { pair } = [...owners.values()].find((one) => equal(one.key, key))!;
      return [keyOf(key), pair];
    }),
  );
  return [...keys.values()];
}

function issueOf({ parent, index, amount, total, outputs, remint }: IssueSaid): Issue {
  const notes = (remint ?? []).map(({ of, index: place }) => {
    const { key, source } = noteOf(of, place);
    return { key, id: noteId(source, place) };
  });
  const ordered = notes.toSorted((a, b) => compare(concat(a.id, a.key), concat(b.id, b.key)));
  const made = { notes: ordered, lineage: named('a lineage') };
  return {
    token,
    index,
    parent: parent?.head ?? token,
    amount,
    total,
    outputs,
    anchors: [],
    remint: remint === undefined ? undefined : made,
  };
}

export interface IssueSaid {
  readonly name: string;
  readonly parent?: Claimed;
  readonly index: number;
  readonly amount: bigint;
  readonly total: bigint;
  readonly outputs: readonly Output[];
  /** Notes that it takes the place of. */
  readonly remint?: readonly { readonly of: Claimed; readonly index: number }[];
  readonly signer?: OwnerName;
  readonly isForged?: boolean;
}

export function issued(said: IssueSaid): Claimed {
  const { name, parent, outputs, signer = 'issuer' } = said;
  const value = issueOf(said);
  const head = issueHead(value);
  const place = issuePlace(value.parent, gold);
  const places = [place, ...(value.remint?.notes ?? []).map(remintedPlace)];
  const by = (pair: KeyPair, at: SlotPlace, kind: Kind): Authorisation =>
    authorisationBy(pair, { key: slotKey(at), value: head }, kind);
  const authorisation = by(owner(signer).pair, place, kinds.issue);
  const spends = (value.remint?.notes ?? []).map((note) => {
    const { pair } = [...owners.values()].find((one) => equal(one.key, note.key))!;
    return by(pair, remintedPlace(note), kinds.signedStep);
  });
  return {
    name,
    head,
    part: ([certificate, ...rest]) => ({
      issue: value,
      authorisation,
      certificate,
      spends: spends.map((each, i) => ({ authorisation: each, certificate: rest[i] })),
    }),
    places,
    rests: parent === undefined ? [] : [parent.name],
    asks: [
      ...(parent === undefined ? [] : [parent]),
      ...(said.remint ?? []).map(({ of }) => of),
    ].map((one) => one.name),
    outputs,
    isPurse: false,
    isForged: said.isForged ?? signer !== 'issuer',
  };
}

/** A claim whose part is about another head than it says would be a fault of the scene. */
export function checkedScene(claims: readonly Claimed[]): readonly Claimed[] {
  for (const { name, head, part, places } of claims) {
    const made = partHead(part(places.map(() => undefined)));
    if (!equal(made, head)) throw new RangeError(`${name} is about another head`);
  }
  return claims;
}

export function placeName(place: SlotPlace): string {
  return keyOf(slotKey(place)) + encodeWith(u16, place.kind).join();
}
