/**
 * Marks: what peers have stated, each at its position, to be compared with what others hold.
 *
 * There is one for every step and every purse spend of every peer, and none is ever dropped: the first
 * may convict as well as the last. So a mark only points at the run that has the statement, and lies in
 * memory as one short string. What is sent of it is made from that run: see halves.ts.
 */

import { decodeWith, encodeWith, keyOf } from '@dsm/primitive';
import { marksMax, type MarkLine } from '@dsm/bilateral';
import { markFields, type MarkRow } from './rows.ts';

export interface Marks {
  readonly at: (position: Uint8Array) => MarkRow | undefined;
  readonly put: (row: MarkRow) => void;
  /**
   * What is shown to `peer`: of each other device the newest, then of each the one before, and so on.
   * A device that states much thus hides nothing of the others.
   */
  readonly shown: (peer: Uint8Array) => MarkLine[];
}

export function noMarks(): Marks {
  const rows = new Map<string, string>();
  /** Positions by device, the newest last: as many as can be shown, and at times twice as many. */
  const newest = new Map<string, string[]>();

  const found = (key: string): MarkRow | undefined => {
    const row = rows.get(key);
    if (row === undefined) return undefined;
    return { position: unpacked(key), ...decodeWith(markFields, unpacked(row))! };
  };

  const put = (row: MarkRow): void => {
    const [key, device] = [packed(row.position), packed(row.device)];
    const isNew = !rows.has(key);
    rows.set(key, packed(encodeWith(markFields, row)));
    if (!isNew) return;
    const keys = newest.get(device) ?? [];
    keys.push(key);
    if (keys.length >= 2 * marksMax) keys.splice(0, keys.length - marksMax);
    // The device that spoke last comes last.
    newest.delete(device);
    newest.set(device, keys);
  };

  const shown = (peer: Uint8Array): MarkLine[] => {
    const lists = [...newest].filter(([device]) => device !== keyOf(peer)).map(([, keys]) => keys);
    const keys: string[] = [];
    for (let back = 1; keys.length < marksMax; back++) {
      const left = lists.filter(({ length }) => length >= back);
      if (left.length === 0) break;
      for (const list of left.toReversed()) keys.push(list.at(-back)!);
    }
    return keys.slice(0, marksMax).map((key) => {
      const { position, statement } = found(key)!;
      return { position, statement };
    });
  };

  return { at: (position) => found(keyOf(position)), put, shown };
}

/** Bytes as one flat string: objects with a few arrays each would take five times as much memory. */
function packed(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

function unpacked(chars: string): Uint8Array {
  const bytes = new Uint8Array(chars.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = chars.charCodeAt(i);
  return bytes;
}
