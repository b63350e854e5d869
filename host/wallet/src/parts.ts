/** Parts: what own and peers' runs are in the lineage of the notes that they spend and make. */

import {
  equal,
  exitHead,
  lockHash,
  keyDigest,
  nextHead,
  slotKey,
  slotPath,
  stepBodyDigest,
  type Card,
  type Certificate,
  type KeySignature,
  type SignedStep,
} from '@dsm/primitive';
import {
  checkPart,
  claimOfExit,
  decodePart,
  encodeOpening,
  encodePart,
  inputsIn,
  isExitPart,
  isIssuePart,
  isMoving,
  issueHead,
  partHead,
  remintedPlace,
  type Exit,
  type ExitPart,
  type Input,
  type IssuePart,
  type LineagePart,
  operationOf,
} from '@dsm/protocols';
import { lineageKnown, type Engine } from './engine.ts';
import { putOrigin, type Draft } from './model.ts';
import { routeOfLock } from './route-model.ts';
import { rowKey } from './rows.ts';

export function inputsOfEntry(bytes: Uint8Array): readonly Input[] {
  const operation = operationOf(bytes);
  return typeof operation === 'string' ? [] : inputsIn(operation);
}

/** What the entries of one signed run are in the lineage of the notes that they make. */
export function partsOf(
  before: Uint8Array,
  entries: readonly Uint8Array[],
  signed: SignedStep,
  card: Card,
): LineagePart[] {
  const { suite, workingKey } = card.body;
  const body = stepBodyDigest(signed.step);
  const signatures = [
    { suite, publicKey: workingKey, signature: signed.signature },
    ...signed.further,
  ];
  const parts: LineagePart[] = [];
  let head = before;
  for (const bytes of entries) {
    const from = head;
    head = nextHead(head, bytes);
    const operation = operationOf(bytes);
    if (typeof operation === 'string') continue;
    if (operation.type === 'exit') parts.push(exitPartOf(operation, body, signed, signatures));
    if (!isMoving(operation)) continue;
    const certificates = operation.inputs.map(() => undefined);
    parts.push({ before: from, entry: bytes, body, slots: signed.slots, signatures, certificates });
  }
  return parts;
}

function exitPartOf(
  { input, claim }: Exit,
  body: Uint8Array,
  { slots }: SignedStep,
  signatures: readonly KeySignature[],
): ExitPart {
  const line = slots.findIndex(({ value }) => equal(value, exitHead(claim)));
  const signer = signatures.find(({ suite, publicKey }) =>
    equal(keyDigest(suite, publicKey), input.key),
  )!;
  const path = slotPath(slots, line);
  const backing = { type: 'exit', ...claim } as const;
  const authorisation = { ...signer, body, path, backing };
  const { source, index } = input;
  return { source, index, authorisation, certificate: undefined, opened: [] };
}

/** Parts that check out become origins; one that rests on missing parts is kept for later. */
export function putParts(to: Draft, engine: Engine, parts: readonly LineagePart[]): void {
  for (const stated of parts) {
    const part = isIssuePart(stated) || !isExitPart(stated) ? stated : withOpened(engine, stated);
    const verdict = checkPart(part, lineageKnown(engine));
    const bytes = encodePart(part);
    if (verdict.type === 'good') putOrigin(to, engine.model, verdict.origin, bytes);
    else to.put(rowKey('part', partHead(part)), bytes);
  }
}

/** An own exit with the certificates that the locks which it takes were opened. */
function withOpened({ model }: Engine, part: ExitPart): ExitPart {
  const claim = claimOfExit(part);
  const opened = claim?.preimages.flatMap(
    (preimage) => routeOfLock(model, claim.citation.escrow, lockHash(preimage))?.decided ?? [],
  );
  return { ...part, opened: opened ?? [] };
}

/** Re-mints that a signed run spends into: what is kept of them, with the holder's half. */
export async function remintsIn(
  { store }: Engine,
  entries: readonly Uint8Array[],
  signed: SignedStep,
  { body: { suite, workingKey } }: Card,
): Promise<LineagePart[]> {
  const body = stepBodyDigest(signed.step);
  const own = { suite, publicKey: workingKey, signature: signed.signature };
  const signatures = [own, ...signed.further];
  const parts: LineagePart[] = [];
  for (const bytes of entries) {
    const operation = operationOf(bytes);
    if (typeof operation === 'string' || operation.type !== 'remint') continue;
    const kept = await store.get(rowKey('part', issueHead(operation.issue)));
    const part = kept === undefined ? undefined : decodePart(kept);
    if (part === undefined || !isIssuePart(part)) continue;
    const spends = (part.issue.remint?.notes ?? []).map((note) => {
      const key = slotKey(remintedPlace(note));
      const line = signed.slots.findIndex((slot) => equal(slot.key, key));
      const signer = signatures.find((one) =>
        equal(keyDigest(one.suite, one.publicKey), note.key),
      )!;
      const path = slotPath(signed.slots, line);
      const authorisation = { ...signer, body, path, backing: undefined };
      return { authorisation, certificate: undefined };
    });
    parts.push(withSpends(part, spends));
  }
  return parts;
}

/** A part together with what is kept of it: half of a re-mint comes from the issuer, half is its holder's. */
export async function mergedPart({ store }: Engine, part: LineagePart): Promise<LineagePart> {
  if (!isIssuePart(part)) return part;
  const bytes = await store.get(rowKey('part', partHead(part)));
  const kept = bytes === undefined ? undefined : decodePart(bytes);
  if (kept === undefined || !isIssuePart(kept)) return part;
  return withSpends(part, kept.spends, kept.certificate);
}

/** The part with spends that it lacks, and with whatever certificates either has. */
export function withSpends(
  part: IssuePart,
  others: IssuePart['spends'],
  certificate?: Certificate,
): IssuePart {
  const spends = part.spends.length > 0 ? part.spends : others;
  return {
    ...part,
    certificate: part.certificate ?? certificate,
    spends: spends.map((spend, i) => ({
      ...spend,
      certificate: spend.certificate ?? others[i]?.certificate,
    })),
  };
}

/** The opening of a purse note, from the load that made it, if its part is here. */
export async function openingOf(
  { store }: Engine,
  { source, index }: Pick<Input, 'source' | 'index'>,
): Promise<Uint8Array | undefined> {
  const bytes = await store.get(rowKey('part', source));
  const part = bytes === undefined ? undefined : decodePart(bytes);
  if (part === undefined || isIssuePart(part) || isExitPart(part)) return undefined;
  return encodeOpening({ before: part.before, index, entry: part.entry });
}
