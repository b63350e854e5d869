/** One request, whichever version of HTTP has brought it. */

import type { Readable, Writable } from 'node:stream';

export type Headers = Readonly<Record<string, string>>;

export interface Call {
  readonly method: string;
  /** The target as it was sent. */
  readonly target: string;
  /** The address of the client. */
  readonly from: string;
  readonly header: (name: string) => string | undefined;
  readonly body: Readable;
  /** False while the client may still send more of the body. */
  readonly isBodyOver: () => boolean;
  /** Sends status and headers; takes the body after that. */
  readonly begin: (status: number, headers: Headers) => Writable;
  readonly hasBegun: () => boolean;
  /** True once nobody can be answered any more. */
  readonly isGone: () => boolean;
  /** Ends it at once: of HTTP/1.1 the connection, of HTTP/2 the stream. */
  readonly cut: () => void;
  /** `work` is done when the request is over, whatever became of it. */
  readonly whenOver: (work: () => void) => void;
}

/** The body, or undefined as soon as it is known to exceed `max` or not to come whole. */
export async function bodyOf(
  { body, header }: Call,
  max: number,
): Promise<Uint8Array | 'length' | 'gone'> {
  if (Number(header('content-length') ?? 0) > max) return 'length';
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const part of body.iterator({ destroyOnReturn: false })) {
      const bytes = part as Uint8Array;
      length += bytes.length;
      if (length > max) return 'length';
      parts.push(bytes);
    }
  } catch {
    // The client went away: nobody will read the answer.
    return 'gone';
  }
  return Uint8Array.from(Buffer.concat(parts, length));
}
