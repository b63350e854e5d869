/**
 * Lineage on its way: which parts are missing, taking them in, handing them out, certifying them.
 */

import {
  entry,
  equal,
  keyDigest,
  keyOf,
  slotKey,
  slotPath,
  type Authorisation,
  type Certificate,
  type SlotPlace,
  type SlotWrite,
} from '@dsm/primitive';
import {
  checkPart,
  decodeOperation,
  decodePart,
  encodePart,
  isStill,
  issuePlace,
  policy,
  spendPlace,
  tokenId,
  type Input,
  type IssuePart,
  type SpendPart,
} from '@dsm/protocols';
import { inputsOfEntry, refreshFinality } from './changes.ts';
import { lineageKnown, type Engine } from './engine.ts';
import { draft, putNote, putOrigin, putPayment, putToken, type Draft } from './model.ts';
import { rowKey, type PaymentRow } from './rows.ts';
import { newToken } from './tokens.ts';
import { evidenceOfSlot, raise } from './tripwire.ts';

/** What a run rests on and this wallet does not have. */
export interface Missing {
  readonly heads: readonly Uint8Array[];
  readonly tokens: readonly Uint8Array[];
}

export function missingFor({ model }: Engine, entries: readonly Uint8Array[]): Missing {
  const heads = new Map<string, Uint8Array>();
  const tokens = new Map<string, Uint8Array>();
  for (const bytes of entries) {
    const decoded = entry.decode(bytes);
    if (!decoded.ok) continue;
    const operation = decodeOperation(decoded.value.operation);
    if (typeof operation === 'string' || isStill(operation)) continue;
    const token = operation.type === 'mint' ? operation.issue.token : operation.token;
    if (!model.tokens.has(keyOf(token))) tokens.set(keyOf(token), token);
    for (const { source } of inputsOfEntry(bytes)) {
      if (!model.origins.has(keyOf(source))) heads.set(keyOf(source), source);
    }
  }
  return { heads: [...heads.values()], tokens: [...tokens.values()] };
}

/** What one message holds; whoever needs more asks again. */
const messagePartsMax = 900_000;

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

/** The heads and everything that they rest on, oldest first. */
function ancestry(
  { model }: Engine,
  heads: readonly Uint8Array[],
  known: ReadonlySet<string>,
): Uint8Array[] {
  const seen = new Set(known);
  const ordered: Uint8Array[] = [];
  const visit = (head: Uint8Array): void => {
    if (seen.has(keyOf(head))) return;
    seen.add(keyOf(head));
    for (const source of model.origins.get(keyOf(head))?.sources ?? []) visit(source);
    ordered.push(head);
  };
  for (const head of heads) visit(head);
  return ordered;
}

/** What a contact has seen: the lineage of every payment between the two before `before`. */
export function knownTo(engine: Engine, peer: Uint8Array, before: Uint8Array): Set<string> {
  const { payments } = engine.model;
  const until = payments.findIndex(({ head }) => equal(head, before));
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
  let waiting: readonly (SpendPart | IssuePart)[] = [...parts, ...kept].flatMap(
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
  /** Parts that rest on something that is not here. */
  readonly left: readonly (SpendPart | IssuePart)[];
  readonly missing: Missing;
  /** True if a part was taken in: another one may rest on it. */
  readonly progress: boolean;
}

async function checkRound(
  engine: Engine,
  parts: readonly (SpendPart | IssuePart)[],
): Promise<Round> {
  const left: (SpendPart | IssuePart)[] = [];
  const heads: Uint8Array[] = [];
  const tokens: Uint8Array[] = [];
  let progress = false;
  for (const part of parts) {
    const verdict = checkPart(part, lineageKnown(engine));
    if (verdict.type === 'missing') {
      left.push(part);
      heads.push(...verdict.heads);
      if (verdict.policy !== undefined) tokens.push(verdict.policy);
    }
    if (verdict.type !== 'good' || !improves(engine, verdict.origin)) continue;
    const to = draft();
    putOrigin(to, engine.model, verdict.origin, encodePart(part));
    await engine.commit(to);
    progress = true;
  }
  return { left, missing: { heads, tokens }, progress };
}

/** Parts of payments that were kept before what they rest on was here. */
async function unchecked({ model, store }: Engine): Promise<Uint8Array[]> {
  const parts: Uint8Array[] = [];
  for (const { head } of model.payments) {
    if (model.origins.has(keyOf(head))) continue;
    const bytes = await store.get(rowKey('part', head));
    if (bytes !== undefined) parts.push(bytes);
  }
  return parts;
}

function improves(
  { model }: Engine,
  origin: { readonly head: Uint8Array; readonly certified: boolean },
): boolean {
  const known = model.origins.get(keyOf(origin.head));
  return known === undefined || (origin.certified && !known.certified);
}

async function ingestPolicies(engine: Engine, policies: readonly Uint8Array[]): Promise<void> {
  for (const bytes of policies) {
    const decoded = policy.decode(bytes);
    if (!decoded.ok || engine.model.tokens.has(keyOf(tokenId(decoded.value)))) continue;
    const to = draft();
    putToken(to, engine.model, newToken(decoded.value));
    await engine.commit(to);
  }
}

export interface CertifyReport {
  readonly certified: number;
  readonly conflicted: number;
  readonly undecided: number;
  readonly changed: readonly PaymentRow[];
}

/**
 * Certify whatever is not certified yet, oldest first: nothing rests on something weaker.
 *
 * The nodes are asked outside of `exclusive`, so that a slow node holds up nobody else; what they
 * answer is kept inside.
 */
export async function certifyAll(engine: Engine): Promise<CertifyReport> {
  let [certified, conflicted, undecided] = [0, 0, 0];
  // A crash may have come between a certificate and what follows from it.
  const changed = [...(await engine.exclusive(() => refreshFinality(engine)))];
  for (const origin of bySources(engine)) {
    const outcome = await certifyOne(engine, origin.head);
    if (outcome === 'certified') certified += 1;
    if (outcome === 'conflicted') conflicted += 1;
    if (outcome === 'undecided') undecided += 1;
    changed.push(...(await engine.exclusive(() => refreshFinality(engine))));
  }
  return { certified, conflicted, undecided, changed };
}

/** Uncertified origins, those first that others rest on. */
function bySources({ model }: Engine): readonly { readonly head: Uint8Array }[] {
  const open = [...model.origins.values()].filter(({ certified }) => !certified);
  return open.toSorted((a, b) => depthOf(a) - depthOf(b));
  function depthOf(origin: { readonly outputs: readonly { readonly depth: number }[] }): number {
    return origin.outputs[0]?.depth ?? 0;
  }
}

export type CertifyOutcome = 'certified' | 'conflicted' | 'undecided';

/** Ask the nodes for the certificates that one part lacks. */
export async function certifyOne(engine: Engine, head: Uint8Array): Promise<CertifyOutcome> {
  const bytes = await engine.store.get(rowKey('part', head));
  const part = bytes === undefined ? undefined : decodePart(bytes);
  if (part === undefined) return 'undecided';
  const places = placesOf(engine, part);
  if (places === undefined) return 'undecided';
  const certificates: (Certificate | undefined)[] = [];
  for (const { place, authorisation, known } of places) {
    if (known !== undefined) {
      certificates.push(known);
      continue;
    }
    const write: SlotWrite = { place, value: head, authorisation, hint: undefined };
    const outcome = await engine.quorum.writeSlot(write);
    if (outcome.type === 'conflict') {
      return engine.exclusive(() => conflicted(engine, head, place, outcome.values));
    }
    certificates.push(outcome.type === 'certified' ? outcome.certificate : undefined);
    if (outcome.type === 'certified' && outcome.values.length > 1) {
      await engine.exclusive(() => alarm(engine, place, outcome.values));
    }
  }
  return engine.exclusive(() => keepCertificates(engine, part, certificates));
}

async function keepCertificates(
  engine: Engine,
  part: SpendPart | IssuePart,
  certificates: readonly (Certificate | undefined)[],
): Promise<CertifyOutcome> {
  const better =
    'issue' in part ? { ...part, certificate: certificates[0] } : { ...part, certificates };
  const verdict = checkPart(better, lineageKnown(engine));
  if (verdict.type !== 'good') return 'undecided';
  const to = draft();
  putOrigin(to, engine.model, verdict.origin, encodePart(better));
  await engine.commit(to);
  return verdict.origin.certified ? 'certified' : 'undecided';
}

interface OpenSlot {
  readonly place: SlotPlace;
  readonly authorisation: Authorisation;
  readonly known: Certificate | undefined;
}

function placesOf({ model }: Engine, part: SpendPart | IssuePart): OpenSlot[] | undefined {
  if ('issue' in part) {
    const rules = model.tokens.get(keyOf(part.issue.token))?.rules;
    if (rules === undefined) return undefined;
    const place = issuePlace(part.issue.parent, rules);
    return [{ place, authorisation: part.authorisation, known: part.certificate }];
  }
  const slots = inputsOfEntry(part.entry).map((input, i) => spendSlot(part, input, i));
  return slots.includes(undefined) ? undefined : (slots as OpenSlot[]);
}

function spendSlot(part: SpendPart, input: Input, i: number): OpenSlot | undefined {
  const place = spendPlace(input);
  const key = slotKey(place);
  const line = part.slots.findIndex((slot) => equal(slot.key, key));
  const signer = part.signatures.find(({ suite, publicKey }) =>
    equal(keyDigest(suite, publicKey), input.key),
  );
  if (line < 0 || signer === undefined) return undefined;
  const path = slotPath(part.slots, line);
  return {
    place,
    authorisation: { ...signer, body: part.body, path },
    known: part.certificates[i],
  };
}

/** Another value has the slot: what rests on this head is worth nothing. */
async function conflicted(
  engine: Engine,
  head: Uint8Array,
  place: SlotPlace,
  values: Parameters<typeof evidenceOfSlot>[2],
): Promise<CertifyOutcome> {
  const to = draft();
  voidFrom(to, engine, head);
  await engine.commit(to);
  await alarm(engine, place, values);
  return 'conflicted';
}

async function alarm(
  engine: Engine,
  place: SlotPlace,
  values: Parameters<typeof evidenceOfSlot>[2],
): Promise<void> {
  const claim = await evidenceOfSlot(engine, place, values);
  if (claim === undefined) return;
  const raised = await raise(engine, claim);
  if (raised !== undefined) await engine.quorum.publish(raised.evidence).catch(() => undefined);
}

/** Notes and payments of this head, and of every head that rests on it. */
function voidFrom(to: Draft, engine: Engine, head: Uint8Array): void {
  const { model } = engine;
  for (const row of model.notes.values()) {
    if (equal(row.note.source, head)) putNote(to, model, { ...row, state: 1 });
  }
  for (const row of model.payments) {
    if (equal(row.head, head)) putPayment(to, model, { ...row, finality: 4 });
  }
  for (const origin of model.origins.values()) {
    if (!origin.certified && origin.sources.some((source) => equal(source, head))) {
      voidFrom(to, engine, origin.head);
    }
  }
}
