/** Openings: what convicts whoever spends a purse note twice, and nobody else. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  checkEvidence,
  entry,
  kinds,
  nextHead,
  slotKey,
  slotListRoot,
  statementDigest,
  type Evidence,
} from '@dsm/primitive';
import {
  encodeOpening,
  encodeOperation,
  opensPurseNote,
  spendPlace,
  type Note,
} from '@dsm/protocols';
import { cardOf, named, network, signAs } from '@dsm/primitive/fixture';
import { outputTo, person, type Person } from './fixture.ts';

import { ada, bob, coins, loadOperation, loadPart, ofAda, withOperation } from './lineage-scene.ts';

const purseNote = coins[0]!;
const place = spendPlace(purseNote);
const opening = encodeOpening({
  before: loadPart.before,
  index: purseNote.index,
  entry: loadPart.entry,
});

function statedBy(
  by: Person,
  note: Note,
  name: string,
): Extract<Evidence, { type: 'spends' }>['first'] {
  const slots = [{ key: slotKey(spendPlace(note)), value: named(name) }];
  const body = named(`body of ${name}`);
  const digest = statementDigest(body, slotListRoot(slots));
  const { suite, working } = by.keys;
  const signature = signAs(by.keys, working, kinds.signedStep, digest);
  const { publicKey } = working;
  return {
    value: named(name),
    authorisation: { suite, publicKey, body, path: [], signature, backing: undefined },
  };
}

const twice: Extract<Evidence, { type: 'spends' }> = {
  type: 'spends',
  card: cardOf(ada.keys),
  place,
  first: statedBy(ada, purseNote, 'to bob'),
  second: statedBy(ada, purseNote, 'to cyd'),
  opening,
};

test('two spends of a purse note convict its owner', () => {
  assert.deepEqual(checkEvidence(twice, network, opensPurseNote, undefined), {
    ok: true,
    culprit: { type: 'device', id: ada.keys.id },
  });
});

test('no evidence: an online note, another note, another writer, or bytes that open nothing', () => {
  const online = [...ofAda.notes.values()].find(({ kind }) => kind === 0)!;
  const { before, entry: bytes } = loadPart;
  const openings: readonly (readonly [Note, Uint8Array])[] = [
    [online, encodeOpening({ before, index: online.index, entry: bytes })],
    [purseNote, encodeOpening({ before, index: 1 - purseNote.index, entry: bytes })],
    [purseNote, encodeOpening({ before, index: 99, entry: bytes })],
    [purseNote, encodeOpening({ before: named('x'), index: purseNote.index, entry: bytes })],
    [purseNote, encodeOpening({ before, index: purseNote.index, entry: bytes.subarray(1) })],
    [purseNote, Uint8Array.of(...opening, 0)],
    [purseNote, new Uint8Array(0)],
    [{ ...purseNote, key: bob.keys.writer }, opening],
  ];
  for (const [i, [note, bytesOf]] of openings.entries()) {
    assert.equal(opensPurseNote(spendPlace(note), bytesOf), false, `opening ${i}`);
  }
  assert.ok(opensPurseNote(place, opening));
});

test('no evidence: what looks like a purse note and does not come of a load', () => {
  const { token: of, inputs, outputs, memo } = loadOperation;
  const bytes = withOperation(
    encodeOperation({ type: 'transfer', token: of, inputs, outputs, allowed: undefined, memo }),
  ).entry;
  const { before } = loadPart;
  const note: Note = { ...purseNote, source: nextHead(before, bytes) };
  const transferred = encodeOpening({ before, index: note.index, entry: bytes });
  assert.equal(opensPurseNote(spendPlace(note), transferred), false);
});

test('no evidence: a load that a stranger wrote about a victim, whose card he shows', () => {
  const stranger = person('stranger');
  const forged = {
    ...loadOperation,
    outputs: [outputTo(ada, 100n, { depth: 1, receipts: 3, kind: 1 })],
  };
  const decoded = entry.decode(loadPart.entry);
  assert.ok(decoded.ok);
  const bytes = entry.encode({ ...decoded.value, operation: encodeOperation(forged) });
  const before = named('the lane of the stranger');
  const source = nextHead(before, bytes);
  const note: Note = { ...purseNote, source, index: 0 };
  const claim: Evidence = {
    ...twice,
    place: spendPlace(note),
    opening: encodeOpening({ before, index: 0, entry: bytes }),
    first: statedBy(stranger, note, 'one'),
    second: statedBy(stranger, note, 'two'),
  };
  assert.deepEqual(checkEvidence(claim, network, opensPurseNote, undefined), {
    ok: false,
    refusal: 'signature',
  });
});
