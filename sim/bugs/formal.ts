/** Bugs that the replay of the second models must find, each by the first action that differs. */

import type { SeededBug } from './bug.ts';

const by = ['sim/formal/main.ts', 'replay'] as const;
const accept = 'core/primitive/src/accept.ts';
const trade = 'core/bilateral/src/trade.ts';

export const bugs: readonly SeededBug[] = [
  {
    name: 'two-steps-at-one-number',
    why: 'a second step with a number that is known already is taken',
    edits: [
      {
        file: accept,
        from: "if (there !== undefined && !equal(there.statement, statement)) return refused('step-fork');",
        to: 'void there;',
      },
    ],
    by,
    finding: 'step: after claimed the core differs in devices.',
  },
  {
    name: 'no-step-chain',
    why: 'a step that does not go on from the one before is taken',
    edits: [
      {
        file: accept,
        from: "if (!followsNeighbours(step, statement, known)) return refused('step-chain');",
        to: '',
      },
    ],
    by,
    finding: 'step: after continued the core differs in devices.',
  },
  {
    name: 'bricked-goes-on',
    why: 'new entries of a device with evidence against it are taken',
    edits: [{ file: accept, from: "if (known.author.bricked) return refused('bricked');", to: '' }],
    by,
    finding: 'relationship: after cheated the core differs in sides.',
  },
  {
    name: 'repeat-is-anything',
    why: 'another entry at a place that is taken counts as a repeat of the one there',
    edits: [{ file: accept, from: "if (!equal(head, there)) return refused('fork');", to: '' }],
    by,
    finding: 'step: after claimed the core differs in devices.',
  },
  {
    name: 'entropy-unchecked',
    why: 'an entry that goes on from another history is taken',
    edits: [
      {
        file: accept,
        from: "if (!equal(next.entropy, expected)) return refused('entropy');",
        to: 'void expected;',
      },
    ],
    by,
    finding: 'step: after claimed the core differs in devices.',
  },
  {
    name: 'one-number-is-enough',
    why: 'two steps with one number convict only if they follow one step',
    edits: [
      {
        file: 'core/primitive/src/evidence.ts',
        from: 'a.seq === b.seq || equal(a.previous, b.previous)',
        to: 'equal(a.previous, b.previous)',
      },
    ],
    by,
    finding: 'step: after continued the core differs in devices.',
  },
  {
    name: 'stale-consent',
    why: 'consent to an offer that the lanes have left behind commits to something else',
    edits: [
      {
        file: trade,
        from: 'if (!equal(change.relationship.mine.head, trade.head)) {',
        to: 'if (false as boolean) {',
      },
    ],
    by,
    finding: 'relationship: after delivered the core differs in net',
  },
  {
    name: 'any-ack-ends',
    why: 'an acknowledgement of an earlier head ends the sending of a later one',
    edits: [
      {
        file: trade,
        from: "const ours = trade.at === 'committing' && equal(trade.run.heads.at(-1)!, head);",
        to: "const ours = trade.at === 'committing';",
      },
    ],
    by,
    finding: 'relationship: after delivered the core differs in sides.',
  },
  {
    name: 'commitment-taken-back',
    why: 'a payment that is made can be cancelled',
    edits: [
      {
        file: trade,
        from: "  if (trade.at === 'committing') {\n    return declined(state, 'too-late'",
        to: "  if (trade.at === 'committing') {\n    return declined({ ...state, trade: { at: 'idle' } }, 'too-late'",
      },
    ],
    by,
    finding: 'relationship: after cancelled the core differs in sides.',
  },
  {
    name: 'half-a-view',
    why: 'the leaf of a relationship says nothing of the lane of the higher side',
    edits: [
      {
        file: 'core/primitive/src/view.ts',
        from: "return side === 0 ? hash('view', mine, theirs) : hash('view', theirs, mine);",
        to: "return hash('view', side === 0 ? mine : theirs);",
      },
    ],
    by,
    finding: 'one leaf for',
  },
  {
    name: 'two-votes-certify',
    why: 'a certificate holds with one vote less than a quorum',
    edits: [
      {
        file: 'core/primitive/src/certificate.ts',
        from: 'voters.size < registry.q) return',
        to: 'voters.size < registry.q - 1) return',
      },
    ],
    by,
    finding: 'are a certificate',
  },
  {
    name: 'frozen-slot-chosen',
    why: 'of several values that are taken over the smallest stands',
    edits: [
      {
        file: 'core/availability/src/handover.ts',
        from: 'compare(a.value, b.value)).slice(0, limits.slotValuesMax);',
        to: 'compare(a.value, b.value)).slice(0, 1);',
      },
    ],
    by,
    finding: 'slot: after took the core differs in state.',
  },
  {
    name: 'last-write-wins',
    why: 'a later value takes the place of the first',
    edits: [
      {
        file: 'core/availability/src/register.ts',
        from: 'const later = [...values, { value, authorisation, hints }];',
        to: 'const later = [{ value, authorisation, hints }, ...values];',
      },
    ],
    by,
    finding: 'slot: after wrote the core differs in state.',
  },
  {
    name: 'silent-cancel',
    why: 'a cancelled offer is not said to be refused, so its reader keeps waiting',
    edits: [
      {
        file: trade,
        from: "      { do: 'send', message: { type: 'refuse', head, code: 'cancelled', why: 'cancelled' } },\n",
        to: '',
      },
    ],
    by: ['sim/formal/main.ts', 'spin'],
    finding: 'common-trade: the core has',
  },
  {
    name: 'fork-forgotten',
    why: 'a node does not keep a later value beside the first, so nobody sees that the writer forked',
    edits: [
      {
        file: 'core/availability/src/register.ts',
        from: "return { type: 'later', kept: { ...kept, values: later } };",
        to: "return { type: 'later', kept: { ...kept, values: later.slice(0, 1) } };",
      },
    ],
    by: ['sim/formal/main.ts', 'spin'],
    finding: 'common-slot: the core has',
  },
];
