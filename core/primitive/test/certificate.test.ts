/** Votes, certificates and the groups of the registry. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  certificate,
  certify,
  checkCertificate,
  verifyVote,
  voteDigest,
  voteRoot,
  votesTree,
  type Certificate,
  type CertificateRefusal,
} from '../src/certificate.ts';
import { groupOf, registriesOf, registryLineage } from '../src/registry.ts';
import { kinds } from '../src/kinds.ts';
import type { Slot } from '../src/slot-list.ts';
import {
  certificateOf,
  flipped,
  installFakes,
  named,
  nextNodes,
  nodesOf,
  signAs,
  voteOf,
} from './fixture.ts';

installFakes();

const nodes = nodesOf(3);
const slot: Slot = { key: named('slot'), value: named('value') };
const good = certificateOf(nodes, slot);
const group = groupOf(nodes.registry, slot.key);
const outsider = [0, 1, 2, 3, 4, 5].find((node) => !group.includes(node))!;

const said = (claim: Certificate): CertificateRefusal | undefined =>
  checkCertificate(claim, registriesOf(nodes.registry), slot);

test('q votes of the group certify, and the certificate survives its bytes', () => {
  assert.equal(said(good), undefined);
  assert.equal(good.votes.length, nodes.registry.q);
  assert.deepEqual(certificate.decode(certificate.encode(good)), { ok: true, value: good });
});

const withVotes = (votes: Certificate['votes']): Certificate => ({ ...good, votes });
const vote = (node: number, of: Slot = slot): Certificate['votes'][number] => ({
  node,
  ...voteOf(nodes, node, of),
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
    withVotes([...good.votes, { ...good.votes[0]!, node: 999 }]),
    withVotes([good.votes[0]!, good.votes[0]!, good.votes[0]!]),
    withVotes([...good.votes, good.votes[0]!]),
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
  const said = voteOf(nodes, 1, slot);
  assert.ok(verifyVote(nodes.registry, 1, slot, said));
  assert.ok(!verifyVote(nodes.registry, 2, slot, said));
  assert.ok(!verifyVote(nodes.registry, 99, slot, said));
  assert.ok(!verifyVote(nodes.registry, 1, { ...slot, key: named('other') }, said));
  const next = { ...nodes.registry, version: 2, first: registryLineage(nodes.registry) };
  assert.ok(!verifyVote(next, 1, slot, said));
  assert.deepEqual(registryLineage(next), registryLineage(nodes.registry));
  assert.ok(!verifyVote({ ...nodes.registry, network: named('x') }, 1, slot, said));
});

test('a certificate stays one for whoever knows its version, and each version has its own keys', () => {
  const later = nextNodes(nodes);
  const newer = certificateOf(later, slot);
  const both = registriesOf(nodes.registry, later.registry);
  assert.equal(checkCertificate(good, both, slot), undefined);
  assert.equal(checkCertificate(newer, both, slot), undefined);
  assert.equal(checkCertificate(newer, registriesOf(nodes.registry), slot), 'registry');
  assert.equal(checkCertificate(good, registriesOf(later.registry), slot), 'registry');
  // What the one version voted is nothing that the other did.
  assert.equal(checkCertificate({ ...newer, version: 1 }, both, slot), 'vote');
  assert.equal(checkCertificate({ ...good, version: 2 }, both, slot), 'vote');
});

test('a certificate is judged by the groups of its own version, whatever they are later', () => {
  // The two versions have the same groups in another order, so the slot has another group.
  const later = nextNodes(nodes, { groups: nodes.registry.groups.toReversed() });
  const known = registriesOf(nodes.registry, later.registry);
  const newer = groupOf(later.registry, slot.key);
  assert.deepEqual(
    newer.filter((node) => group.includes(node)),
    [],
  );
  assert.equal(checkCertificate(good, known, slot), undefined);
  assert.equal(checkCertificate(certificateOf(later, slot), known, slot), undefined);
  const votes = newer.map((node) => vote(node));
  assert.equal(checkCertificate(withVotes(votes), known, slot), 'quorum');
});

test('a node that missed the change has no vote, though its signature is good', () => {
  const late = group[0]!;
  const { registry, keys } = nextNodes(nodes);
  const missing = registry.nodes.map((node, i) => ({ ...node, missed: i === late ? 1 : 0 }));
  const without = { registry: { ...registry, nodes: missing }, keys };
  const said = voteOf({ registry, keys }, late, slot);
  assert.ok(verifyVote(registry, late, slot, said));
  assert.ok(!verifyVote(without.registry, late, slot, said));
  const claim = certificateOf(without, slot);
  assert.ok(claim.votes.some(({ node }) => node === late));
  assert.equal(checkCertificate(claim, registriesOf(without.registry), slot), 'vote');
  const others = group.slice(1).map((node) => ({ node, ...voteOf(without, node, slot) }));
  const quorum = certify(without.registry, slot, others)!;
  assert.equal(checkCertificate(quorum, registriesOf(without.registry), slot), undefined);
});

test('one signature serves as many votes as a tree has leaves, each for its slot alone', () => {
  const lineage = registryLineage(nodes.registry);
  const slots = Array.from({ length: 256 }, (_, i) => ({
    key: named(`k${i}`),
    value: named(`v${i}`),
  }));
  for (const count of [1, 2, 3, 5, 7, 8, 31, 255, 256]) {
    const batch = slots.slice(0, count);
    const { root, paths } = votesTree(batch.map((each) => voteDigest(lineage, 1, each)));
    const signature = signAs({ suite: 1 }, nodes.keys[2]!, kinds.vote, root);
    for (const [i, each] of batch.entries()) {
      const said = { path: paths[i]!, signature };
      assert.deepEqual(voteRoot(voteDigest(lineage, 1, each), said.path), root);
      assert.ok(said.path.length <= 8);
      assert.ok(verifyVote(nodes.registry, 2, each, said));
      assert.ok(!verifyVote(nodes.registry, 1, each, said));
      assert.ok(!verifyVote(nodes.registry, 2, slots[(i + 1) % 256]!, said));
      const path = said.path.map(({ side, sibling }) => ({ side, sibling: flipped(sibling) }));
      assert.equal(verifyVote(nodes.registry, 2, each, { path, signature }), count === 1);
    }
  }
});

test('a tree of no votes is none, and one of more than a path can reach neither', () => {
  const digests = Array.from({ length: 257 }, (_, i) => named(`${i}`));
  assert.throws(() => votesTree([]), RangeError);
  assert.throws(() => votesTree(digests), RangeError);
});

test('a certificate of votes that were signed in batches survives its bytes and holds', () => {
  const lineage = registryLineage(nodes.registry);
  const votes = group.map((node) => {
    // Each node has its own batch, with the slot at another place.
    const others = Array.from({ length: 9 }, (_, i) => named(`${node} ${i}`));
    const digests = others.toSpliced(node % 9, 0, voteDigest(lineage, 1, slot));
    const { root, paths } = votesTree(digests);
    const signature = signAs({ suite: 1 }, nodes.keys[node]!, kinds.vote, root);
    return { node, path: paths[node % 9]!, signature };
  });
  const claim = certify(nodes.registry, slot, votes)!;
  assert.equal(said(claim), undefined);
  assert.deepEqual(certificate.decode(certificate.encode(claim)), { ok: true, value: claim });
});
