/** Issuing: new units of a token, signed by its issuer and collected by their owner. */

import { kinds } from '@dsm/primitive';
import {
  issueHead,
  issueStatement,
  type Issue,
  type IssuePart,
  type Operation,
} from '@dsm/protocols';
import { mine, type Engine } from './engine.ts';
import { DsmError } from './errors.ts';
import { signAs } from './keys.ts';
import { putToken, type Draft, type Token } from './model.ts';
import { putParts } from './parts.ts';

/** An issue to this wallet, signed, and what must become durable with the entry that collects it. */
export interface Minted {
  readonly head: Uint8Array;
  readonly collect: Operation;
  readonly keep: (to: Draft) => void;
}

/** New units for this wallet. Nothing of it has left when it is kept, so no other is ever signed. */
export function mintOf(engine: Engine, token: Token, amount: bigint): Minted {
  const total = token.issueTotal + amount;
  if (token.issuer === 0) throw new DsmError('refused', 'only the issuer can mint this token');
  if (amount <= 0n || total > token.rules.cap) {
    throw new DsmError('refused', `${token.rules.cap - token.issueTotal} are left under the cap`);
  }
  const output = { ...mine(engine), amount, kind: 0, depth: 0, receipts: 1 } as const;
  const issue: Issue = {
    token: token.id,
    index: token.issueIndex + 1,
    parent: token.issueHead,
    amount,
    total,
    outputs: [output],
    anchors: [],
    remint: undefined,
  };
  const head = issueHead(issue);
  const outputs = [{ ...output, index: 0 }];
  return {
    head,
    collect: { type: 'collect', token: token.id, source: head, outputs },
    keep: (to) => {
      const next = { issueHead: head, issueIndex: issue.index, issueTotal: total };
      putToken(to, engine.model, { ...token, ...next });
      putParts(to, engine, [signedIssue(engine, token, issue)]);
    },
  };
}

function signedIssue({ model, keys }: Engine, { issuer, rules }: Token, issue: Issue): IssuePart {
  const { suite, network } = model.device;
  const pair = keys.issuer(issuer - 1);
  const signature = signAs(pair, kinds.issue, suite, network, issueStatement(issue, rules));
  const { publicKey } = pair;
  const body = issueHead(issue);
  return {
    issue,
    authorisation: { suite, publicKey, body, path: [], signature, backing: undefined },
    certificate: undefined,
    spends: [],
  };
}
