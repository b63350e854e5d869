/**
 * Sweeping: after a restore, every certified online note that an older key can spend is spent to this
 * wallet itself, so that a lost or stolen device has nothing left to certify.
 *
 * One note at a time: if the other device was first with one of them, its own entry is void and no
 * other note suffers. What to sweep follows from the notes alone, so a sweep that was cut goes on at
 * the next sync. A note that has come too far from its mint for one more hop stays as it is.
 */

import { equal, keyDigest, keyOf, limits, nextHead } from '@dsm/primitive';
import {
  boundsAfter,
  encodeOperation,
  forms,
  noteId,
  noteKinds,
  type Note,
  type Output,
} from '@dsm/protocols';
import { allowedProof } from './allow-lists.ts';
import { certifyOne } from './certify.ts';
import { mine, type Engine } from './engine.ts';
import { appendRun } from './online.ts';
import { refresh, type Runtime } from './runtime.ts';
import { entriesBetween, type Token } from './model.ts';
import { inputsOf, notesOf, standingOf } from './value.ts';

/** Notes of one step: few enough for one run, whatever the token demands to be shown. */
const runNotesMax = 8;

/** Sweep what there is. Answers with the number of notes that are under the new key now. */
export async function sweep(runtime: Runtime): Promise<number> {
  const { engine } = runtime;
  const { model } = engine;
  if (model.row.phase !== 0 || model.row.incarnation === 0) return 0;
  let swept = 0;
  for (const { id } of model.tokens.values()) {
    for (let heads = await some(id); heads.length > 0; heads = await some(id)) {
      const outcomes = await inOrder(heads, (head) => certifyOne(engine, head));
      swept += outcomes.filter((outcome) => outcome === 'certified').length;
      await refresh(runtime);
    }
  }
  return swept;

  function some(id: Uint8Array): Promise<readonly Uint8Array[]> {
    return engine.exclusive(() => sweepSome(runtime, id));
  }
}

async function inOrder<T, R>(all: readonly T[], each: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const one of all) results.push(await each(one));
  return results;
}

/** Certified online notes under an older key, with room for one more hop. */
export function sweepable(
  engine: Engine,
  token: Token,
  reserved: ReadonlySet<string> = new Set(),
): readonly Note[] {
  const { model, keys } = engine;
  // A credential never moves.
  if (token.rules.form === forms.credential) return [];
  const current = keyDigest(model.device.suite, keys.working().publicKey);
  return notesOf(model, token.id)
    .filter((row) => row.note.kind === noteKinds.online && standingOf(model, row) === 'spendable')
    .map(({ note }) => note)
    .filter((note) => !equal(note.key, current) && keys.byDigest(note.key) !== undefined)
    .filter((note) => !reserved.has(keyOf(noteId(note.source, note.index))))
    .filter((note) => {
      const { depth, receipts } = boundsAfter([note]);
      return depth <= token.rules.depthMax && receipts <= token.rules.receiptsMax;
    });
}

/** As many as one step signs for: it carries a bounded number of keys. */
function together(notes: readonly Note[]): readonly Note[] {
  const keys = [...new Set(notes.map(({ key }) => keyOf(key)))].slice(0, limits.stepKeysMax);
  return notes.filter(({ key }) => keys.includes(keyOf(key))).slice(0, runNotesMax);
}

/** Spend some of what is left to this wallet. Answers with the heads of the entries that do. */
async function sweepSome(
  { engine, reserved }: Runtime,
  id: Uint8Array,
): Promise<readonly Uint8Array[]> {
  const { model, store } = engine;
  const token = model.tokens.get(keyOf(id))!;
  const notes = together(sweepable(engine, token, reserved));
  if (notes.length === 0) return [];
  const operations: Uint8Array[] = [];
  for (const note of notes) {
    const inputs = inputsOf(engine, [note]);
    const { amount } = note;
    const output: Output = {
      ...mine(engine),
      amount,
      kind: noteKinds.online,
      ...boundsAfter(inputs),
    };
    const allowed = await allowedProof(engine, token.rules, [output]);
    const moved = { token: token.id, inputs, outputs: [output], allowed, memo: '' };
    operations.push(encodeOperation({ type: 'transfer', ...moved }));
  }
  const { at } = await appendRun(engine, model.own, operations, false);
  const { start } = model.relationships.get(keyOf(model.own))!.mine;
  const first = at.index - at.row.count + 1;
  let head = at.row.before;
  const entries = await entriesBetween(store, start, first, at.index);
  return entries.map((bytes) => (head = nextHead(head, bytes)));
}
