/**
 * Notes: value as leaves of their owner's map.
 *
 *     id   = H_note( head that created it ‖ index )
 *     leaf = H_note-leaf( note ‖ blind )            the blind is the owner's secret until it spends
 *
 * A note names its owner and the digest of its spend key for its whole life, so a change of keys
 * never moves its spend slot. Payees require a certificate for online notes; purse notes are the
 * only ones that they may take without, within their own limit, and two spends of one convict. An
 * escrow belongs to the payee, who cannot take more of it than its payer has said (escrow.ts).
 */

import {
  bytes32,
  encodeWith,
  hash,
  oneOf,
  slotKinds,
  struct,
  u128,
  u16,
  u32,
  type Coder,
  type SlotPlace,
} from '@dsm/primitive';

export const noteKinds = { online: 0, purse: 1, escrow: 2 } as const;
export type NoteKind = (typeof noteKinds)[keyof typeof noteKinds];

/** What an entry, an issue or an exit gives to somebody. */
export interface Output {
  readonly owner: Uint8Array;
  /** Digest of the owner's working key: the only writer of the spend slot. */
  readonly key: Uint8Array;
  /** Smallest units; the serial number of an item of a unique token. */
  readonly amount: bigint;
  readonly kind: NoteKind;
  /** Upper bounds of the lineage behind the note. */
  readonly depth: number;
  readonly receipts: number;
}

export interface Note extends Output {
  readonly token: Uint8Array;
  /** The head that created the note, and its place among the outputs there. */
  readonly source: Uint8Array;
  readonly index: number;
}

export const outputCoder: Coder<Output> = struct({
  owner: bytes32,
  key: bytes32,
  amount: u128,
  kind: oneOf([0, 1, 2]),
  depth: u16,
  receipts: u32,
});

export const noteCoder: Coder<Note> = struct({
  token: bytes32,
  source: bytes32,
  index: u16,
  owner: bytes32,
  key: bytes32,
  amount: u128,
  kind: oneOf([0, 1, 2]),
  depth: u16,
  receipts: u32,
});

export function noteId(source: Uint8Array, index: number): Uint8Array {
  return hash('note', source, encodeWith(u16, index));
}

export function noteLeaf(note: Note, blind: Uint8Array): Uint8Array {
  return hash('note-leaf', encodeWith(noteCoder, note), blind);
}

/** The blind of a note, from a secret that only its owner has. */
export function noteBlind(secret: Uint8Array, id: Uint8Array): Uint8Array {
  return hash('note-blind', secret, id);
}

/** The slot whose value is the head of the one entry that spends the note. */
export function spendPlace(note: {
  readonly key: Uint8Array;
  readonly source: Uint8Array;
  readonly index: number;
}): SlotPlace {
  return {
    kind: slotKinds.spend,
    writer: note.key,
    position: noteId(note.source, note.index),
  };
}
