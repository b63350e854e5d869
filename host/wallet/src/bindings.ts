/** What the owner asks and decides about bindings, its own and those of contacts. */

import { bindingLevels, card as cardObject, equal, keyOf } from '@dsm/primitive';
import type { BindingActions, ContactBinding, OwnBinding } from './binding-api.ts';
import { bindingView, cardBindingOf, putPinned } from './binding-view.ts';
import { findContact } from './contacts.ts';
import type { Engine } from './engine.ts';
import { DsmError } from './errors.ts';
import { draft } from './model.ts';
import type { PinnedRow } from './pinned-rows.ts';
import { rowKey, type ContactRow } from './rows.ts';
import { liveSession, type Runtime } from './runtime.ts';

export function bindingActions(runtime: Runtime): BindingActions {
  const { engine } = runtime;
  const { model } = engine;
  const of = (name: string): ContactBinding => bindingView(model, findContact(model, name));
  return {
    own: () => ownBinding(engine),
    of,
    check: async (name) => {
      const session = liveSession(runtime, findContact(model, name).device);
      if (session === undefined)
        throw new DsmError('unreachable', `there is no connection to "${name}"`);
      await session.challenge();
      return of(name);
    },
    accept: (name) => engine.exclusive(() => accept(engine, findContact(model, name))),
  };
}

function ownBinding({ binding, model }: Engine): OwnBinding {
  const { level, clonable, attestor } = binding;
  const told = model.card.body.binding;
  const now = cardBindingOf(binding);
  const isTold =
    told.level === now.level &&
    (told.key === undefined
      ? now.key === undefined
      : now.key !== undefined && equal(told.key, now.key));
  const attests = attestor !== undefined;
  return { level, clonable, attests, told: bindingLevels[told.level], isTold };
}

/** Its card has been certified since without a key: it is no longer sealed to a thing that signs. */
function namesNoKey({ card }: ContactRow): boolean {
  const decoded = cardObject.decode(card);
  return decoded.ok && decoded.value.body.binding.key === undefined;
}

async function forget(engine: Engine, contact: ContactRow): Promise<ContactBinding> {
  const { model } = engine;
  const to = draft();
  to.remove(rowKey('pinned', contact.device));
  to.after(() => model.pinned.delete(keyOf(contact.device)));
  await engine.commit(to);
  return bindingView(model, contact);
}

async function accept(engine: Engine, contact: ContactRow): Promise<ContactBinding> {
  const { model, clock } = engine;
  const row = model.pinned.get(keyOf(contact.device));
  if (row !== undefined && namesNoKey(contact)) return forget(engine, contact);
  if (row?.other === undefined)
    throw new DsmError('not-found', `"${contact.name}" has shown no other key`);
  const to = draft();
  const now = clock.now();
  const next: PinnedRow = { ...row, key: row.other, state: 1, why: '', other: undefined };
  putPinned(to, model, { ...next, since: now, shownAt: now, unanswered: 0 });
  await engine.commit(to);
  return bindingView(model, contact);
}
