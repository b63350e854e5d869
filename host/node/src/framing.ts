/**
 * Messages on a stream of bytes.
 *
 *     OFFSET  SIZE  FIELD
 *          0     4  length n     big-endian, 1…`limits.messageBytesMax`
 *          4     n  message
 *
 * A length out of bounds is refused before any room is made for it, and room is made as bytes
 * arrive: whoever announces much and sends little holds little.
 */

import { limits } from '@dsm/primitive';

export type FramingRefusal = 'empty' | 'too-large';

export interface Unframed {
  /** Whole messages, in order; all before the refusal, if there is one. */
  readonly messages: readonly Uint8Array[];
  /** The stream makes no sense from here on. */
  readonly refusal?: FramingRefusal;
}

export interface Deframer {
  /** Take the next bytes of the stream. After a refusal nothing more is taken. */
  readonly push: (bytes: Uint8Array) => Unframed;
  /** Bytes of room held for a message that is not whole yet. */
  readonly held: () => number;
}

const headerBytes = 4;
const firstRoomBytes = 4_096;

/** `message` with its length in front. */
export function framed(message: Uint8Array): Uint8Array {
  const out = new Uint8Array(headerBytes + message.length);
  new DataView(out.buffer).setUint32(0, message.length);
  out.set(message, headerBytes);
  return out;
}

export function deframer(): Deframer {
  const header = new Uint8Array(headerBytes);
  let headerFilled = 0;
  let length = 0;
  let body = new Uint8Array(0);
  let filled = 0;
  let refusal: FramingRefusal | undefined;

  /** Take part of the header out of `bytes`; how much was taken. */
  const takeHeader = (bytes: Uint8Array): number => {
    const part = bytes.subarray(0, headerBytes - headerFilled);
    header.set(part, headerFilled);
    headerFilled += part.length;
    if (headerFilled === headerBytes) {
      length = new DataView(header.buffer).getUint32(0);
      if (length === 0) refusal = 'empty';
      else if (length > limits.messageBytesMax) refusal = 'too-large';
      else body = new Uint8Array(Math.min(length, firstRoomBytes));
    }
    return part.length;
  };
  const takeBody = (bytes: Uint8Array): number => {
    const part = bytes.subarray(0, length - filled);
    const needed = filled + part.length;
    if (needed > body.length) {
      const larger = new Uint8Array(Math.min(length, Math.max(needed, body.length * 2)));
      larger.set(body.subarray(0, filled));
      body = larger;
    }
    body.set(part, filled);
    filled = needed;
    return part.length;
  };
  const finish = (): Uint8Array => {
    const message = body;
    body = new Uint8Array(0);
    filled = 0;
    headerFilled = 0;
    return message;
  };
  return {
    push: (bytes) => {
      const messages: Uint8Array[] = [];
      for (let at = 0; at < bytes.length && refusal === undefined;) {
        const rest = bytes.subarray(at);
        at += headerFilled < headerBytes ? takeHeader(rest) : takeBody(rest);
        if (headerFilled === headerBytes && filled === length && refusal === undefined) {
          messages.push(finish());
        }
      }
      return refusal === undefined ? { messages } : { messages, refusal };
    },
    held: () => body.length,
  };
}
