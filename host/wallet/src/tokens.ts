/** Tokens as this wallet knows them: looked up, fetched, recognised as its own to issue. */

import { address, equal, keyDigest, keyOf } from '@dsm/primitive';
import { forms, policy, tokenId, type Policy } from '@dsm/protocols';
import type { TokenForm, TokenInfo } from './api.ts';
import type { Engine } from './engine.ts';
import { DsmError } from './errors.ts';
import { removeToken, type Draft, type Model, type Token } from './model.ts';
import { idText, prefixes } from './text.ts';

export function tokenInfo({ id, rules, adopted, issuer }: Token): TokenInfo {
  const { ticker, name, decimals, cap } = rules;
  return {
    id: idText('token', id),
    ticker,
    name,
    form: formOf(rules),
    decimals,
    cap,
    adopted: adopted === 1,
    issuer: issuer > 0,
  };
}

export function formOf({ form }: Pick<Policy, 'form'>): TokenForm {
  const names: Readonly<Record<Policy['form'], TokenForm>> = {
    [forms.fungible]: 'fungible',
    [forms.unique]: 'unique',
    [forms.credential]: 'credential',
  };
  return names[form];
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
export function newToken(engine: Engine, rules: Policy, overrides: Partial<Token> = {}): Token {
  const id = tokenId(rules);
  return {
    id,
    rules,
    policy: policy.encode(rules),
    adopted: 0,
    issuer: issuerNumber(engine, rules),
    issueHead: id,
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

/** The number of the first own issuer key that the policy names, plus one; 0 if it names none. */
function issuerNumber({ model, keys }: Engine, { members }: Policy): number {
  for (let n = 0; n < model.row.issued; n++) {
    const own = keyDigest(model.device.suite, keys.issuer(n).publicKey);
    if (members.some((member) => equal(member, own))) return n + 1;
  }
  return 0;
}

/** Shipped as a small amount: fifty whole units, or all there is. */
function defaultOfflineLimit({ decimals, cap }: Policy): bigint {
  const fifty = 50n * 10n ** BigInt(decimals);
  return fifty < cap ? fifty : cap;
}

/** A token as it is known here, or as the nodes have it; not kept yet. */
export async function tokenOf(engine: Engine, id: Uint8Array): Promise<Token> {
  const known = engine.model.tokens.get(keyOf(id));
  return known ?? newToken(engine, await fetchPolicy(engine.quorum, id));
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
