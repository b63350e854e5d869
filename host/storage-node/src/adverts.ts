/**
 * The advertisements of a node: objects that are found by their topic.
 *
 * The bytes are an object like others, claimed by their writer until the version that they name; the
 * shelf of advertisements holds only where they are.
 */

import {
  advertisement,
  advertisementKey,
  advertisementPage,
  advertiser,
  foundCoder,
  objectClasses,
  type Advertisement,
} from '@dsm/availability';
import { NodeError, type Engine, type EngineEntry } from '@dsm/ports';
import { address as addressOf, encodeWith, keyOf, limits } from '@dsm/primitive';
import type { Objects } from './objects.ts';
import { translated } from './room.ts';
import { shelves } from './rows.ts';
import type { Turns } from './turns.ts';

export interface Adverts {
  readonly put: (bytes: Uint8Array) => Promise<void>;
  /** A page of what stands under the topic, from behind the entry `after`: see `foundCoder`. */
  readonly find: (topic: Uint8Array, after: Uint8Array | undefined) => Promise<Uint8Array>;
}

export const advertRefusals: Readonly<Record<'advert' | 'ended' | 'stale' | 'crowded', string>> = {
  advert: 'the bytes are no advertisement that its writer has signed',
  ended: 'the advertisement ends before the present version of the registry',
  stale: 'the writer has a newer advertisement under this topic',
  crowded: `a topic has at most ${limits.advertisementsMax} advertisements`,
};

export interface AdvertParts {
  readonly engine: Engine;
  readonly objects: Objects;
  readonly inTurn: Turns;
  readonly network: Uint8Array;
  /** The present version of the registry; 0 if the node knows none. */
  readonly version: () => number;
}

/** A topic is the first half of a key. */
const topicBits = 128;

export function advertsIn({ engine, objects, inTurn, network, version }: AdvertParts): Adverts {
  const under = (topic: Uint8Array): AsyncIterable<EngineEntry> =>
    engine.entries(shelves.adverts, topic, topicBits);
  const at = async (key: Uint8Array): Promise<Kept | undefined> => {
    const address = await translated(engine.get(shelves.adverts, key));
    const bytes = address === undefined ? undefined : await objects.get(address);
    const decoded = bytes === undefined ? undefined : advertisement.decode(bytes);
    return decoded?.ok === true
      ? { bytes: bytes!, address: address!, said: decoded.value }
      : undefined;
  };
  const keep = async (key: Uint8Array, bytes: Uint8Array, said: Advertisement): Promise<void> => {
    const known = await at(key);
    const address = addressOf(bytes);
    if (known !== undefined && keyOf(known.address) === keyOf(address)) return;
    if (known !== undefined && known.said.sequence >= said.sequence) throw refused('stale');
    if (known === undefined && (await isCrowded(said.topic))) throw refused('crowded');
    const writer = advertiser(said, network);
    await objects.put(bytes, {
      class: objectClasses.advertisement,
      until: said.until,
      owner: writer,
    });
    await translated(engine.commit([{ shelf: shelves.adverts, key, value: address }]));
    if (known !== undefined && writer !== undefined) await objects.forget(known.address, writer);
  };
  /** What has ended stands in nobody’s way: its place is free once others need it. */
  const isCrowded = async (topic: Uint8Array): Promise<boolean> => {
    if ((await count(under(topic))) < limits.advertisementsMax) return false;
    const ended: Uint8Array[] = [];
    for await (const { key } of under(topic)) {
      const kept = await at(key);
      if (kept === undefined || kept.said.until < version()) ended.push(key);
    }
    const gone = ended.map((key) => ({ shelf: shelves.adverts, key, value: undefined }));
    if (gone.length > 0) await translated(engine.commit(gone));
    return ended.length === 0;
  };
  return {
    put: async (bytes) => {
      const decoded = advertisement.decode(bytes);
      const writer = decoded.ok ? advertiser(decoded.value, network) : undefined;
      if (!decoded.ok || writer === undefined) throw refused('advert');
      const said = decoded.value;
      if (said.until < version()) throw refused('ended');
      // One topic in turn: its advertisements are counted.
      await inTurn(`advert ${keyOf(said.topic)}`, () =>
        keep(advertisementKey(said.topic, writer), bytes, said),
      );
    },
    find: async (topic, after) => {
      const found: Uint8Array[] = [];
      for await (const { key } of under(topic)) {
        if (after !== undefined && keyOf(key) <= keyOf(after)) continue;
        const kept = await at(key);
        if (kept !== undefined && kept.said.until >= version()) found.push(kept.bytes);
        if (found.length === advertisementPage) break;
      }
      return encodeWith(foundCoder, found);
    },
  };
}

interface Kept {
  readonly bytes: Uint8Array;
  readonly address: Uint8Array;
  readonly said: Advertisement;
}

async function count(entries: AsyncIterable<EngineEntry>): Promise<number> {
  let found = 0;
  for await (const _ of entries) found += 1;
  return found;
}

function refused(reason: keyof typeof advertRefusals): NodeError {
  return new NodeError('refused', advertRefusals[reason]);
}
