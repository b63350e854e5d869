/**
 * Cards of devices, this one and others. The newest is at hand; those of earlier incarnations and
 * generations are kept, because what was signed under them is still checked.
 */

import {
  card as cardObject,
  cardDevice,
  encodeWith,
  equal,
  isNextOf,
  keyOf,
  u32,
  workingKeyDigest,
  type Card,
  type KeySignature,
  type RetiredKey,
  type SignedStep,
  type Step,
} from '@dsm/primitive';
import type { Engine } from './engine.ts';
import { readTable, type Draft, type Model } from './model.ts';
import type { Store } from '@dsm/ports';
import { rowKey, type RunRow } from './rows.ts';

/** The newest card of a contact. */
export function cardOf({ model }: Pick<Engine, 'model'>, device: Uint8Array): Card | undefined {
  return newestOf(model, device);
}

function newestOf(model: Model, device: Uint8Array): Card | undefined {
  const row = model.contacts.get(keyOf(device));
  const decoded = row === undefined ? undefined : cardObject.decode(row.card);
  return decoded?.ok === true ? decoded.value : undefined;
}

/** Every card of a device that is kept, oldest first, the newest last. */
export function cardsOf(engine: Pick<Engine, 'model'>, device: Uint8Array): readonly Card[] {
  const { model } = engine;
  const now = equal(device, model.device.id) ? model.card : newestOf(model, device);
  const former = model.former.get(keyOf(device)) ?? [];
  return now === undefined ? former : [...former, now];
}

/**
 * The card of a device whose key was in force at a step of one of its incarnations: the last that begins
 * before it. What was signed under it was accepted then, so no generation between is missing.
 */
export function cardAt(
  engine: Pick<Engine, 'model'>,
  device: Uint8Array,
  { incarnation, seq }: Pick<Step, 'incarnation' | 'seq'>,
): Card | undefined {
  return cardsOf(engine, device).findLast(
    ({ body }) => body.incarnation === incarnation && seq > body.since,
  );
}

/** The generation of this device's keys that signs the step with this number. */
export function ownGenerationAt({ model }: Pick<Engine, 'model'>, seq: number): number {
  const { id, incarnation } = model.device;
  return cardAt({ model }, id, { incarnation, seq })!.body.generation;
}

/** The card of the generation right after this one, if it is known. */
export function cardAfter(engine: Pick<Engine, 'model'>, card: Card): Card | undefined {
  return cardsOf(engine, cardDevice(card)).find((one) => isNextOf(one, card));
}

/** The card, of now or a former one, whose working key has this digest. */
export function cardByKey(engine: Pick<Engine, 'model'>, digest: Uint8Array): Card | undefined {
  const { contacts, device } = engine.model;
  return [...[...contacts.values()].map((row) => row.device), device.id]
    .flatMap((id) => cardsOf(engine, id))
    .find((card) => equal(workingKeyDigest(card), digest));
}

/** Keys that later ones of the same incarnation have replaced, as far as it is known up to which step. */
export function retiredKeys(
  engine: Pick<Engine, 'model'>,
  device: Uint8Array,
  incarnation: number,
): readonly RetiredKey[] {
  const cards = cardsOf(engine, device).filter(({ body }) => body.incarnation === incarnation);
  return cards.flatMap((card, i) => {
    const next = cards[i + 1];
    if (next === undefined || !isNextOf(next, card)) return [];
    const { workingKey, since } = card.body;
    return [{ workingKey, since, until: next.body.since }];
  });
}

/** True if the digest is of a key that the device works or worked with in its incarnation of now. */
export function isKeyOfNow(
  engine: Pick<Engine, 'model'>,
  device: Uint8Array,
  digest: Uint8Array,
): boolean {
  const cards = cardsOf(engine, device);
  const incarnation = cards.at(-1)?.body.incarnation;
  return cards.some(
    (card) => card.body.incarnation === incarnation && equal(workingKeyDigest(card), digest),
  );
}

/**
 * Two steps in the order of their keys, with the cards that show that each signed in its time, generation by
 * generation; undefined if one of those is not here. `told` are cards that came with the steps.
 */
export function provenBy(
  engine: Pick<Engine, 'model'>,
  a: SignedStep,
  b: SignedStep,
  told: readonly Card[] = [],
):
  | {
      readonly card: Card;
      readonly later: readonly Card[];
      readonly first: SignedStep;
      readonly second: SignedStep;
    }
  | undefined {
  const { device, incarnation } = a.step;
  const cards = [...cardsOf(engine, device), ...told]
    .filter((card) => equal(cardDevice(card), device) && card.body.incarnation === incarnation)
    .toSorted(inOrder);
  const signer = ({ step }: SignedStep): Card | undefined =>
    cards.findLast(({ body }) => step.seq > body.since);
  const [first, second] = a.step.seq <= b.step.seq ? [a, b] : [b, a];
  const [from, to] = [signer(first)?.body.generation, signer(second)?.body.generation];
  if (from === undefined || to === undefined) return undefined;
  const between = Array.from({ length: to - from + 1 }, (_, i) =>
    cards.find(({ body }) => body.generation === from + i),
  ).filter((card) => card !== undefined);
  const [card, ...later] = between;
  return card === undefined || later.length < to - from
    ? undefined
    : { card, later, first, second };
}

/** The signatures of a step, each with its key: that of the generation in force at it, and the further ones. */
export function signaturesOf(
  engine: Pick<Engine, 'model'>,
  { step, signature, further }: Pick<SignedStep, 'step' | 'signature' | 'further'>,
): readonly KeySignature[] {
  const by = cardAt(engine, step.device, step);
  if (by === undefined) return further;
  const { suite, workingKey: publicKey } = by.body;
  return [{ suite, publicKey, signature }, ...further];
}

/** The cards under which the peer of a run may have consented to it, and the one under which it absorbed it. */
export function peerCardsAt(
  engine: Pick<Engine, 'model'>,
  device: Uint8Array,
  { countersignature, absorbed }: Pick<RunRow, 'countersignature' | 'absorbed'>,
): { readonly consented: readonly Card[]; readonly absorbed: Card | undefined } {
  const signed = absorbed !== undefined && absorbed.signature.length > 0 ? absorbed : undefined;
  const consent = countersignature?.consent;
  const consented = cardsOf(engine, device).filter(
    ({ body }) =>
      body.incarnation === consent?.peerIncarnation && body.since <= (consent?.seq ?? 0),
  );
  return {
    // Who has consented after a step may have changed keys before the next.
    consented: consented.slice(-2).toReversed(),
    absorbed: signed === undefined ? undefined : cardAt(engine, device, signed.step),
  };
}

/** Keep a card that another one replaces. */
export function putFormerCard(to: Draft, { former }: Model, card: Card): void {
  const { incarnation, generation } = card.body;
  const device = cardDevice(card);
  const key = rowKey('card', device, encodeWith(u32, incarnation), encodeWith(u32, generation));
  to.put(key, cardObject.encode(card));
  to.after(() => {
    const all = [...(former.get(keyOf(device)) ?? []), card];
    former.set(keyOf(device), all.toSorted(inOrder));
  });
}

function inOrder({ body: a }: Card, { body: b }: Card): number {
  return a.incarnation - b.incarnation || a.generation - b.generation;
}

/** In the order of incarnations and generations, which is that of their keys. */
export async function loadFormerCards(store: Store, { former }: Model): Promise<void> {
  for (const [key, card] of await readTable(store, 'card', cardObject)) {
    const device = keyOf(key.subarray(0, 32));
    former.set(device, [...(former.get(device) ?? []), card]);
  }
}
