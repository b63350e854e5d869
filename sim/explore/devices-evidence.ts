/**
 * Evidence in the device spaces: what a wallet's tripwire does with statements that contradict each
 * other. Two are put together in every way that evidence has, the core judges, and a conviction makes
 * the device refuse the culprit for good.
 */

import {
  checkEvidence,
  entry,
  equal,
  keyOf,
  slotPath,
  stepBodyDigest,
  stepStatement,
  type Evidence,
  type Slot,
  type SlotPlace,
  type SlotStatement,
} from '@dsm/primitive';
import { decodeOperation, inputsIn, opensPurseNote, spendPlace } from '@dsm/protocols';
import type { Event } from '@dsm/bilateral';
import { network, type Person } from './devices-cast.ts';
import { keepBricked, type Disk, type Held } from './devices-disk.ts';
import type { Scene } from './devices-scene.ts';

/** The disk after the device has compared what the event shows with what it holds. */
export function keepConvicted(scene: Scene, disk: Disk, edge: number, event: Event): Disk {
  if (event.type !== 'commit') return disk;
  const { entries, signed } = event.commit;
  return keepCompared(scene, disk, heardFrom(disk, edge, entries, signed));
}

/** A run that a peer has just said, as it would be held. */
export function heardFrom(
  disk: Disk,
  author: number,
  entries: readonly Uint8Array[],
  signed: Held['signed'],
): Held {
  const first = entry.decode(entries[0] ?? new Uint8Array(0));
  const { heads } = disk.edges[author]!.theirs;
  const before = first.ok ? heads[first.value.index - 1] : undefined;
  const statement = stepStatement(signed.step, signed.slots);
  return { author, before: before ?? heads[0]!, entries, signed, statement };
}

/** The disk after a half was compared with all that is held of the same author. */
export function keepCompared(scene: Scene, disk: Disk, heard: Held): Disk {
  const edge = disk.edges[heard.author]!;
  if (equal(disk.device.id, scene.cast.persons[heard.author]!.id) || edge.on.bricked !== 0) {
    return disk;
  }
  const guilty = disk.held.some(
    (held) => held.author === heard.author && convicts(scene, held, heard),
  );
  return guilty ? keepBricked(disk, heard.author) : disk;
}

/** True if two runs of one device convict it, in any of the ways that there are. */
export function convicts(scene: Scene, first: Held, second: Held): boolean {
  const by = scene.cast.persons[first.author]!;
  return evidences(scene, by, first, second).some((claim) => {
    const judged = checkEvidence(claim, network, opensPurseNote, undefined);
    return judged.ok && judged.culprit.type === 'device' && equal(judged.culprit.id, by.id);
  });
}

/** Every piece of evidence that two signed runs could be. */
export function evidences(scene: Scene, by: Person, first: Held, second: Held): Evidence[] {
  const { card } = by;
  const steps: Evidence = {
    type: 'steps',
    card,
    later: [],
    first: first.signed,
    second: second.signed,
  };
  if (first.entries.length === 0 || second.entries.length === 0) return [steps];
  const entries: Evidence = {
    type: 'entries',
    card,
    later: [],
    before: first.before,
    first: { entries: first.entries, signed: first.signed },
    second: { entries: second.entries, signed: second.signed },
  };
  return [steps, entries, ...spends(scene, by, first, second)];
}

function spends(scene: Scene, { card }: Person, first: Held, second: Held): Evidence[] {
  const seconds = spentBy(scene, second);
  return spentBy(scene, first).flatMap((one): Evidence[] => {
    const other = seconds.find(({ key }) => equal(key, one.key));
    const opening = scene.openings.get(keyOf(one.place.position));
    if (other === undefined || opening === undefined) return [];
    const { place } = one;
    return [{ type: 'spends', card, place, first: one.said, second: other.said, opening }];
  });
}

/** A line of a run's slot list that spends a note, with the signature over it. */
interface Spent {
  readonly key: Uint8Array;
  readonly place: SlotPlace;
  readonly said: SlotStatement;
}

function spentBy(scene: Scene, { author, entries, signed }: Held): readonly Spent[] {
  const places = entries.flatMap((bytes) => {
    const decoded = entry.decode(bytes);
    if (!decoded.ok) return [];
    const operation = decodeOperation(decoded.value.operation);
    return typeof operation === 'string' ? [] : inputsIn(operation).map(spendPlace);
  });
  const { working } = scene.cast.persons[author]!;
  const body = stepBodyDigest(signed.step);
  const { publicKey } = working;
  // The slots that spend notes stand first, in the order of the inputs.
  return places.flatMap((place, i) => {
    const slot: Slot | undefined = signed.slots[i];
    if (slot === undefined) return [];
    const path = slotPath(signed.slots, i);
    const { signature } = signed;
    const authorisation = {
      suite: 1,
      publicKey,
      body,
      path,
      signature,
      backing: undefined,
    } as const;
    return [{ key: slot.key, place, said: { value: slot.value, authorisation } }];
  });
}
