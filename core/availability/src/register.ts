/**
 * The register: how a storage node keeps one slot.
 *
 * The first authorised value wins for ever and is what the node votes on. Later different ones are
 * kept beside it, up to four, so that a fork is visible; they change no vote. The same value again
 * changes nothing but may add a hint. Who may write is decided by the slot's name alone.
 *
 * A slot that was taken over from the version before with several values is frozen: the node votes
 * on none of them until somebody shows a certificate of an earlier version, which decides.
 */

import {
  authorises,
  checkCertificate,
  equal,
  limits,
  slotKey,
  type Registries,
  type SlotPlace,
  type SlotState,
  type SlotValue,
  type SlotWrite,
} from '@dsm/primitive';

/** What a node keeps of a slot: every value with the proof that its writer said so, oldest first. */
export interface KeptSlot extends Pick<SlotState, 'place' | 'values'> {
  /** How many of the first values stand: one that is voted on; with more the slot is frozen. */
  readonly standing: number;
}

/**
 * new      the first value: the node votes on it
 * same     a value that is kept already; `kept` differs from before only by a hint
 * later    a further value: the writer has forked
 * decided  the slot was frozen, and the certificate says which value stands
 * full     a further value beyond the last that is kept
 * refused  not by the writer of this slot, or not for this value; nothing changes
 */
export type Admission =
  | { readonly type: 'new' | 'same' | 'later' | 'decided' | 'full'; readonly kept: KeptSlot }
  | { readonly type: 'refused'; readonly kept: KeptSlot | undefined };

/** What a node knows of its network. */
export interface Known {
  readonly network: Uint8Array;
  /** The version that the node votes under, and those before. */
  readonly registries: Registries;
}

/** What becomes of a slot by a write. */
export function admit(kept: KeptSlot | undefined, write: SlotWrite, known: Known): Admission {
  const { place, value, authorisation, hint } = write;
  if (kept !== undefined && !samePlace(kept.place, place)) {
    throw new RangeError('register: a write to another slot');
  }
  const isDecided = kept !== undefined && kept.standing > 1 && decides(write, known);
  // A repeat that brings nothing is answered without the cost of a signature.
  if (kept !== undefined && !isDecided && !bringsMore(kept, write)) return { type: 'same', kept };
  if (!authorises(known.network, place, value, authorisation)) return { type: 'refused', kept };
  if (kept !== undefined) return isDecided ? decided(kept, write) : extended(kept, write);
  const hints = hint === undefined ? [] : [hint];
  const first = { place, values: [{ value, authorisation, hints }], standing: 1 };
  return { type: 'new', kept: first };
}

/** True if both name one slot. */
export function samePlace(a: SlotPlace, b: SlotPlace): boolean {
  return a.kind === b.kind && equal(a.writer, b.writer) && equal(a.position, b.position);
}

/** True if the write shows that an earlier version has certified its value. */
function decides({ place, value, certificate }: SlotWrite, { registries }: Known): boolean {
  if (certificate === undefined || certificate.version >= registries.newest.version) return false;
  const slot = { key: slotKey(place), value };
  return checkCertificate(certificate, registries, slot) === undefined;
}

/** The slot with its certified value in front, which alone stands. */
function decided({ place, values }: KeptSlot, write: SlotWrite): Admission {
  const { value, authorisation } = write;
  const first = values.find((one) => equal(one.value, value)) ?? {
    value,
    authorisation,
    hints: [],
  };
  const others = values.filter((one) => !equal(one.value, value));
  const all = [first, ...others].slice(0, limits.slotValuesMax);
  return { type: 'decided', kept: { place, values: all, standing: 1 } };
}

function bringsMore({ values }: KeptSlot, { value, hint }: SlotWrite): boolean {
  const known = values.find((one) => equal(one.value, value));
  if (known === undefined) return true;
  if (hint === undefined || known.hints.length >= limits.slotValuesMax) return false;
  return !known.hints.some((one) => equal(one, hint));
}

/** The slot with a value or a hint that it did not have. */
function extended(kept: KeptSlot, write: SlotWrite): Admission {
  const { values } = kept;
  const { value, authorisation, hint } = write;
  const hints = hint === undefined ? [] : [hint];
  const at = values.findIndex((one) => equal(one.value, value));
  const known = values[at];
  if (known !== undefined) {
    const more: SlotValue = { ...known, hints: [...known.hints, ...hints] };
    return { type: 'same', kept: { ...kept, values: values.with(at, more) } };
  }
  if (values.length >= limits.slotValuesMax) return { type: 'full', kept };
  const later = [...values, { value, authorisation, hints }];
  return { type: 'later', kept: { ...kept, values: later } };
}
