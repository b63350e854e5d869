/** What the owner sees of the keys of a wallet, and the call that replaces them. */

import { equal, workingKeyDigest, type Card } from '@dsm/primitive';
import { cardsOf } from './cards.ts';
import type { KeyActions, WorkingKey } from './keys-api.ts';
import type { Model } from './model.ts';
import { rotate } from './rotation.ts';
import type { Runtime } from './runtime.ts';
import { idText } from './text.ts';

export function keyActions(runtime: Runtime): KeyActions {
  const { model } = runtime.engine;
  return {
    list: () => keysOf(model),
    rotate: async () => {
      await rotate(runtime);
      return keysOf(model).at(-1)!;
    },
  };
}

function keysOf(model: Model): readonly WorkingKey[] {
  const { id, incarnation } = model.device;
  const cards = cardsOf({ model }, id).filter(({ body }) => body.incarnation === incarnation);
  return cards.map((card, i) => keyOfCard(model, card, cards[i + 1]));
}

function keyOfCard(model: Model, card: Card, next: Card | undefined): WorkingKey {
  const digest = workingKeyDigest(card);
  const notes = [...model.notes.values()].filter(({ note }) => equal(note.key, digest));
  const escrows = [...model.escrows.values()].filter(({ escrow, side, state, exit }) => {
    const mine = side === 0 ? escrow.payerKey : escrow.note.key;
    return state === 0 && exit === undefined && equal(mine, digest);
  });
  const { generation, since } = card.body;
  return {
    generation,
    key: idText('key', digest),
    state: next === undefined ? 'in force' : 'replaced',
    since,
    until: next?.body.since,
    notes: notes.length,
    escrows: escrows.length,
  };
}
