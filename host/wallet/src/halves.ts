/**
 * Halves: one half of possible evidence, made when it is needed from the run that a mark points at.
 * A half is complete in itself: whoever gets it needs nothing else of its speaker.
 */

import {
  authorisationCoder,
  bytes32,
  card as cardObject,
  choice,
  equal,
  keyDigest,
  kinds,
  limits,
  object,
  signedStep,
  slotKey,
  slotPath,
  slotPlaceCoder,
  stepBodyDigest,
  struct,
  variable,
  type Authorisation,
  type Evidence,
  type Obj,
  type SignedStep,
  type SlotPlace,
} from '@dsm/primitive';
import { opensPurseNote, spendPlace } from '@dsm/protocols';
import { cardAt, cardByKey, provenBy, signaturesOf } from './cards.ts';
import { readRun, type Engine } from './engine.ts';
import { DsmError } from './errors.ts';
import { entriesBetween } from './model.ts';
import { inputsOfEntry, openingOf } from './parts.ts';
import type { MarkRow, RunRow } from './rows.ts';

/** What a third device stated at a position. */
export type Half =
  | { readonly type: 'step'; readonly card: Uint8Array; readonly signed: SignedStep }
  | {
      readonly type: 'spend';
      readonly card: Uint8Array;
      readonly place: SlotPlace;
      readonly value: Uint8Array;
      readonly authorisation: Authorisation;
      readonly opening: Uint8Array;
    };

export const half: Obj<Half> = object(
  kinds.mark,
  2 * limits.receiptBytesMax,
  choice<Half>({
    step: [1, struct({ card: variable(262_144), signed: signedStep })],
    spend: [
      2,
      struct({
        card: variable(262_144),
        place: slotPlaceCoder,
        value: bytes32,
        authorisation: authorisationCoder,
        opening: variable(limits.operationBytesMax + 256),
      }),
    ],
  }),
);

/** The half that a mark points at; undefined if the card of that incarnation is not here. */
export async function halfOf(engine: Engine, mark: MarkRow): Promise<Half | undefined> {
  const row = await runOf(engine, mark);
  if (mark.step === undefined) return spendHalf(engine, mark, row);
  const by = cardAt(engine, mark.device, row.step);
  if (by === undefined) return undefined;
  return { type: 'step', card: cardObject.encode(by), signed: signedOf(row) };
}

/** The step that a mark points at, as it was signed; undefined if it is the mark of a spend. */
export async function stepOf(engine: Engine, mark: MarkRow): Promise<SignedStep | undefined> {
  return mark.step === undefined ? undefined : signedOf(await runOf(engine, mark));
}

async function runOf(engine: Engine, { lane, index }: MarkRow): Promise<RunRow> {
  const row = await readRun(engine, lane, index);
  if (row === undefined) throw new DsmError('rotten', 'the run of a mark is missing');
  return row;
}

export function signedOf({ step, slots, signature, further }: RunRow): SignedStep {
  return { step, slots, signature, further };
}

/** One signature covers all slots of a step, and says of each only its place in their list. */
async function spendHalf(
  engine: Engine,
  { position, statement, lane, index }: MarkRow,
  row: RunRow,
): Promise<Half | undefined> {
  const { count, step, slots } = row;
  const entries = await entriesBetween(engine.store, lane, index - count + 1, index);
  const places = entries.flatMap(inputsOfEntry).map(spendPlace);
  const place = places.find((one) => equal(slotKey(one), position));
  if (place === undefined)
    throw new DsmError('rotten', 'the run of a mark does not spend the note');
  // A note names the key of one generation, which has signed whichever was in force.
  const by = cardByKey(engine, place.writer);
  const signer = signaturesOf(engine, row).find((one) =>
    equal(keyDigest(one.suite, one.publicKey), place.writer),
  );
  if (by === undefined || signer === undefined) return undefined;
  const path = slotPath(
    slots,
    slots.findIndex(({ key }) => equal(key, position)),
  );
  const body = stepBodyDigest(step);
  return {
    type: 'spend',
    card: cardObject.encode(by),
    place,
    value: statement,
    authorisation: { ...signer, body, path, backing: undefined },
    opening: (await openingFor(engine, place, [])) ?? new Uint8Array(0),
  };
}

/** Two halves at one position, as evidence; undefined if they do not fit together. */
export async function joinHalves(
  engine: Engine,
  first: Half,
  second: Half,
): Promise<Evidence | undefined> {
  const cards = [first, second].flatMap(({ card }) => {
    const decoded = cardObject.decode(card);
    return decoded.ok ? [decoded.value] : [];
  });
  const by = cards[0];
  if (by === undefined) return undefined;
  if (first.type === 'step' && second.type === 'step') {
    const proven = provenBy(engine, first.signed, second.signed, cards);
    return proven && { type: 'steps', ...proven };
  }
  if (first.type === 'spend' && second.type === 'spend') {
    const opening = await openingFor(engine, first.place, [first.opening, second.opening]);
    return opening === undefined
      ? undefined
      : { type: 'spends', card: by, place: first.place, first, second, opening };
  }
  return undefined;
}

/** The opening of a spend slot: given by the other side, or found in the own lineage. */
export async function openingFor(
  engine: Engine,
  place: SlotPlace,
  given: readonly Uint8Array[],
): Promise<Uint8Array | undefined> {
  const good = given.find((bytes) => opensPurseNote(place, bytes));
  if (good !== undefined) return good;
  for (const origin of engine.model.origins.values()) {
    for (const index of origin.outputs.keys()) {
      if (!equal(origin.outputs[index]!.key, place.writer)) continue;
      const opening = await openingOf(engine, { source: origin.head, index });
      if (opening !== undefined && opensPurseNote(place, opening)) return opening;
    }
  }
  return undefined;
}
