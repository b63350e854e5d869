/**
 * Reading capsules: one after the other, each the next one, up to one that is whole.
 *
 * How a box is opened is the host’s affair, and is asked for; the decisions are here. A capsule that
 * is older, missing, of somebody else or altered ends the reading with a refusal: nothing is skipped.
 */

import { address, equal, isZero, zero32 } from '@dsm/primitive';
import { decodeBody, type RowChange } from './capsule-body.ts';
import { capsule, capsulePlain, type Capsule } from './capsule.ts';

/** Why capsules are not read, or not read on. */
export const capsuleRefusals = {
  malformed: 'the bytes are no capsule',
  device: 'the capsule is of another device',
  genesis: 'the capsule is of a device of another user',
  incarnation: 'the capsule is of another incarnation',
  repeated: 'this capsule or a later one has been read already',
  gap: 'a capsule is missing before this one',
  previous: 'the capsule does not follow the one that was read before it',
  base: 'the capsules do not begin where the newest one says that all rows begin, or that goes back',
  box: 'the box does not open under this secret with these plain fields',
  body: 'what was sealed is no list of changes to these rows',
  truncated: 'the capsules end before the one that is known to be the newest, or within a change',
} as const;

export type CapsuleRefusal = keyof typeof capsuleRefusals;

/** How far capsules have been read. */
export interface CapsuleReading {
  readonly device: Uint8Array;
  readonly incarnation: number;
  /** Undefined: whatever they say. */
  readonly genesis: Uint8Array | undefined;
  /** Counters of the first one and of the next one; undefined before the first. */
  readonly first: number | undefined;
  readonly next: number | undefined;
  readonly previous: Uint8Array;
  /** The newest base that was named. */
  readonly base: number | undefined;
  /** True if the rows are those of one moment now. */
  readonly whole: boolean;
}

export function startReading(
  device: Uint8Array,
  incarnation: number,
  genesis?: Uint8Array,
): CapsuleReading {
  const open = { first: undefined, next: undefined, base: undefined };
  return { device, incarnation, genesis, ...open, previous: zero32, whole: false };
}

/** Opens a box, or answers undefined: XChaCha20-Poly1305 under the secret of the incarnation. */
export type OpenBox = (
  nonce: Uint8Array,
  box: Uint8Array,
  associated: Uint8Array,
) => Uint8Array | undefined;

export type CapsuleStep =
  | {
      readonly type: 'read';
      readonly changes: readonly RowChange[];
      readonly links: readonly Uint8Array[];
      readonly reading: CapsuleReading;
    }
  | { readonly type: 'refused'; readonly refusal: CapsuleRefusal };

/** Read the next capsule, or say why it is not the next. */
export function readCapsule(
  reading: CapsuleReading,
  bytes: Uint8Array,
  open: OpenBox,
): CapsuleStep {
  const decoded = capsule.decode(bytes);
  if (!decoded.ok) return refused('malformed');
  const { value } = decoded;
  const refusal = whoseElse(reading, value) ?? whyNotNext(reading, value);
  if (refusal !== undefined) return refused(refusal);
  const plaintext = open(value.nonce, value.box, capsulePlain(value));
  if (plaintext === undefined) return refused('box');
  const body = decodeBody(plaintext, value.counter);
  if (body === undefined) return refused('body');
  return {
    type: 'read',
    changes: body.changes,
    links: body.links,
    reading: {
      ...reading,
      first: reading.first ?? value.counter,
      next: value.counter + 1,
      previous: address(bytes),
      base: value.base ?? reading.base,
      whole: body.whole === 1,
    },
  };
}

/**
 * Undefined if what was read is all there is: from the base on, whole, and as new as `newest`, the
 * counter of the newest capsule that is known to exist.
 */
export function endReading(reading: CapsuleReading, newest: number): CapsuleRefusal | undefined {
  const { first, next, base, whole } = reading;
  if (next === undefined || next <= newest || !whole) return 'truncated';
  return first !== base ? 'base' : undefined;
}

function refused(refusal: CapsuleRefusal): CapsuleStep {
  return { type: 'refused', refusal };
}

function whoseElse(reading: CapsuleReading, value: Capsule): CapsuleRefusal | undefined {
  if (!equal(value.device, reading.device)) return 'device';
  const { genesis } = reading;
  // A device that joins a tree goes on with the capsules that it has begun.
  const isHis = isZero(value.genesis) || genesis === undefined || equal(value.genesis, genesis);
  if (!isHis) return 'genesis';
  return value.incarnation === reading.incarnation ? undefined : 'incarnation';
}

function whyNotNext(reading: CapsuleReading, value: Capsule): CapsuleRefusal | undefined {
  const { next, previous, base } = reading;
  if (next === undefined) return undefined;
  if (value.counter < next) return 'repeated';
  if (value.counter > next) return 'gap';
  if (!equal(value.previous, previous)) return 'previous';
  return base !== undefined && (value.base ?? -1) < base ? 'base' : undefined;
}
