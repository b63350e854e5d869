/** The surface of streams: many small transfers over an escrow, authorised together. */

export interface StreamOptions {
  readonly token: string;
  /**
   * When to sign: after so many transfers, 256 unless something is said, or as soon as so much, or so
   * many bytes of transfers, are unsigned. Never later than the payee demands.
   */
  readonly every?: {
    readonly count?: number;
    readonly amount?: bigint;
    readonly bytes?: number;
  };
  /** What it is for; part of what is signed. At most 256 bytes. */
  readonly note?: string;
}

/** How far an escrow is paid: transfers since it was funded, and what they come to. */
export interface StreamMark {
  readonly amount: bigint;
  readonly transfers: number;
}

/** A stream that this wallet pays. */
export interface Stream {
  /**
   * One transfer. Resolves as soon as the next one may follow: at once, unless the payee wants a
   * signature first. Rejects with what ended the stream.
   */
  readonly send: (amount: bigint) => Promise<void>;
  /** Sign what is unsigned. Resolves once the payee has it durably. */
  readonly flush: () => Promise<void>;
  /** The same, and the end of the stream. */
  readonly close: () => Promise<void>;
  /** All transfers, those that are not signed yet among them. */
  readonly sent: StreamMark;
  /** Authorised and durable here: whatever happens, the payee gets this. After a crash go on from here. */
  readonly signed: StreamMark;
  /** What is sent and not signed: forgotten if the connection ends now. */
  readonly exposure: bigint;
  /** What can still be sent. */
  readonly left: bigint;
}

/** A stream that is paid to this wallet, as it stands. */
export interface StreamStatus {
  /** `stopped`: the payer has signed less than it said, or spoke nonsense. What is signed stays. */
  readonly state: 'open' | 'ended' | 'stopped';
  readonly why: string;
  readonly peer: string;
  readonly device: string;
  readonly token: string;
  readonly ticker: string;
  /** The payment that the stream is; undefined before its first signature. */
  readonly payment: string | undefined;
  /** Since the stream began: signed and unsigned together. */
  readonly total: bigint;
  readonly signed: bigint;
  /** The exposure: what the payer has said and not signed. */
  readonly unsigned: bigint;
  readonly transfers: number;
  /** What the escrow can still pay. */
  readonly left: bigint;
}
