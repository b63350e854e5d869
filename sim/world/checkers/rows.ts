/**
 * A reader of its own for the few rows of a wallet that checkers look at, by their place in the bytes
 * (docs/spec/store.md). It shares nothing with what wrote them.
 */

import { durableTable, type Place } from '../store.ts';

/** Every row starts with a version and a kind. */
const headBytes = 2;

export interface NoteSeen {
  readonly id: string;
  readonly token: string;
  readonly amount: bigint;
  readonly isVoid: boolean;
  /** The note of an escrow, which is counted as that. */
  readonly isEscrow: boolean;
}

const noteTable = 0x08;
const markTable = 0x0d;
const alarmTable = 0x0e;
const deviceTable = 0x02;

export function notesIn(place: Place): readonly NoteSeen[] {
  return durableTable(place, noteTable).map(([key, value]) => ({
    id: text(key.subarray(1)),
    token: text(value.subarray(headBytes, headBytes + 32)),
    amount: wide(value, headBytes + 130),
    isVoid: value[value.length - 1] !== 0,
    isEscrow: value[headBytes + 146] === 2,
  }));
}

export interface MarkSeen {
  readonly position: string;
  readonly statement: string;
  readonly device: string;
}

export function marksIn(place: Place): readonly MarkSeen[] {
  return durableTable(place, markTable).map(([key, value]) => ({
    position: text(key.subarray(1)),
    statement: text(value.subarray(headBytes, headBytes + 32)),
    device: text(value.subarray(headBytes + 32, headBytes + 64)),
  }));
}

/** Ids of the devices and nodes against which there is evidence. */
export function convictedIn(place: Place): ReadonlySet<string> {
  const rows = durableTable(place, alarmTable);
  return new Set(rows.map(([, value]) => text(value.subarray(headBytes + 32, headBytes + 64))));
}

export interface ChainSeen {
  readonly id: string;
  readonly incarnation: number;
  readonly seq: number;
}

/** How far the device's own step chain has come. */
export function chainIn(place: Place): ChainSeen | undefined {
  const row = durableTable(place, deviceTable)[0];
  return row === undefined ? undefined : chainOf(row[1]);
}

export function chainOf(value: Uint8Array): ChainSeen {
  const at = new DataView(value.buffer, value.byteOffset + headBytes);
  return {
    id: text(value.subarray(headBytes + 32, headBytes + 64)),
    incarnation: at.getUint32(65),
    seq: Number(at.getBigUint64(69)),
  };
}

export function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}

function wide(value: Uint8Array, offset: number): bigint {
  const at = new DataView(value.buffer, value.byteOffset + offset);
  return (at.getBigUint64(0) << 64n) | at.getBigUint64(8);
}
