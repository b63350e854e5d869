/** Votes, certificates and the groups of the registry. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import {
  certificate,
  certify,
  checkCertificate,
  verifyVote,
  type Certificate,
  type CertificateRefusal,
} from '../src/certificate.ts';
import { groupOf, nodeId, registry, registryLineage, type Registry } from '../src/registry.ts';
import type { Slot } from '../src/slot-list.ts';
import {
  certificateOf,
  flipped,
  installFakes,
  named,
  network,
  nodesOf,
  voteOf,
} from './fixture.ts';

installFakes();

const nodes = nodesOf(3);
const slot: Slot = { key: named('slot'), value: named('value') };
const good = certificateOf(nodes, slot);
const group = groupOf(nodes.registry, slot.key);
const outsider = [0, 1, 2, 3, 4, 5].find((node) => !group.includes(node))!;

const said = (claim: Certificate): CertificateRefusal | undefined =>
  checkCertificate(claim, nodes.registry, slot);

test('q votes of the group certify, and the certificate survives its bytes', () => {
  assert.equal(said(good), undefined);
  assert.equal(good.votes.length, nodes.registry.q);
  assert.deepEqual(certificate.decode(certificate.encode(good)), { ok: true, value: good });
});

const withVotes = (votes: Certificate['votes']): Certificate => ({ ...good, votes });
const vote = (node: number, of: Slot = slot): Certificate['votes'][number] => ({
  node,
  signature: voteOf(nodes, node, of),
});

const bends: Record<CertificateRefusal, readonly Certificate[]> = {
  registry: [
    { ...good, version: 2 },
    { ...good, lineage: named('other') },
  ],
  slot: [
    { ...good, key: named('other') },
    { ...good, value: named('other') },
  ],
  quorum: [
    withVotes(good.votes.slice(1)),
    withVotes([...good.votes.slice(1), vote(outsider)]),
    withVotes([...good.votes, vote(outsider)]),
    withVotes([...good.votes, { node: 999, signature: good.votes[0]!.signature }]),
    withVotes([good.votes[0]!, good.votes[0]!, good.votes[0]!]),
  ],
  vote: [
    withVotes(good.votes.with(0, { ...good.votes[0]!, signature: good.votes[1]!.signature })),
    withVotes(good.votes.with(0, vote(group[0]!, { ...slot, value: named('other') }))),
    withVotes(
      good.votes.with(2, { ...good.votes[2]!, signature: flipped(good.votes[2]!.signature, 40) }),
    ),
  ],
};

for (const [refusal, claims] of Object.entries(bends)) {
  test(`a certificate is refused: ${refusal}`, () => {
    for (const [i, claim] of claims.entries()) assert.equal(said(claim), refusal, `bend ${i}`);
  });
}

test('fewer than q votes are no certificate; more are cut to q, in the order of nodes', () => {
  const votes = group.map((node) => vote(node)).toReversed();
  assert.equal(certify(nodes.registry, slot, votes.slice(0, 2)), undefined);
  const made = certify(nodes.registry, slot, votes)!;
  assert.equal(said(made), undefined);
  assert.deepEqual(
    made.votes.map(({ node }) => node),
    [...group].toSorted((a, b) => a - b).slice(0, 3),
  );
});

test('a vote is a vote for one slot, by one node, under one registry', () => {
  const signature = voteOf(nodes, 1, slot);
  assert.ok(verifyVote(nodes.registry, 1, slot, signature));
  assert.ok(!verifyVote(nodes.registry, 2, slot, signature));
  assert.ok(!verifyVote(nodes.registry, 99, slot, signature));
  assert.ok(!verifyVote(nodes.registry, 1, { ...slot, key: named('other') }, signature));
  const next = { ...nodes.registry, version: 2, first: registryLineage(nodes.registry) };
  assert.ok(!verifyVote(next, 1, slot, signature));
  assert.deepEqual(registryLineage(next), registryLineage(nodes.registry));
  assert.ok(!verifyVote({ ...nodes.registry, network: named('x') }, 1, slot, signature));
});

test('every slot has one group of the registry, and all groups are used', () => {
  const used = new Map<number, number>();
  for (let i = 0; i < 300; i++) {
    const members = groupOf(nodes.registry, named(`slot ${i}`));
    const at = nodes.registry.groups.indexOf(members);
    assert.ok(at >= 0);
    used.set(at, (used.get(at) ?? 0) + 1);
  }
  assert.equal(used.size, 3);
  assert.ok([...used.values()].every((count) => count > 50));
});

test('a registry whose quorums could miss each other, or whose groups overlap, has no bytes', () => {
  const four = nodesOf(2).registry;
  const sixteen = nodesOf(4).registry;
  assert.ok(registry.decode(registry.encode(four)).ok);
  const wrong: Partial<Registry>[] = [
    { version: 0 },
    { version: 2 },
    { first: named('first') },
    { r: 5 },
    { q: 2 },
    { q: 5 },
    { f: 0 },
    { nodes: [...four.nodes, four.nodes[0]!] },
    { groups: [[0, 1, 2]] },
    {
      groups: [
        [0, 1, 2, 3],
        [3, 4, 5, 6],
      ],
    },
    { groups: [[0, 1, 2, 2]] },
    { groups: [[5, 6, 7, 8]] },
  ];
  for (const change of wrong) {
    assert.throws(
      () => registry.encode({ ...four, ...change }),
      RangeError,
      JSON.stringify(change),
    );
  }
  fc.assert(
    fc.property(fc.nat({ max: 4 }), fc.nat({ max: 13 }), (f, q) => {
      const r = 3 * f + 1;
      const single = Array.from({ length: r }, (_, i) => sixteen.nodes[i]!);
      const one = { ...four, r, q, f, nodes: single, groups: [single.map((_, i) => i)] };
      const sound = q <= r && 2 * q - r > f;
      if (sound) assert.ok(registry.decode(registry.encode(one)).ok);
      else assert.throws(() => registry.encode(one), RangeError);
    }),
    { numRuns: 60 },
  );
});

test('a node is named by its key and suite', () => {
  const [a, b] = nodes.registry.nodes;
  assert.notDeepEqual(nodeId(a!), nodeId(b!));
  assert.notDeepEqual(nodeId(a!), nodeId({ ...a!, suite: 2 }));
  assert.deepEqual(nodeId(a!), nodeId({ ...a!, suite: 1 }));
  assert.deepEqual(nodes.registry.network, network);
});
