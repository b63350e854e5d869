/**
 * The register: how a storage node keeps one slot.
 *
 * The first authorised value wins for ever and is what the node votes on. Later different ones are
 * kept beside it, up to four, so that a fork is visible; they change no vote. The same value again
 * changes nothing but may add a hint. Who may write is decided by the slot's name alone.
 */

import {
  authorises,
  equal,
  limits,
  type SlotPlace,
  type SlotState,
  type SlotWrite,
} from '@dsm/primitive';

/** What a node keeps of a slot: every value with the proof that its writer said so, oldest first. */
export type KeptSlot = Pick<SlotState, 'place' | 'values'>;

/**
 * new      the first value: the node votes on it
 * same     a value that is kept already; `kept` differs from before only by a hint
 * later    a further value: the writer has forked
 * full     a further value beyond the last that is kept
 * refused  not by the writer of this slot, or not for this value; nothing changes
 */
export type Admission =
  | { readonly type: 'new' | 'same' | 'later' | 'full'; readonly kept: KeptSlot }
  | { readonly type: 'refused'; readonly kept: KeptSlot | undefined };

/** What becomes of a slot by a write, under the rule of its network. */
export function admit(
  kept: KeptSlot | undefined,
  write: SlotWrite,
  network: Uint8Array,
): Admission {
  const { place, value, authorisation, hint } = write;
  if (kept !== undefined && !samePlace(kept.place, place)) {
    throw new RangeError('register: a write to another slot');
  }
  // A repeat that brings nothing is answered without the cost of a signature.
  if (kept !== undefined && !bringsMore(kept, write)) return { type: 'same', kept };
  if (!authorises(network, place, value, authorisation)) return { type: 'refused', kept };
  if (kept !== undefined) return extended(kept, write);
  const hints = hint === undefined ? [] : [hint];
  return { type: 'new', kept: { place, values: [{ value, authorisation, hints }] } };
}

/** True if both name one slot. */
export function samePlace(a: SlotPlace, b: SlotPlace): boolean {
  return a.kind === b.kind && equal(a.writer, b.writer) && equal(a.position, b.position);
}

function bringsMore({ values }: KeptSlot, { value, hint }: SlotWrite): boolean {
  const known = values.find((one) => equal(one.value, value));
  if (known === undefined) return true;
  if (hint === undefined || known.hints.length >= limits.slotValuesMax) return false;
  return !known.hints.some((one) => equal(one, hint));
}

/** The slot with a value or a hint that it did not have. */
function extended({ place, values }: KeptSlot, write: SlotWrite): Admission {
  const { value, authorisation, hint } = write;
  const hints = hint === undefined ? [] : [hint];
  const at = values.findIndex((one) => equal(one.value, value));
  const known = values[at];
  if (known !== undefined) {
    const more = { ...known, hints: [...known.hints, ...hints] };
    return { type: 'same', kept: { place, values: values.with(at, more) } };
  }
  if (values.length >= limits.slotValuesMax) return { type: 'full', kept: { place, values } };
  const later = [...values, { value, authorisation, hints }];
  return { type: 'later', kept: { place, values: later } };
}
