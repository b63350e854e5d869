/**
 * Lineage as an object: everything that notes rest on, for whoever checks or audits a re-mint.
 *
 *     object = version ‖ kind ‖ parts ‖ addresses of more such objects
 */

import {
  address,
  bytes32,
  kinds,
  limits,
  list,
  object,
  struct,
  variable,
  type Obj,
} from '@dsm/primitive';
import type { Engine } from './engine.ts';
import { DsmError } from './errors.ts';
import { closureOf } from './lineage.ts';

interface LineageObject {
  readonly parts: readonly Uint8Array[];
  readonly more: readonly Uint8Array[];
}

const partsMax = 1_024;
const moreMax = 64;

export const lineageObject: Obj<LineageObject> = object(
  kinds.lineage,
  limits.objectBytesMax,
  struct<LineageObject>({
    parts: list(variable(limits.objectBytesMax), partsMax),
    more: list(bytes32, moreMax),
  }),
);

/** Publish what the heads rest on. Answers with the address of the first object. */
export async function publishLineage(
  engine: Engine,
  heads: readonly Uint8Array[],
): Promise<Uint8Array> {
  const chunks = inChunks(await closureOf(engine, heads), limits.objectBytesMax - 4_096);
  const more: Uint8Array[] = [];
  for (const parts of chunks.slice(1)) more.push(await publish(engine, { parts, more: [] }));
  return publish(engine, { parts: chunks[0] ?? [], more });
}

async function publish({ quorum }: Engine, value: LineageObject): Promise<Uint8Array> {
  const bytes = lineageObject.encode(value);
  const { available } = await quorum.publish(bytes);
  if (!available) throw new DsmError('offline', 'too few nodes keep the lineage of the notes');
  return address(bytes);
}

/** Parts in the order given, as many to a chunk as fit. */
export function inChunks(parts: readonly Uint8Array[], max: number): Uint8Array[][] {
  const chunks: Uint8Array[][] = [];
  let size = Infinity;
  for (const part of parts) {
    const last = chunks.at(-1);
    if (last === undefined || size + part.length + 4 > max || last.length === partsMax) {
      chunks.push([part]);
      size = part.length + 4;
    } else {
      last.push(part);
      size += part.length + 4;
    }
  }
  return chunks;
}

/** The parts of a published lineage; none for whatever is not there or no lineage. */
export async function fetchPublished(
  engine: Engine,
  at: Uint8Array,
): Promise<readonly Uint8Array[]> {
  const first = await fetchOne(engine, at);
  const parts = [...(first?.parts ?? [])];
  for (const more of first?.more ?? [])
    parts.push(...((await fetchOne(engine, more))?.parts ?? []));
  return parts;
}

async function fetchOne({ quorum }: Engine, at: Uint8Array): Promise<LineageObject | undefined> {
  const bytes = await quorum.fetch(at);
  const decoded = bytes === undefined ? undefined : lineageObject.decode(bytes);
  return decoded?.ok === true ? decoded.value : undefined;
}
