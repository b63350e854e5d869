/**
 * A trace: what a program did to the files of one folder, in order, with what it told its caller in
 * between. From a trace every state follows that a power cut could have left behind (images.ts).
 *
 * A file is known by a number, because its name may change while it is open.
 */

export type TraceEvent =
  | { readonly op: 'create'; readonly name: string; readonly file: number }
  | {
      readonly op: 'write';
      readonly file: number;
      readonly offset: number;
      readonly bytes: Uint8Array;
    }
  | { readonly op: 'truncate'; readonly file: number; readonly size: number }
  | { readonly op: 'sync'; readonly file: number }
  /** What no sync has covered stays visible, and no later sync covers it (fsyncgate). */
  | { readonly op: 'syncFailed'; readonly file: number }
  | { readonly op: 'rename'; readonly from: string; readonly to: string }
  | { readonly op: 'remove'; readonly name: string }
  | { readonly op: 'syncFolder' }
  /** Something beside the folder changed, durably and at once: what stands on a segment shelf. */
  | { readonly op: 'shelved'; readonly name: string; readonly bytes: Uint8Array | undefined }
  /** So many commits were asked for, and so many of them were acknowledged. */
  | { readonly op: 'told'; readonly asked: number; readonly acknowledged: number };

/** The files of a folder. Nobody changes the bytes of an image. */
export type Image = ReadonlyMap<string, Uint8Array>;
