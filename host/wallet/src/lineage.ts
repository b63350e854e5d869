/**
 * Lineage on its way: which parts are missing, taking them in, handing them out.
 */

import { equal, keyOf } from '@dsm/primitive';
import {
  checkPart,
  decodePart,
  encodePart,
  partHead,
  policy,
  tokenId,
  tokenOf,
  type LineagePart,
  type Origin,
  operationOf,
} from '@dsm/protocols';
import { refreshFinality } from './changes.ts';
import { noticesIn } from './notices.ts';
import { inputsOfEntry, mergedPart } from './parts.ts';
import { fundingHeads } from './edge-value.ts';
import { lineageKnown, type Engine } from './engine.ts';
import { putLeft } from './escrow-rows.ts';
import { draft, putOrigin, putToken } from './model.ts';
import { rowKey, type PaymentRow } from './rows.ts';
import { makeRoom, newToken } from './tokens.ts';

/** What a run rests on and this wallet does not have. */
export interface Missing {
  readonly heads: readonly Uint8Array[];
  readonly tokens: readonly Uint8Array[];
}

/** With `adoptedOnly`, of tokens that are not taken here only the policy is missed. */
export function missingFor(
  { model }: Engine,
  entries: readonly Uint8Array[],
  adoptedOnly: boolean = false,
): Missing {
  const heads = new Map<string, Uint8Array>();
  const tokens = new Map<string, Uint8Array>();
  for (const bytes of entries) {
    const token = tokenOfEntry(bytes);
    if (token !== undefined && !model.tokens.has(keyOf(token))) tokens.set(keyOf(token), token);
    const taken = !adoptedOnly || token === undefined || isAdopted(model, token);
    for (const { source } of taken ? inputsOfEntry(bytes) : []) {
      if (!model.origins.has(keyOf(source))) heads.set(keyOf(source), source);
    }
  }
  for (const head of noticedIn(model, entries)) heads.set(keyOf(head), head);
  return { heads: [...heads.values()], tokens: [...tokens.values()] };
}

/** Issues of adopted tokens that entries give notice of, and that are not here. */
function noticedIn(model: Engine['model'], entries: readonly Uint8Array[]): Uint8Array[] {
  return noticesIn(entries).flatMap(({ head, token }) =>
    isAdopted(model, token) && !model.origins.has(keyOf(head)) ? [head] : [],
  );
}

/** What the inputs of a run rest on that is known here, and not certified here. */
export function uncertifiedUnder({ model }: Engine, entries: readonly Uint8Array[]): Uint8Array[] {
  const found = new Map<string, Uint8Array>();
  const visit = (head: Uint8Array): void => {
    const origin = model.origins.get(keyOf(head));
    if (origin === undefined || origin.certified || found.has(keyOf(head))) return;
    found.set(keyOf(head), head);
    for (const source of origin.sources) visit(source);
  };
  for (const bytes of entries) for (const { source } of inputsOfEntry(bytes)) visit(source);
  return [...found.values()];
}

/** The token that an entry moves, if it moves any. */
function tokenOfEntry(bytes: Uint8Array): Uint8Array | undefined {
  const operation = operationOf(bytes);
  return typeof operation === 'string' ? undefined : tokenOf(operation);
}

function isAdopted(model: Engine['model'], token: Uint8Array): boolean {
  return model.tokens.get(keyOf(token))?.adopted === 1;
}

/** What one message holds; whoever needs more asks again. */
export const messagePartsMax = 900_000;

/** Parts and policies that were asked for, as far as they are here and fit. */
export async function partsFor(
  { model, store }: Engine,
  { heads, tokens }: Missing,
  sizeMax: number = messagePartsMax,
): Promise<{ readonly policies: Uint8Array[]; readonly parts: Uint8Array[] }> {
  const policies = tokens.flatMap((token) => {
    const known = model.tokens.get(keyOf(token));
    return known === undefined ? [] : [known.policy];
  });
  const parts: Uint8Array[] = [];
  let size = 0;
  for (const head of heads) {
    const bytes = await store.get(rowKey('part', head));
    if (bytes === undefined) continue;
    size += bytes.length + 4;
    if (size > sizeMax) break;
    parts.push(bytes);
  }
  return { policies, parts };
}

/** All parts that the sources of a run rest on, oldest first, but for those under `known`. */
export async function closureOf(
  engine: Engine,
  heads: readonly Uint8Array[],
  known: ReadonlySet<string> = new Set(),
): Promise<Uint8Array[]> {
  const ordered = ancestry(engine, heads, known);
  return (await partsFor(engine, { heads: ordered, tokens: [] }, Infinity)).parts;
}

/**
 * An issue and the chain before it, newest first, as far as a message holds it and the peer does not
 * know it: a chain grows without bound, and asking for it link by link would take as many rounds.
 */
export async function issuesFor(
  engine: Engine,
  head: Uint8Array,
  peer: Uint8Array,
): Promise<Uint8Array[]> {
  const known = knownTo(engine, peer, []);
  known.delete(keyOf(head));
  const heads = ancestry(engine, [head], known).toReversed();
  return (await partsFor(engine, { heads, tokens: [] })).parts;
}

/** The heads and everything that they rest on, oldest first. */
function ancestry(
  { model }: Engine,
  heads: readonly Uint8Array[],
  known: ReadonlySet<string>,
): Uint8Array[] {
  const seen = new Set(known);
  const ordered: Uint8Array[] = [];
  // A stack of its own: an issuer chain may be longer than the program's.
  const waiting = heads.map((head) => ({ head, isEntered: false })).toReversed();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { head, isEntered } = next;
    if (isEntered) ordered.push(head);
    if (isEntered || seen.has(keyOf(head))) continue;
    seen.add(keyOf(head));
    waiting.push({ head, isEntered: true });
    for (const source of model.origins.get(keyOf(head))?.sources ?? []) {
      waiting.push({ head: source, isEntered: false });
    }
  }
  return ordered;
}

/** What a contact has seen: the lineage of every payment between the two before those of a run. */
export function knownTo(engine: Engine, peer: Uint8Array, run: readonly Uint8Array[]): Set<string> {
  const { payments } = engine.model;
  const until = payments.findIndex(({ head }) => run.some((one) => equal(one, head)));
  const heads = payments
    .slice(0, until < 0 ? payments.length : until)
    .filter((row) => equal(row.peer, peer) && row.finality !== 4)
    .map(({ head }) => head);
  return new Set(ancestry(engine, heads, new Set()).map(keyOf));
}

/**
 * Take parts in: each is checked against what is known, again and again while one of them helps
 * another. Answers with what is still missing. A part that is bad is dropped.
 */
export async function ingest(
  engine: Engine,
  policies: readonly Uint8Array[],
  parts: readonly Uint8Array[],
): Promise<{ readonly missing: Missing; readonly changed: readonly PaymentRow[] }> {
  await ingestPolicies(engine, policies);
  const kept = await unchecked(engine);
  let waiting: readonly LineagePart[] = [...parts, ...kept].flatMap(
    (bytes) => decodePart(bytes) ?? [],
  );
  let round = await checkRound(engine, waiting);
  while (round.progress) {
    waiting = round.left;
    round = await checkRound(engine, waiting);
  }
  return { missing: round.missing, changed: await refreshFinality(engine) };
}

interface Round {
  /** Parts that rest on something that is not here, or not certified. */
  readonly left: readonly LineagePart[];
  readonly missing: Missing;
  /** True if a part was taken in: another one may rest on it. */
  readonly progress: boolean;
}

async function checkRound(engine: Engine, parts: readonly LineagePart[]): Promise<Round> {
  const left: LineagePart[] = [];
  const heads: Uint8Array[] = [];
  const tokens: Uint8Array[] = [];
  // What was found good in this round is known at once, and durable at its end.
  const good = new Map<string, Origin>();
  const stored = lineageKnown(engine);
  const known = {
    ...stored,
    originOf: (head: Uint8Array) => good.get(keyOf(head)) ?? stored.originOf(head),
  };
  const to = draft();
  for (const said of parts) {
    // Signatures are not checked again for what is as certain as it can be.
    if (known.originOf(partHead(said))?.certified === true) continue;
    const part = await mergedPart(engine, said);
    const verdict = checkPart(part, known);
    if (verdict.type === 'missing') {
      left.push(part);
      heads.push(...verdict.heads);
      if (verdict.policy !== undefined) tokens.push(verdict.policy);
    }
    // What it rests on may be certified by a part that comes after it.
    if (verdict.type === 'good' && !verdict.origin.certified) left.push(said);
    if (verdict.type !== 'good' || !improves(engine, verdict.origin)) continue;
    putOrigin(to, engine.model, verdict.origin, encodePart(part));
    putLeft(to, engine.model, part, verdict.origin);
    good.set(keyOf(verdict.origin.head), verdict.origin);
  }
  await engine.commit(to);
  return { left, missing: { heads, tokens }, progress: good.size > 0 };
}

/** Parts of payments and of funded escrows that were kept before what they rest on was here. */
async function unchecked({ model, store }: Engine): Promise<Uint8Array[]> {
  const parts: Uint8Array[] = [];
  for (const head of [...model.payments.map((row) => row.head), ...fundingHeads(model)]) {
    if (model.origins.has(keyOf(head))) continue;
    const bytes = await store.get(rowKey('part', head));
    if (bytes !== undefined) parts.push(bytes);
  }
  return parts;
}

function improves({ model }: Engine, { head, certified, issued }: Origin): boolean {
  const known = model.origins.get(keyOf(head));
  if (known === undefined || (certified && !known.certified)) return true;
  return issued?.certified === true && known.issued?.certified !== true;
}

async function ingestPolicies(engine: Engine, policies: readonly Uint8Array[]): Promise<void> {
  for (const bytes of policies) {
    const decoded = policy.decode(bytes);
    if (!decoded.ok || engine.model.tokens.has(keyOf(tokenId(decoded.value)))) continue;
    const to = draft();
    makeRoom(to, engine.model);
    putToken(to, engine.model, newToken(engine, decoded.value));
    await engine.commit(to);
  }
}
