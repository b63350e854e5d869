/**
 * Seeded bugs of slot groups: registers, votes, certificates, and what convicts a node.
 */

import type { SeededBug } from './bug.ts';

const explore = (bound: string): readonly string[] => ['sim/explore/main.ts', '--bound', bound];

const register = 'core/availability/src/register.ts';
const certificate = 'core/primitive/src/certificate.ts';
const evidence = 'core/primitive/src/evidence.ts';

export const bugs: readonly SeededBug[] = [
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
