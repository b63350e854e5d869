/** What a wallet does with tokens, as its surface says it (token-api.ts). */

import { adoptToken, inspectToken } from './adopting.ts';
import type { NewPayment, Pay, Payment, TokenCalls } from './api.ts';
import { burn } from './burning.ts';
import { collectAll } from './collecting.ts';
import { cosign, finishIssue, openIssue, proposeIssue } from './committee-issue.ts';
import { learnIssues } from './issuer-chain.ts';
import { mint } from './issuing.ts';
import { itemsOf } from './items.ts';
import { issuerKey, issueToken } from './new-token.ts';
import { load, pay } from './paying.ts';
import { checkReady, type Runtime } from './runtime.ts';
import type { ContactRow } from './rows.ts';
import { findToken, tokenInfo } from './tokens.ts';
import { balanceOf } from './value.ts';

export function tokenCalls(runtime: Runtime): TokenCalls {
  const { engine } = runtime;
  const { model } = engine;
  return {
    tokens: () => [...model.tokens.values()].map(tokenInfo),
    token: (name) => tokenInfo(findToken(model, name)),
    inspect: (name) => inspectToken(engine, name),
    adopt: (name, options) => adoptToken(engine, name, options),
    issue: async (policy) => {
      checkReady(runtime);
      return issueToken(engine, policy);
    },
    issuerKey: async () => {
      checkReady(runtime);
      return issuerKey(engine);
    },
    mint: (token, amount, options) => mint(runtime, token, amount, options),
    proposeIssue: (token, amount, options) => proposeIssue(runtime, token, amount, options),
    cosign: (proposal) => cosign(runtime, proposal),
    openIssue: (token) => openIssue(engine, token),
    finishIssue: (proposals) => finishIssue(runtime, proposals),
    collect: async (name) => {
      checkReady(runtime);
      await learnIssues(engine, findToken(model, name).id);
      return collectAll(engine);
    },
    burn: (token, what) => burn(runtime, token, what),
    items: (token) => itemsOf(engine, token),
    load: (token, amount) => load(runtime, token, amount),
    balance: async (name) => balanceOf(model, findToken(model, name)).total,
    balances: () => [...model.tokens.values()].map((token) => balanceOf(model, token)),
  };
}

/** One payment, or several in one run. */
export function payCall(runtime: Runtime, row: ContactRow): Pay {
  function call(payment: NewPayment): Promise<Payment>;
  function call(payments: readonly NewPayment[]): Promise<readonly Payment[]>;
  async function call(
    wanted: NewPayment | readonly NewPayment[],
  ): Promise<Payment | readonly Payment[]> {
    if (isList(wanted)) return pay(runtime, row, wanted);
    const [paid] = await pay(runtime, row, [wanted]);
    return paid!;
  }
  return call;
}

function isList(wanted: NewPayment | readonly NewPayment[]): wanted is readonly NewPayment[] {
  return Array.isArray(wanted);
}
