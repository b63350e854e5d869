/**
 * Hearing: what the peer says of runs and of their lineage, and what follows from it.
 *
 * An offer is answered once the history of its notes is here; a run that is not understood yet waits;
 * a run that contradicts what is kept becomes evidence.
 */

import {
  checkSignedStep,
  equal,
  keyDigest,
  keyOf,
  nextHead,
  stepStatement,
  type SignedStep,
} from '@dsm/primitive';
import type { Relationship, Message } from '@dsm/bilateral';
import {
  claimOfExit,
  decodePart,
  isExitPart,
  isIssuePart,
  partHead,
  type SpendPart,
  operationOf,
} from '@dsm/protocols';
import { collectNow } from './collecting.ts';
import { heardKey } from './fresh-keys.ts';
import { fundingHeads } from './edge-value.ts';
import { readRun, type Engine } from './engine.ts';
import { answersTo, ask, moved, newest, repeatedRun, talkLimits } from './flood.ts';
import {
  ingest,
  issuesFor,
  messagePartsMax,
  missingFor,
  partsFor,
  uncertifiedUnder,
} from './lineage.ts';
import { isTooLate, leftRefusal } from './leaving.ts';
import { draft, putRun } from './model.ts';
import { heardCard } from './succession.ts';
import { cardAt, cardOf } from './cards.ts';
import { emitFinality } from './payments.ts';
import { judgeStanding } from './standing.ts';
import { noteStop } from './stopping.ts';
import { relationshipOf, say, type EarlyRun, type Talk } from './talk.ts';
import { turn } from './trading.ts';
import { forkOfEntries, forkOfSteps, raise } from './tripwire.ts';

/** Rounds of asking for lineage before an offer is given up. */
const wantRoundsMax = 70;
/** Parts that one message says. */
const partsSaidMax = 1_024;

export async function offer(
  talk: Talk,
  said: Message & { type: 'offer' },
  rounds = 0,
): Promise<void> {
  const { engine } = talk;
  const on = relationshipOf(talk);
  if (on === undefined) return;
  // Of a token that is not taken, the policy is enough to say so.
  const missing = missingFor(engine, said.entries, true);
  if (rounds === 0) talk.doubted = new Set();
  const doubts = uncertifiedUnder(engine, said.entries).filter(
    (head) => !talk.doubted.has(keyOf(head)),
  );
  if (doubts.length > 0 && rounds < wantRoundsMax) {
    // The offer may rest on what this wallet took before, and the payer have its certificates.
    talk.doubted = new Set([...talk.doubted, ...doubts.map(keyOf)]);
    talk.offer = { message: said, rounds: rounds + 1 };
    return ask(talk, { heads: [...missing.heads, ...doubts], tokens: missing.tokens });
  }
  if (missing.heads.length + missing.tokens.length > 0 && rounds < wantRoundsMax) {
    talk.offer = { message: said, rounds: rounds + 1 };
    return ask(talk, missing);
  }
  talk.offer = undefined;
  const standing = judgeStanding(engine, on, said.entries);
  await turn(talk, { type: 'offer', offer: said, standing }, said.entries);
}

/** Parts that were asked for; or, unasked, better certificates and gifts. */
export async function parts(talk: Talk, said: Message & { type: 'parts' }): Promise<void> {
  const { engine, offer: waiting } = talk;
  const answers = answersTo(talk, said);
  const welcome = said.parts.filter((part) => isWelcome(engine, part));
  const fresh = [...talk.kept, ...answers.parts, ...welcome];
  const { partsKeptMax, partsKeptBytesMax } = talkLimits;
  talk.kept = newest(fresh, ({ length }) => length, partsKeptMax, partsKeptBytesMax);
  const { missing, changed } = await ingest(engine, answers.policies, talk.kept);
  emitFinality(engine, changed);
  const collected = await collectNow(engine);
  if (changed.length > 0 || collected > 0) moved(talk);
  talk.unanswered = Math.max(0, talk.unanswered - 1);
  if (talk.unanswered > 0) return;
  if (missing.heads.length > 0 && said.parts.length > 0 && mayAskAgain(talk)) {
    return ask(talk, missing);
  }
  talk.kept = [];
  talk.asking = new Set();
  talk.wants = false;
  if (talk.early.length > 0 && said.policies.length > 0) await retryEarly(talk);
  if (waiting === undefined) return;
  const rounds = said.parts.length === 0 ? wantRoundsMax : waiting.rounds;
  await offer(talk, waiting.message, rounds);
}

/** The parts that came rest on others: ask for those, a bounded number of times for one offer. */
function mayAskAgain(talk: Talk): boolean {
  const { offer: waiting } = talk;
  if (waiting === undefined) return talk.wants;
  talk.offer = { ...waiting, rounds: waiting.rounds + 1 };
  return waiting.rounds < wantRoundsMax;
}

/** Parts that may come unasked: of what is known already, or of what is given to this device. */
function isWelcome(engine: Engine, bytes: Uint8Array): boolean {
  const { model } = engine;
  const part = decodePart(bytes);
  if (part === undefined) return false;
  const head = partHead(part);
  if (model.origins.has(keyOf(head))) return true;
  const awaited = [...model.payments.map((row) => row.head), ...fundingHeads(model)];
  if (awaited.some((one) => equal(one, head))) return true;
  if (isExitPart(part)) {
    const { suite, publicKey } = claimOfExit(part)!.citation;
    return engine.keys.byDigest(keyDigest(suite, publicKey)) !== undefined;
  }
  if (!isIssuePart(part)) return isOwnFunding(engine, part);
  return part.issue.outputs.some(({ owner }) => equal(owner, model.device.id));
}

/** What this device has set apart and forgotten: its backup was older. */
function isOwnFunding({ keys }: Engine, { entry: bytes }: SpendPart): boolean {
  const operation = operationOf(bytes);
  if (typeof operation === 'string' || operation.type !== 'fund') return false;
  return keys.byDigest(operation.payerKey) !== undefined;
}

export async function want(talk: Talk, said: Message & { type: 'want' }): Promise<void> {
  const { engine, peer } = talk;
  const { origins } = engine.model;
  const issues = said.heads.filter((head) => origins.get(keyOf(head))?.type === 'issue');
  const [issue] = issues;
  // With one issue comes the chain before it; the rest is what was asked for.
  const chain = issue === undefined ? [] : await issuesFor(engine, issue, peer!.device);
  const others = said.heads.filter((head) => head !== issue);
  const size = chain.reduce((sum, { length }) => sum + length + 4, 0);
  const { policies, parts } = await partsFor(
    engine,
    { heads: others, tokens: said.tokens },
    messagePartsMax - size,
  );
  await say(talk, { type: 'parts', policies, parts: [...chain, ...parts].slice(0, partsSaidMax) });
}

export async function commit(
  talk: Talk,
  said: Message & { type: 'commit' },
  size: number = talk.heardBytes,
): Promise<void> {
  const on = relationshipOf(talk);
  if (on === undefined) return;
  if (isTooLate(talk.engine, on, said)) {
    const head = said.entries.reduce(nextHead, on.theirs.head);
    return say(talk, { type: 'refuse', head, ...leftRefusal });
  }
  talk.pending = false;
  talk.unaccepted = undefined;
  talk.repeats = false;
  await turn(talk, { type: 'commit', commit: said }, said.entries);
  const { cause } = said.signed.step;
  if (talk.repeats && cause.type === 'append') repeatedRun(talk, cause.index);
  if (talk.pending) keepEarly(talk, { said, size });
  else if (!talk.repeats) await lookForForks(talk, on, said);
  if (talk.unaccepted !== undefined) {
    const by = cardAt(talk.engine, talk.peer!.device, said.signed.step) ?? talk.peer!.card;
    await noteStop(talk.engine, on, by, said, talk.unaccepted);
  }
  if (relationshipOf(talk)!.theirs.index > on.theirs.index) await retryEarly(talk);
  await askMissing(talk, said);
}

/** Ask for the lineage of a run that was taken without it. */
export async function askMissing(talk: Talk, said: Message & { type: 'commit' }): Promise<void> {
  const missing = missingFor(talk.engine, said.entries);
  if (missing.heads.length + missing.tokens.length === 0 || talk.wants) return;
  talk.wants = true;
  await ask(talk, missing);
}

/** The same run once is enough, whatever signature it carries. */
function keepEarly(talk: Talk, run: EarlyRun): void {
  const same = ({ said }: EarlyRun): boolean =>
    equal(stepStatementOf(said.signed), stepStatementOf(run.said.signed));
  const others = talk.early.filter((one) => !same(one));
  const { earlyRunsMax, earlyBytesMax } = talkLimits;
  talk.early = newest([...others, run], ({ size }) => size, earlyRunsMax, earlyBytesMax);
}

/** Runs that came too early, or before the policy of their token. Overflow drops, resends heal. */
async function retryEarly(talk: Talk): Promise<void> {
  const { early } = talk;
  talk.early = [];
  for (const { said, size } of early) await commit(talk, said, size);
}

function stepStatementOf({ step, slots }: SignedStep): Uint8Array {
  return stepStatement(step, slots);
}

/** A run that contradicts what is known of its writer is kept as evidence, not only refused. */
async function lookForForks(
  talk: Talk,
  on: Relationship,
  said: Message & { type: 'commit' },
): Promise<void> {
  const { engine, peer } = talk;
  const claim =
    (await forkOfSteps(engine, peer!.card, said.signed)) ??
    (await forkOfEntries(engine, on, peer!.card, said));
  if (claim === undefined) return;
  const alarm = await raise(engine, claim);
  if (alarm !== undefined) await engine.quorum.publish(alarm.evidence).catch(() => undefined);
}

/** The peer's own step for a run of this lane: the receipt is complete. */
export async function absorbed(
  talk: Talk,
  { signed }: Message & { type: 'absorbed' },
): Promise<void> {
  const { engine, peer } = talk;
  const on = relationshipOf(talk);
  const { cause } = signed.step;
  if (on === undefined || cause.type !== 'absorb') return;
  const row = await readRun(engine, on.mine.start, cause.index);
  if (row === undefined || !equal(row.head, cause.head)) return;
  // Signing may be randomised: the first signature is as good as any later one.
  if (row.absorbed !== undefined && row.absorbed.signature.length > 0) return;
  const by = cardAt(engine, peer!.device, signed.step) ?? peer!.card;
  if (checkSignedStep(signed, by) !== undefined) return;
  const to = draft();
  putRun(to, engine.model, on, { index: cause.index, row: { ...row, absorbed: signed, acked: 1 } });
  await engine.commit(to);
  moved(talk);
}

/** The key to which this device seals from now on. */
export async function fresh(talk: Talk, { key }: Message & { type: 'fresh' }): Promise<void> {
  const on = relationshipOf(talk);
  if (on !== undefined) await heardKey(talk.engine, on, key);
}

/** Keys of the peer that it works with now, or has worked with: what they sign is understood from here on. */
export async function laterCard(talk: Talk, { card }: Message & { type: 'card' }): Promise<void> {
  const { engine, peer } = talk;
  if (peer === undefined || !(await heardCard(engine, peer.device, card))) return;
  talk.peer = { device: peer.device, card: cardOf(engine, peer.device)! };
  moved(talk);
}
