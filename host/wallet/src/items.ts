/** Items: what a wallet holds of unique tokens and credentials, one by one. */

import { isZero, keyOf } from '@dsm/primitive';
import {
  decodePart,
  forms,
  isIssuePart,
  noteKinds,
  type Finality,
  type Note,
} from '@dsm/protocols';
import type { Item } from './api.ts';
import type { Engine } from './engine.ts';
import { DsmError } from './errors.ts';
import type { Model } from './model.ts';
import { rowKey, type NoteRow } from './rows.ts';
import { idText } from './text.ts';
import { findToken } from './tokens.ts';
import { notesOf, standingOf } from './value.ts';

export async function itemsOf(engine: Engine, name: string): Promise<readonly Item[]> {
  const { model } = engine;
  const token = findToken(model, name);
  const { ticker, form } = token.rules;
  if (form === forms.fungible)
    throw new DsmError('usage', `${ticker} has no items: see its balance`);
  const rows = notesOf(model, token.id).filter(({ note }) => note.kind !== noteKinds.escrow);
  const items = await Promise.all(
    rows.map(async (row): Promise<Item> => {
      const anchor = await anchorOf(engine, row.note);
      return {
        token: idText('token', token.id),
        ticker,
        serial: row.note.amount,
        anchor: anchor === undefined ? undefined : idText('object', anchor),
        ...finalityOfItem(model, row),
      };
    }),
  );
  return items.toSorted((a, b) => (a.serial < b.serial ? -1 : 1));
}

function finalityOfItem(
  model: Model,
  row: NoteRow,
): { readonly finality: Finality; readonly waiting: string } {
  switch (standingOf(model, row)) {
    case 'spendable':
      return { finality: 'certified', waiting: '' };
    case 'void':
      return { finality: 'conflicted', waiting: 'nothing: it was spent elsewhere' };
    case 'uncertified':
      return { finality: 'pending', waiting: 'certificates, from the nodes' };
    case 'pending': {
      const known = model.origins.has(keyOf(row.note.source));
      const waiting = known ? 'certificates, from the nodes' : 'its history, from who gave it';
      return { finality: 'pending', waiting };
    }
  }
}

/** The anchor that the issue of an item names for it: its way is followed back to that issue. */
export async function anchorOf(
  { model, store }: Engine,
  { source, amount: serial }: Pick<Note, 'source' | 'amount'>,
): Promise<Uint8Array | undefined> {
  let head: Uint8Array | undefined = source;
  while (head !== undefined) {
    const origin = model.origins.get(keyOf(head));
    if (origin === undefined) return undefined;
    if (origin.type === 'issue') break;
    head = origin.sources.find((one) => {
      const outputs = model.origins.get(keyOf(one))?.outputs ?? [];
      return outputs.some(({ amount }) => amount === serial);
    });
  }
  const bytes = head === undefined ? undefined : await store.get(rowKey('part', head));
  const part = bytes === undefined ? undefined : decodePart(bytes);
  if (part === undefined || !isIssuePart(part)) return undefined;
  const { outputs, anchors } = part.issue;
  const anchor = anchors[outputs.findIndex(({ amount }) => amount === serial)];
  return anchor === undefined || isZero(anchor) ? undefined : anchor;
}
