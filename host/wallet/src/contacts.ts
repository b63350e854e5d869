/** Contacts as people and programs see them. */

import { card as cardObject, equal, keyOf } from '@dsm/primitive';
import type { Relationship } from '@dsm/bilateral';
import { minimumFinalities, type MinimumFinality } from '@dsm/protocols';
import type { Contact } from './api.ts';
import { bindingView } from './binding-view.ts';
import type { Engine } from './engine.ts';
import { DsmError } from './errors.ts';
import { hasLeft, isOwnDevice } from './belonging.ts';
import { draft, putContact, type Model } from './model.ts';
import type { ContactRow } from './rows.ts';
import { idText, phraseOf, prefixes } from './text.ts';

export function contactView(model: Model, row: ContactRow): Contact {
  const on =
    row.relationship === undefined ? undefined : model.relationships.get(keyOf(row.relationship));
  const card = cardObject.decode(row.card);
  const genesis = card.ok ? card.value.body.genesis : undefined;
  return {
    device: idText('device', row.device),
    name: row.name,
    phrase: phraseOf(row.device),
    incarnation: card.ok ? card.value.body.incarnation : 0,
    written: on?.mine.index ?? 0,
    absorbed: on?.theirs.index ?? 0,
    state: stateOf(model, row, on),
    identity: genesis && idText('identity', genesis),
    own: isOwnDevice(model, row.device, genesis),
    introduced: introducedAs(model, row),
    minimumFinality: minimumFinalities[row.minimum]!,
    floods: row.floods,
    stopped: row.stopped,
    binding: bindingView(model, row),
  };
}

function introducedAs({ introductions }: Model, { device }: ContactRow): Contact['introduced'] {
  const row = introductions.get(keyOf(device));
  if (row === undefined || row.byMe + row.byThem === 0) return 'met';
  if (row.byThem === 1) return 'by-them';
  return row.open === undefined ? 'by-me' : 'unanswered';
}

function stateOf(model: Model, row: ContactRow, on: Relationship | undefined): Contact['state'] {
  const told = [...model.alarms.values()].some(
    (alarm) => alarm.culprit === 0 && equal(alarm.device, row.device),
  );
  if (told) return 'bricked';
  if (hasLeft(model, row.device)) return 'retired';
  if (row.blocked === 1) return 'blocked';
  if (row.stopped !== '') return 'stopped';
  return on !== undefined && isResuming(model, on) ? 'resuming' : 'ok';
}

/** True after a restore until the peer has shown that it knows: by an entry, or by an acknowledgement. */
function isResuming({ open }: Model, { key, former, mine }: Relationship): boolean {
  if (former !== 1) return false;
  const oldest = open.get(keyOf(key))?.find(({ row }) => row.acked === 0);
  return mine.index === 0 || (oldest !== undefined && oldest.index - oldest.row.count === 0);
}

/** Take nothing less final from the contact from now on. What was consented to before stays. */
export async function setMinimumFinality(
  engine: Engine,
  device: Uint8Array,
  minimum: MinimumFinality,
): Promise<void> {
  const { model } = engine;
  const index = minimumFinalities.indexOf(minimum);
  if (index !== 0 && index !== 1 && index !== 2)
    throw new DsmError('usage', `one of ${minimumFinalities.join(', ')}`);
  return engine.exclusive(async () => {
    const to = draft();
    putContact(to, model, { ...model.contacts.get(keyOf(device))!, minimum: index });
    await engine.commit(to);
  });
}

/** By the whole name, or by a unique prefix of the id. */
export function findContact(model: Model, nameOrPrefix: string): ContactRow {
  const all = [...model.contacts.values()];
  const named = all.filter(({ name }) => name === nameOrPrefix);
  const found =
    named.length > 0 || !nameOrPrefix.startsWith(`${prefixes.device}1`)
      ? named
      : all.filter(({ device }) => idText('device', device).startsWith(nameOrPrefix));
  if (found.length === 1) return found[0]!;
  if (found.length === 0)
    throw new DsmError('not-found', `nobody called "${nameOrPrefix}" was met`);
  throw new DsmError('ambiguous', `several contacts fit "${nameOrPrefix}"`);
}
