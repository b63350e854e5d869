/** Following the registry chain: each version is believed for the signatures of the one before. */

import { linkFollows, type RegistryLink } from '@dsm/availability';
import { NodeError } from '@dsm/ports';
import { registriesOf, type Registries, type Registry } from '@dsm/primitive';
import { fetchLink, type Dial } from '@dsm/storage-node';

/** All versions up to the newest that some node of the newest known one hands out. */
export async function followRegistry(known: Registries, dial: Dial): Promise<Registries> {
  const versions: Registry[] = [];
  for (let version = known.newest.version; known.at(version) !== undefined; version--) {
    versions.unshift(known.at(version)!);
  }
  for (;;) {
    const newest = versions.at(-1)!;
    const link = await successorOf(newest, dial);
    if (link === undefined) return registriesOf(...versions);
    versions.push(link.registry);
  }
}

/** The certified successor of a version, from the first node that shows it; undefined if none does. */
export async function successorOf(old: Registry, dial: Dial): Promise<RegistryLink | undefined> {
  for (const { address } of old.nodes) {
    try {
      const link = await fetchLink(dial(address), old.version + 1);
      if (link !== undefined && linkFollows(old, link)) return link;
    } catch (error) {
      if (!(error instanceof NodeError)) throw error;
    }
  }
  return undefined;
}
