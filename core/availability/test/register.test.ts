/** The write-once register: the first authorised value for ever, later ones kept as evidence. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admit, type KeptSlot } from '@dsm/availability';
import { limits, type SlotWrite } from '@dsm/primitive';
import fc from 'fast-check';
import { installPortable } from '@dsm/portable';
import { filled, slotAuthor } from './slot-author.ts';

installPortable();

const network = filled(42);
const author = slotAuthor(network, 1);
const values = [10, 20, 30, 40, 50].map((value) => author.write(1, value));
const [ten, twenty] = values as [SlotWrite, SlotWrite];
const twentyAgain = author.write(1, 20);
const elsewhere = author.write(2, 10);
const byAnother = { ...ten, authorisation: slotAuthor(network, 2).write(1, 10).authorisation };
const forged: SlotWrite = { ...ten, value: filled(11) };

function written(writes: readonly SlotWrite[]): KeptSlot | undefined {
  return writes.reduce<KeptSlot | undefined>(
    (kept, write) => admit(kept, write, network).kept,
    undefined,
  );
}

test('the first authorised value is new', () => {
  const { place, value, authorisation } = ten;
  assert.deepEqual(admit(undefined, ten, network), {
    type: 'new',
    kept: { place, values: [{ value, authorisation, hints: [] }] },
  });
});

test('a value without the signature of the writer is refused, and changes nothing', () => {
  assert.deepEqual(admit(undefined, forged, network), { type: 'refused', kept: undefined });
  const kept = written([ten]);
  assert.deepEqual(admit(kept, forged, network), { type: 'refused', kept });
  assert.equal(admit(undefined, ten, filled(43)).type, 'refused');
  assert.equal(admit(undefined, byAnother, network).type, 'refused');
});

test('a hint to a known value needs the signature, too', () => {
  const kept = written([ten]);
  const signature = ten.authorisation.signature.with(0, ten.authorisation.signature[0]! ^ 1);
  const authorisation = { ...ten.authorisation, signature };
  const hinted = { ...ten, authorisation, hint: filled(1) };
  assert.deepEqual(admit(kept, hinted, network), { type: 'refused', kept });
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
    const admission = admit(kept, write, network);
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
  assert.deepEqual(admit(kept, ten, network), { type: 'same', kept });
  assert.deepEqual(admit(kept, twentyAgain, network), { type: 'same', kept });
});

test('a write to another slot is a fault of the caller', () => {
  assert.throws(() => admit(written([ten]), elsewhere, network), RangeError);
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
        kept = admit(kept, write, network).kept;
        assert.deepEqual(valuesOf(kept).slice(0, before.length), before);
        assert.ok(kept?.values.every(({ hints }) => hints.length <= limits.slotValuesMax) ?? true);
        assert.deepEqual(admit(kept, write, network).kept, kept);
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
