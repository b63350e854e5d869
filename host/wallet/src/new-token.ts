/** New tokens: from what an issuer wishes to the policy that says it for ever. */

import { address, compare, keyDigest, keyOf, utf8 } from '@dsm/primitive';
import { allowList, forms, tokenId, type Anchor, type Form, type Policy } from '@dsm/protocols';
import { allowListLabel, allowListObject } from './allow-lists.ts';
import type { AnchorContent, NewToken, TokenForm, TokenInfo } from './api.ts';
import type { Engine } from './engine.ts';
import { DsmError } from './errors.ts';
import { draft, putToken, putWallet, type Token } from './model.ts';
import { idBytes, idText, type IdKind } from './text.ts';
import { newToken, tokenInfo } from './tokens.ts';

/** How far a note may travel from its mint before its issuers make it anew (protocol.md §11). */
const defaultDepth = 8;
const defaultReceipts = 64;

const formNumbers: Readonly<Record<TokenForm, Form>> = {
  fungible: forms.fungible,
  unique: forms.unique,
  credential: forms.credential,
};

/** Keep the policy, then publish it with what it names. */
export async function issueToken(engine: Engine, wanted: NewToken): Promise<TokenInfo> {
  const published: Uint8Array[] = [];
  const token = await engine.exclusive(async () => {
    const { model, keys } = engine;
    const alone = wanted.issuers === undefined;
    const number = model.row.issued;
    const own = keyDigest(model.device.suite, keys.issuer(number).publicKey);
    const members = alone ? [own] : wanted.issuers.map((text) => bytesOf('issuer', text));
    const rules = policyOf(engine, wanted, members, published);
    const made = { ...encodable(engine, rules), adopted: 1, ...(alone && { issuer: number + 1 }) };
    const change = draft();
    putToken(change, model, made);
    if (alone) putWallet(change, model, { ...model.row, issued: number + 1 });
    await engine.commit(change);
    return made;
  });
  await engine.quorum.publish(token.policy);
  for (const bytes of published) await engine.quorum.publish(bytes);
  return tokenInfo(token);
}

/** A fresh issuer key of this wallet. It is counted before it is told: no two policies share one. */
export function issuerKey(engine: Engine): Promise<string> {
  return engine.exclusive(async () => {
    const { model, keys } = engine;
    const number = model.row.issued;
    const change = draft();
    putWallet(change, model, { ...model.row, issued: number + 1 });
    await engine.commit(change);
    return idText('issuer', keyDigest(model.device.suite, keys.issuer(number).publicKey));
  });
}

/** The policy in its canonical order; objects that it names are added to `published`. */
function policyOf(
  { model, registries }: Engine,
  wanted: NewToken,
  members: readonly Uint8Array[],
  published: Uint8Array[],
): Policy {
  const bad = wanted.bad ?? 0;
  const listed = wanted.allowed && sorted(wanted.allowed.map((text) => bytesOf('device', text)));
  return {
    network: model.device.network,
    registry: registries.lineage,
    ...saidOf(wanted),
    threshold: wanted.threshold ?? Math.floor((members.length + bad) / 2) + 1,
    members: sorted(members),
    bad,
    allowed: listed && allowList(listed).root(),
    anchors: anchorsOf(wanted, listed, published),
  };
}

/** What follows from the wish alone. */
function saidOf(
  wanted: NewToken,
): Omit<Policy, 'network' | 'registry' | 'threshold' | 'members' | 'bad' | 'allowed' | 'anchors'> {
  return {
    ticker: wanted.ticker,
    name: wanted.name ?? wanted.ticker,
    form: formNumbers[wanted.form ?? 'fungible'],
    decimals: wanted.decimals ?? 0,
    cap: wanted.cap,
    burn: wanted.burn === true ? 1 : 0,
    suites: (wanted.suites ?? [1, 2]).toSorted((a, b) => a - b),
    depthMax: wanted.depthMax ?? defaultDepth,
    receiptsMax: wanted.receiptsMax ?? defaultReceipts,
  };
}

/** The allow-list is found by an anchor like everything else that the policy only names. */
function anchorsOf(
  wanted: NewToken,
  listed: readonly Uint8Array[] | undefined,
  published: Uint8Array[],
): Anchor[] {
  const anchors: Anchor[] = (wanted.anchors ?? []).map((anchor) => ({
    label: anchor.label,
    address: anchorAddress(anchor, published),
  }));
  if (listed !== undefined) {
    const bytes = allowListObject.encode(listed);
    published.push(bytes);
    anchors.push({ label: allowListLabel, address: address(bytes) });
  }
  return anchors.toSorted((a, b) => compare(utf8(a.label), utf8(b.label)));
}

/** Where the content of an anchor is; bytes are published there. */
export function anchorAddress(anchor: AnchorContent, published: Uint8Array[]): Uint8Array {
  if ('address' in anchor) return bytesOf('object', anchor.address);
  published.push(anchor.bytes);
  return address(anchor.bytes);
}

function bytesOf(kind: IdKind, text: string): Uint8Array {
  const bytes = idBytes(kind, text);
  if (bytes === undefined) throw new DsmError('usage', `"${text}" is no whole id of this kind`);
  return bytes;
}

/** Ascending, each once. */
function sorted(items: readonly Uint8Array[]): readonly Uint8Array[] {
  return [...new Map(items.map((item) => [keyOf(item), item])).values()].toSorted(compare);
}

/** A policy that nobody could read is a mistake of whoever wishes it. */
function encodable(engine: Engine, rules: Policy): Token {
  try {
    tokenId(rules);
  } catch (error) {
    throw new DsmError('usage', `no policy can say that: ${String(error)}`, { cause: error });
  }
  return newToken(engine, rules);
}
