/** The surface of the SDK for the root key of a device and the words that lead to it. */

export interface CustodyActions {
  /**
   * `words`: the root key follows from 24 words that this wallet does not keep. `whole`: the secret of
   * the keystore is all that there is.
   */
  readonly kind: 'words' | 'whole';
  /** Which device of its words this is; undefined without words. */
  readonly deviceIndex: number | undefined;
  /** Whether what only the root key signs can be signed now. */
  readonly unlocked: () => boolean;
  /** Bring the words. Throws `bad-words` if they are none, or those of another device. */
  readonly unlock: (words: string) => Promise<void>;
  /** Forget what the words led to. A wallet without words cannot be locked. */
  readonly lock: () => Promise<void>;
}
