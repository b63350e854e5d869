/**
 * Lemma 1 of seed 000: what strangers do leaves a device's root and witnesses as they are.
 *
 * One device with many relationships does nothing, while its own peers trade with each other. Unlike
 * the pairs of theorem 3, everybody here has several relationships, and all maps live in one process.
 */

import { dice } from '@dsm/memory';
import { equal, evaluate, isZero, zero32, type Multiproof } from '@dsm/primitive';
import { findings, type Claim, type Findings, type Outcome, type Scale } from './claim.ts';
import { asBytes, meet, party, type Party } from './party.ts';
import { transition } from './transition.ts';

export const interference: Claim = {
  name: 'interference',
  place: 'lemma 1',
  words:
    'Any sequence of accepted transitions that updates only relationships in Rel \\ Rel(u) leaves ' +
    'r_u unchanged, and all membership witnesses for chains in Chains(u) remain valid.',
  prove,
};

interface Witness {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly proof: Multiproof;
}

function prove({ quick, seed, progress }: Scale): Outcome {
  const found = findings();
  const relationships = quick ? 40 : 1_000;
  const transitions = quick ? 2_000 : 200_000;
  const still = party(0);
  const peers = Array.from({ length: relationships }, (_, i) => party(i + 1));
  for (const peer of peers) {
    meet(still, peer);
    accept(still, peer, found);
  }
  const root = still.map.root();
  const bytes = asBytes(still);
  const witnesses = witnessesOf(still);
  const roll = dice(`strangers ${seed}`);
  for (let i = 0; i < transitions; i++) {
    const one = peers[roll(peers.length)]!;
    const other = peers[roll(peers.length)]!;
    if (one === other) continue;
    if (!one.edges.has(other.number)) meet(one, other);
    const beside = peers[roll(peers.length)]!;
    const standing = beside === one || beside === other ? undefined : beside.map.root();
    accept(one, other, found);
    if (standing !== undefined) {
      found.check(equal(beside.map.root(), standing), 'root-stands', `of ${beside.number}`);
    }
    if (i % 20_000 === 0) progress(`${i} transitions of strangers`);
  }
  found.check(equal(still.map.root(), root), 'root-stands', 'of the device that did nothing');
  found.check(equal(asBytes(still), bytes), 'bytes-stand', 'of the device that did nothing');
  const now = still.map.root();
  const held = witnesses.filter((witness) => holds(witness, now)).length;
  found.check(held === relationships, 'witnesses-hold', `${held} of ${relationships}`);
  return {
    bound: `a device with ${relationships} relationships, all of whose peers make ${transitions} transitions with each other`,
    figures: {
      relationships,
      'transitions of strangers': transitions,
      'witnesses that still hold': held,
      'relationships of its peers, on average': Math.round(
        peers.reduce((sum, { edges }) => sum + edges.size, 0) / peers.length,
      ),
    },
    findings: found.list(),
    uncovered: [
      'A witness is right for the root that it was made under; how a peer learns that root in time is not part of the lemma.',
    ],
    charts: [],
  };
}

/** A device whose map was moved by somebody else notices it with its next step, and is counted. */
function accept(one: Party, other: Party, found: Findings): void {
  try {
    const outcome = transition(one, other);
    if (typeof outcome === 'string') found.add('all-accepted', outcome);
  } catch (fault) {
    found.add('all-accepted', `${one.number} → ${other.number}: ${String(fault)}`);
  }
}

function witnessesOf({ map, edges }: Party): readonly Witness[] {
  return [...edges.values()].map(({ relationship: { key } }) => ({
    key,
    value: map.get(key) ?? zero32,
    proof: map.prove([key]),
  }));
}

function holds({ key, value, proof }: Witness, root: Uint8Array): boolean {
  const shown = evaluate(proof, [{ key, value }]);
  return !isZero(value) && shown.ok && equal(shown.root, root);
}
