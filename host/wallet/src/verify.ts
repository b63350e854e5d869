/** Recompute every link that this wallet keeps: heads, entropy, steps, proofs, signatures. */

import {
  checkCountersignature,
  checkReceipt,
  equal,
  keyOf,
  stepStatement,
  verifyWorking,
  walk,
  kinds,
  type Card,
  type Lane,
} from '@dsm/primitive';
import type { Relationship } from '@dsm/bilateral';
import type { VerifyReport } from './api.ts';
import { laneAtIndex, readRun, type Engine } from './engine.ts';
import { entriesBetween } from './model.ts';
import { cardAt, cardOf, peerCardsAt } from './cards.ts';
import type { ContactRow, RunRow } from './rows.ts';

/** One relationship, or all of them and the own lane. */
export async function verifyRelationships(engine: Engine, of?: ContactRow): Promise<VerifyReport> {
  const { model } = engine;
  const relationships = [...model.relationships.values()].filter(
    (on) => of === undefined || equal(on.peer.device, of.device),
  );
  const report = { links: 0, steps: 0, faults: [] as string[] };
  for (const on of relationships) {
    const name = model.contacts.get(keyOf(on.peer.device))?.name ?? 'the own lane';
    await verifyLane(engine, on, 'mine', name, report);
    if (!equal(on.key, model.own)) await verifyLane(engine, on, 'theirs', name, report);
  }
  if (!equal(model.map.root(), model.device.root)) {
    report.faults.push('the leaves of the map do not give the root of the last step');
  }
  return { ok: report.faults.length === 0, ...report };
}

interface Tally {
  links: number;
  steps: number;
  readonly faults: string[];
}

async function verifyLane(
  engine: Engine,
  on: Relationship,
  which: 'mine' | 'theirs',
  name: string,
  report: Tally,
): Promise<void> {
  const whose = which === 'mine' ? `own lane towards ${name}` : `lane of ${name}`;
  const target = on[which];
  let lane: Lane = await laneAtIndex(engine.store, on, which === 'mine' ? 0 : 1, 0);
  while (lane.index < target.index) {
    const run = await runAfter(engine, target, lane.index);
    if (run === undefined) {
      report.faults.push(`${whose}: no step names the entry ${lane.index + 1}`);
      return;
    }
    const entries = await entriesBetween(engine.store, target.start, lane.index + 1, run.end);
    const next = walk(lane, entries);
    if (next === undefined || !equal(next.head, run.row.head)) {
      report.faults.push(
        `${whose}: the entries up to ${run.end} do not lead to the head of the step`,
      );
      return;
    }
    report.links += entries.length;
    report.steps += 1;
    const fault = await verifyRun(engine, on, which, entries, run.row);
    if (fault !== undefined) report.faults.push(`${whose}: entry ${run.end}: ${fault}`);
    lane = next;
  }
  if (!equal(lane.head, target.head)) report.faults.push(`${whose}: the head is another one`);
}

/** The run that starts after `index`. */
async function runAfter(
  engine: Engine,
  lane: Lane,
  index: number,
): Promise<{ readonly end: number; readonly row: RunRow } | undefined> {
  for (let end = index + 1; end <= Math.min(lane.index, index + 256); end++) {
    const row = await readRun(engine, lane.start, end);
    if (row !== undefined) return { end, row };
  }
  return undefined;
}

async function verifyRun(
  engine: Engine,
  on: Relationship,
  which: 'mine' | 'theirs',
  entries: readonly Uint8Array[],
  row: RunRow,
): Promise<string | undefined> {
  const { id } = engine.model.device;
  const { before, step, slots, signature, further, absorbed } = row;
  if (signature.length === 0) return undefined;
  const [from, to] = which === 'mine' ? [id, on.peer.device] : [on.peer.device, id];
  const writer = cardAt(engine, from, step);
  if (writer === undefined) return `the card of incarnation ${step.incarnation} is not kept`;
  if (equal(from, to)) return verifyOwn(writer, row);
  const { consented, absorbed: absorber } = peerCardsAt(engine, to, row);
  const peer = absorber ?? consented[0] ?? newestOf(engine, to);
  if (peer === undefined) return 'the card of the other side is not kept';
  // Consent and absorption may be of different incarnations and keys: each is checked under its own card.
  const { countersignature: consent } = row;
  const holds = (by: Card): boolean =>
    checkCountersignature(consent, row.head, writer, by) === undefined;
  if (consented.length > 0 && !consented.some(holds)) return 'countersignature';
  const receipt = {
    before,
    entries,
    countersignature: undefined,
    writer: { step, slots, signature, further },
    peer: absorbed !== undefined && absorbed.signature.length > 0 ? absorbed : undefined,
  };
  return checkReceipt(receipt, writer, peer);
}

function newestOf(engine: Engine, device: Uint8Array): Card | undefined {
  const { model } = engine;
  return equal(device, model.device.id) ? model.card : cardOf(engine, device);
}

function verifyOwn({ body }: Card, { step, slots, signature }: RunRow): string | undefined {
  const statement = stepStatement(step, slots);
  const { suite, network, workingKey } = body;
  return verifyWorking(kinds.signedStep, suite, network, workingKey, statement, signature)
    ? undefined
    : 'signature';
}
