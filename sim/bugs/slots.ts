/**
 * Seeded bugs of the storage plane: registers, certificates, hand-over, succession of the registry, and
 * what rests on certificates: escrows and lineages.
 */

import type { SeededBug } from './bug.ts';

const explore = (bound: string): readonly string[] => ['sim/explore/main.ts', '--bound', bound];

const register = 'core/availability/src/register.ts';
const certificate = 'core/primitive/src/certificate.ts';
const evidence = 'core/primitive/src/evidence.ts';
const handover = 'core/availability/src/handover.ts';
const history = 'core/availability/src/history.ts';
const next = 'core/availability/src/next.ts';

const inSlots: readonly SeededBug[] = [
  {
    name: 'the-last-value-wins',
    why: 'A later value takes the place of the first, so the node votes for both.',
    edits: [
      {
        file: register,
        from: 'const later = [...values, { value, authorisation, hints }];',
        to: 'const later = [{ value, authorisation, hints }, ...values];',
      },
    ],
    by: explore('slots'),
    finding: 'one-vote-each',
  },
  {
    name: 'anybody-writes',
    why: 'A first write is taken without a look at its signature.',
    edits: [
      {
        file: register,
        from: "if (!authorises(known.network, place, value, authorisation)) return { type: 'refused', kept };",
        to: "if (kept !== undefined && !authorises(known.network, place, value, authorisation)) return { type: 'refused', kept };",
      },
    ],
    by: explore('slots'),
    finding: 'only-authorised-stored',
  },
  {
    name: 'any-key-writes',
    why: 'The key of a write is not compared with the writer of the slot.',
    edits: [
      {
        file: 'core/primitive/src/slot.ts',
        from: 'if (!equal(keyDigest(by.suite, by.publicKey), place.writer)) return false;',
        to: '',
      },
    ],
    by: explore('slots'),
    finding: 'only-authorised-stored',
  },
  {
    name: 'kept-in-place',
    why: 'A later value is put into the list that is durable already.',
    edits: [
      {
        file: register,
        from: 'const later = [...values, { value, authorisation, hints }];',
        to: 'const later = values as SlotValue[]; later.push({ value, authorisation, hints });',
      },
    ],
    by: explore('slots'),
    finding: 'untouched',
  },
  {
    name: 'writes-need-hints',
    why: 'A write without a hint is refused, so an honest writer without one is never certified.',
    edits: [
      {
        file: register,
        from: "if (!authorises(known.network, place, value, authorisation)) return { type: 'refused', kept };",
        to: "if ((hint === undefined && kept === undefined && value[0]! % 2 === 1) || !authorises(known.network, place, value, authorisation)) return { type: 'refused', kept };",
      },
    ],
    by: explore('slots'),
    finding: 'written-gets-certified',
  },
  {
    name: 'one-node-votes-twice',
    why: 'A certificate may hold one vote several times.',
    edits: [
      {
        file: certificate,
        from: 'if (voters.size !== claim.votes.length || voters.size < registry.q)',
        to: 'if (claim.votes.length < registry.q)',
      },
    ],
    by: explore('slots'),
    finding: 'one-value-certified',
  },
  {
    name: 'strangers-vote',
    why: 'A certificate may hold votes of nodes that are not of the group.',
    edits: [
      {
        file: certificate,
        from: "if (!claim.votes.every(({ node }) => group.includes(node))) return 'quorum';",
        to: 'if (group.length === 0) return undefined;',
      },
    ],
    by: explore('slots'),
    finding: 'one-value-certified',
  },
  {
    name: 'one-vote-less',
    why: 'One vote less than a quorum is enough.',
    edits: [
      {
        file: certificate,
        from: 'if (voters.size !== claim.votes.length || voters.size < registry.q)',
        to: 'if (voters.size !== claim.votes.length || voters.size < registry.q - 1)',
      },
    ],
    by: explore('slots'),
    finding: 'one-value-certified',
  },
  {
    name: 'votes-for-anything',
    why: 'What a vote says is not bound to the value.',
    edits: [
      {
        file: certificate,
        from: "return hash('vote', lineage, encodeWith(u32, version), slot.key, slot.value);",
        to: "return hash('vote', lineage, encodeWith(u32, version), slot.key);",
      },
    ],
    by: explore('slots'),
    finding: 'one-value-certified',
  },
  {
    name: 'votes-as-they-come',
    why: 'The votes of a certificate stand in the order in which they came, which is not canonical.',
    edits: [
      {
        file: certificate,
        from: '.toSorted((a, b) => compare(encodeWith(u16, a.node), encodeWith(u16, b.node)))',
        to: '.toSorted((a, b) => (compare(encodeWith(u16, a.node), encodeWith(u16, b.node)) > 0 ? 0 : 0))',
      },
    ],
    by: explore('slots'),
    finding: 'certificate-holds-for-all',
  },
  {
    name: 'one-vote-convicts',
    why: 'The same vote twice counts as two.',
    edits: [
      {
        file: evidence,
        from: `  const { suite, voteKey, lineage, version, key, first, second } = claim;
  if (equal(first.value, second.value)) return { ok: false, refusal: 'same' };`,
        to: '  const { suite, voteKey, lineage, version, key, first, second } = claim;',
      },
    ],
    by: explore('slots'),
    finding: 'honest-not-convictable',
  },
  {
    name: 'two-votes-go-free',
    why: 'Both votes are looked for at the first value, so two different ones never convict.',
    edits: [
      {
        file: evidence,
        from: 'const signed = [first, second].every(({ value, path, signature }) => {\n    const digest = voteDigest(lineage, version, { key, value });',
        to: 'const signed = [first, second].every(({ path, signature }) => {\n    const digest = voteDigest(lineage, version, { key, value: first.value });',
      },
    ],
    by: explore('slots'),
    finding: 'two-votes-convict',
  },
];

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
    name: 'own-version-decides',
    why: 'A certificate counts as one of an earlier version though it names an older value: nothing is decided.',
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

export const bugs: readonly SeededBug[] = [...inSlots, ...inRegistry];
