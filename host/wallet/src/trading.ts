/**
 * Trading: performs the effects of the trade's state machine (core/bilateral/trade.ts), in order.
 *
 * Persist comes before sign, sign before send. Whatever is interrupted is said again at the next
 * talk: an own run stays open until the peer has acknowledged it.
 */

import {
  consentDigest,
  equal,
  isZero,
  kinds,
  keyOf,
  stepStatement,
  verifyWorking,
  type Card,
  type Countersignature,
  type SignedStep,
} from '@dsm/primitive';
import {
  commitMessage,
  explain,
  step as tradeStep,
  type Absorbed,
  type Appended,
  type Relationship,
  type Effect,
  type Event,
  type Message,
  type Outcome,
  type OwnRun,
} from '@dsm/bilateral';
import { cardAt, cardsOf } from './cards.ts';
import {
  absorbedDraft,
  appendedDraft,
  refreshFinality,
  signedDraft,
  writersOf,
  type Taken,
} from './changes.ts';
import { readRun, signStep, worldFor, type Engine } from './engine.ts';
import { DsmError, errorCodes, sentenceOf, type ErrorCode } from './errors.ts';
import { absorbedRun, ask, moved } from './flood.ts';
import { signAs } from './keys.ts';
import { ingest, partsFor } from './lineage.ts';
import { draft, entriesBetween, putPayment, putRun, type Draft, type RunAt } from './model.ts';
import { remintsIn } from './parts.ts';
import { noticedHeads } from './notices.ts';
import { emitFinality, paymentOf } from './payments.ts';
import { laneKey, runRow } from './rows.ts';
import { judgeRisk } from './standing.ts';
import { isNew } from './stream-rows.ts';
import { escrowsBefore, heardTotals } from './stream-taking.ts';
import { relationshipOf, say, type Talk } from './talk.ts';
import { unsureFundings } from './edge-value.ts';

/** Run the state machine on one event and perform what it decides. */
export async function turn(
  talk: Talk,
  event: Event,
  claimed?: readonly Uint8Array[],
): Promise<void> {
  const { engine } = talk;
  const on = relationshipOf(talk);
  if (on === undefined) return;
  const claim = claimed === undefined ? undefined : { entries: claimed };
  const world = await worldFor(engine, on, claim);
  const { trade, consented } = talk;
  const state = { me: engine.model.device, on, trade, consented };
  const next = tradeStep(state, event, world);
  talk.trade = next.state.trade;
  talk.consented = next.state.consented;
  for (const effect of next.effects) await perform(talk, on, effect);
  for (const stream of talk.paying.values()) stream.goOn();
}

async function perform(talk: Talk, before: Relationship, effect: Effect): Promise<void> {
  switch (effect.do) {
    case 'send':
      return say(talk, effect.message);
    case 'persist-appended':
      return persistAppended(talk, before, effect.change, effect.run);
    case 'persist-absorbed':
      return persistAbsorbed(talk, before, effect.change, effect.countersignature);
    case 'persist-acked':
      return persistAcked(talk, effect.head);
    case 'sign-step':
      return isLate(talk, effect.run) ? undefined : signAndGoOn(talk, effect.run);
    case 'sign-consent': {
      const { consent } = effect;
      const { model, keys } = talk.engine;
      const { suite, network } = model.device;
      const digest = consentDigest(consent);
      const signature = signAs(keys.working(), kinds.countersignature, suite, network, digest);
      return turn(talk, { type: 'consent-signed', consent, signature });
    }
    case 'tell':
      return told(talk, effect.outcome);
  }
}

async function persistAppended(
  talk: Talk,
  before: Relationship,
  change: Appended,
  run: OwnRun,
): Promise<void> {
  const { engine, asked } = talk;
  const appended = appendedDraft(engine, before, change, run, false);
  await engine.commit(appended.change);
  if (asked === undefined) return;
  moved(talk);
  asked.payments = appended.payments;
  asked.committed = true;
}

async function persistAbsorbed(
  talk: Talk,
  before: Relationship,
  change: Absorbed,
  countersignature: Countersignature | undefined,
): Promise<void> {
  const { engine, peer } = talk;
  const escrows = escrowsBefore(engine, change);
  const gives = await keepRun(engine, before, change, peer!.card, countersignature);
  absorbedRun(talk, gives);
  await heardTotals(talk, change, escrows);
}

/** The step that absorbs a run of a stream is signed once the payer pauses (stream-taking.ts). */
function isLate(talk: Talk, { step: { cause } }: Pick<OwnRun, 'step'>): boolean {
  if (cause.type !== 'absorb') return false;
  talk.stepOwed = talk.stepOwed === 'late' ? 'owed' : 'no';
  return talk.stepOwed === 'owed';
}

/** Sign and say the newest step that absorbed a run of a stream. */
export async function sayOwedStep(talk: Talk): Promise<void> {
  const on = relationshipOf(talk);
  if (on === undefined || talk.stepOwed !== 'owed') return;
  talk.stepOwed = 'no';
  await sayAbsorbed(talk, on);
}

/**
 * Make an accepted run durable, with everything that follows from it, and tell the owner. True if
 * it gives this wallet something.
 */
export async function keepRun(
  engine: Engine,
  before: Relationship,
  change: Absorbed,
  by: Card,
  countersignature: Countersignature | undefined,
  also: (to: Draft) => void = () => undefined,
  held?: Taken,
): Promise<boolean> {
  const { claim, lane } = change.absorbed.run;
  const consented = held !== undefined || consentIsMine(engine, lane.head, countersignature);
  const consent = consented ? countersignature : undefined;
  const taken = held ?? takenAs(engine, before, claim.entries, consented);
  const signer = cardAt(engine, before.peer.device, claim.signed.step) ?? by;
  const kept = absorbedDraft(engine, before, change, signer, consent, taken);
  const fresh = kept.payments.filter(({ number }) => isNew(engine.model, number));
  also(kept.change);
  await engine.commit(kept.change);
  // The run of a stream that grows a payment changes the finality of none.
  if (fresh.length < kept.payments.length) return true;
  const changed = await refreshFinality(engine);
  for (const { number } of fresh) {
    engine.emit('payment', paymentOf(engine.model, engine.model.payments[number]!));
  }
  emitFinality(engine, changed);
  return kept.payments.length > 0;
}

function takenAs(
  engine: Engine,
  before: Relationship,
  entries: readonly Uint8Array[],
  consented: boolean,
): Taken {
  if (!consented) return 'unasked';
  return judgeRisk(engine, before, entries) === 'taken' ? 'paid' : 'beyond';
}

/** True if this device gave the countersignature: only then is an uncertified run taken as paid. */
export function consentIsMine(
  { model }: Engine,
  head: Uint8Array,
  claim: Countersignature | undefined,
): boolean {
  if (claim === undefined || !equal(claim.consent.head, head)) return false;
  const { network, id, incarnation } = model.device;
  const digest = consentDigest(claim.consent);
  const kind = kinds.countersignature;
  return (
    equal(claim.consent.peer, id) &&
    cardsOf({ model }, id).some(
      ({ body }) =>
        body.incarnation === incarnation &&
        verifyWorking(kind, body.suite, network, body.workingKey, digest, claim.signature),
    )
  );
}

async function persistAcked(talk: Talk, head: Uint8Array): Promise<void> {
  const { model } = talk.engine;
  const on = relationshipOf(talk)!;
  const open = model.open.get(keyOf(on.key)) ?? [];
  const at = open.find(({ row }) => equal(row.head, head));
  if (at !== undefined && at.row.acked === 0) {
    if (talk.ackedLate.includes(at.index)) return;
    talk.ackedLate.push(at.index);
    moved(talk);
    // An ack that is not kept costs a resend after a crash, so those of a stream are kept together.
    if (talk.paying.size === 0 || talk.ackedLate.length >= acksTogether) await keepAcks(talk);
  }
  talk.acks.get(keyOf(head))?.resolve(true);
  talk.acks.delete(keyOf(head));
}

/** Acks of a stream that are kept in one commit. */
const acksTogether = 32;

/** Own runs that the peer has said it has need no resending. */
export async function keepAcks(talk: Talk): Promise<void> {
  const { engine, ackedLate } = talk;
  const on = relationshipOf(talk);
  if (on === undefined || ackedLate.length === 0) return;
  const indices = new Set(ackedLate.splice(0));
  const to = draft();
  for (const { index, row } of engine.model.open.get(keyOf(on.key)) ?? []) {
    if (indices.has(index)) putRun(to, engine.model, on, { index, row: { ...row, acked: 1 } });
  }
  await engine.commit(to);
}

/** Sign an own statement that is durable: a run of this device, or the step that absorbed one. */
async function signAndGoOn(
  talk: Talk,
  run: Pick<OwnRun, 'step' | 'slots' | 'statement' | 'demand'>,
): Promise<void> {
  const { engine } = talk;
  const on = relationshipOf(talk)!;
  const writers = run.demand.slots.map(({ writer }) => writer);
  const signed = signStep(engine, run.step, run.slots, run.statement, writers);
  await turn(talk, { type: 'step-signed', statement: run.statement, signed });
  if (run.step.cause.type === 'append') await keepSigned(engine, on, run.step.cause.index, signed);
  else await keepAbsorbed(engine, on, signed);
}

/** The signature and the lineage part of an own run. Lost in a crash, both are made again. */
export async function keepSigned(
  engine: Engine,
  on: Relationship,
  index: number,
  signed: SignedStep,
): Promise<void> {
  const row = await readRun(engine, on.mine.start, index);
  if (row === undefined || row.signature.length > 0) return;
  const entries = await entriesBetween(engine.store, on.mine.start, index - row.count + 1, index);
  const card = cardAt(engine, engine.model.device.id, row.step)!;
  const reminted = await remintsIn(engine, entries, signed, card);
  const { change } = signedDraft(engine, on, { index, row }, entries, signed, reminted);
  await engine.commit(change);
  emitFinality(engine, await refreshFinality(engine));
}

export async function keepAbsorbed(
  engine: Engine,
  on: Relationship,
  signed: SignedStep,
): Promise<void> {
  const { cause } = signed.step;
  if (cause.type !== 'absorb') return;
  const row = await readRun(engine, on.theirs.start, cause.index);
  if (row === undefined) return;
  const to = draft();
  const key = laneKey('run', on.theirs.start, cause.index);
  to.put(key, runRow.encode({ ...row, absorbed: signed }));
  await engine.commit(to);
}

async function told(talk: Talk, outcome: Outcome): Promise<void> {
  switch (outcome.type) {
    case 'acked':
      return finish(talk);
    case 'declined':
      return fail(talk, outcome.code, outcome.why);
    case 'cancelled':
      return fail(talk, 'refused', 'cancelled');
    case 'unaccepted':
      return unaccepted(talk, outcome);
    case 'offered':
    case 'committed':
    case 'received':
      return;
    case 'repeated':
      talk.repeats = true;
  }
}

/** The trade that this side asked for is done: how many bytes it took is kept with it. */
async function finish(talk: Talk): Promise<void> {
  const { asked, engine } = talk;
  const wireBytes = talk.wireBytes - talk.offeredAt;
  if (asked === undefined || !asked.committed) return;
  const to = draft();
  for (const { number } of asked.payments) {
    putPayment(to, engine.model, { ...engine.model.payments[number]!, wireBytes });
  }
  await engine.commit(to);
  talk.asked = undefined;
  asked.release();
  asked.done.resolve(asked.payments.map(({ number }) => engine.model.payments[number]!));
}

async function fail(talk: Talk, code: string, why: string): Promise<void> {
  const { asked } = talk;
  if (asked === undefined || asked.committed) return;
  talk.asked = undefined;
  asked.release();
  const known = Object.hasOwn(errorCodes, code) ? (code as ErrorCode) : 'refused';
  asked.done.reject(new DsmError(code === 'bricked' ? 'fork' : known, why));
}

/**
 * The peer does not take a run that is written: nobody waits for its acknowledgement any more. It
 * stays what it is, and is said again at the next talk.
 */
export function notTaken(talk: Talk, { head, code, why }: Message & { type: 'refuse' }): void {
  const { asked, trade } = talk;
  // Its offer came again after the run: the peer has it, and acknowledges the run itself.
  if (code === 'already-accepted') return;
  for (const [run, ack] of talk.acks) {
    const meant = isZero(head) ? trade.at !== 'offered' : run === keyOf(head);
    if (meant) ack.resolve(false);
  }
  const isWritten = trade.at === 'committing' && equal(trade.run.heads.at(-1)!, head);
  if (!isWritten || asked === undefined) return;
  talk.asked = undefined;
  asked.release();
  const sentence = `made and kept; the other side does not take it: ${why}`;
  asked.done.reject(new DsmError(code === 'bricked' ? 'fork' : 'refused', sentence));
}

async function unaccepted(
  talk: Talk,
  { verdict, of }: Outcome & { type: 'unaccepted' },
): Promise<void> {
  if (of === 'commit') {
    talk.pending = verdict.type === 'pending';
    talk.unaccepted = verdict;
  }
  if (of === 'offer' || of === 'commit') return;
  const [code] = explain(verdict);
  const why = sentenceOf(verdict);
  await fail(talk, code, why);
}

/** Say every own run again that the peer has not acknowledged, in order. */
export async function sayOpenRuns(talk: Talk): Promise<void> {
  const on = relationshipOf(talk);
  if (on === undefined) return;
  for (const at of talk.engine.model.open.get(keyOf(on.key)) ?? []) {
    if (at.row.acked === 1) continue;
    await sayRun(talk, on, at);
    await sayCertified(talk, at.row.head);
  }
  await sayAbsorbed(talk, on);
}

/** What the nodes have certified since a run was written: the peer need not ask them. */
async function sayCertified(talk: Talk, head: Uint8Array): Promise<void> {
  const { engine } = talk;
  if (engine.model.origins.get(keyOf(head))?.certified !== true) return;
  const { parts } = await partsFor(engine, { heads: [head], tokens: [] });
  await say(talk, { type: 'parts', policies: [], parts });
}

/** The own step for the peer's newest run: a crash may have come before it was signed or said. */
async function sayAbsorbed(talk: Talk, on: Relationship): Promise<void> {
  const row = await readRun(talk.engine, on.theirs.start, on.theirs.index);
  if (row?.absorbed === undefined) return;
  const { step, slots, signature } = row.absorbed;
  if (signature.length > 0) return say(talk, { type: 'absorbed', signed: row.absorbed });
  const statement = stepStatement(step, slots);
  await signAndGoOn(talk, { step, slots, statement, demand: { writes: [], slots: [] } });
}

export async function sayRun(talk: Talk, on: Relationship, at: RunAt): Promise<void> {
  const { engine } = talk;
  const { row, index } = at;
  const entries = await entriesBetween(engine.store, on.mine.start, index - row.count + 1, index);
  const signed = await signedRun(engine, on, at);
  await say(talk, commitMessage({ ...row, entries }, signed));
}

/** Sign what a crash left stated and unsigned, in the order of writing. */
export async function signOpenRuns(engine: Engine): Promise<void> {
  const { model } = engine;
  for (const [relationship, runs] of model.open) {
    for (const at of runs) {
      if (at.row.signature.length > 0) continue;
      await signedRun(engine, model.relationships.get(relationship)!, at);
    }
  }
}

/** Ask for lineage that did not come, and for certificates that the peer may have. */
export async function sayWants(talk: Talk): Promise<void> {
  const { missing, changed } = await ingest(talk.engine, [], []);
  emitFinality(talk.engine, changed);
  const on = relationshipOf(talk);
  const unsure = on === undefined ? [] : unsureFundings(talk.engine.model, on.key);
  const heads = [...missing.heads, ...noticedHeads(talk.engine), ...unsure];
  if (heads.length + missing.tokens.length === 0) return;
  talk.wants = true;
  await ask(talk, { heads, tokens: missing.tokens });
}

/** An own run with its signature; made now if a crash came between. */
export async function signedRun(engine: Engine, on: Relationship, at: RunAt): Promise<SignedStep> {
  const { step, slots, signature, further } = at.row;
  if (signature.length > 0) return { step, slots, signature, further };
  const entries = await entriesBetween(
    engine.store,
    on.mine.start,
    at.index - at.row.count + 1,
    at.index,
  );
  const signed = signStep(
    engine,
    step,
    slots,
    stepStatement(step, slots),
    writersOf(engine.model, entries),
  );
  await keepSigned(engine, on, at.index, signed);
  return signed;
}
