/** Tokens as this wallet knows them: looked up, issued, minted, adopted. */

import { address, equal, keyDigest, keyOf, limits, registryLineage, zero32 } from '@dsm/primitive';
import { policy, tokenId, type Policy } from '@dsm/protocols';
import type { NewToken, TokenInfo } from './api.ts';
import type { Engine } from './engine.ts';
import { DsmError } from './errors.ts';
import {
  draft,
  putToken,
  putWallet,
  removeToken,
  type Draft,
  type Model,
  type Token,
} from './model.ts';
import { idBytes, idText, prefixes } from './text.ts';

export function tokenInfo({ id, rules, adopted, issuer }: Token): TokenInfo {
  const { ticker, name, decimals, cap } = rules;
  return {
    id: idText('token', id),
    ticker,
    name,
    decimals,
    cap,
    adopted: adopted === 1,
    issuer: issuer > 0,
  };
}

/** By ticker, if one adopted or only one known token has it, or by a unique prefix of its id. */
export function findToken(model: Model, name: string): Token {
  const all = [...model.tokens.values()];
  const byTicker = all.filter(({ rules }) => rules.ticker === name);
  const adopted = byTicker.filter((token) => token.adopted === 1);
  const named = adopted.length > 0 ? adopted : byTicker;
  const found =
    named.length > 0 || !name.startsWith(prefixes.token)
      ? named
      : all.filter(({ id }) => idText('token', id).startsWith(name));
  if (found.length === 1) return found[0]!;
  if (found.length === 0) throw new DsmError('not-found', `no token "${name}" is known here`);
  throw new DsmError('ambiguous', `several tokens are called "${name}": use the id`);
}

/** Keep a policy that was checked against its address. Adoption is the owner's decision. */
export function newToken(rules: Policy, overrides: Partial<Token> = {}): Token {
  return {
    id: tokenId(rules),
    rules,
    policy: policy.encode(rules),
    adopted: 0,
    issuer: 0,
    issueHead: zero32,
    issueIndex: 0,
    issueTotal: 0n,
    offlineLimit: defaultOfflineLimit(rules),
    strangersLimit: undefined,
    ...overrides,
  };
}

/** Policies that are known and neither adopted nor issued here: anybody can make and show them. */
export const strangeTokensMax = 1_024;

/** Forget a policy that nobody needs, if there are too many. Whoever offers it shows it again. */
export function makeRoom(to: Draft, model: Model): void {
  const strange = [...model.tokens.values()].filter(
    ({ adopted, issuer }) => adopted === 0 && issuer === 0,
  );
  if (strange.length < strangeTokensMax) return;
  const paid = new Set(model.payments.map(({ token }) => keyOf(token)));
  const idle = strange.find(({ id }) => !paid.has(keyOf(id)));
  if (idle !== undefined) removeToken(to, model, idle.id);
}

/** Shipped as a small amount: fifty whole units, or all there is. */
function defaultOfflineLimit({ decimals, cap }: Policy): bigint {
  const fifty = 50n * 10n ** BigInt(decimals);
  return fifty < cap ? fifty : cap;
}

/**
 * How far a note may travel from its mint. As wide as the protocol allows in depth: there is no
 * re-mint yet that would shorten a lineage, and change travels one hop with every payment.
 */
const defaultDepth = limits.lineageDepthMax;
const defaultReceipts = 512;

export async function issueToken(engine: Engine, wanted: NewToken): Promise<TokenInfo> {
  const { model, keys, registry } = engine;
  const { suite, network } = model.device;
  const number = model.row.issued;
  const rules: Policy = {
    network,
    registry: registryLineage(registry),
    ticker: wanted.ticker,
    name: wanted.name ?? wanted.ticker,
    decimals: wanted.decimals ?? 0,
    form: 0,
    cap: wanted.cap,
    threshold: 1,
    members: [keyDigest(suite, keys.issuer(number).publicKey)],
    bad: 0,
    burn: 0,
    allowed: undefined,
    suites: [1, 2],
    anchors: [],
    depthMax: wanted.depthMax ?? defaultDepth,
    receiptsMax: wanted.receiptsMax ?? defaultReceipts,
  };
  const token = encodable(rules, number);
  const change = draft();
  putToken(change, model, token);
  putWallet(change, model, { ...model.row, issued: number + 1 });
  await engine.commit(change);
  await engine.quorum.publish(token.policy);
  return tokenInfo(token);
}

function encodable(rules: Policy, number: number): Token {
  try {
    const parent = tokenId(rules);
    return newToken(rules, { adopted: 1, issuer: number + 1, issueHead: parent });
  } catch (error) {
    throw new DsmError('usage', `no policy can say that: ${String(error)}`, { cause: error });
  }
}

/** Take payments in the token from now on; an unknown policy is fetched from the nodes. */
export async function adoptToken(engine: Engine, name: string): Promise<TokenInfo> {
  const { model, quorum } = engine;
  const id = idBytes('token', name) ?? findToken(model, name).id;
  const known = model.tokens.has(keyOf(id)) ? undefined : await fetchPolicy(quorum, id);
  return engine.exclusive(async () => {
    const token = model.tokens.get(keyOf(id)) ?? newToken(known!);
    const change = draft();
    putToken(change, model, { ...token, adopted: 1 });
    await engine.commit(change);
    return tokenInfo({ ...token, adopted: 1 });
  });
}

async function fetchPolicy(quorum: Engine['quorum'], id: Uint8Array): Promise<Policy> {
  const bytes = await quorum.fetch(id);
  if (bytes === undefined) throw new DsmError('offline', 'no node has the policy of this token');
  const decoded = policy.decode(bytes);
  if (!decoded.ok || !equal(address(bytes), id)) {
    throw new DsmError('integrity', 'what the nodes have under this id is no policy');
  }
  return decoded.value;
}
