/**
 * Seeded bugs of changes of the registry: hand-over, what the next version is, and who makes it.
 */

import type { SeededBug } from './bug.ts';

const explore = (bound: string): readonly string[] => ['sim/explore/main.ts', '--bound', bound];

const register = 'core/availability/src/register.ts';
const certificate = 'core/primitive/src/certificate.ts';
const handover = 'core/availability/src/handover.ts';
const history = 'core/availability/src/history.ts';
const next = 'core/availability/src/next.ts';
const succession = 'core/availability/src/succession.ts';

const inRegistry: readonly SeededBug[] = [
  {
    name: 'a-third-is-a-quorum',
    why: 'One vote more than there are liars is enough, in every version.',
    edits: [
      {
        file: certificate,
        from: 'if (voters.size !== claim.votes.length || voters.size < registry.q)',
        to: 'if (voters.size !== claim.votes.length || voters.size < registry.f + 1)',
      },
    ],
    by: explore('registry'),
    finding: 'one-value-in-all-versions',
  },
  {
    name: 'one-map-decides',
    why: 'Of several values in the maps only the first is taken over, so the other may be the certified one.',
    edits: [
      {
        file: handover,
        from: 'compare(a.value, b.value)).slice(0, limits.slotValuesMax);',
        to: 'compare(a.value, b.value)).slice(0, 1);',
      },
    ],
    by: explore('registry'),
    finding: 'certified-stays',
  },
  {
    name: 'frozen-slots-thaw',
    why: 'Of the values that are taken over the first stands alone.',
    edits: [
      {
        file: handover,
        from: 'return { place, values, standing: standing.length };',
        to: 'return { place, values, standing: 1 };',
      },
    ],
    by: explore('registry'),
    finding: 'certified-stays',
  },
  {
    name: 'own-value-stays',
    why: 'A node that takes over keeps its own first value in front.',
    edits: [
      {
        file: handover,
        from: 'const values = [...first, ...others].slice(0, limits.slotValuesMax);\n  return { place, values, standing: standing.length };',
        to: 'const values = [...others, ...first].slice(0, limits.slotValuesMax);\n  return { place, values, standing: standing.length };',
      },
    ],
    by: explore('registry'),
    finding: 'certified-stays',
  },
  {
    name: 'two-values-stay-frozen',
    why: 'No certificate decides a slot that is frozen between two values.',
    edits: [
      {
        file: register,
        from: 'const isDecided = kept !== undefined && kept.standing > 1 && decides(write, known);',
        to: 'const isDecided = kept !== undefined && kept.standing > 2 && decides(write, known);',
      },
    ],
    by: explore('registry'),
    finding: 'certified-stays',
  },
  {
    name: 'frozen-slots-take-any-write',
    why: 'A frozen slot is decided by any write, with a certificate or without.',
    edits: [
      {
        file: register,
        from: 'if (certificate === undefined || certificate.version >= registries.newest.version) return false;',
        to: 'if (certificate === undefined) return true;\n  if (certificate.version >= registries.newest.version) return false;',
      },
    ],
    by: explore('registry'),
    finding: 'certified-stays',
  },
  {
    name: 'history-of-now',
    why: 'The map of a closed version lacks what stood since earlier versions.',
    edits: [
      {
        file: history,
        from: 'history.findLast((one) => one.version <= version)',
        to: 'history.findLast((one) => one.version === version)',
      },
    ],
    by: explore('registry-three'),
    finding: 'certified-stays',
  },
  {
    name: 'anybody-closes',
    why: 'The signature of a CLOSE is not checked, so a liar shows maps of honest nodes that never closed.',
    edits: [
      {
        file: handover,
        from: 'return verifyWorking(kinds.close, suite, of.network, voteKey, digest, claim.signature);',
        to: 'return digest.length + voteKey.length + suite + kinds.close > 0 && verifyWorking !== undefined;',
      },
    ],
    by: explore('registry'),
    finding: 'certified-stays',
  },
  {
    name: 'rows-of-one-digest',
    why: 'The digest of a row does not say which values stand, so a carrier changes maps.',
    edits: [
      {
        file: handover,
        from: "return hash('voted', encodeWith(valuesCoder, values));",
        to: "return hash('voted', encodeWith(valuesCoder, values).subarray(0, 0));",
      },
    ],
    by: explore('registry'),
    finding: 'certified-stays',
  },
  {
    name: 'maps-that-nobody-takes',
    why: 'A CLOSE that shows slots is refused, so a change with slots never finishes.',
    edits: [
      {
        file: handover,
        from: 'if (node === undefined || node.missed > 0) return false;',
        to: 'if (node === undefined || node.missed > 0 || claim.slots > 0) return false;',
      },
    ],
    by: explore('registry'),
    finding: 'change-finishes',
  },
  {
    name: 'who-stays-goes',
    why: 'Nodes that stay lose their place in the group to those that wait.',
    edits: [
      {
        file: next,
        from: 'group.map((member) => (all[member]!.leaves ? (spare.shift() ?? member) : member)),',
        to: 'group.map((member) => (all[member]!.leaves ? member : (spare.shift() ?? member))),',
      },
    ],
    by: explore('registry'),
    finding: 'next-keeps-members',
  },
  {
    name: 'a-member-twice',
    why: 'Who has a place in a group counts as waiting for one.',
    edits: [
      {
        file: next,
        from: '!leaves && node.missed === 0 && !grouped.has(index)',
        to: '!leaves && node.missed === 0 && (grouped.has(index) || true)',
      },
    ],
    by: explore('registry-replaced'),
    finding: 'next-is-well-formed',
  },
  {
    name: 'old-vote-keys',
    why: 'A node keeps the vote key of the version before.',
    edits: [
      {
        file: next,
        from: 'const renewed = { ...node, voteKey, address: where, capacityBytes, missed: 0 };',
        to: 'const renewed = { ...node, voteKey: node.voteKey ?? voteKey, address: where, capacityBytes, missed: 0 };',
      },
    ],
    by: explore('registry'),
    finding: 'next-has-new-keys',
  },
];

const inSuccession: readonly SeededBug[] = [
  {
    name: 'a-lock-that-holds-nothing',
    why: 'A signer that has committed endorses another value without being shown anything later.',
    edits: [
      {
        file: succession,
        from: "if (shown === undefined) return no('locked');",
        to: 'if (shown === undefined) return { ok: true, state: { ...state, attempt, endorsed: value } };',
      },
    ],
    by: explore('succession'),
    finding: 'one-successor',
  },
  {
    name: 'two-endorsements',
    why: 'A signer endorses two values in one attempt.',
    edits: [
      {
        file: succession,
        from: "if (attempt === state.attempt && isOther) return no('other');",
        to: '',
      },
    ],
    by: explore('succession'),
    finding: 'one-endorsement-in-an-attempt',
  },
  {
    name: 'commits-unproved',
    why: 'A signer commits to what the cheat alone has endorsed.',
    edits: [
      {
        file: succession,
        from: "if (attempt < state.attempt) return no('late');\n  if (!isEndorsed(shown, value, old)) return no('proof');",
        to: "if (attempt < state.attempt) return no('late');",
      },
    ],
    by: explore('succession'),
    finding: 'one-commitment-in-an-attempt',
  },
  {
    name: 'endorsed-is-enough',
    why: 'A set of endorsements makes a successor.',
    edits: [
      {
        file: succession,
        from: 'const named = claim.phase === phases.commit && equal(claim.value, registryAddress(after));',
        to: 'const named = equal(claim.value, registryAddress(after));',
      },
    ],
    by: explore('succession'),
    finding: 'endorsed-is-not-certified',
  },
  {
    name: 'any-registry-follows',
    why: 'The commitments are not compared with the registry that they are shown for.',
    edits: [
      {
        file: succession,
        from: 'const named = claim.phase === phases.commit && equal(claim.value, registryAddress(after));',
        to: 'const named = claim.phase === phases.commit;',
      },
    ],
    by: explore('succession'),
    finding: 'nothing-else-follows',
  },
  {
    name: 'nothing-follows',
    why: 'A version is expected to have the number of the one before.',
    edits: [
      {
        file: succession,
        from: 'after.version === old.version + 1 &&',
        to: 'after.version === old.version &&',
      },
    ],
    by: explore('succession'),
    finding: 'certified-successor-follows',
  },
  {
    name: 'a-signer-counts-twice',
    why: 'One signer may stand in a set several times.',
    edits: [
      {
        file: succession,
        from: 'if (signers.size < claim.signatures.length || signers.size < old.threshold) return false;',
        to: 'if (claim.signatures.length < old.threshold || signers.size === 0) return false;',
      },
    ],
    by: explore('succession'),
    finding: 'one-commitment-in-an-attempt',
  },
  {
    name: 'nodes-sign',
    why: 'Every node of the version counts as one of its signers.',
    edits: [
      {
        file: succession,
        from: 'if (node === undefined || node.missed > 0 || !old.signers.includes(index)) return false;',
        to: 'if (node === undefined || node.missed > 0) return false;',
      },
    ],
    by: explore('succession'),
    finding: 'one-commitment-in-an-attempt',
  },
];

export const bugs: readonly SeededBug[] = [...inRegistry, ...inSuccession];
