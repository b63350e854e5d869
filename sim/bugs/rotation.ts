/** Mistakes in how keys take the place of others, each found by a test of its package. */

import type { SeededBug } from './bug.ts';

function coreTest(name: string): SeededBug['by'] {
  return ['--test', '--test-isolation=none', `core/primitive/test/${name}.test.ts`];
}

function walletTest(name: string): SeededBug['by'] {
  return ['--test', `host/wallet/test/${name}.test.ts`];
}

export const bugs: readonly SeededBug[] = [
  {
    name: 'replaced-key-signs-on',
    why: 'whoever stole a key goes on with it after its owner has replaced it',
    edits: [
      {
        file: 'core/primitive/src/accept.ts',
        from: "    ? 'retired'\n    : 'signature';",
        to: "    ? 'in-force'\n    : 'signature';",
      },
    ],
    by: coreTest('accept'),
    finding: 'refused retired',
  },
  {
    name: 'newest-key-for-every-step',
    why: 'runs that were signed before a change of keys are refused after it',
    edits: [
      {
        file: 'core/primitive/src/accept.ts',
        from: '  if (seq > author.since) return author.workingKey;',
        to: '  if (seq > 0) return author.workingKey;',
      },
    ],
    by: coreTest('accept'),
    finding: 'honest claims of other shapes are accepted',
  },
  {
    name: 'receipt-under-a-later-card',
    why: 'a card vouches for steps from before its key was in force',
    edits: [
      {
        file: 'core/primitive/src/card.ts',
        from: '  if (seq <= by.body.since) return false;',
        to: '',
      },
    ],
    by: coreTest('receipt'),
    finding: 'a step counts under the card whose key was in force at it',
  },
  {
    name: 'evidence-skips-a-generation',
    why: 'a key that was replaced twice convicts its owner of what a thief signs between',
    edits: [
      {
        file: 'core/primitive/src/card.ts',
        from: 'next.body.generation === card.body.generation + 1;',
        to: 'next.body.generation > card.body.generation;',
      },
    ],
    by: coreTest('evidence-generations'),
    finding: 'a key that was stolen and replaced convicts its owner of nothing',
  },
  {
    name: 'fresh-keys-kept',
    why: 'whoever takes a device opens all that was ever sealed for it',
    edits: [
      {
        file: 'host/wallet/src/fresh-keys.ts',
        from: 'at < 1 || keepEarlier ? kept.mine : kept.mine.slice(at)',
        to: 'at < 1 || keepEarlier ? kept.mine : kept.mine.slice(0)',
      },
    ],
    by: walletTest('forward-secrecy'),
    finding: 'what was sealed to an earlier key stays shut',
  },
  {
    name: 'fresh-key-by-anybody',
    why: 'whoever sits on the line gives himself the key to which all is sealed from then on',
    edits: [
      {
        file: 'host/wallet/src/fresh-keys.ts',
        from: '  if (!isToldBy({ ackKey, device, incarnation }, told)) return theirs;',
        to: '',
      },
    ],
    by: walletTest('forward-secrecy'),
    finding: 'a key that somebody else tells is not sealed to',
  },
  {
    name: 'older-card-taken',
    why: 'a thief shows the card that was replaced, and is believed again',
    edits: [
      {
        file: 'host/wallet/src/succession.ts',
        from: 'return replacesKeys(card, known) && (',
        to: 'return replacesKeys(known, card) || (',
      },
    ],
    by: walletTest('rotation-thief'),
    finding: 'whoever goes on with a key that was replaced is refused',
  },
];
