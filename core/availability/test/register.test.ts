/** The write-once register: the first authorised value for ever, later ones kept as evidence. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admit, type KeptSlot, type Known } from '@dsm/availability';
import {
  limits,
  registriesOf,
  slotKey,
  slotKinds,
  type Certificate,
  type SlotWrite,
} from '@dsm/primitive';
import { certificateOf, nextNodes, nodesOf, type Nodes } from '@dsm/primitive/fixture';
import fc from 'fast-check';
import { installPortable } from '@dsm/portable';
import { filled, slotAuthor } from './slot-author.ts';

installPortable();

const network = filled(42);
const before = nodesOf(1, { network });
const now = nextNodes(before);
const known: Known = { network, registries: registriesOf(before.registry, now.registry) };
const author = slotAuthor(network, 1);
const values = [10, 20, 30, 40, 50].map((value) => author.write(1, value));
const [ten, twenty] = values as [SlotWrite, SlotWrite];
const twentyAgain = author.write(1, 20);
const elsewhere = author.write(2, 10);
const byAnother = { ...ten, authorisation: slotAuthor(network, 2).write(1, 10).authorisation };
const forged: SlotWrite = { ...ten, value: filled(11) };

function written(writes: readonly SlotWrite[]): KeptSlot | undefined {
  return writes.reduce<KeptSlot | undefined>(
    (kept, write) => admit(kept, write, known).kept,
    undefined,
  );
}

test('the first authorised value is new', () => {
  const { place, value, authorisation } = ten;
  assert.deepEqual(admit(undefined, ten, known), {
    type: 'new',
    kept: { place, values: [{ value, authorisation, hints: [] }], standing: 1 },
  });
});

test('a value without the signature of the writer is refused, and changes nothing', () => {
  assert.deepEqual(admit(undefined, forged, known), { type: 'refused', kept: undefined });
  const kept = written([ten]);
  assert.deepEqual(admit(kept, forged, known), { type: 'refused', kept });
  assert.equal(admit(undefined, ten, { ...known, network: filled(43) }).type, 'refused');
  assert.equal(admit(undefined, byAnother, known).type, 'refused');
});

test('a hint to a known value needs the signature, too', () => {
  const kept = written([ten]);
  const signature = ten.authorisation.signature.with(0, ten.authorisation.signature[0]! ^ 1);
  const authorisation = { ...ten.authorisation, signature };
  const hinted = { ...ten, authorisation, hint: filled(1) };
  assert.deepEqual(admit(kept, hinted, known), { type: 'refused', kept });
});

test('a value keeps its first hints, as many as there may be, each once', () => {
  const hints = [1, 2, 2, 3, 4, 5, 6].map(filled);
  const kept = written([ten, ...hints.map((hint) => ({ ...ten, hint }))]);
  assert.deepEqual(
    kept?.values[0]?.hints,
    [1, 2, 3, 4, 5, 6].slice(0, limits.slotValuesMax).map(filled),
  );
});

test('a different value is kept behind the first, up to four, and the fifth is not', () => {
  let kept = written([ten]);
  for (const [i, write] of values.entries()) {
    if (i === 0) continue;
    const admission = admit(kept, write, known);
    assert.equal(admission.type, i < limits.slotValuesMax ? 'later' : 'full');
    kept = admission.kept;
  }
  assert.deepEqual(
    kept?.values.map(({ value }) => value),
    values.slice(0, limits.slotValuesMax).map(({ value }) => value),
  );
});

test('the same value is the same, signed again or not', () => {
  const kept = written([ten, twenty]);
  assert.deepEqual(admit(kept, ten, known), { type: 'same', kept });
  assert.deepEqual(admit(kept, twentyAgain, known), { type: 'same', kept });
});

test('a write to another slot is a fault of the caller', () => {
  const kept = written([ten])!;
  const { place } = ten;
  const others = [
    elsewhere.place,
    { ...place, kind: slotKinds.issue },
    { ...place, writer: filled(3) },
  ];
  for (const other of others) {
    assert.throws(() => admit({ ...kept, place: other }, ten, known), RangeError);
  }
  assert.throws(() => admit(kept, elsewhere, known), RangeError);
});

/** Taken over with two values: no node has voted on either. */
const frozen: KeptSlot = {
  place: ten.place,
  values: [ten, twenty].map(({ value, authorisation }) => ({ value, authorisation, hints: [] })),
  standing: 2,
};

function certified(write: SlotWrite, by: Nodes): Certificate {
  return certificateOf(by, { key: slotKey(write.place), value: write.value });
}

test('a frozen slot is decided by a certificate of an earlier version, for whichever value', () => {
  for (const [write, order] of [
    [ten, [10, 20]],
    [twenty, [20, 10]],
    // One that none of those who handed over had seen.
    [values[2]!, [30, 10, 20]],
  ] as const) {
    const admission = admit(frozen, { ...write, certificate: certified(write, before) }, known);
    assert.equal(admission.type, 'decided');
    assert.equal(admission.kept!.standing, 1);
    assert.deepEqual(valuesOf(admission.kept), order);
    const again = admit(admission.kept, ten, known);
    assert.deepEqual(again, { type: 'same', kept: admission.kept }, 'and stays decided');
  }
});

test('a slot that is frozen between four values still takes the certified one', () => {
  const all = values.slice(0, 4).map((one) => ({ ...frozen.values[0]!, ...one, hints: [] }));
  const fifth = { ...values[4]!, certificate: certified(values[4]!, before) };
  const admission = admit({ ...frozen, values: all, standing: 4 }, fifth, known);
  assert.deepEqual([admission.type, valuesOf(admission.kept)], ['decided', [50, 10, 20, 30]]);
});

test('nothing else decides a frozen slot', () => {
  const wrong: readonly SlotWrite[] = [
    twenty,
    { ...twenty, certificate: certified(ten, before) },
    { ...twenty, certificate: { ...certified(ten, before), value: twenty.value } },
    // Of the version that is voted under: nobody who voted under it has frozen the slot.
    { ...twenty, certificate: certified(twenty, now) },
    { ...twenty, certificate: { ...certified(twenty, now), version: 1 } },
    { ...twenty, certificate: { ...certified(twenty, before), version: 0 } },
    { ...twenty, certificate: { ...certified(twenty, before), lineage: filled(3) } },
  ];
  for (const [i, write] of wrong.entries()) {
    assert.deepEqual(admit(frozen, write, known), { type: 'same', kept: frozen }, `write ${i}`);
  }
  const unsigned = { ...forged, certificate: certified(forged, before) };
  assert.deepEqual(admit(frozen, unsigned, known), { type: 'refused', kept: frozen });
  const later = admit(frozen, values[2]!, known);
  assert.deepEqual([later.type, later.kept!.standing], ['later', 2]);
});

test('a certificate moves nothing where one value stands', () => {
  const kept = written([ten, twenty]);
  const write = { ...twenty, certificate: certified(twenty, before) };
  assert.deepEqual(admit(kept, write, known), { type: 'same', kept });
});

test('in every history: first value for ever, each once, bounded, nothing that is not signed', () => {
  const hinted = values.flatMap((write) => [
    write,
    ...[1, 2, 3, 4, 5, 6].map((hint) => ({ ...write, hint: filled(hint) })),
  ]);
  const event = fc.constantFrom(...hinted, forged, { ...forged, hint: filled(1) });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 16 }), (writes) => {
      let kept: KeptSlot | undefined;
      for (const write of writes) {
        const before = valuesOf(kept);
        kept = admit(kept, write, known).kept;
        assert.deepEqual(valuesOf(kept).slice(0, before.length), before);
        assert.ok(kept?.values.every(({ hints }) => hints.length <= limits.slotValuesMax) ?? true);
        assert.deepEqual(admit(kept, write, known).kept, kept);
      }
      const signed = writes.map(({ value }) => value[0]!).filter((value) => value !== 11);
      assert.deepEqual(valuesOf(kept), [...new Set(signed)].slice(0, limits.slotValuesMax));
    }),
    { numRuns: 20 },
  );
});

function valuesOf(kept: KeptSlot | undefined): number[] {
  return kept?.values.map(({ value }) => value[0]!) ?? [];
}
