/**
 * Adopting is knowing: what a token says of itself, what it could be taken for, and the decision.
 */

import { equal, keyOf } from '@dsm/primitive';
import type { TokenDetails, TokenInfo, TokenIssuer } from './api.ts';
import { allowedDevices } from './allow-lists.ts';
import { collectAll } from './collecting.ts';
import type { Engine } from './engine.ts';
import { DsmError } from './errors.ts';
import { warningsFor } from './look-alike.ts';
import { draft, putToken, type Token } from './model.ts';
import { rowKey } from './rows.ts';
import { idBytes, idText } from './text.ts';
import { findToken, tokenInfo, tokenOf } from './tokens.ts';

/** A token by any name that is known here, or by a whole id that the nodes know. */
async function lookedUp(engine: Engine, name: string): Promise<Token> {
  const id = idBytes('token', name);
  return id === undefined ? findToken(engine.model, name) : tokenOf(engine, id);
}

export async function inspectToken(engine: Engine, name: string): Promise<TokenDetails> {
  const token = await lookedUp(engine, name);
  const { id, rules } = token;
  const devices = await allowedDevices(engine, rules);
  return {
    info: tokenInfo(token),
    shortId: shortIdOf(id),
    issuers: await Promise.all(rules.members.map((key) => issuerOf(engine, key))),
    threshold: rules.threshold,
    bad: rules.bad,
    issued: issuedOf(engine, id),
    burn: rules.burn === 1,
    allowed:
      rules.allowed === undefined
        ? 'any'
        : (devices?.map((device) => idText('device', device)) ?? 'unknown'),
    anchors: rules.anchors.map(({ label, address }) => ({
      label,
      address: idText('object', address),
    })),
    suites: rules.suites,
    depthMax: rules.depthMax,
    receiptsMax: rules.receiptsMax,
    warnings: warningsFor(engine.model, token),
  };
}

/** The last characters of an id, where any change of it shows. */
const shortCharacters = 8;

export function shortIdOf(id: Uint8Array): string {
  return idText('token', id).slice(-shortCharacters);
}

/** The most that any checked issue says. */
function issuedOf({ model }: Engine, id: Uint8Array): bigint {
  let most = 0n;
  for (const { token, issued } of model.origins.values()) {
    if (issued !== undefined && issued.total > most && equal(token, id)) most = issued.total;
  }
  return most;
}

async function issuerOf(engine: Engine, key: Uint8Array): Promise<TokenIssuer> {
  const { model, keys, store } = engine;
  const text = idText('issuer', key);
  if (keys.byDigest(key) !== undefined) return { key: text, name: model.row.name };
  const device = await store.get(rowKey('issuer', key));
  const contact = device === undefined ? undefined : model.contacts.get(keyOf(device));
  return { key: text, name: contact?.name };
}

/** Take payments in the token from now on; an unknown policy is fetched from the nodes. */
export async function adoptToken(
  engine: Engine,
  name: string,
  { lookAlike = false }: { readonly lookAlike?: boolean } = {},
): Promise<TokenInfo> {
  const { model } = engine;
  const found = await lookedUp(engine, name);
  // An allow-list is fetched while the nodes are there: payments without them need it.
  await allowedDevices(engine, found.rules);
  const info = await engine.exclusive(async () => {
    const token = model.tokens.get(keyOf(found.id)) ?? found;
    const [warning] = token.adopted === 1 ? [] : warningsFor(model, token);
    if (warning !== undefined && !lookAlike) throw new DsmError('look-alike', warning.sentence);
    const change = draft();
    putToken(change, model, { ...token, adopted: 1 });
    await engine.commit(change);
    return tokenInfo({ ...token, adopted: 1 });
  });
  await collectAll(engine);
  return info;
}
