/**
 * The tripwire: statements of others are kept, compared when two devices meet or nodes answer, and
 * two different ones at one position become evidence, an alarm, and a refusal for good.
 */

import {
  checkEvidence,
  entry,
  equal,
  evidence as evidenceObject,
  evidenceId,
  keyOf,
  nextHead,
  stepPosition,
  stepStatement,
  type Card,
  type Evidence,
  type SignedStep,
  type SlotPlace,
  type SlotValue,
} from '@dsm/primitive';
import { opensPurseNote } from '@dsm/protocols';
import type { Relationship, MarkLine } from '@dsm/bilateral';
import type { Alarm } from './api.ts';
import { cardAt, cardByKey, provenBy } from './cards.ts';
import { alarmOf, concerns, culprits, putConflicts, touchedBy } from './conviction.ts';
import { openingFor, signedOf, stepOf } from './halves.ts';
import { emitFinality } from './payments.ts';
import { putRelationship, type Engine, runThrough } from './engine.ts';
import { draft, entriesBetween, putAlarm, type Model } from './model.ts';
import type { AlarmRow, MarkRow } from './rows.ts';

/** Marks of this wallet that contradict what the peer holds. */
export function contradicted({ model }: Engine, lines: readonly MarkLine[]): MarkRow[] {
  return lines.flatMap(({ position, statement }) => {
    const mine = model.marks.at(position);
    return mine !== undefined && !equal(mine.statement, statement) ? [mine] : [];
  });
}

/**
 * Judge a piece of evidence; if it convicts, keep it, brick the device and raise the alarm.
 * Answers with the alarm, also when it is known already; undefined if it convicts nobody.
 */
export async function raise(engine: Engine, claim: Evidence): Promise<Alarm | undefined> {
  const { model, registries, clock } = engine;
  const id = evidenceId(claim);
  const known = model.alarms.get(keyOf(id));
  if (known !== undefined) return alarmOf(model, known);
  const judged = checkEvidence(claim, model.device.network, opensPurseNote, registries);
  if (!judged.ok || isOutdated(engine, claim)) return undefined;
  const { culprit } = judged;
  const touched = touchedBy(model, claim, culprit.id);
  const before = [...model.alarms.values()].find(({ device }) => equal(device, culprit.id));
  // One proof convicts for good; more are kept only if they say something about own payments.
  if (before !== undefined && touched.length === 0) return alarmOf(model, before);
  if (!concerns(engine, culprit, touched)) return undefined;
  const row: AlarmRow = {
    id,
    device: culprit.id,
    culprit: culprits.indexOf(culprit.type),
    evidence: evidenceObject.encode(claim),
    seenAt: clock.now(),
  };
  const to = draft();
  putAlarm(to, model, row);
  for (const on of relationshipsWith(model, culprit.id))
    putRelationship(to, model, { ...on, bricked: 1 });
  const downgraded = putConflicts(to, model, touched);
  await engine.commit(to);
  const alarm = alarmOf(model, row);
  engine.emit('fork', alarm);
  emitFinality(engine, downgraded);
  return alarm;
}

/** True if a card that is known here says that one of the statements is by a key that was replaced before. */
function isOutdated(engine: Engine, claim: Evidence): boolean {
  if (claim.type !== 'entries' && claim.type !== 'steps') return false;
  const { card, later } = claim;
  const steps =
    claim.type === 'steps'
      ? [claim.first, claim.second]
      : [claim.first.signed, claim.second.signed];
  return steps.some(({ step }, i) => {
    const by = i === 0 ? card : (later.at(-1) ?? card);
    const known = cardAt(engine, step.device, step);
    return known !== undefined && known.body.generation > by.body.generation;
  });
}

function relationshipsWith(model: Model, device: Uint8Array): Relationship[] {
  return [...model.relationships.values()].filter(
    ({ peer }) => equal(peer.device, device) && !equal(device, model.device.id),
  );
}

/** True if there is evidence against the device. */
export function isBricked(model: Model, device: Uint8Array): boolean {
  return [...model.alarms.values()].some((row) => row.culprit === 0 && equal(row.device, device));
}

/** Two values that nodes keep in one spend slot, as evidence against the slot's writer. */
export async function evidenceOfSlot(
  engine: Engine,
  place: SlotPlace,
  values: readonly SlotValue[],
): Promise<Evidence | undefined> {
  const [first, second] = values;
  if (first === undefined || second === undefined) return undefined;
  const by = cardByKey(engine, place.writer);
  const opening = await openingFor(engine, place, []);
  if (by === undefined || opening === undefined) return undefined;
  return { type: 'spends', card: by, place, first, second, opening };
}

/** A step that contradicts one that is kept. */
export async function forkOfSteps(
  engine: Engine,
  by: Card,
  signed: SignedStep,
): Promise<Evidence | undefined> {
  const { device, incarnation, seq } = signed.step;
  const mark = engine.model.marks.at(stepPosition(device, incarnation, seq));
  if (mark === undefined || equal(mark.statement, stepStatement(signed.step, signed.slots))) {
    return undefined;
  }
  const first = await stepOf(engine, mark);
  const proven = first === undefined ? undefined : provenBy(engine, first, signed, [by]);
  return proven && { type: 'steps', ...proven };
}

/** A run that leaves the peer's lane at an entry that is kept. */
export async function forkOfEntries(
  engine: Engine,
  on: Relationship,
  by: Card,
  claim: { readonly entries: readonly Uint8Array[]; readonly signed: SignedStep },
): Promise<Evidence | undefined> {
  const first = entry.decode(claim.entries[0] ?? new Uint8Array(0));
  if (!first.ok || first.value.index < 1 || first.value.index > on.theirs.index) return undefined;
  const { index } = first.value;
  const lane = on.theirs.start;
  const kept = await runThrough(engine.store, { lane, index });
  if (kept === undefined) return undefined;
  const from = kept.end - kept.row.count + 1;
  const entries = await entriesBetween(engine.store, lane, from, kept.end);
  const shared = index - from;
  const differs = claim.entries.findIndex((bytes, i) => {
    const there = entries[shared + i];
    return there === undefined || !equal(there, bytes);
  });
  if (differs < 0 || entries[shared + differs] === undefined) return undefined;
  const at = shared + differs;
  const before = entries.slice(0, at).reduce(nextHead, kept.row.before);
  const there = { entries: entries.slice(at), signed: signedOf(kept.row) };
  const said = { entries: claim.entries.slice(differs), signed: claim.signed };
  const proven = provenBy(engine, there.signed, said.signed, [by]);
  if (proven === undefined) return undefined;
  const { card, later } = proven;
  const inOrder = proven.first === there.signed;
  const [earlier, after] = inOrder ? [there, said] : [said, there];
  return { type: 'entries', card, later, before, first: earlier, second: after };
}
