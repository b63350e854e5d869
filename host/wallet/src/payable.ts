/** What every way of paying has in common: to whom this wallet may write, and what goes with a payment. */

import { keyOf } from '@dsm/primitive';
import type { Relationship } from '@dsm/bilateral';
import type { Engine } from './engine.ts';
import { DsmError } from './errors.ts';
import { hasLeft } from './belonging.ts';
import type { Token } from './model.ts';
import type { ContactRow } from './rows.ts';

/** What stands before the payment in its run, and what must hold when the run is written. */
export interface Beside {
  readonly operations: readonly Uint8Array[];
  readonly check: () => void;
}

/** A policy says whose keys may spend its token: what others sign pays nobody, and what others get is stuck. */
export function checkSuites(
  { model }: Engine,
  { peer }: Relationship,
  tokens: readonly Token[],
): void {
  for (const { rules } of tokens) {
    const { suites, ticker } = rules;
    if (!suites.includes(model.device.suite)) {
      throw new DsmError(
        'refused',
        `${ticker} is not spent by keys of suite ${model.device.suite}, which this wallet has`,
      );
    }
    if (!suites.includes(peer.suite)) {
      throw new DsmError(
        'refused',
        `${ticker} is not spent by keys of suite ${peer.suite}, which the payee has`,
      );
    }
  }
}

/** The relationship with a contact to whom this wallet may write. */
export function actingRelationship({ model }: Engine, contact: ContactRow): Relationship {
  const on =
    contact.relationship === undefined
      ? undefined
      : model.relationships.get(keyOf(contact.relationship));
  if (on === undefined) throw new DsmError('refused', `${contact.name} was never met`);
  if (on.bricked !== 0) throw new DsmError('fork', `${contact.name} told two histories`);
  if (hasLeft(model, contact.device)) {
    throw new DsmError('refused', `${contact.name} has left its owner’s device tree`);
  }
  if (contact.blocked === 1) throw new DsmError('blocked', `${contact.name} is blocked`);
  return on;
}
