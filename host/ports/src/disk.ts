/**
 * The disk: the files of one folder, as a storage engine needs them.
 *
 * What is written is durable only after `sync` of its file, and a file that was made, renamed or
 * removed only after `syncFolder`. Until then a power cut may keep any part of it, torn at any byte
 * and in any order, or nothing. Failures reject with `StoreError`: `full` if there is no room,
 * `read-only`, `rotten` if the medium reports an error on reading, else `lost`. After a failed
 * `sync` nothing is known about what was written since the last good one (fsyncgate): whoever keeps
 * data must not try again but read anew.
 */

export interface Disk {
  /** Names of all files, in no order. */
  readonly list: () => Promise<readonly string[]>;
  /** Open a file for reading and writing; with `create` make it if it is not there. */
  readonly open: (name: string, mode: 'existing' | 'create') => Promise<DiskFile>;
  /** Another name for a file, taking the place of one that has it; atomic. */
  readonly rename: (from: string, to: string) => Promise<void>;
  readonly remove: (name: string) => Promise<void>;
  /** Makes the list of names durable. */
  readonly syncFolder: () => Promise<void>;
}

export interface DiskFile {
  readonly size: () => Promise<number>;
  /** Up to `length` bytes from `offset`; fewer only where the file ends. */
  readonly read: (offset: number, length: number) => Promise<Uint8Array>;
  /** All parts, one behind the other, from `offset` on. May grow the file. */
  readonly write: (offset: number, parts: readonly Uint8Array[]) => Promise<void>;
  /** Makes the contents and the size durable (fdatasync). */
  readonly sync: () => Promise<void>;
  readonly truncate: (size: number) => Promise<void>;
  readonly close: () => Promise<void>;
}
