/**
 * Pins: the newest certified update of an identity that this device has seen.
 *
 * Never back, never beside. No bytes can tell an old membership from the newest; a pin does, for
 * whoever has seen better.
 */

import { equal } from '@dsm/primitive';
import type { TreePoint } from './membership.ts';
import { isSignedBy, updateDigest, type Authority, type SignedUpdate } from './tree-update.ts';

/** What is kept of a chain. */
export interface Pinned {
  readonly newest: TreePoint;
  /** Every rotation up to it, ascending. */
  readonly rotations: readonly TreePoint[];
}

/**
 * first   nothing is pinned yet
 * newer   pin it
 * same    known
 * older   true once, and overtaken: the pin stays
 * beside  one of the two is not of this chain: the pin stays, and the owner is told
 */
export type PinAnswer = 'first' | 'newer' | 'same' | 'older' | 'beside';

/** What to do with a chain that is shown, given the one that is pinned. */
export function judgePin(pinned: Pinned | undefined, shown: Pinned): PinAnswer {
  if (pinned === undefined) return 'first';
  if (!agree(pinned, shown)) return 'beside';
  if (shown.newest.seq === pinned.newest.seq) return 'same';
  return shown.newest.seq > pinned.newest.seq ? 'newer' : 'older';
}

/** True if one chain can be the beginning of the other: what both must know, both know alike. */
function agree(a: Pinned, b: Pinned): boolean {
  const until = Math.min(a.newest.seq, b.newest.seq);
  const [some, others] = [upTo(a, until), upTo(b, until)];
  if (some.length !== others.length) return false;
  return some.every((point, i) => areOne(point, others[i]!)) && !areBeside(a.newest, b.newest);
}

function upTo({ rotations }: Pinned, seq: number): readonly TreePoint[] {
  return rotations.filter((rotation) => rotation.seq <= seq);
}

/** True if two different updates have one number. */
function areBeside(a: TreePoint, b: TreePoint): boolean {
  return a.seq === b.seq && !equal(a.digest, b.digest);
}

function areOne(a: TreePoint, b: TreePoint): boolean {
  return a.seq === b.seq && equal(a.digest, b.digest);
}

/**
 * True if the authority has signed two different updates with one number. It convicts nobody:
 * whoever has the words can sign. The certified one counts; everybody whom it concerns is shown both.
 */
export function isSignedTwice(first: SignedUpdate, second: SignedUpdate, by: Authority): boolean {
  const [a, b] = [first.update, second.update];
  return (
    equal(a.genesis, b.genesis) &&
    a.seq === b.seq &&
    !equal(updateDigest(a), updateDigest(b)) &&
    isSignedBy(first, by) &&
    isSignedBy(second, by)
  );
}
