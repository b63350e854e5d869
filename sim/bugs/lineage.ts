/**
 * Seeded bugs of lineages: what a payee takes for certified, and for paid at all.
 */

import type { SeededBug } from './bug.ts';

const explore = (bound: string): readonly string[] => ['sim/explore/main.ts', '--bound', bound];

const spend = 'core/protocols/src/spend-part.ts';
const issue = 'core/protocols/src/issue-part.ts';
const movement = 'core/protocols/src/movement.ts';
const origin = 'core/protocols/src/origin.ts';

export const bugs: readonly SeededBug[] = [
  {
    name: 'no-way-back',
    why: 'A spend counts as certified though what it spends is not: both branches of a split do.',
    edits: [
      {
        file: spend,
        from: 'return [holds, originOf(input.source)!.certified];',
        to: 'return originOf(input.source) === undefined ? [] : [holds];',
      },
    ],
    by: explore('puppets'),
    finding: 'certified-back-to-issues',
  },
  {
    name: 'a-certificate-of-something',
    why: 'Any certificate will do, whatever it certifies.',
    edits: [
      {
        file: origin,
        from: "return checkCertificate(claim, registries, slot) === undefined ? true : 'bad';",
        to: "return checkCertificate(claim, registries, { key: claim.key, value: slot.value }) !== undefined && slot.key.length === 0 ? 'bad' : true;",
      },
    ],
    by: explore('puppets'),
    finding: 'certified-by-its-slots',
  },
  {
    name: 'one-input-certified',
    why: 'Of several inputs one certificate is enough.',
    edits: [
      {
        file: origin,
        from: 'return !answers.includes(false);',
        to: 'return answers.length === 0 || answers.includes(true);',
      },
    ],
    by: explore('puppets'),
    finding: 'certified-by-its-slots',
  },
  {
    name: 'amounts-as-they-say',
    why: 'The amount of an input is taken as its spender says it.',
    edits: [{ file: movement, from: 'output.amount === input.amount &&', to: '' }],
    by: explore('puppets'),
    finding: 'forged-is-never-good: a larger note',
  },
  {
    name: 'kinds-as-they-say',
    why: 'An online note counts as one of a purse if its spender says so.',
    edits: [{ file: movement, from: 'output.kind === input.kind &&', to: '' }],
    by: explore('puppets'),
    finding: 'forged-is-never-good: a note as one of a purse',
  },
  {
    name: 'spent-by-anybody',
    why: 'The key of a note need not be among those that sign.',
    edits: [
      {
        file: spend,
        from: 'const covered = inputs.every(({ key }) => signers.some((signer) => equal(signer, key)));',
        to: 'const covered = inputs.every(({ key }) => key.length === 32) && signers.length > 0;',
      },
    ],
    by: explore('puppets'),
    finding: 'forged-is-never-good: a note of another',
  },
  {
    name: 'slots-for-anything',
    why: 'The list that is signed names the slot with another value.',
    edits: [
      {
        file: spend,
        from: 'part.slots.some((slot) => equal(slot.key, key) && equal(slot.value, head)),',
        to: 'part.slots.some((slot) => equal(slot.key, key) && head.length === 32),',
      },
    ],
    by: explore('puppets'),
    finding: 'forged-is-never-good: slots for something else',
  },
  {
    name: 'more-comes-out',
    why: 'Outputs may be more than inputs.',
    edits: [
      {
        file: movement,
        from: "return (type === 'burn' ? given < taken : given === taken) ? undefined : 'conservation';",
        to: "return (type === 'burn' ? given < taken : given >= taken) ? undefined : 'conservation';",
      },
    ],
    by: explore('puppets'),
    finding: 'certified-value-is-minted',
  },
  {
    name: 'online-as-purse',
    why: 'A payment of online notes stands as one out of a purse.',
    edits: [
      {
        file: spend,
        from: 'purse: inputs.every(({ kind }) => kind === noteKinds.purse),',
        to: 'purse: inputs.every(({ kind }) => kind !== noteKinds.escrow),',
      },
    ],
    by: explore('puppets'),
    finding: 'uncertified-only-from-purse',
  },
  {
    name: 'beyond-the-cap',
    why: 'The cap of the policy is not asked.',
    edits: [{ file: issue, from: "if (total > policy.cap) return 'cap';", to: '' }],
    by: explore('issuer'),
    finding: 'forged-is-never-good: issued beyond the cap',
  },
  {
    name: 'totals-forget',
    why: 'The total of an issue need not go on from its parent.',
    edits: [
      {
        file: issue,
        from: 'index === issued.index + 1 &&\n    total === issued.total + amount',
        to: 'index === issued.index + 1',
      },
    ],
    by: explore('issuer'),
    finding: 'forged-is-never-good: a total that forgets',
  },
  {
    name: 'a-chain-of-one',
    why: 'An issue counts as certified though its parent is not.',
    edits: [
      {
        file: issue,
        from: 'return allHold([holds, before?.issued?.certified ?? true]);',
        to: 'return allHold(before === undefined ? [holds] : [holds, true]);',
      },
    ],
    by: explore('issuer'),
    finding: 'certified-back-to-issues',
  },
  {
    name: 'made-anew-unspent',
    why: 'The notes of a re-mint count before the old ones are certified as spent into it.',
    edits: [
      {
        file: issue,
        from: 'certified: chain && spent,',
        to: 'certified: chain,',
      },
    ],
    by: explore('remint'),
    finding: 'certified-by-its-slots',
  },
  {
    name: 'made-anew-with-more',
    why: 'A re-mint may add to the total.',
    edits: [
      {
        file: issue,
        from: "if (said.amount !== 0n || !plain) return 'remint';",
        to: "if (!plain) return 'remint';",
      },
    ],
    by: explore('remint'),
    finding: 'forged-is-never-good: made anew with more',
  },
];
