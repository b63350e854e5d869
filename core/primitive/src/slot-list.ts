/**
 * Slot lists: what a step says outside of its body, line by line.
 *
 *     line       key ‖ value                 a slot to write, or the total of an escrow
 *     root       binary tree over the lines in list order; an odd last node moves up as it is
 *     statement  H_step( body digest ‖ root )          the only thing that is signed
 *
 * A node or a stranger is shown one line, its path and the digest of the body: neither the body nor
 * the other lines.
 */

import { bytes32, list, oneOf, struct, type Coder } from './codec.ts';
import { hash } from './hash.ts';

/** One line of a step's slot list. */
export interface Slot {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** One step of the path from a line of the list to its root. */
export interface PathStep {
  /** 0 if the sibling stands on the left. */
  readonly side: 0 | 1;
  readonly sibling: Uint8Array;
}

export const slotCoder: Coder<Slot> = struct({ key: bytes32, value: bytes32 });

export const pathCoder: Coder<readonly PathStep[]> = list<PathStep>(
  struct({ side: oneOf([0, 1]), sibling: bytes32 }),
  8,
);

/** Root of a slot list: a binary tree in list order, an odd last node moves up as it is. */
export function slotListRoot(slots: readonly Slot[]): Uint8Array {
  let level = slots.map(slotLeaf);
  while (level.length > 1) level = parents(level);
  return level[0] ?? hash('slot-list', Uint8Array.of(2));
}

/** The path of line `index`, to be sent with its write. */
export function slotPath(slots: readonly Slot[], index: number): readonly PathStep[] {
  const path: PathStep[] = [];
  let at = index;
  for (let level = slots.map(slotLeaf); level.length > 1; level = parents(level)) {
    const sibling = level[at ^ 1];
    if (sibling !== undefined) path.push({ side: at % 2 === 0 ? 1 : 0, sibling });
    at >>= 1;
  }
  return path;
}

/** The root that `slot` and `path` lead to. */
export function evaluateSlotPath(slot: Slot, path: readonly PathStep[]): Uint8Array {
  return path.reduce(
    (node, { side, sibling }) => (side === 0 ? slotInner(sibling, node) : slotInner(node, sibling)),
    slotLeaf(slot),
  );
}

/** What the signature of a step, an issue or an incarnation is made over. */
export function statementDigest(body: Uint8Array, root: Uint8Array): Uint8Array {
  return hash('step', body, root);
}

function slotLeaf({ key, value }: Slot): Uint8Array {
  return hash('slot-list', Uint8Array.of(0), key, value);
}

function slotInner(left: Uint8Array, right: Uint8Array): Uint8Array {
  return hash('slot-list', Uint8Array.of(1), left, right);
}

function parents(level: readonly Uint8Array[]): Uint8Array[] {
  const up: Uint8Array[] = [];
  for (let i = 0; i < level.length; i += 2) {
    const right = level[i + 1];
    up.push(right === undefined ? level[i]! : slotInner(level[i]!, right));
  }
  return up;
}
