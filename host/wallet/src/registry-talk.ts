/**
 * Two devices bring each other to one version of the registry, without a node.
 *
 * Who knows more than the first version says so before anything else. Who knows less asks with its
 * own version and is sent what followed, version by version; each is certified by the one before, so
 * it does not matter who tells. A card that rests on a version still to come waits for it.
 */

import { decodeLink, encodeLink } from '@dsm/availability';
import type { Message } from '@dsm/bilateral';
import { moved } from './flood.ts';
import { say, type Talk } from './talk.ts';

type Said = Message & { readonly type: 'registry' };

/** Said when a conversation begins. */
export async function sayVersion(talk: Talk): Promise<void> {
  const { version } = talk.engine.registries.newest;
  if (version > 1) await say(talk, { type: 'registry', version, link: undefined });
}

/** Hears of a version, or a version itself; true if what waited for it may go on. */
export async function registrySaid(talk: Talk, { version, link }: Said): Promise<boolean> {
  const { quorum, registries } = talk.engine;
  if (link === undefined) {
    const known = registries.newest.version;
    talk.peerVersion = Math.max(talk.peerVersion, version);
    if (version > known) await say(talk, { type: 'registry', version: known, link: undefined });
    else await sayLinks(talk, version);
    return false;
  }
  const decoded = decodeLink(link);
  const taken = decoded === undefined ? 0 : await quorum.take([decoded]);
  if (taken > 0) moved(talk);
  return registries.newest.version >= talk.peerVersion;
}

/** True while the peer has named a version that is still to come. */
export function awaitsVersion({ peerVersion, engine }: Talk): boolean {
  return peerVersion > engine.registries.newest.version;
}

/** What followed after the peer's version, as far as a message can hold it. */
async function sayLinks(talk: Talk, after: number): Promise<void> {
  const { quorum, registries } = talk.engine;
  for (let version = after + 1; version <= registries.newest.version; version++) {
    const link = quorum.link(version);
    if (link?.succession === undefined) return;
    const bytes = encodeLink(link);
    if (bytes.length > linkBytesMax) return;
    await say(talk, { type: 'registry', version, link: bytes });
  }
}

/** A larger link comes from the nodes alone. */
const linkBytesMax = 1_000_000;
