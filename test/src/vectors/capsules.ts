/** Judges of capsules: their plain part, a whole reading of them, and how bytes come onto paper and tags. */

import {
  capsule,
  capsulePlain,
  capsulePosition,
  changedRow,
  decodeNdef,
  endReading,
  framesOf,
  joinFrames,
  ndefRecord,
  readCapsule,
  startReading,
  type OpenBox,
  type RowChange,
} from '@dsm/identity';
import { portableAead } from '@dsm/portable';
import { keyOf } from '@dsm/primitive';
import { toJson, type Finding, type Given, type Judge } from './case.ts';
import { decoding } from './objects.ts';

type Rows = Map<string, { readonly key: Uint8Array; readonly value: Uint8Array }>;

function apply(rows: Rows, changes: readonly RowChange[]): boolean {
  for (const change of changes) {
    const at = keyOf(change.key);
    const changed = changedRow(rows.get(at)?.value, change);
    if (changed === 'body') return false;
    if (changed.value === undefined) rows.delete(at);
    else rows.set(at, { key: change.key, value: changed.value });
  }
  return true;
}

/** All capsules in order, up to the newest that is known. */
function read(_: Uint8Array, given: Given): Finding {
  const secret = given.bytes('secret');
  const open: OpenBox = (nonce, box, associated) =>
    portableAead.open(secret, nonce, box, associated);
  const genesis = given.has('genesis') ? given.bytes('genesis') : undefined;
  let reading = startReading(given.bytes('device'), given.number('incarnation'), genesis);
  const rows: Rows = new Map();
  for (const bytes of given.bytesList('capsules')) {
    const step = readCapsule(reading, bytes, open);
    if (step.type === 'refused') return { expect: step.refusal };
    if (!apply(rows, step.changes)) return { expect: 'body' };
    reading = step.reading;
  }
  const refusal = endReading(reading, given.number('newest'));
  if (refusal !== undefined) return { expect: refusal };
  const ascending = [...rows].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  return { expect: 'ok', derived: toJson({ base: reading.base, rows: ascending }) };
}

function joined(_: Uint8Array, given: Given): Finding {
  const found = joinFrames(given.bytesList('frames'));
  switch (found.type) {
    case 'refused':
      return { expect: found.refusal };
    case 'missing':
      return { expect: 'missing', derived: toJson({ detail: found.missing }) };
    case 'whole':
      return { expect: 'ok', derived: toJson({ whole: found.bytes }) };
  }
}

export const capsuleJudges: Readonly<Record<string, Readonly<Record<string, Judge>>>> = {
  capsule: {
    decode: decoding(capsule, (value) => ({
      associated: capsulePlain(value),
      position: capsulePosition(value.device, value.incarnation, value.counter),
    })),
    read,
    frames: (bytes) => ({ expect: 'ok', derived: toJson({ frames: framesOf(bytes) }) }),
    join: joined,
    record: (bytes) => ({ expect: 'ok', derived: toJson({ record: ndefRecord(bytes) }) }),
    payload: (bytes) => {
      const payload = decodeNdef(bytes);
      if (payload === undefined) return { expect: 'malformed' };
      return { expect: 'ok', derived: toJson({ payload }) };
    },
  },
};
