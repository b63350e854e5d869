/**
 * Named rows of any length: a registry may be larger than a value of an engine.
 *
 *     name/0    length u32 ‖ the first bytes        name/1, name/2 …   the bytes that follow
 */

import type { Engine, EngineWrite } from '@dsm/ports';
import { concat, encodeWith, u32 } from '@dsm/primitive';
import { translated } from './room.ts';
import { named, namedWrite, shelves } from './rows.ts';

const pieceBytes = 1_048_576;

export function longWrites(name: string, bytes: Uint8Array): readonly EngineWrite[] {
  const count = Math.max(1, Math.ceil(bytes.length / pieceBytes));
  return Array.from({ length: count }, (_, i) => {
    const piece = bytes.subarray(i * pieceBytes, (i + 1) * pieceBytes);
    const length = i === 0 ? encodeWith(u32, bytes.length) : new Uint8Array(0);
    return namedWrite(`${name}/${i}`, concat(length, piece));
  });
}

export async function longRow(engine: Engine, name: string): Promise<Uint8Array | undefined> {
  const piece = (i: number): Promise<Uint8Array | undefined> =>
    translated(engine.get(shelves.named, named(`${name}/${i}`)));
  const first = await piece(0);
  if (first === undefined) return undefined;
  const length = new DataView(first.buffer, first.byteOffset).getUint32(0);
  const pieces = [first.subarray(4)];
  for (let i = 1; i * pieceBytes < length; i++) {
    const next = await piece(i);
    if (next === undefined) return undefined;
    pieces.push(next);
  }
  return concat(...pieces);
}
