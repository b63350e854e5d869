/**
 * Views: what a device's map says of a relationship.
 *
 *     leaf = H_view( low head ‖ high head )      absent while both heads are the starts of their lanes
 *
 * Three causes move a view: append (the owner's own run), absorb (a verified run of the peer) and
 * succeed (one half moves to the start of a new incarnation's lane). When both sides have absorbed
 * everything, their leaves are equal: `M_i[j] = M_j[i]` of seed 000.
 *
 * The key is fixed for the relationship: H_rel of its first agreed secret, first bit 0. Notes live
 * on the other half of the map, first bit 1.
 */

import { equal, zero32 } from './bytes.ts';
import type { Side } from './entry.ts';
import { hash } from './hash.ts';

/** The two heads of a relationship as one device has absorbed them, and where their lanes start. */
export interface View {
  readonly mine: Uint8Array;
  readonly theirs: Uint8Array;
  readonly mineStart: Uint8Array;
  readonly theirsStart: Uint8Array;
}

/** The value of the leaf in the map of the device that writes on `side`; zero means absent. */
export function viewLeaf(side: Side, { mine, theirs, mineStart, theirsStart }: View): Uint8Array {
  if (equal(mine, mineStart) && equal(theirs, theirsStart)) return zero32;
  return side === 0 ? hash('view', mine, theirs) : hash('view', theirs, mine);
}

/** The relationship's key in both maps. */
export function relationshipKey(secret: Uint8Array): Uint8Array {
  const key = hash('rel', secret);
  key[0]! &= 0x7f;
  return key;
}

/** The key of a note in its owner's map. */
export function noteKey(noteId: Uint8Array): Uint8Array {
  const key = noteId.slice();
  key[0]! |= 0x80;
  return key;
}

/** What blinds the positions of deliveries and seeds the entropy of both lanes. */
export function spoolKey(secret: Uint8Array): Uint8Array {
  return hash('spool', secret);
}

/** The key of the message authentication code that acknowledges a commit. */
export function ackKey(secret: Uint8Array): Uint8Array {
  return hash('ack-key', secret);
}
