/**
 * Re-minting: an issuer makes notes anew, and the way back to the mint is short again.
 *
 *     holder   lineage of the notes, published · ask
 *     issuer   check the lineage · the issue that names the notes: kept, signed, certified · answer
 *     holder   check the answer · spend the notes into it · certified
 *
 * Neither can lose. Until the holder has spent its notes they are what they were, and the issue makes
 * nothing without them; asked again, the issuer answers the same. Once they are spent, what the issue
 * made is the holder's alone, and the issuer is not needed any more.
 */

import { equal, keyDigest, keyOf, limits } from '@dsm/primitive';
import {
  decodePart,
  encodeOperation,
  isIssuePart,
  isWorthTheSame,
  issueHead,
  noteId,
  noteKinds,
  type Issue,
  type IssuePart,
  type Note,
  type NoteKind,
} from '@dsm/protocols';
import type { Balance } from './api.ts';
import { mine, type Engine } from './engine.ts';
import { DsmError } from './errors.ts';
import { learnIssues, mustLook } from './issuer-chain.ts';
import { ingest } from './lineage.ts';
import { publishLineage } from './lineage-object.ts';
import type { Draft, Token } from './model.ts';
import { appendRun } from './online.ts';
import { keepRemint, refusedBecause, remintOf } from './remint-issue.ts';
import { checkReady, liveSession, type Runtime } from './runtime.ts';
import { rowKey, type ContactRow } from './rows.ts';
import type { Session } from './session.ts';
import { settle } from './settling.ts';
import { findToken } from './tokens.ts';
import { balanceOf, chosen, inputsOf, spendable, type Room, type Wanted } from './value.ts';

/** Have a token's notes made anew by the contact, who issues it. */
export async function remint(
  runtime: Runtime,
  contact: ContactRow,
  name: string,
): Promise<Balance> {
  checkReady(runtime);
  const { model } = runtime.engine;
  const token = findToken(model, name);
  const session = liveSession(runtime, contact.device);
  if (session === undefined) {
    throw new DsmError('unreachable', `${contact.name} is not connected: meet first`);
  }
  await withNotes(runtime, token, async (notes) => {
    await remintWith(runtime, session, contact.device, token, notes);
  });
  return balanceOf(model, findToken(model, name));
}

/**
 * Make worn notes of a token anew, if that is possible now: alone if this wallet is the issuer, else
 * with whoever is connected and issues it. False if not.
 */
export async function freshen(runtime: Runtime, token: Token): Promise<boolean> {
  const { engine, sessions } = runtime;
  const alone = token.issuer > 0 && token.rules.members.length === 1;
  const makers: ((notes: readonly Note[]) => Promise<void>)[] = alone
    ? [(notes) => remintAlone(runtime, token, notes)]
    : [...sessions].flatMap(([peer, session]) => {
        const device = engine.model.contacts.get(peer)?.device;
        return device === undefined || !session.isOpen()
          ? []
          : [(notes) => remintWith(runtime, session, device, token, notes)];
      });
  for (const make of makers) {
    try {
      await withNotes(runtime, token, make);
      return true;
    } catch (error) {
      if (!(error instanceof DsmError)) throw error;
    }
  }
  return false;
}

/** Notes to spend; worn ones are made anew first, if somebody who can is within reach. */
export async function chosenFresh(
  runtime: Runtime,
  token: Token,
  kind: NoteKind,
  wanted: Wanted,
  room?: Room,
): Promise<readonly Note[]> {
  const { engine, reserved } = runtime;
  try {
    return chosen(engine.model, token, kind, wanted, reserved, room);
  } catch (error) {
    const isWorn = error instanceof DsmError && error.code === 'worn';
    if (!isWorn || kind !== noteKinds.online || !(await freshen(runtime, token))) throw error;
  }
  return chosen(engine.model, token, kind, wanted, reserved, room);
}

/** The notes with the longest way behind them, promised to nothing else meanwhile. */
async function withNotes(
  { engine, reserved }: Runtime,
  token: Token,
  make: (notes: readonly Note[]) => Promise<void>,
): Promise<void> {
  const notes = spendable(engine.model, token.id, noteKinds.online, reserved)
    .filter(({ depth }) => depth > 0)
    .toSorted((a, b) => b.depth - a.depth || b.receipts - a.receipts)
    .slice(0, limits.inputsMax);
  if (notes.length === 0) throw refusedBecause('every note is fresh from the mint, or promised');
  const ids = notes.map(({ source, index }) => keyOf(noteId(source, index)));
  for (const id of ids) reserved.add(id);
  try {
    await make(notes);
  } finally {
    for (const id of ids) reserved.delete(id);
  }
}

/** The issuer's own notes: both halves are one commit. */
async function remintAlone(runtime: Runtime, known: Token, notes: readonly Note[]): Promise<void> {
  const { engine } = runtime;
  if (mustLook(engine, known)) await learnIssues(engine, known.id);
  const lineage = await publishLineage(engine, sourcesOf(notes));
  const head = await engine.exclusive(async () => {
    const token = engine.model.tokens.get(keyOf(known.id))!;
    const issue = await remintOf(engine, token, mine(engine), notes, lineage);
    await spendInto(engine, issue, notes, (to) => keepRemint(to, engine, token, issue));
    return issueHead(issue);
  });
  await settle(runtime, head);
}

async function remintWith(
  runtime: Runtime,
  session: Session,
  device: Uint8Array,
  token: Token,
  notes: readonly Note[],
): Promise<void> {
  const { engine } = runtime;
  const lineage = await publishLineage(engine, sourcesOf(notes));
  const named = notes.map(({ source, index }) => ({ source, index }));
  const answer = await session.remint({ type: 'remint', token: token.id, notes: named, lineage });
  if (answer.why !== '') throw refusedBecause(answer.why);
  const [part, taken] = answered(runtime, answer.parts, notes);
  const head = issueHead(part.issue);
  await engine.exclusive(() => ingest(engine, [], answer.parts));
  // A long chain does not fit into one answer: the nodes have it.
  if (!engine.model.origins.has(keyOf(head))) await learnIssues(engine, token.id);
  await engine.exclusive(async () => {
    checkAnswer(engine, token, part.issue, taken);
    const { suite, publicKey } = part.authorisation;
    const signer = keyDigest(suite, publicKey);
    await spendInto(engine, part.issue, taken, (to) => to.put(rowKey('issuer', signer), device));
  });
  await settle(runtime, head);
}

function sourcesOf(notes: readonly Note[]): Uint8Array[] {
  return [...new Map(notes.map(({ source }) => [keyOf(source), source])).values()];
}

/**
 * The re-mint among the parts, and the own notes that it names: those asked for, or those of an answer
 * that a crash has lost. None of them may be promised to something else.
 */
function answered(
  { engine, reserved }: Runtime,
  parts: readonly Uint8Array[],
  asked: readonly Note[],
): readonly [IssuePart, readonly Note[]] {
  const own = new Set(asked.map(({ source, index }) => keyOf(noteId(source, index))));
  for (const part of parts.map(decodePart)) {
    if (part === undefined || !isIssuePart(part) || part.issue.remint === undefined) continue;
    const ids = part.issue.remint.notes.map(({ id }) => keyOf(id));
    if (!ids.some((id) => own.has(id))) continue;
    const notes = ids.flatMap((id) => engine.model.notes.get(id)?.note ?? []);
    const free = ids.every((id) => own.has(id) || !reserved.has(id));
    if (notes.length === ids.length && free) return [part, notes];
  }
  throw notThese();
}

/** What the issuer made is certified, worth the same, and this wallet's: else the notes stay. */
function checkAnswer(
  { model, keys }: Engine,
  { rules }: Token,
  issue: Issue,
  notes: readonly Note[],
): void {
  const origin = model.origins.get(keyOf(issueHead(issue)));
  if (origin?.issued?.certified !== true) {
    throw new DsmError('pending', 'what the issuer answered is not certified: ask again');
  }
  const own = issue.outputs.every(
    ({ owner, key }) => equal(owner, model.device.id) && keys.byDigest(key) !== undefined,
  );
  if (!own || !isWorthTheSame(notes, issue.outputs, rules)) throw notThese();
  if (!notes.every(({ source, index }) => model.notes.has(keyOf(noteId(source, index))))) {
    throw new DsmError('already-spent', 'a note was spent meanwhile');
  }
}

function notThese(): DsmError {
  return new DsmError('integrity', 'the issuer answered with something else; nothing was spent');
}

/** The holder's half: the notes go, and what the issue made comes. */
async function spendInto(
  engine: Engine,
  issue: Issue,
  notes: readonly Note[],
  also: (to: Draft) => void,
): Promise<void> {
  const inputs = inputsOf(engine, notes);
  const operation = encodeOperation({ type: 'remint', inputs, issue });
  await appendRun(engine, engine.model.own, [operation], false, also);
}
