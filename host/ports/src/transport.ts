/**
 * The transport: whole messages between two devices, in order while the connection lives.
 *
 * It promises nothing else: a connection may end at any byte, and the protocol above resumes.
 * Every message is at most `limits.messageBytesMax`; a longer one from the peer ends the
 * connection. `send` waits while the peer does not read (back-pressure).
 */

export interface Connection {
  /** Who is at the other end, for people to read; never an identity. */
  readonly address: string;
  /** Resolves when the transport has taken the message; rejects with `TransportError`. */
  readonly send: (message: Uint8Array) => Promise<void>;
  /** The next message, or `undefined` once the connection is over. */
  readonly receive: () => Promise<Uint8Array | undefined>;
  readonly close: () => Promise<void>;
}

export interface Listener {
  readonly address: string;
  /** Connections as they come; ends when the listener is closed. */
  readonly connections: AsyncIterable<Connection>;
  readonly close: () => Promise<void>;
}

export interface Transport {
  readonly name: string;
  readonly listen: (address: string) => Promise<Listener>;
  readonly connect: (address: string, signal?: AbortSignal) => Promise<Connection>;
}

/**
 * unreachable  nobody answers at the address
 * in-use       somebody else listens at the address
 * address      the address cannot be read
 * closed       the connection ended
 * too-large    the message exceeds the limit
 */
export const transportErrorCodes = [
  'unreachable',
  'in-use',
  'address',
  'closed',
  'too-large',
] as const;
export type TransportErrorCode = (typeof transportErrorCodes)[number];

export class TransportError extends Error {
  readonly code: TransportErrorCode;
  constructor(code: TransportErrorCode, sentence: string, options?: ErrorOptions) {
    super(sentence, options);
    this.name = 'TransportError';
    this.code = code;
  }
}
