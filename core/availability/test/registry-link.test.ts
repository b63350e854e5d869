/** Links of the registry chain: their bytes, and what makes one the successor of a version. */

import assert from 'node:assert/strict';
import {
  decodeLink,
  encodeLink,
  linkFollows,
  phases,
  registryAddress,
  type RegistryLink,
  type Succession,
} from '@dsm/availability';
import { registryLineage, type Registry } from '@dsm/primitive';
import { cheapTest, once } from './cheap-signatures.ts';
import { firstOf, saidBy } from './signers.ts';

const scene = once(() => {
  const old = firstOf(4);
  const first = registryLineage(old);
  const closed = new Uint8Array(32).fill(3);
  const after: Registry = { ...old, first, previous: registryAddress(old), version: 2, closed };
  return { old, after };
});

/** What signers of the old version said of the new one, each bent in its own way. */
function said(
  phase: Succession['phase'],
  by: readonly number[],
  value: Uint8Array = registryAddress(scene().after),
): Succession {
  const lineage = registryLineage(scene().old);
  return saidBy({ lineage, version: 1, phase, attempt: 1, value }, by);
}

cheapTest('a link follows the version before if its succession is committed, and only then', () => {
  const { old, after } = scene();
  const all = [0, 1, 2];
  const follows = (succession: Succession | undefined, from = old, to = after): boolean =>
    linkFollows(from, { registry: to, succession });
  const good = said(phases.commit, all);
  assert.equal(follows(good), true);
  assert.equal(follows(undefined), false);
  assert.equal(follows(said(phases.endorse, all)), false);
  assert.equal(follows(said(phases.commit, [0, 1])), false);
  assert.equal(follows(said(phases.commit, all, registryAddress(old))), false);
  assert.equal(follows(good, old, old), false);
  assert.equal(follows(good, after, after), false);
});

cheapTest('a link is its bytes and nothing else is', () => {
  const { old, after } = scene();
  const links: readonly RegistryLink[] = [
    { registry: old, succession: undefined },
    { registry: after, succession: said(phases.commit, [0, 1, 2]) },
  ];
  for (const link of links) {
    const bytes = encodeLink(link);
    assert.deepEqual(decodeLink(bytes), link);
    assert.equal(decodeLink(bytes.slice(0, -1)), undefined);
    assert.equal(decodeLink(Uint8Array.of(...bytes, 0)), undefined);
  }
});
