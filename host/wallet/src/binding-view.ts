/** What devices are bound to, as cards claim it and as it was shown. */

import { bindingLevels, card as cardObject, keyOf, type CardBinding } from '@dsm/primitive';
import { attestationKeyDigest } from '@dsm/identity';
import type { HeldBinding, Keystore } from '@dsm/ports';
import type { ContactBinding } from './binding-api.ts';
import type { Draft, Model } from './model.ts';
import { pinnedRow, type PinnedRow } from './pinned-rows.ts';
import { rowKey, type ContactRow } from './rows.ts';

/** What a wallet is bound to if its keystore says nothing: to its files. */
const toFiles: HeldBinding = { level: 'software', clonable: true, attestor: undefined };

export function heldBinding(keystore: Keystore | undefined): HeldBinding {
  return keystore?.binding?.() ?? toFiles;
}

/** What a card says of it. */
export function cardBindingOf({ level, attestor }: HeldBinding): CardBinding {
  const index = bindingLevels.indexOf(level);
  if (index !== 0 && index !== 1 && index !== 2 && index !== 3)
    throw new RangeError(`no level of binding: ${level}`);
  return {
    level: index,
    key: attestor === undefined ? undefined : attestationKeyDigest(attestor.key),
  };
}

export function putPinned(to: Draft, model: Model, row: PinnedRow): void {
  to.put(rowKey('pinned', row.device), pinnedRow.encode(row));
  to.after(() => model.pinned.set(keyOf(row.device), row));
}

export function bindingView(model: Model, { device, card }: ContactRow): ContactBinding {
  const decoded = cardObject.decode(card);
  const level = bindingLevels[decoded.ok ? decoded.value.body.binding.level : 0];
  const row = model.pinned.get(keyOf(device));
  if (row === undefined || row.state === 0) {
    const unanswered = row?.unanswered ?? 0;
    return { level, state: 'claimed', why: '', since: undefined, shownAt: undefined, unanswered };
  }
  return {
    level,
    state: row.state === 1 ? 'shown' : 'changed',
    why: row.why,
    since: row.since,
    shownAt: row.shownAt === 0 ? undefined : row.shownAt,
    unanswered: row.unanswered,
  };
}
