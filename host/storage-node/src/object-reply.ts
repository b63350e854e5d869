/** An object as HTTP gives it: cacheable for ever, compared by its name, in part if one is asked for. */

import { nameOf } from '@dsm/availability';
import type { Call } from './call.ts';
import { bytesReply, emptyReply, problemReply, type Reply } from './reply.ts';

/** An object never changes under its address. */
const forEver = 'public, max-age=31536000, immutable';

export function objectReply(address: Uint8Array, bytes: Uint8Array, header: Call['header']): Reply {
  const etag = `"${nameOf(address)}"`;
  const about = { etag, 'accept-ranges': 'bytes' };
  if (isNamed(header('if-none-match'), etag)) {
    return emptyReply(304, { etag, 'cache-control': forEver });
  }
  const ifRange = header('if-range');
  const range = ifRange === undefined || ifRange === etag ? header('range') : undefined;
  const part = partOf(range, bytes.length);
  if (part === undefined) return bytesReply(bytes, forEver, about);
  const size = bytes.length;
  if (part === 'beyond') {
    return problemReply('range', undefined, { 'content-range': `bytes */${size}` });
  }
  const [from, end] = part;
  const contentRange = `bytes ${from}-${end - 1}/${size}`;
  const reply = bytesReply(bytes.subarray(from, end), forEver, {
    ...about,
    'content-range': contentRange,
  });
  return { ...reply, status: 206 };
}

function isNamed(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((one) => ['*', etag, `W/${etag}`].includes(one.trim()));
}

/** One range of bytes; several, or none that is understood, mean the whole (RFC 9110, 14.2). */
function partOf(
  range: string | undefined,
  size: number,
): readonly [from: number, end: number] | 'beyond' | undefined {
  const [, first, last] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(range ?? '') ?? [];
  if (first === undefined || last === undefined || first + last === '') return undefined;
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'beyond' : [size - length, size];
  }
  if (last !== '' && Number(last) < Number(first)) return undefined;
  const end = last === '' ? size : Math.min(Number(last) + 1, size);
  return Number(first) >= size ? 'beyond' : [Number(first), end];
}
