/**
 * Restore: what a wallet does whose rows came out of capsules (backup-file.ts, capsule-finding.ts).
 *
 *     with the nodes   certify incarnation + 1 · new lanes · new step chain · only free online notes
 *
 * A restored state never continues its old step chain, so it can never be convicted for what it did
 * after the backup was made. Purse notes are lost with the device that held them.
 */

import {
  address,
  card as cardObject,
  cardDigest,
  deviceMap,
  encodeWith,
  equal,
  incarnationPlace,
  incarnationValue,
  isZero,
  keyDigest,
  keyOf,
  limits,
  noteKey,
  openLane,
  u64,
  zero32,
  type Card,
  type SlotPlace,
  type StepWrite,
} from '@dsm/primitive';
import { leafOf, openOwnLane, takeStep, type Device, type Relationship } from '@dsm/bilateral';
import { exitPlace, noteBlind, noteId, noteKinds, noteLeaf, spendPlace } from '@dsm/protocols';
import { cardBindingOf } from './binding-view.ts';
import { cardsOf, putFormerCard } from './cards.ts';
import { forgetTold } from './fresh-keys.ts';
import { putDevice, putRelationship, type Engine } from './engine.ts';
import { DsmError } from './errors.ts';
import type { Incarnation, Keys } from './keys.ts';
import {
  decodeRow,
  draft,
  putLeaves,
  putNote,
  putWallet,
  removeNote,
  type Draft,
} from './model.ts';
import { bodyOf, firstDevice, signCard } from './open.ts';
import { ownIncarnations, type OwnIncarnation } from './own-incarnations.ts';
import { declaredGenesis } from './tree-learning.ts';
import { claimRow, rowKey, type ClaimRow, type NoteRow, type WalletRow } from './rows.ts';

/**
 * Open the next incarnation: certify it, then start again with what the nodes show to be free.
 * Nothing changes here until q nodes have voted; then one commit makes the new state.
 */
export async function reincarnate(
  engine: Engine,
  keysOf: (incarnation: number, birth: Uint8Array) => Keys,
): Promise<void> {
  if (!engine.custody.unlocked()) {
    throw new DsmError('needs-words', 'the next incarnation is certified by the root key');
  }
  const learned = await ownIncarnations(engine.quorum, engine.model.card);
  const { card, keys } = await claimIncarnation(engine, keysOf, learned);
  const kept = await freeNotes(engine);
  await engine.exclusive(async () => {
    const to = draft();
    startAgain(to, engine, keys, card, kept, learned);
    await engine.commit(to);
    engine.custody.lock();
  });
}

/** The first incarnation after the last known one that no other copy has claimed. */
async function claimIncarnation(
  engine: Engine,
  keysOf: (incarnation: number, birth: Uint8Array) => Keys,
  learned: readonly OwnIncarnation[],
): Promise<{ readonly card: Card; readonly keys: Keys }> {
  const { model, quorum } = engine;
  const { network, suite } = model.device;
  const begun = stillOpen(await claimOf(engine), learned);
  const { name, next } = comingBack(model.row, learned.at(-1));
  const said = {
    binding: cardBindingOf(engine.binding),
    genesis: learned.at(-1)?.card.body.genesis ?? (await declaredGenesis(engine)),
  };
  for (let n = begun?.incarnation ?? next; ; n++) {
    const birth = n === begun?.incarnation ? begun.birth : await keepClaim(engine, n);
    const keys = keysOf(n, birth);
    const body = bodyOf(keys, network, suite, n, birth, name, said);
    const card = signCard(keys, body, undefined);
    const bytes = cardObject.encode(card);
    await quorum.publish(bytes);
    const outcome = await quorum.writeSlot({
      place: incarnationPlace(body),
      value: incarnationValue(body),
      authorisation: {
        suite,
        publicKey: body.rootKey,
        body: cardDigest(body),
        path: [],
        signature: card.signature,
        backing: undefined,
      },
      hint: address(bytes),
      certificate: undefined,
    });
    if (outcome.type === 'undecided') {
      throw new DsmError('offline', 'too few nodes answer to certify the new incarnation');
    }
    if (outcome.type === 'certified') {
      return { card: { ...card, succession: outcome.certificate }, keys };
    }
  }
}

/** Which incarnation is free as far as the nodes have said, and what the device is called. */
function comingBack(
  { name, incarnation }: WalletRow,
  newest: OwnIncarnation | undefined,
): { readonly name: string; readonly next: number } {
  if (newest === undefined) return { name, next: incarnation + 1 };
  const { body } = newest.card;
  return { name: name === '' ? body.name : name, next: newest.incarnation + 1 };
}

/** What was begun, unless another copy of this device has gone on in the meantime. */
function stillOpen(
  begun: ClaimRow | undefined,
  learned: readonly OwnIncarnation[],
): ClaimRow | undefined {
  const newest = learned.at(-1);
  if (begun === undefined || newest === undefined) return begun;
  if (begun.incarnation > newest.incarnation) return begun;
  return equal(begun.birth, newest.birth) ? begun : undefined;
}

async function claimOf({ store }: Engine): Promise<ClaimRow | undefined> {
  const bytes = await store.get(rowKey('claim'));
  return bytes === undefined ? undefined : decodeRow(claimRow, bytes, 'claim');
}

/** Durable before it is stated: half a vote for a birth that was forgotten would block the slot. */
async function keepClaim({ store, entropy }: Engine, incarnation: number): Promise<Uint8Array> {
  const birth = entropy.bytes(32);
  await store.commit([{ key: rowKey('claim'), value: claimRow.encode({ incarnation, birth }) }]);
  return birth;
}

/** Online notes whose spend slot q nodes show to be free. Purse notes are never taken over. */
async function freeNotes({ model, quorum }: Engine): Promise<NoteRow[]> {
  const kept: NoteRow[] = [];
  for (const row of model.notes.values()) {
    if (row.note.kind === noteKinds.purse || row.state === 1) continue;
    const reading = await quorum.readSlot(endOf(row, model));
    if (reading.type === 'undecided') {
      throw new DsmError('offline', 'too few nodes answer to see which notes are free');
    }
    if (reading.type === 'free') kept.push(row);
  }
  return kept;
}

/** The slot that says whether a note is still there: an escrow has only its exit. */
function endOf({ note }: NoteRow, { escrows }: Engine['model']): SlotPlace {
  if (note.kind !== noteKinds.escrow) return spendPlace(note);
  const row = escrows.get(keyOf(noteId(note.source, note.index)));
  return row === undefined ? spendPlace(note) : exitPlace(row.escrow);
}

/** New lanes, a new step chain from the empty map, and the leaves that are carried over. */
function startAgain(
  to: Draft,
  engine: Engine,
  keys: Keys,
  card: Card,
  kept: readonly NoteRow[],
  learned: readonly OwnIncarnation[],
): void {
  const { model, custody } = engine;
  const start = firstDevice(card.body, zero32);
  to.remove(rowKey('claim'));
  const relationships = [...model.relationships.values()].filter(
    ({ key }) => !equal(key, model.own),
  );
  const fresh = relationships.map((on) => restarted(on, start, keys.working().publicKey));
  const leaves: StepWrite[] = [
    ...fresh.map((on) => write(on.key, leafOf(on, start, on.mine.head, on.theirs.head))),
    ...kept.map(({ note }) => {
      const id = noteId(note.source, note.index);
      return write(noteKey(id), noteLeaf(note, noteBlind(keys.blindSecret, id)));
    }),
  ].filter(({ after }) => !isZero(after));
  const old = [...model.map.entries()].map(({ key, value }) => ({
    key,
    before: value,
    after: zero32,
  }));
  putLeaves(to, model, old);
  putDevice(to, model, restoredDevice(start, leaves));
  putLeaves(to, model, leaves);
  const own = openOwnLane(start, keys.working().publicKey, keys.ownSecret);
  for (const on of [...fresh, own]) putRelationship(to, model, on);
  // The peers may have destroyed what the backup knows of.
  for (const on of fresh) forgetTold(to, model, on);
  // With the words at hand there are keys again that were destroyed.
  for (const row of kept) {
    const isFound = row.state === 2 && keys.byDigest(row.note.key) !== undefined;
    if (isFound) putNote(to, model, { ...row, state: 0 });
  }
  const keptIds = new Set(kept.map(({ note }) => keyOf(noteId(note.source, note.index))));
  for (const { note } of model.notes.values()) {
    const id = noteId(note.source, note.index);
    if (!keptIds.has(keyOf(id))) removeNote(to, model, id);
  }
  dropOpenRuns(to, engine);
  for (const former of [model.card, ...learned.map((one) => one.card)])
    putFormerCard(to, model, former);
  const { incarnation, birth } = card.body;
  const births = birthsUntil(incarnation, model.row, learned);
  const known: Incarnation[] = births.map((of, n) => ({ incarnation: n, birth: of }));
  for (const { body } of cardsOf({ model }, start.id)) if (body.generation > 0) known.push(body);
  custody.keep(to, { device: start.id, incarnation }, [...known, { incarnation, birth }]);
  putWallet(to, model, {
    ...model.row,
    name: card.body.name,
    incarnation,
    birth,
    births,
    card: cardObject.encode(card),
    phase: 0,
  });
  to.after(() => {
    model.card = card;
    model.own = own.key;
  });
}

/** The nth is the birth of incarnation n; zero for one that another copy took. */
function birthsUntil(
  incarnation: number,
  { births, birth }: Pick<WalletRow, 'births' | 'birth'>,
  learned: readonly OwnIncarnation[],
): readonly Uint8Array[] {
  const known = new Map([...births, birth].entries());
  for (const one of learned) known.set(one.incarnation, one.birth);
  return Array.from({ length: incarnation }, (_, n) => known.get(n) ?? zero32);
}

function write(key: Uint8Array, after: Uint8Array): StepWrite {
  return { key, before: zero32, after };
}

/** The relationship in the new incarnation: a new own lane, the peer's goes on. */
function restarted(on: Relationship, me: Device, workingKey: Uint8Array): Relationship {
  const mine = openLane(me.network, me.id, me.incarnation, on.peer.device, on);
  return {
    ...on,
    mine,
    // The peer knows this key from the new card, and needs to be told no other.
    mineWriter: keyDigest(me.suite, workingKey),
    absorbed: { index: 0, head: mine.start },
    former: 1,
  };
}

/** The device after its restore steps, each of which lists as many leaves as a step may write. */
function restoredDevice(start: Device, leaves: readonly StepWrite[]): Device {
  const map = deviceMap();
  let device = start;
  for (let from = 0; from < leaves.length; from += limits.proofKeysMax) {
    const some = leaves.slice(from, from + limits.proofKeysMax);
    device = takeStep(device, { type: 'restore' }, some, [], map).device;
    map.apply(some.map(({ key, after }) => ({ key, value: after })));
  }
  return device;
}

/** Runs of lanes that are no longer written are not said again. */
function dropOpenRuns(to: Draft, { model }: Engine): void {
  for (const [relationship, runs] of model.open) {
    const { key } = model.relationships.get(relationship)!;
    for (const { index } of runs) to.remove(rowKey('open', key, encodeWith(u64, index)));
  }
  to.after(() => model.open.clear());
}
