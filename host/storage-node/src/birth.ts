/**
 * The birth mark: an engine and the secrets of a node know each other.
 *
 * What a node has voted for stands in its engine alone. Secrets that have been used with one engine
 * open no other and no empty one: the node could vote twice without knowing it. A node that has lost
 * its engine comes back under a new id, that is with new secrets.
 */

import { NodeError, type Engine } from '@dsm/ports';
import { equal } from '@dsm/primitive';
import type { SecretKeeper } from './keys.ts';
import { translated } from './room.ts';
import { named, namedWrite, shelves } from './rows.ts';

export const birthRefusals = {
  lost: 'these secrets were used with another store, which is not here: make a new key',
  other: 'this store belongs to a node with other secrets',
} as const;

/** Refuses an engine that is not the one of these secrets. */
export async function recognised(
  engine: Engine,
  secrets: SecretKeeper,
  id: Uint8Array,
): Promise<void> {
  const mark = await translated(engine.get(shelves.named, named('birth')));
  if (mark !== undefined && !equal(mark, id)) throw refused('other');
  const kept = await secrets.read();
  if (mark === undefined && kept.used) throw refused('lost');
  if (mark === undefined) await translated(engine.commit([namedWrite('birth', id)]));
  // Only now may anything be signed, so a crash in between costs nothing.
  if (!kept.used) await secrets.replace({ ...kept, used: true });
}

function refused(reason: keyof typeof birthRefusals): NodeError {
  return new NodeError('refused', birthRefusals[reason]);
}
