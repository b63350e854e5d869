/**
 * Succession: a known device shows the card of a later incarnation, and its half of the relationship
 * moves to the start of a new lane. The own lane goes on.
 */

import {
  card as cardObject,
  cardDevice,
  checkCard,
  equal,
  generationPlace,
  incarnationPlace,
  incarnationValue,
  keyDigest,
  keyOf,
  openLane,
  replacesKeys,
  stepPosition,
  walk,
  type Card,
  type CardBody,
  type Certificate,
  type Lane,
} from '@dsm/primitive';
import { leafOf, takeStep, type Relationship } from '@dsm/bilateral';
import { cardOf, cardsOf, putFormerCard } from './cards.ts';
import { forgetTold } from './fresh-keys.ts';
import { laneAtIndex, putDevice, putRelationship, readRun, type Engine } from './engine.ts';
import { draft, entriesBetween, putContact, putLeaves, putRun, type Draft } from './model.ts';
import type { Quorum } from './quorum.ts';
import { putNamed } from './tree-keeping.ts';
import type { ContactRow, RunRow } from './rows.ts';

/** Keep a card that holds. Undefined if it is older than the one that is known, or does not follow it. */
export async function meetCard(
  engine: Engine,
  card: Card,
  bytes: Uint8Array,
  name: string | undefined,
): Promise<ContactRow | undefined> {
  const { model } = engine;
  const device = cardDevice(card);
  const known = model.contacts.get(keyOf(device));
  const before = cardOf(engine, device);
  const mayReplace =
    before === undefined || isBeside(card, before) || mayFollow(engine, card, before);
  if (!mayReplace) return undefined;
  const row = known ?? stranger(device, freeName(engine, name ?? card.body.name), bytes);
  const next = { ...row, card: bytes, name: name ?? row.name, stopped: stillStopped(row, card) };
  if (known !== undefined && equal(known.card, bytes) && next.name === known.name) return known;
  const change = draft();
  putContact(change, model, next);
  putNamed(change, model, card);
  if (before !== undefined) await putReplaced(change, engine, next, card, before);
  await engine.commit(change);
  return next;
}

/** What follows from a card that takes the place of another one. */
async function putReplaced(
  to: Draft,
  engine: Engine,
  contact: ContactRow,
  card: Card,
  before: Card,
): Promise<void> {
  const isLater = before.body.incarnation < card.body.incarnation;
  if (!isLater && !replacesKeys(card, before)) return;
  putFormerCard(to, engine.model, before);
  if (isLater) await succeed(to, engine, contact, card);
  else putKeys(to, engine, contact, card);
}

function stranger(device: Uint8Array, name: string, card: Uint8Array): ContactRow {
  return {
    device,
    name,
    card,
    relationship: undefined,
    secret: undefined,
    ciphertext: undefined,
    agreed: 0,
    blocked: 0,
    minimum: 0,
    limits: [],
    edgeLimits: [],
    floods: 0,
    stopped: '',
  };
}

/** True if it certifies the same keys from the same step on, whatever else it claims. */
function isBeside({ body: a }: Card, { body: b }: Card): boolean {
  return (
    a.incarnation === b.incarnation &&
    a.generation === b.generation &&
    a.since === b.since &&
    equal(a.birth, b.birth) &&
    equal(a.previous, b.previous) &&
    equal(a.workingKey, b.workingKey) &&
    equal(a.kemKey, b.kemKey)
  );
}

/** A card of a later incarnation, or of later keys that begin where the device has been. */
function mayFollow({ model }: Engine, card: Card, known: Card): boolean {
  if (card.body.incarnation !== known.body.incarnation) {
    return card.body.incarnation > known.body.incarnation;
  }
  const { incarnation, since, previous } = card.body;
  const mark = model.marks.at(stepPosition(cardDevice(card), incarnation, since));
  return replacesKeys(card, known) && (mark === undefined || equal(mark.statement, previous));
}

/** What the device signs from now on is judged by its new key; what it signed before, by the old one. */
function putKeys(to: Draft, { model }: Engine, { device }: ContactRow, { body }: Card): void {
  const { incarnation, workingKey, since } = body;
  for (const on of model.relationships.values()) {
    if (!equal(on.peer.device, device) || on.peer.incarnation !== incarnation) continue;
    putRelationship(to, model, { ...on, peer: { ...on.peer, workingKey, since } });
  }
}

/** A later incarnation begins a lane of its own. */
function stillStopped(row: ContactRow, { body }: Card): string {
  return incarnationOf(row) === body.incarnation ? row.stopped : '';
}

function incarnationOf({ card: bytes }: ContactRow): number | undefined {
  const decoded = cardObject.decode(bytes);
  return decoded.ok ? decoded.value.body.incarnation : undefined;
}

/** A name that no other contact has yet. */
function freeName({ model }: Engine, wanted: string): string {
  const taken = new Set([...model.contacts.values()].map((contact) => contact.name));
  let name = wanted === '' ? 'Somebody' : wanted;
  for (let n = 2; taken.has(name); n++) name = `${wanted} ${n}`;
  return name;
}

/**
 * One step: the peer's half of the leaf moves to the start of its new lane. It may have forgotten
 * any part of the own lane, so all of that is said again, and its new lane may cite any of it.
 */
async function succeed(
  to: Draft,
  engine: Engine,
  contact: ContactRow,
  { body }: Card,
): Promise<void> {
  const { model } = engine;
  const on =
    contact.relationship === undefined
      ? undefined
      : model.relationships.get(keyOf(contact.relationship));
  if (on === undefined) return;
  const { incarnation, suite, workingKey, since } = body;
  const me = model.device;
  const theirs = openLane(me.network, on.peer.device, incarnation, me.id, on);
  const next: Relationship = {
    ...on,
    peer: { ...on.peer, incarnation, suite, workingKey, since },
    theirs,
    theirsWriter: keyDigest(suite, workingKey),
    absorbed: { index: 0, head: on.mine.start },
  };
  await sayAgain(to, engine, next);
  forgetTold(to, model, on);
  putRelationship(to, model, next);
  const write = {
    key: on.key,
    before: leafOf(on, me, on.mine.head, on.theirs.head),
    after: leafOf(next, me, next.mine.head, theirs.head),
  };
  if (equal(write.before, write.after)) return;
  const taken = takeStep(
    me,
    { type: 'succeed', relationship: on.key, incarnation, start: theirs.start },
    [write],
    [],
    model.map,
  );
  putDevice(to, model, taken.device);
  putLeaves(to, model, [write]);
}

/** All runs of the own lane are open again, and all its heads may be cited. */
async function sayAgain(
  to: Draft,
  { model, store }: Engine,
  { key, mine }: Relationship,
): Promise<void> {
  const heads = new Map([[keyOf(mine.start), 0]]);
  let lane: Lane = await laneAtIndex(store, model.relationships.get(keyOf(key))!, 0, 0);
  for (const bytes of await entriesBetween(store, mine.start, 1, mine.index)) {
    lane = walk(lane, [bytes]) ?? lane;
    heads.set(keyOf(lane.head), lane.index);
    const row = await readRun({ store }, mine.start, lane.index);
    if (row === undefined) continue;
    const open: RunRow = { ...row, acked: 0, delivered: 0 };
    putRun(to, model, model.relationships.get(keyOf(key))!, { index: lane.index, row: open });
  }
  to.after(() => model.tails.set(keyOf(key), heads));
}

/**
 * A card that a contact has said in a talk: of later keys, or of keys between two that are known, which the
 * runs that they have signed wait for. True if something was learned.
 */
export async function heardCard(
  engine: Engine,
  of: Uint8Array,
  bytes: Uint8Array,
): Promise<boolean> {
  const { model, registries } = engine;
  const decoded = cardObject.decode(bytes);
  if (!decoded.ok || !equal(cardDevice(decoded.value), of)) return false;
  const card = decoded.value;
  if (checkCard(card, model.device.network, registries) !== undefined) return false;
  const known = cardOf(engine, of);
  if (known === undefined || known.body.incarnation !== card.body.incarnation) return false;
  if (!replacesKeys(known, card)) {
    return (
      replacesKeys(card, known) && (await meetCard(engine, card, bytes, undefined)) !== undefined
    );
  }
  const { generation } = card.body;
  if (cardsOf(engine, of).some(({ body }) => isSameGeneration(body, card.body))) return false;
  if (generation >= known.body.generation) return false;
  const to = draft();
  putFormerCard(to, model, card);
  await engine.commit(to);
  return true;
}

function isSameGeneration(a: Card['body'], b: Card['body']): boolean {
  return a.incarnation === b.incarnation && a.generation === b.generation;
}

/** Ask the nodes for later keys of a device, generation by generation; true if one was learned. */
export async function learnKeys(engine: Engine, device: Uint8Array): Promise<boolean> {
  for (let learned = false; ; learned = true) {
    const known = cardOf(engine, device);
    if (known === undefined) return learned;
    const place = generationPlace(known.body, known.body.generation + 1);
    const reading = await engine.quorum.readSlot(place);
    if (reading.type !== 'voted') return learned;
    const hints = reading.values.flatMap((value) => value.hints);
    if (!(await takeKeys(engine, device, hints))) return learned;
  }
}

async function takeKeys(
  engine: Engine,
  device: Uint8Array,
  hints: readonly Uint8Array[],
): Promise<boolean> {
  for (const hint of hints) {
    const bytes = await engine.quorum.fetch(hint);
    if (bytes === undefined) continue;
    if (await engine.exclusive(() => heardCard(engine, device, bytes))) return true;
  }
  return false;
}

/** Ask the nodes whether the device has opened its next incarnation; true if its card was learned. */
export async function learnSuccession(engine: Engine, device: Uint8Array): Promise<boolean> {
  const row = engine.model.contacts.get(keyOf(device));
  const known = row === undefined ? undefined : cardObject.decode(row.card);
  if (known?.ok !== true) return false;
  const found = await nextCertified(engine.quorum, known.value.body);
  if (found === undefined) return false;
  const { certificate, hints } = found;
  const next = await fetchCard(engine.quorum, hints, certificate.value);
  if (next === undefined || !equal(cardDevice(next), device)) return false;
  const card: Card = { ...next, succession: certificate };
  if (checkCard(card, engine.model.device.network, engine.registries) !== undefined) return false;
  const bytes = cardObject.encode(card);
  await engine.exclusive(() => meetCard(engine, card, bytes, undefined));
  return true;
}

/** Copies that are restored at one moment can split a slot's votes: then a later incarnation counts. */
export const incarnationsAhead = 8;

export interface CertifiedIncarnation {
  readonly incarnation: number;
  readonly certificate: Certificate;
  /** Where the card may be: not signed by anybody. */
  readonly hints: readonly Uint8Array[];
}

/** The next incarnation of the device of `body` that the nodes show to be certified. */
export async function nextCertified(
  nodes: Pick<Quorum, 'readSlot'>,
  body: CardBody,
): Promise<CertifiedIncarnation | undefined> {
  for (let ahead = 1; ahead <= incarnationsAhead; ahead++) {
    const incarnation = body.incarnation + ahead;
    const reading = await nodes.readSlot(incarnationPlace(body, incarnation));
    if (reading.type !== 'voted') return undefined;
    const { certificate, values } = reading;
    if (certificate === undefined) continue;
    return { incarnation, certificate, hints: values.flatMap(({ hints }) => hints) };
  }
  return undefined;
}

/** True if the card opens an incarnation that is not known here yet. */
export function isSuccession({ model }: Engine, card: Card): boolean {
  const known = model.contacts.get(keyOf(cardDevice(card)));
  const before = known?.agreed === 1 ? incarnationOf(known) : undefined;
  return before !== undefined && before < card.body.incarnation;
}

/** The card whose statement has the certificate; hints are not signed, so all are tried. */
export async function fetchCard(
  nodes: Pick<Quorum, 'fetch'>,
  hints: readonly Uint8Array[],
  value: Uint8Array,
): Promise<Card | undefined> {
  for (const hint of hints) {
    const bytes = await nodes.fetch(hint);
    const decoded = bytes === undefined ? undefined : cardObject.decode(bytes);
    // The first generation of keys: the device’s lanes begin with them.
    const isFirst = decoded?.ok === true && decoded.value.body.generation === 0;
    if (isFirst && equal(incarnationValue(decoded.value.body), value)) {
      return decoded.value;
    }
  }
  return undefined;
}
