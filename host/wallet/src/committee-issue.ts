/**
 * Issues of a committee: one proposes, the others sign, anybody finishes.
 *
 *     propose   the next issue, with the first signature          bytes to hand around
 *     cosign    the same bytes with one signature more
 *     finish    signatures of all who signed, put together · certify · collect, or tell its owner
 *
 * An issuer keeps what it signs at a position before the signature leaves, and signs nothing else
 * there for ever: that is what makes several keys one writer. What was signed and never finished can
 * be handed out again; another issue can be signed once the others have certified one there. A
 * restored issuer cannot know what it signed before, so it signs nothing at the position where it
 * found the chain: the others certify one issue without it.
 */

import {
  compare,
  equal,
  keyDigest,
  keyOf,
  kinds,
  verifyWorking,
  zero32,
  encodeWith,
  u32,
  type KeySignature,
} from '@dsm/primitive';
import {
  issueHead,
  issuePart,
  issuedRefusal,
  issueStatement,
  movementRefusals,
  type Issue,
  type IssuePart,
  type Policy,
} from '@dsm/protocols';
import { allowedProof } from './allow-lists.ts';
import type { MintOptions } from './api.ts';
import { certifyOne } from './certify.ts';
import { collectAll } from './collecting.ts';
import type { Engine } from './engine.ts';
import { DsmError } from './errors.ts';
import { learnIssues } from './issuer-chain.ts';
import { handOver } from './handing.ts';
import { issuerSignature } from './issue-keeping.ts';
import { issueOf, notify, publishAnchors, receiverOf, type Told } from './issuing.ts';
import { draft, type Token } from './model.ts';
import { putParts } from './parts.ts';
import { checkReady, refresh, type Runtime } from './runtime.ts';
import { rowKey } from './rows.ts';
import { findToken } from './tokens.ts';

/** An issue with this wallet's signature, for the other issuers. */
export async function proposeIssue(
  runtime: Runtime,
  name: string,
  amount: bigint,
  { to, anchors = [] }: MintOptions = {},
): Promise<Uint8Array> {
  checkReady(runtime);
  const { engine } = runtime;
  const token = await ownCommittee(engine, findToken(engine.model, name));
  const addresses = await publishAnchors(engine, anchors);
  return engine.exclusive(async () => {
    const issue = await issueOf(engine, token, amount, receiverOf(engine, to), addresses);
    return signedWith(engine, token, issue, []);
  });
}

/** The proposal with one signature more; the same again if it was signed before. */
export async function cosign(runtime: Runtime, proposal: Uint8Array): Promise<Uint8Array> {
  checkReady(runtime);
  const { engine } = runtime;
  const { issue, signatures, rules } = read(engine, proposal);
  const token = await ownCommittee(engine, engine.model.tokens.get(keyOf(issue.token))!);
  if (!equal(issue.parent, token.issueHead)) {
    throw new DsmError('refused', 'the proposal does not follow the last certified issue');
  }
  const fault = faultOf(token, issue);
  if (fault !== undefined) throw new DsmError('refused', `the proposal does not hold: ${fault}`);
  await allowedProof(engine, rules, issue.outputs);
  return engine.exclusive(() => signedWith(engine, token, issue, signatures));
}

/** What this wallet has signed where the next issue stands, if it has. */
export async function openIssue(engine: Engine, name: string): Promise<Uint8Array | undefined> {
  const { id, issueHead: parent } = findToken(engine.model, name);
  const bytes = await engine.store.get(signedKey(id, parent));
  return bytes === undefined || bytes.length === 0 ? undefined : bytes;
}

/** Put signatures together, certify, and give what was issued to whom it belongs. */
export async function finishIssue(
  runtime: Runtime,
  proposals: readonly Uint8Array[],
): Promise<void> {
  checkReady(runtime);
  const { engine } = runtime;
  const part = joined(engine, proposals);
  const head = issueHead(part.issue);
  await engine.exclusive(async () => {
    const to = draft();
    if (!engine.model.origins.has(keyOf(head))) putParts(to, engine, [part]);
    await engine.commit(to);
  });
  const outcome = await certifyOne(engine, head);
  await refresh(runtime);
  if (outcome === 'conflicted') {
    throw new DsmError('refused', 'the issuers have certified another issue at this position');
  }
  if (outcome === 'undecided') {
    throw new DsmError('pending', 'kept; too few nodes answered to certify it now');
  }
  await learnIssues(engine, part.issue.token);
  await collectAll(engine);
  await tellOwner(runtime, part.issue);
}

/** The owner of what was issued, if it is a contact and was not told. */
async function tellOwner(runtime: Runtime, { token, outputs, ...rest }: Issue): Promise<void> {
  const { engine } = runtime;
  const { model } = engine;
  const owner = outputs[0]!.owner;
  const contact = model.contacts.get(keyOf(owner));
  const relationship = contact?.relationship;
  if (contact === undefined || relationship === undefined) return;
  const head = issueHead({ token, outputs, ...rest });
  const notified = await engine.exclusive(async (): Promise<Told | undefined> => {
    // One notice for each issue: `told` is kept in the commit of the run that carries it.
    const told = rowKey('signed', head, token);
    if ((await engine.store.get(told)) !== undefined) return undefined;
    return notify(runtime, relationship, { token, head }, (to) => to.put(told, new Uint8Array(0)));
  });
  if (notified === undefined) return;
  await handOver(runtime, contact, notified.at, [head], notified.said);
}

/** The token at the end of its issuer chain, if this wallet is one of several issuers. */
async function ownCommittee(engine: Engine, { id, issuer, rules }: Token): Promise<Token> {
  if (issuer === 0) throw new DsmError('refused', 'this wallet holds no issuer key of the token');
  if (rules.members.length === 1) {
    throw new DsmError('refused', 'this wallet issues the token alone: mint it');
  }
  const token = await learnIssues(engine, id);
  await barAfterRestore(engine, token);
  return token;
}

function signedKey(token: Uint8Array, parent: Uint8Array): Uint8Array {
  return rowKey('signed', token, parent);
}

/** The first look of a new incarnation: the position that it finds is closed to it. */
async function barAfterRestore(engine: Engine, { id, issueHead: parent }: Token): Promise<void> {
  const { store, model } = engine;
  const { incarnation } = model.row;
  const looked = rowKey('signed', id, zero32);
  const now = encodeWith(u32, incarnation);
  const last = (await store.get(looked)) ?? encodeWith(u32, 0);
  if (equal(last, now)) return;
  await engine.exclusive(async () => {
    const to = draft();
    to.put(looked, now);
    const signed = await store.get(signedKey(id, parent));
    if (signed === undefined) to.put(signedKey(id, parent), new Uint8Array(0));
    await engine.commit(to);
  });
}

/** Sign, unless another issue was signed at this position; durable before the signature leaves. */
async function signedWith(
  engine: Engine,
  token: Token,
  issue: Issue,
  others: readonly KeySignature[],
): Promise<Uint8Array> {
  const key = signedKey(token.id, issue.parent);
  const kept = await engine.store.get(key);
  const before = kept === undefined ? undefined : issuePart.decode(kept);
  if (before?.ok === false) {
    throw new DsmError('already-signed', 'a restored issuer signs nothing at this position');
  }
  if (before?.ok === true && !equal(issueHead(before.value.issue), issueHead(issue))) {
    const { amount, outputs } = before.value.issue;
    throw new DsmError(
      'already-signed',
      `this issuer has signed another issue at this position: ${amount} in ${outputs.length} notes`,
    );
  }
  // Signing may be randomised: what was signed before is handed out again as it was.
  const mine =
    before === undefined ? [issuerSignature(engine, token, issue)] : signaturesOn(before.value);
  const signatures = union([...mine, ...others]);
  const bytes = issuePart.encode(partOf(issue, token.rules, signatures));
  const to = draft();
  to.put(key, bytes);
  await engine.commit(to);
  return bytes;
}

/** Each key once, in one order, so that the same signers give the same bytes. */
function union(signatures: readonly KeySignature[]): readonly KeySignature[] {
  const bySigner = new Map<string, KeySignature>();
  for (const one of signatures) {
    const signer = keyOf(keyDigest(one.suite, one.publicKey));
    if (!bySigner.has(signer)) bySigner.set(signer, one);
  }
  const digest = ({ suite, publicKey }: KeySignature): Uint8Array => keyDigest(suite, publicKey);
  return [...bySigner.values()].toSorted((a, b) => compare(digest(a), digest(b)));
}

function partOf(
  issue: Issue,
  { threshold, members }: Policy,
  [first, ...further]: readonly KeySignature[],
): IssuePart {
  const committee = { threshold, members };
  const backing = { type: 'committee', committee, further } as const;
  const authorisation = { ...first!, body: issueHead(issue), path: [], backing };
  return { issue, authorisation, certificate: undefined, spends: [] };
}

function signaturesOn({ authorisation }: IssuePart): readonly KeySignature[] {
  const { suite, publicKey, signature, backing } = authorisation;
  const further = backing?.type === 'committee' ? backing.further : [];
  return [{ suite, publicKey, signature }, ...further];
}

/** A proposal of a token that is known here, its signatures checked one by one. */
function read(
  { model }: Engine,
  bytes: Uint8Array,
): {
  readonly issue: Issue;
  readonly signatures: readonly KeySignature[];
  readonly rules: Policy;
} {
  const decoded = issuePart.decode(bytes);
  if (!decoded.ok) throw new DsmError('integrity', `this is no proposal: ${decoded.refusal}`);
  const { issue, authorisation } = decoded.value;
  const rules = model.tokens.get(keyOf(issue.token))?.rules;
  if (rules === undefined)
    throw new DsmError('not-found', 'the token of the proposal is not known');
  if (authorisation.backing?.type !== 'committee') {
    throw new DsmError('integrity', 'this is an issue by one issuer, and no proposal');
  }
  const signatures = signaturesOn(decoded.value);
  const statement = issueStatement(issue, rules);
  for (const one of signatures) {
    const signer = keyDigest(one.suite, one.publicKey);
    if (!rules.members.some((member) => equal(member, signer))) {
      throw new DsmError('refused', 'somebody has signed who is no issuer of the token');
    }
    const { network } = model.device;
    if (!verifyWorking(kinds.issue, one.suite, network, one.publicKey, statement, one.signature)) {
      throw new DsmError('integrity', 'a signature on the proposal does not hold');
    }
  }
  return { issue, signatures, rules };
}

/** Why no verifier would take the issue after the token's last one. */
function faultOf({ rules, issueIndex, issueTotal }: Token, issue: Issue): string | undefined {
  const { index, amount, total, outputs, anchors, remint } = issue;
  if (remint !== undefined) return 'a re-mint is asked for, not proposed';
  if (index !== issueIndex + 1 || total !== issueTotal + amount) return 'it does not add up';
  if (amount === 0n || total > rules.cap) return 'it exceeds the cap';
  if (anchors.length > 0 && anchors.length !== outputs.length) return 'anchors and notes differ';
  const refusal = issuedRefusal(outputs, amount, total, rules);
  return refusal === undefined ? undefined : movementRefusals[refusal];
}

/** One issue with the signatures of all proposals. */
function joined(engine: Engine, proposals: readonly Uint8Array[]): IssuePart {
  const all = proposals.map((bytes) => read(engine, bytes));
  const [first] = all;
  if (first === undefined) throw new DsmError('usage', 'there is nothing to finish');
  const { issue, rules } = first;
  if (all.some((one) => !equal(issueHead(one.issue), issueHead(issue)))) {
    throw new DsmError('refused', 'the proposals are of different issues');
  }
  const signatures = union(all.flatMap((one) => one.signatures));
  if (signatures.length < rules.threshold) {
    throw new DsmError('refused', `${signatures.length} of ${rules.threshold} issuers have signed`);
  }
  return partOf(issue, rules, signatures);
}
