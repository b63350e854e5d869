/**
 * A backup as the bytes of an NFC tag: one NDEF record of a media type, alone in its message.
 *
 *     flags d2 or c2 ‖ type length ‖ payload length (u8, or u32 from 256 bytes on) ‖ type ‖ payload
 *
 * A tag that holds less than a wallet keeps one frame of it (frames.ts): a record each.
 */

import { ascii, concat, encodeWith, equal, u32 } from '@dsm/primitive';

const mediaType = ascii('application/vnd.dsm.backup');

/** First and last record of its message, of a media type; short: the length is one byte. */
const flags = { long: 0xc2, short: 0xd2 } as const;

export function ndefRecord(payload: Uint8Array): Uint8Array {
  const isShort = payload.length < 256;
  const length = isShort ? Uint8Array.of(payload.length) : encodeWith(u32, payload.length);
  const start = Uint8Array.of(isShort ? flags.short : flags.long, mediaType.length);
  return concat(start, length, mediaType, payload);
}

/** The payload of such a record, or undefined for any other bytes. */
export function decodeNdef(record: Uint8Array): Uint8Array | undefined {
  const isShort = record[0] === flags.short;
  const head = (isShort ? 3 : 6) + mediaType.length;
  const payload = record.slice(head);
  return equal(ndefRecord(payload), record) ? payload : undefined;
}
