/**
 * Devices that have left their identity: what they write from then on is not taken, unless every note
 * that it spends is certified, as with an earlier incarnation. No evidence is made: the device may be
 * honest and not know. What it wrote before stays.
 */

import { entry, equal, nextHead } from '@dsm/primitive';
import type { Message, Relationship } from '@dsm/bilateral';
import { spendPlace } from '@dsm/protocols';
import { hasLeft } from './belonging.ts';
import type { Engine } from './engine.ts';
import { inputsOfEntry } from './parts.ts';

/** What is answered to such a device. */
export const leftRefusal = {
  code: 'retired',
  why: 'your owner’s device tree has taken this device out',
} as const;

/** True if the run is new here and its writer has left. */
export function isTooLate(
  { model }: Engine,
  on: Relationship,
  { entries }: Message & { type: 'commit' },
): boolean {
  if (!hasLeft(model, on.peer.device)) return false;
  const first = entry.decode(entries[0] ?? new Uint8Array(0));
  return first.ok && first.value.index + entries.length - 1 > on.theirs.index;
}

/** True if every entry spends something, and the nodes have certified each of these spends. */
export async function isCertifiedAnyway(
  { quorum }: Engine,
  on: Relationship,
  { entries }: Message & { type: 'commit' },
): Promise<boolean> {
  let { head } = on.theirs;
  for (const bytes of entries) {
    head = nextHead(head, bytes);
    const inputs = inputsOfEntry(bytes);
    if (inputs.length === 0) return false;
    for (const input of inputs) {
      const reading = await quorum.readSlot(spendPlace(input));
      const value = reading.type === 'voted' ? reading.certificate?.value : undefined;
      if (value === undefined || !equal(value, head)) return false;
    }
  }
  return true;
}
