/** Certifying: ask the nodes for the certificates that lineage lacks, oldest first. */

import {
  address,
  equal,
  keyDigest,
  keyOf,
  slotKey,
  slotKinds,
  slotPath,
  type Authorisation,
  type Certificate,
  type SlotKind,
  type SlotPlace,
  type SlotWrite,
} from '@dsm/primitive';
import {
  checkPart,
  decodePart,
  encodePart,
  exitPlace,
  isExitPart,
  isIssuePart,
  issuePlace,
  remintedPlace,
  spendPlace,
  type ExitPart,
  type Input,
  type IssuePart,
  type LineagePart,
  type Origin,
  type SpendPart,
} from '@dsm/protocols';
import { refreshFinality } from './changes.ts';
import { inputsOfEntry } from './parts.ts';
import { lineageKnown, type Engine } from './engine.ts';
import { putLeft, putVoid } from './escrow-rows.ts';
import { draft, putNote, putOrigin, putPayment, type Draft, type Model } from './model.ts';
import { rowKey, type PaymentRow } from './rows.ts';
import { evidenceOfSlot, raise } from './tripwire.ts';

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
  const open = [...model.origins.values()].filter((origin) => isOpen(model, origin));
  return open.toSorted((a, b) => depthOf(a) - depthOf(b));
  function depthOf(origin: { readonly outputs: readonly { readonly depth: number }[] }): number {
    return origin.outputs[0]?.depth ?? 0;
  }
}

/** A certified re-mint without spends waits for its holder alone. */
function isOpen({ device }: Model, { certified, issued, outputs }: Origin): boolean {
  if (certified || issued?.certified !== true) return !certified;
  return outputs.some(({ owner }) => equal(owner, device.id));
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
    const hint = place.kind === slotKinds.issue ? await published(engine, part) : undefined;
    const write: SlotWrite = { place, value: head, authorisation, hint, certificate: undefined };
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

/** An issue can be read by whoever finds its slot: the other issuers go on from it. */
async function published({ quorum }: Engine, part: LineagePart): Promise<Uint8Array> {
  const bytes = encodePart(part);
  await quorum.publish(bytes);
  return address(bytes);
}

async function keepCertificates(
  engine: Engine,
  part: LineagePart,
  certificates: readonly (Certificate | undefined)[],
): Promise<CertifyOutcome> {
  const better = withCertificates(part, certificates);
  const verdict = checkPart(better, lineageKnown(engine));
  if (verdict.type !== 'good') return 'undecided';
  const to = draft();
  putOrigin(to, engine.model, verdict.origin, encodePart(better));
  putLeft(to, engine.model, better, verdict.origin);
  await engine.commit(to);
  // An issuer has done its part of a re-mint once the issue stands.
  const done =
    isIssuePart(better) && better.spends.length === 0 && verdict.origin.issued?.certified;
  return verdict.origin.certified || done === true ? 'certified' : 'undecided';
}

/** The part with what the nodes gave for its slots, in the order of `placesOf`. */
function withCertificates(
  part: LineagePart,
  certificates: readonly (Certificate | undefined)[],
): LineagePart {
  const [certificate] = certificates;
  if (isExitPart(part)) return { ...part, certificate };
  if (!isIssuePart(part)) return { ...part, certificates };
  const spends = part.spends.map((spend, i) => ({ ...spend, certificate: certificates[i + 1] }));
  return { ...part, certificate, spends };
}

interface OpenSlot {
  readonly place: SlotPlace;
  readonly authorisation: Authorisation;
  readonly known: Certificate | undefined;
}

/** The slots that a part must have, with who authorised each; undefined if that cannot be told yet. */
function placesOf(engine: Engine, part: LineagePart): readonly OpenSlot[] | undefined {
  if (isIssuePart(part)) return issueSlots(engine, part);
  if (isExitPart(part)) return exitSlots(engine, part);
  const slots = inputsOfEntry(part.entry).map((input, i) => spendSlot(part, input, i));
  return slots.includes(undefined) ? undefined : (slots as OpenSlot[]);
}

function issueSlots({ model }: Engine, part: IssuePart): OpenSlot[] | undefined {
  const { issue, authorisation, certificate: known, spends } = part;
  const rules = model.tokens.get(keyOf(issue.token))?.rules;
  if (rules === undefined) return undefined;
  const notes = issue.remint?.notes ?? [];
  return [
    { place: issuePlace(issue.parent, rules), authorisation, known },
    ...spends.map((spend, i) => ({
      place: remintedPlace(notes[i]!),
      authorisation: spend.authorisation,
      known: spend.certificate,
    })),
  ];
}

function exitSlots({ model }: Engine, part: ExitPart): OpenSlot[] | undefined {
  const { source, index, authorisation, certificate: known } = part;
  const origin = model.origins.get(keyOf(source));
  const output = origin?.outputs[index];
  if (output === undefined || origin?.payer === undefined) return undefined;
  const note = { ...output, token: origin.token, source, index };
  return [{ place: exitPlace({ note, payerKey: origin.payer.key }), authorisation, known }];
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
    authorisation: { ...signer, body: part.body, path, backing: undefined },
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
  voidFrom(to, engine, head, place.kind);
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

/**
 * Notes and payments of this head, and of every head that rests on it. The issuer chain goes on after
 * a re-mint whose notes were spent elsewhere.
 */
function voidFrom(to: Draft, engine: Engine, head: Uint8Array, kind: SlotKind): void {
  const { model } = engine;
  for (const row of model.notes.values()) {
    if (equal(row.note.source, head)) putNote(to, model, { ...row, state: 1 });
  }
  putVoid(to, model, head);
  for (const row of model.payments) {
    if (equal(row.head, head)) putPayment(to, model, { ...row, finality: 4 });
  }
  for (const origin of model.origins.values()) {
    const goesOn = origin.type === 'issue' && kind !== slotKinds.issue;
    if (goesOn || origin.certified) continue;
    if (origin.sources.some((source) => equal(source, head))) {
      voidFrom(to, engine, origin.head, kind);
    }
  }
}
