/** Parts: what own and peers' runs are in the lineage of the notes that they spend and make. */

import {
  entry,
  equal,
  exitHead,
  lockHash,
  keyDigest,
  nextHead,
  slotPath,
  stepBodyDigest,
  type Card,
  type KeySignature,
  type SignedStep,
} from '@dsm/primitive';
import {
  checkPart,
  claimOfExit,
  decodeOperation,
  decodePart,
  encodeOpening,
  encodePart,
  inputsIn,
  isExitPart,
  isIssuePart,
  isMoving,
  partHead,
  type Exit,
  type ExitPart,
  type Input,
  type LineagePart,
} from '@dsm/protocols';
import { lineageKnown, type Engine } from './engine.ts';
import { putOrigin, type Draft } from './model.ts';
import { routeOfLock } from './route-model.ts';
import { rowKey } from './rows.ts';

export function inputsOfEntry(bytes: Uint8Array): readonly Input[] {
  const decoded = entry.decode(bytes);
  if (!decoded.ok) return [];
  const operation = decodeOperation(decoded.value.operation);
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
    const decoded = entry.decode(bytes);
    const operation = decoded.ok ? decodeOperation(decoded.value.operation) : 'malformed';
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
