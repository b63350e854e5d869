/**
 * A lineage as two devices would make it that hand one note back and forth, every part certified:
 * an issue, then as many spends as there are hops, each with one input and one output.
 */

import {
  advance,
  certify,
  entry,
  groupOf,
  keyDigest,
  kinds,
  nextEntry,
  openLane,
  registryLineage,
  signatureContext,
  signatures,
  slotKey,
  slotListRoot,
  statementDigest,
  voteDigest,
  type Certificate,
  type Kind,
  type KeyPair,
  type Registry,
  type Slot,
} from '@dsm/primitive';
import {
  encodeOperation,
  encodePart,
  issueHead,
  issuePlace,
  issueStatement,
  spendPlace,
  tokenId,
  type Issue,
  type Note,
  type Output,
  type Policy,
} from '@dsm/protocols';
import { network, policy as anyPolicy, thing } from './pair.ts';

export interface Lineage {
  readonly policy: Policy;
  readonly registry: Registry;
  /** From the issue to the newest spend. */
  readonly parts: readonly Uint8Array[];
}

interface Nodes {
  readonly registry: Registry;
  readonly keys: readonly KeyPair[];
}

const replicas = 4;

/** Signed by whatever signatures are installed. */
export function lineageOf(hops: number): Lineage {
  const nodes = nodesOf();
  const owners = [keyPair('one'), keyPair('two')] as const;
  const issuer = keyDigest(1, owners[0].publicKey);
  const policy = { ...anyPolicy, members: [issuer], registry: registryLineage(nodes.registry) };
  const minted = issuePart(policy, owners[0], nodes);
  const parts = [minted.part];
  let note = minted.note;
  for (let hop = 0; hop < hops; hop++) {
    const spent = spendPart(note, owners[hop % 2]!, owners[(hop + 1) % 2]!, nodes);
    parts.push(spent.part);
    note = spent.note;
  }
  return { policy, registry: nodes.registry, parts };
}

interface Made {
  readonly part: Uint8Array;
  /** The one note that it created. */
  readonly note: Note;
}

function issuePart(policy: Policy, by: KeyPair, nodes: Nodes): Made {
  const token = tokenId(policy);
  const output = outputTo(by, { depth: 0, receipts: 1 });
  const { amount } = output;
  const issue: Issue = {
    token,
    index: 1,
    parent: token,
    amount,
    total: amount,
    outputs: [output],
    anchors: [],
    remint: undefined,
  };
  const source = issueHead(issue);
  const slot = { key: slotKey(issuePlace(token, policy)), value: source };
  const signature = sign(by, kinds.issue, issueStatement(issue, policy));
  const { publicKey } = by;
  const part = encodePart({
    issue,
    authorisation: { suite: 1, publicKey, body: source, path: [], signature, backing: undefined },
    certificate: certified(slot, nodes),
    spends: [],
  });
  return { part, note: { ...output, token, source, index: 0 } };
}

function spendPart(note: Note, from: KeyPair, to: KeyPair, nodes: Nodes): Made {
  const output = outputTo(to, { depth: note.depth + 1, receipts: note.receipts + 1 });
  const { token, source, index, key, amount, kind, depth, receipts } = note;
  const blind = thing('blind', depth);
  const input = { source, index, key, amount, kind, depth, receipts, blind };
  const movement = { token, inputs: [input], outputs: [output], allowed: undefined, memo: '' };
  const operation = encodeOperation({ type: 'transfer', ...movement });
  const lane = openLane(network, note.owner, depth, output.owner, {
    key: thing('relationship', depth),
    spoolKey: thing('spool key', depth),
  });
  const next = nextEntry(lane, 0, thing('absorbed'), operation);
  const encoded = entry.encode(next);
  const { head } = advance(lane, next, encoded);
  const spend = { key: slotKey(spendPlace(note)), value: head };
  const delivery = { key: thing('delivery slot', depth), value: thing('delivery', depth) };
  const slots = [spend, delivery];
  const { body, signature } = signed(slots, from);
  const part = encodePart({
    before: lane.head,
    entry: encoded,
    body,
    slots,
    signatures: [{ suite: 1, publicKey: from.publicKey, signature }],
    certificates: [certified(spend, nodes)],
  });
  return { part, note: { ...output, token, source: head, index: 0 } };
}

function outputTo(
  { publicKey }: KeyPair,
  bounds: { readonly depth: number; readonly receipts: number },
): Output {
  const key = keyDigest(1, publicKey);
  return { owner: key, key, amount: 10n, kind: 0, ...bounds };
}

function signed(
  slots: readonly Slot[],
  by: KeyPair,
): { readonly body: Uint8Array; readonly signature: Uint8Array } {
  const body = thing('body of a step');
  const digest = statementDigest(body, slotListRoot(slots));
  return { body, signature: sign(by, kinds.signedStep, digest) };
}

function certified(slot: Slot, { registry, keys }: Nodes): Certificate {
  const digest = voteDigest(registryLineage(registry), registry.version, slot);
  const votes = groupOf(registry, slot.key).map((node) => ({
    node,
    path: [],
    signature: sign(keys[node]!, kinds.vote, digest),
  }));
  return certify(registry, slot, votes)!;
}

function nodesOf(): Nodes {
  const keys = Array.from({ length: replicas }, (_, i) => keyPair(`node ${i}`));
  const registry: Registry = {
    network,
    first: new Uint8Array(32),
    previous: new Uint8Array(32),
    version: 1,
    closed: new Uint8Array(32),
    bucketBits: 8,
    admission: 0,
    seatBytes: 1,
    seats: [0],
    signers: [0],
    threshold: 1,
    r: replicas,
    q: 3,
    f: 1,
    nodes: keys.map(({ publicKey }, i) => ({
      suite: 1,
      id: thing(`node id ${i}`),
      voteKey: publicKey,
      capacityBytes: 1,
      missed: 0,
      address: `http://127.0.0.1:${4610 + i}`,
    })),
    groups: [keys.map((_, i) => i)],
  };
  return { registry, keys };
}

function keyPair(name: string): KeyPair {
  return signatures().keyPair('ml-dsa-65', thing(name));
}

function sign({ secretKey }: KeyPair, kind: Kind, digest: Uint8Array): Uint8Array {
  return signatures().sign(secretKey, digest, signatureContext(kind, 1, network));
}
