/**
 * Held runs: what a restored wallet takes before its first sync, and what becomes of it afterwards.
 *
 *     judge   by the lane as the backup knows it and what is held after it: the whole of `accept`
 *     hold    durable, acknowledged; no entry, no step, nothing of the own map moves
 *     take    after the next incarnation is certified: absorbed in order, as if it came just now
 *
 * A held run pays as much as an absorbed one: the payer has signed it. Until it is taken in, nothing
 * can be spent of it, and it is shown as pending.
 */

import {
  accept,
  keyOf,
  limits,
  type AcceptedRun,
  type Countersignature,
  type KnownStep,
  type Unaccepted,
  type Verdict,
  type Claim,
} from '@dsm/primitive';
import {
  absorb,
  escrowsAfter,
  knownOf,
  learned,
  type Relationship,
  type World,
} from '@dsm/bilateral';
import { escrowId, valueRules, type Escrow } from '@dsm/protocols';
import { cardOf } from './cards.ts';
import { signStep, worldFor, type Engine } from './engine.ts';
import { heldOf, putHeld, removeHeld, type HeldGift, type HeldRow } from './held-rows.ts';
import { heldPayments } from './held-view.ts';
import { draft, putPayment, type Draft, type Model } from './model.ts';
import { keepAbsorbed, keepRun, consentIsMine } from './trading.ts';
import { judgeRisk } from './standing.ts';
import { forkOfEntries, forkOfSteps, raise } from './tripwire.ts';
import { givenTo } from './value.ts';

/** A lane as it stands with what is held of it. */
interface Shadow {
  readonly on: Relationship;
  readonly heads: ReadonlyMap<number, Uint8Array>;
  readonly steps: ReadonlyMap<number, KnownStep>;
  readonly escrows: ReadonlyMap<string, Escrow>;
}

/** A run of the peer that would be accepted after what is held, with what it gives. */
export interface Judged {
  readonly run: AcceptedRun;
  readonly gifts: readonly HeldGift[];
}

/** Judge a run as `accept` would once all that is held has been absorbed. */
export async function judgeHeld(
  engine: Engine,
  on: Relationship,
  claim: Claim,
): Promise<Verdict<Judged>> {
  let shadow: Shadow = { on, heads: new Map(), steps: new Map(), escrows: new Map() };
  for (const row of heldOf(engine.model, on.key)) {
    const verdict = await judgedAfter(engine, shadow, row);
    if (verdict.type !== 'accepted') return verdict as Unaccepted;
    shadow = after(engine.model, shadow, verdict.value);
  }
  const verdict = await judgedAfter(engine, shadow, claim);
  if (verdict.type !== 'accepted') return verdict as Unaccepted;
  const run = verdict.value;
  return { type: 'accepted', value: { run, gifts: giftsOf(engine.model, shadow, run) } };
}

async function judgedAfter(
  engine: Engine,
  shadow: Shadow,
  { entries, signed }: Claim,
): Promise<Verdict<AcceptedRun>> {
  const claim = { entries, signed };
  const world = over(engine, shadow, await worldFor(engine, baseOf(engine, shadow), claim));
  return accept(claim, knownOf(engine.model.device, shadow.on, world), world.rules);
}

/** The relationship as it lies in the store: what is held is beside it. */
function baseOf({ model }: Engine, { on }: Shadow): Relationship {
  return model.relationships.get(keyOf(on.key))!;
}

function over({ model }: Engine, shadow: Shadow, world: World): World {
  const escrowOf = (id: Uint8Array): Escrow | undefined =>
    shadow.escrows.get(keyOf(id)) ?? world.escrowOf(id);
  const policyOf = (token: Uint8Array) => model.tokens.get(keyOf(token))?.rules;
  return {
    ...world,
    escrowOf,
    rules: valueRules({ policyOf, escrowOf }),
    headOfTheirs: (on, index) => shadow.heads.get(index) ?? world.headOfTheirs(on, index),
    stepOf: (device, incarnation, seq) =>
      shadow.steps.get(seq) ?? world.stepOf(device, incarnation, seq),
  };
}

function after(model: Model, shadow: Shadow, run: AcceptedRun): Shadow {
  const { on } = shadow;
  const { step } = run.claim.signed;
  const first = run.lane.index - run.heads.length + 1;
  const escrows = new Map(shadow.escrows);
  for (const escrow of escrowsSaid(model, shadow, run))
    escrows.set(keyOf(escrowId(escrow)), escrow);
  return {
    on: learned(on, run),
    heads: new Map([
      ...shadow.heads,
      [first - 1, on.theirs.head],
      ...run.heads.map((head, i) => [first + i, head] as const),
    ]),
    steps: new Map([
      ...shadow.steps,
      [
        step.seq,
        {
          statement: run.statement,
          before: step.before,
          after: step.after,
          previous: step.previous,
        },
      ],
    ]),
    escrows,
  };
}

/** Where the escrows stand after a run, which says one thing of each. */
function escrowsSaid(model: Model, { on, escrows }: Shadow, run: AcceptedRun): readonly Escrow[] {
  const operations = run.entries.map(({ operation }) => operation);
  return escrowsAfter(operations, run.heads, on.peer.device, model.device.id, {
    escrowOf: (id) => escrows.get(keyOf(id)) ?? model.escrows.get(keyOf(id))?.escrow,
  });
}

function giftsOf(model: Model, shadow: Shadow, run: AcceptedRun): readonly HeldGift[] {
  const escrows = new Map(model.escrows);
  for (const [key, escrow] of shadow.escrows) {
    const row = escrows.get(key);
    if (row !== undefined) escrows.set(key, { ...row, escrow });
  }
  return run.entries.flatMap(({ operation }, i) => {
    const given = givenTo(operation, model.device.id, { escrows, routing: model.routing });
    if (given === undefined || given.amount === 0n) return [];
    const { token, amount, memo: note, over: paidOver } = given;
    return [{ head: run.heads[i]!, token, amount, note, over: paidOver }];
  });
}

/** Runs that one relationship may hold: as many as wait early in a talk. */
export const heldRunsMax: number = limits.earlyRunsMax;

/** Keep a judged run durably. The lane does not move. */
export async function hold(
  engine: Engine,
  on: Relationship,
  { run, gifts }: Judged,
  countersignature: Countersignature | undefined,
): Promise<HeldRow> {
  const consented = consentIsMine(engine, run.lane.head, countersignature);
  const within = consented && judgeRisk(engine, on, run.claim.entries) === 'taken';
  const row: HeldRow = {
    relationship: on.key,
    index: run.lane.index,
    entries: run.claim.entries,
    signed: run.claim.signed,
    countersignature: consented ? countersignature : undefined,
    taken: within ? 0 : consented ? 2 : 1,
    gifts,
    seenAt: engine.clock.now(),
  };
  const to = draft();
  putHeld(to, engine.model, row);
  await engine.commit(to);
  return row;
}

/** Absorb all that is held, each lane in its order. Answers with the number of runs. */
export async function takeHeld(engine: Engine): Promise<number> {
  let taken = 0;
  for (const rows of engine.model.held.values()) {
    for (const row of rows) {
      if (await engine.exclusive(() => takeOne(engine, row))) taken += 1;
    }
  }
  return taken;
}

const takenNames = ['paid', 'unasked', 'beyond'] as const;

async function takeOne(engine: Engine, row: HeldRow): Promise<boolean> {
  const { model } = engine;
  const on = model.relationships.get(keyOf(row.relationship));
  const by = on === undefined ? undefined : cardOf(engine, on.peer.device);
  if (on === undefined || by === undefined) return false;
  const { entries, signed, countersignature } = row;
  const claim = { entries, signed };
  // It was taken before anybody knew of a fork: that decides what it is worth, not whether it came.
  const before = { ...on, bricked: 0 };
  const verdict = absorb(model.device, before, claim, await worldFor(engine, on, claim));
  if (verdict.type === 'accepted') {
    const { relationship } = verdict.value;
    const change = { ...verdict.value, relationship: { ...relationship, bricked: on.bricked } };
    const also = (to: Draft): void => removeHeld(to, model, row);
    await keepRun(engine, on, change, by, countersignature, also, takenNames[row.taken]);
    const { step, statement } = change.absorbed;
    await keepAbsorbed(engine, change.relationship, signStep(engine, step, [], statement, []));
    return true;
  }
  if (verdict.type !== 'already-accepted') {
    // The payer has told the nodes, or somebody else, another history than this device.
    const fork =
      (await forkOfSteps(engine, by, signed)) ?? (await forkOfEntries(engine, on, by, claim));
    if (fork !== undefined) await raise(engine, fork);
  }
  await giveUpHeld(engine, on, row, verdict.type === 'already-accepted');
  return false;
}

/** What is held can be taken no more: what it gave stays in the history, as a conflict. */
async function giveUpHeld(
  engine: Engine,
  on: Relationship,
  row: HeldRow,
  isKnown: boolean,
): Promise<void> {
  const { model } = engine;
  const to = draft();
  removeHeld(to, model, row);
  if (!isKnown) {
    for (const [i, payment] of heldPayments(model, on, row).entries()) {
      putPayment(to, model, { ...payment, number: model.payments.length + i, finality: 4 });
    }
  }
  await engine.commit(to);
}
