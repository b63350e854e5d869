/**
 * Issuing: new units or items, signed by the only issuer of a token.
 *
 *     alone      sign · keep with the run that collects it, or that tells its owner · certify
 *     together   committee-issue.ts
 *
 * Nothing of an issue leaves before it is durable, so a crash at any point signs the same or nothing.
 */

import { keyDigest, keyOf, limits } from '@dsm/primitive';
import {
  encodeOperation,
  forms,
  issueHead,
  noteKinds,
  placed,
  type Issue,
  type Output,
} from '@dsm/protocols';
import { allowedProof } from './allow-lists.ts';
import type { AnchorContent, MintOptions } from './api.ts';
import { findContact } from './contacts.ts';
import { mine, type Engine } from './engine.ts';
import { DsmError } from './errors.ts';
import { keepIssue } from './issue-keeping.ts';
import { learnIssues, mustLook } from './issuer-chain.ts';
import type { Draft, RunAt, Token } from './model.ts';
import { anchorAddress } from './new-token.ts';
import { noticeOperation, type Notice } from './notices.ts';
import { handOver } from './handing.ts';
import type { Said } from './session.ts';
import { appendRun } from './online.ts';
import { checkReady, liveSession, type Runtime } from './runtime.ts';
import { settle } from './settling.ts';
import { findToken } from './tokens.ts';

/** Who is given to: this wallet, or the device at the other end of a relationship. */
export interface Receiver {
  readonly owner: Uint8Array;
  readonly key: Uint8Array;
  readonly relationship: Uint8Array | undefined;
}

export function receiverOf(engine: Engine, to: string | undefined): Receiver {
  if (to === undefined) return { ...mine(engine), relationship: undefined };
  const { device, name, relationship } = findContact(engine.model, to);
  const on = engine.model.relationships.get(relationship === undefined ? '' : keyOf(relationship));
  if (on === undefined) throw new DsmError('refused', `${name} was never met`);
  const key = keyDigest(on.peer.suite, on.peer.workingKey);
  return { owner: device, key, relationship: on.key };
}

/** What an issue says beside its amount, and what comes and is kept with it. */
export interface Minting {
  readonly anchors: readonly Uint8Array[];
  /** Said to the receiver in the run that tells of the issue. */
  readonly operations?: readonly Uint8Array[];
  readonly keep?: (draft: Draft) => void;
}

/** New units or items, certified at the slot after the issue before. */
export async function mint(
  runtime: Runtime,
  name: string,
  amount: bigint,
  { to, anchors = [] }: MintOptions = {},
): Promise<void> {
  checkReady(runtime);
  onlyIssuer(findToken(runtime.engine.model, name));
  const addresses = await publishAnchors(runtime.engine, anchors);
  return mintWith(runtime, name, amount, to, () => ({ anchors: addresses }));
}

/** The same, with what follows from the place that the issue takes: one decision of this wallet. */
export async function mintWith(
  runtime: Runtime,
  name: string,
  amount: bigint,
  to: string | undefined,
  prepare: (token: Token, receiver: Receiver) => Minting,
): Promise<void> {
  checkReady(runtime);
  const { engine } = runtime;
  const { model } = engine;
  const known = onlyIssuer(findToken(model, name));
  if (mustLook(engine, known)) await learnIssues(engine, known.id);
  const { head, owner, told } = await engine.exclusive(async () => {
    const token = findToken(model, name);
    const receiver = receiverOf(engine, to);
    const { anchors, operations = [], keep: also = () => undefined } = prepare(token, receiver);
    const issue = await issueOf(engine, token, amount, receiver, anchors);
    const head = issueHead(issue);
    const keep = (draft: Draft): void => {
      keepIssue(draft, engine, token, issue);
      also(draft);
    };
    const owner = model.contacts.get(keyOf(receiver.owner));
    if (owner === undefined || receiver.relationship === undefined) {
      await appendRun(engine, model.own, [collectOf(issue)], false, keep);
      return { head, owner, told: undefined };
    }
    const notice = { token: token.id, head };
    const told = await notify(runtime, receiver.relationship, notice, keep, operations);
    return { head, owner, told };
  });
  if (told === undefined) return settle(runtime, head);
  const { certified } = await handOver(runtime, owner, told.at, [head], told.said);
  if (!certified) throw new DsmError('pending', 'made and kept; too few nodes answered');
}

function onlyIssuer(token: Token): Token {
  const { issuer, rules } = token;
  if (issuer === 0) throw new DsmError('refused', 'only the issuer can mint this token');
  if (rules.members.length === 1) return token;
  throw new DsmError(
    'refused',
    `${rules.threshold} of ${rules.members.length} issuers sign together: propose, cosign, finish`,
  );
}

/** What the anchors say is published before anything names it. */
export async function publishAnchors(
  engine: Engine,
  anchors: readonly AnchorContent[],
): Promise<Uint8Array[]> {
  const published: Uint8Array[] = [];
  const addresses = anchors.map((anchor) => anchorAddress(anchor, published));
  for (const bytes of published) await engine.quorum.publish(bytes);
  return addresses;
}

/** The issue after the last one that is known. */
export async function issueOf(
  engine: Engine,
  token: Token,
  amount: bigint,
  receiver: Receiver,
  anchors: readonly Uint8Array[],
): Promise<Issue> {
  const { rules, issueIndex, issueHead: parent, issueTotal } = token;
  const total = issueTotal + amount;
  if (amount <= 0n || total > rules.cap) {
    throw new DsmError('refused', `${rules.cap - issueTotal} are left under the cap`);
  }
  const outputs = outputsOf(token, amount, receiver);
  if (anchors.length > 0 && anchors.length !== outputs.length) {
    throw new DsmError('usage', 'an issue has one anchor for each item, or none');
  }
  await allowedProof(engine, rules, outputs);
  const index = issueIndex + 1;
  return { token: token.id, index, parent, amount, total, outputs, anchors, remint: undefined };
}

/** One note of a fungible token; of others, one for each of the next serial numbers. */
function outputsOf(
  { rules, issueTotal }: Token,
  amount: bigint,
  { owner, key }: Receiver,
): Output[] {
  const fresh = { owner, key, kind: noteKinds.online, depth: 0, receipts: 1 } as const;
  if (rules.form === forms.fungible) return [{ ...fresh, amount }];
  if (amount > BigInt(limits.issueOutputsMax)) {
    throw new DsmError('usage', `at most ${limits.issueOutputsMax} items at a time`);
  }
  return Array.from({ length: Number(amount) }, (_, i) => ({
    ...fresh,
    amount: issueTotal + BigInt(i) + 1n,
  }));
}

export function collectOf(issue: Issue): Uint8Array {
  const { token, outputs } = issue;
  const source = issueHead(issue);
  return encodeOperation({ type: 'collect', token, source, outputs: placed(outputs) });
}

/** A notice of an issue on the way to its owner. */
export interface Told {
  readonly at: RunAt;
  readonly said: Said | undefined;
}

/** Write the notice of an issue, and say it if its owner is connected. One decision of this wallet. */
export async function notify(
  runtime: Runtime,
  relationship: Uint8Array,
  notice: Notice,
  also: (to: Draft) => void,
  more: readonly Uint8Array[] = [],
): Promise<Told> {
  const { engine } = runtime;
  const { peer } = engine.model.relationships.get(keyOf(relationship))!;
  const operations = [noticeOperation(notice), ...more];
  const { at } = await appendRun(engine, relationship, operations, true, also);
  return { at, said: await liveSession(runtime, peer.device)?.deliver(at) };
}
