/**
 * The issuer's half of a re-mint: what it checks before it makes notes anew, and what it keeps.
 *
 * For each note it remembers the re-mint that took its place, so whoever asks again gets the same.
 */

import { compare, concat, equal, keyOf, zero32 } from '@dsm/primitive';
import type { Message } from '@dsm/bilateral';
import {
  forms,
  issueHead,
  noteId,
  noteKinds,
  spendPlace,
  type Issue,
  type Note,
  type Output,
  sum,
} from '@dsm/protocols';
import { certifyOne } from './certify.ts';
import { type Engine } from './engine.ts';
import { DsmError } from './errors.ts';
import { keepIssue } from './issue-keeping.ts';
import { learnIssues, mustLook } from './issuer-chain.ts';
import { anchorOf } from './items.ts';
import { ingest, issuesFor } from './lineage.ts';
import { fetchPublished } from './lineage-object.ts';
import { draft, type Draft, type Token } from './model.ts';
import { rowKey } from './rows.ts';

/** Who holds the notes, and the key that will spend the new ones. */
export interface Holder {
  readonly owner: Uint8Array;
  readonly key: Uint8Array;
}

/** The issue that makes the notes anew: the same value, nothing behind it. */
export async function remintOf(
  engine: Engine,
  token: Token,
  { owner, key }: Holder,
  notes: readonly Note[],
  lineage: Uint8Array,
): Promise<Issue> {
  const fresh = { owner, key, kind: noteKinds.online, depth: 0, receipts: 1 } as const;
  const amounts =
    token.rules.form === forms.fungible
      ? [sum(notes)]
      : notes.map(({ amount }) => amount).toSorted((a, b) => (a < b ? -1 : 1));
  const outputs: Output[] = amounts.map((amount) => ({ ...fresh, amount }));
  const named = notes.map((note) => ({ key: note.key, id: noteId(note.source, note.index) }));
  return {
    token: token.id,
    index: token.issueIndex + 1,
    parent: token.issueHead,
    amount: 0n,
    total: token.issueTotal,
    outputs,
    anchors: await anchorsOf(engine, token, notes, amounts),
    remint: {
      notes: named.toSorted((a, b) => compare(concat(a.id, a.key), concat(b.id, b.key))),
      lineage,
    },
  };
}

/** An item keeps its anchor; zero stands for an item without one. */
async function anchorsOf(
  engine: Engine,
  { rules }: Token,
  notes: readonly Note[],
  amounts: readonly bigint[],
): Promise<Uint8Array[]> {
  if (rules.form === forms.fungible) return [];
  const anchors = await Promise.all(
    amounts.map((serial) =>
      anchorOf(
        engine,
        notes.find(({ amount }) => amount === serial)!,
      ),
    ),
  );
  return anchors.some((anchor) => anchor !== undefined)
    ? anchors.map((anchor) => anchor ?? zero32)
    : [];
}

/** The re-mint and which notes it takes the place of: durable before anything of it leaves. */
export function keepRemint(to: Draft, engine: Engine, token: Token, issue: Issue): void {
  keepIssue(to, engine, token, issue);
  const head = issueHead(issue);
  for (const { id } of issue.remint?.notes ?? []) to.put(rowKey('reminted', id), head);
}

export type RemintAnswer = { readonly parts: readonly Uint8Array[] } | { readonly why: string };

/**
 * Answer a holder that asks. The nodes are asked outside of `exclusive`; every reason to refuse is a
 * sentence for the holder.
 */
export async function answerRemint(
  engine: Engine,
  holder: Holder,
  asked: Message & { type: 'remint' },
): Promise<RemintAnswer> {
  const { model, store } = engine;
  const known = model.tokens.get(keyOf(asked.token));
  if (known === undefined || known.issuer === 0) return { why: 'this wallet does not issue it' };
  if (known.rules.members.length > 1) return { why: 'its issuers sign together, not in a talk' };
  const before = await headBefore(store, asked);
  const head = before ?? (await remade(engine, known, holder, asked));
  if (typeof head === 'string') return { why: head };
  await certifyOne(engine, head);
  if (model.origins.get(keyOf(head))?.issued?.certified !== true) {
    return { why: 'too few nodes answer to certify it now: ask again' };
  }
  return { parts: await issuesFor(engine, head, holder.owner) };
}

/** The re-mint that took the place of the first of these notes that was made anew before, if one was. */
async function headBefore(
  store: Engine['store'],
  { notes }: Message & { type: 'remint' },
): Promise<Uint8Array | undefined> {
  const heads = await Promise.all(
    notes.map(({ source, index }) => store.get(rowKey('reminted', noteId(source, index)))),
  );
  return heads.find((head) => head !== undefined);
}

/** Check what is asked for, then decide, keep and sign. The head of the re-mint, or why not. */
async function remade(
  engine: Engine,
  known: Token,
  holder: Holder,
  asked: Message & { type: 'remint' },
): Promise<Uint8Array | string> {
  const { model, quorum } = engine;
  const unknown = asked.notes.some(({ source }) => !model.origins.has(keyOf(source)));
  if (unknown) {
    const parts = await fetchPublished(engine, asked.lineage);
    await engine.exclusive(() => ingest(engine, [], parts));
  }
  const notes = notesAsked(engine, holder, asked);
  if (typeof notes === 'string') return notes;
  for (const note of notes) {
    const { type } = await quorum.readSlot(spendPlace(note));
    if (type === 'undecided') return 'too few nodes answer to see whether the notes are free';
    if (type !== 'free') return 'a note is spent already';
  }
  if (mustLook(engine, known)) await learnIssues(engine, known.id);
  return engine.exclusive(async () => {
    // Meanwhile another talk may have asked for the same.
    const again = await headBefore(engine.store, asked);
    if (again !== undefined) return again;
    const token = model.tokens.get(keyOf(known.id))!;
    const issue = await remintOf(engine, token, holder, notes, asked.lineage);
    const to = draft();
    keepRemint(to, engine, token, issue);
    await engine.commit(to);
    return issueHead(issue);
  });
}

/** The notes that are named, if each is the holder's, certified back to the mint, and has come a way. */
function notesAsked(
  { model }: Engine,
  { owner }: Holder,
  { token, notes }: Message & { type: 'remint' },
): Note[] | string {
  const found: Note[] = [];
  for (const { source, index } of notes) {
    const origin = model.origins.get(keyOf(source));
    const output = origin?.outputs[index];
    if (origin === undefined || output === undefined) return 'the lineage of a note is not there';
    if (!equal(origin.token, token)) return 'a note is of another token';
    if (!origin.certified) return 'a note is not certified back to its mint';
    if (!equal(output.owner, owner)) return 'a note belongs to somebody else';
    if (output.kind !== noteKinds.online || output.amount === 0n) return 'only online notes';
    found.push({ ...output, token, source, index });
  }
  const ids = new Set(found.map(({ source, index }) => keyOf(noteId(source, index))));
  if (ids.size !== found.length) return 'a note is named twice';
  if (!found.some(({ depth }) => depth > 0)) return 'these notes are fresh from the mint';
  return found;
}

export function refusedBecause(why: string): DsmError {
  return new DsmError('refused', `the issuer does not make it anew: ${why}`);
}
