/**
 * An arena: many records of bytes in few large buffers, by number. A record has some room to grow;
 * one that outgrows it moves to the end, and its old place is lost. The language sees a handful of
 * objects, however many records there are.
 */

export interface Arena {
  readonly put: (number: number, record: Uint8Array) => void;
  /** A view, right until the record is put again. */
  readonly get: (number: number) => Uint8Array;
  /** Bytes that all records have, and bytes that the arena takes for them. */
  readonly usedBytes: () => number;
  readonly takenBytes: () => number;
}

const chunkBytes = 1 << 26;

/** Room for `count` records, numbered from 0, each of which may grow by so many bytes in its place. */
export function arena(count: number, spareBytes: number): Arena {
  const chunks: Uint8Array[] = [];
  const chunkOf = new Uint32Array(count);
  const startOf = new Uint32Array(count);
  const roomOf = new Uint32Array(count);
  const lengthOf = new Uint32Array(count);
  let free = chunkBytes;
  let used = 0;
  const place = (number: number, room: number): void => {
    if (room > chunkBytes) throw new RangeError(`a record of ${room} bytes`);
    if (free + room > chunkBytes) {
      chunks.push(new Uint8Array(chunkBytes));
      free = 0;
    }
    chunkOf[number] = chunks.length - 1;
    startOf[number] = free;
    roomOf[number] = room;
    free += room;
  };
  return {
    put: (number, record) => {
      if (record.length > roomOf[number]!) place(number, record.length + spareBytes);
      chunks[chunkOf[number]!]!.set(record, startOf[number]!);
      used += record.length - lengthOf[number]!;
      lengthOf[number] = record.length;
    },
    get: (number) => {
      const start = startOf[number]!;
      return chunks[chunkOf[number]!]!.subarray(start, start + lengthOf[number]!);
    },
    usedBytes: () => used,
    takenBytes: () => chunks.length * chunkBytes,
  };
}
