/** Keeping issues: signed by the only issuer, durable before anything of them leaves. */

import { kinds, type KeySignature } from '@dsm/primitive';
import { issueHead, issueStatement, type Issue, type IssuePart } from '@dsm/protocols';
import type { Engine } from './engine.ts';
import { signAs } from './keys.ts';
import { putToken, type Draft, type Token } from './model.ts';
import { putParts } from './parts.ts';

/** The token's newest issue, signed: durable before anything of it leaves. */
export function keepIssue(to: Draft, engine: Engine, token: Token, issue: Issue): void {
  const next = {
    issueHead: issueHead(issue),
    issueIndex: issue.index,
    issueTotal: issue.total,
  };
  putToken(to, engine.model, { ...token, ...next });
  const { suite, publicKey, signature } = issuerSignature(engine, token, issue);
  const body = issueHead(issue);
  const part: IssuePart = {
    issue,
    authorisation: { suite, publicKey, body, path: [], signature, backing: undefined },
    certificate: undefined,
    spends: [],
  };
  putParts(to, engine, [part]);
}

export function issuerSignature(
  { model, keys }: Engine,
  { issuer, rules }: Token,
  issue: Issue,
): KeySignature {
  const { suite, network } = model.device;
  const pair = keys.issuer(issuer - 1);
  const signature = signAs(pair, kinds.issue, suite, network, issueStatement(issue, rules));
  return { suite, publicKey: pair.publicKey, signature };
}
