/**
 * The registry chain in a node's engine.
 *
 *     named `chain`        from u32 ‖ newest u32 ‖ open u32
 *     named `link N/…`     the registry of version N and the succession that made it
 *
 * `open` is the version that the node votes under, or the last one that it did: it opens a version
 * once it has taken over what falls to it there (`version-change.ts`).
 */

import { decodeLink, encodeLink, type RegistryLink } from '@dsm/availability';
import { NodeError, type Engine } from '@dsm/ports';
import { decodeWith, encodeWith, registriesOf, struct, u32, type Registries } from '@dsm/primitive';
import { longRow, longWrites } from './long-rows.ts';
import { translated } from './room.ts';
import { named, namedWrite, shelves } from './rows.ts';

export interface Chain {
  readonly registries: Registries;
  /** The first version that is known, and the one that is open; 0 if none is yet. */
  readonly from: number;
  readonly open: number;
}

const row = struct<{ readonly from: number; readonly newest: number; readonly open: number }>({
  from: u32,
  newest: u32,
  open: u32,
});

export async function readChain(engine: Engine): Promise<Chain | undefined> {
  const bytes = await translated(engine.get(shelves.named, named('chain')));
  if (bytes === undefined) return undefined;
  const found = decodeWith(row, bytes);
  if (found === undefined) throw unreadable();
  const versions = [];
  for (let version = found.from; version <= found.newest; version++) {
    const link = await readLink(engine, version);
    if (link === undefined) throw unreadable();
    versions.push(link.registry);
  }
  return { registries: registriesOf(...versions), from: found.from, open: found.open };
}

export async function readLink(engine: Engine, version: number): Promise<RegistryLink | undefined> {
  const bytes = await longRow(engine, `link ${version}`);
  return bytes === undefined ? undefined : decodeLink(bytes);
}

/** The encoded link, as it is handed out. */
export function linkBytes(engine: Engine, version: number): Promise<Uint8Array | undefined> {
  return longRow(engine, `link ${version}`);
}

/** Keeps the chain, with a link that is new to it. */
export async function keepChain(engine: Engine, chain: Chain, link?: RegistryLink): Promise<void> {
  const { registries, from, open } = chain;
  const value = encodeWith(row, { from, newest: registries.newest.version, open });
  const links =
    link === undefined ? [] : longWrites(`link ${link.registry.version}`, encodeLink(link));
  await translated(engine.commit([...links, namedWrite('chain', value)]));
}

function unreadable(): NodeError {
  return new NodeError('unreachable', 'the registry chain in the store cannot be read');
}
