/**
 * Seeded bugs of devices that come back: what is signed too early, kept too long, or believed too soon.
 * The tests of recovery must find each.
 */

import type { SeededBug } from './bug.ts';

const testedBy = (file: string): readonly string[] => [
  '--test',
  '--test-isolation=none',
  `host/wallet/test/${file}`,
];

export const bugs: readonly SeededBug[] = [
  {
    name: 'held-not-taken',
    why: 'What a restored wallet keeps before its first sync is never taken in.',
    edits: [
      {
        file: 'host/wallet/src/syncing.ts',
        from: 'const held = await takeHeld(engine);',
        to: 'const held = 0 * engine.model.held.size;',
      },
    ],
    by: testedBy('held.test.ts'),
    finding: 'takes it in after its first sync',
  },
  {
    name: 'held-not-counted',
    why: 'What a restored wallet has consented to does not count towards the offline limit.',
    edits: [
      {
        file: 'host/wallet/src/value.ts',
        from: 'if (taken !== 0 || on === undefined',
        to: 'if (taken !== 9 || on === undefined',
      },
    ],
    by: testedBy('held.test.ts'),
    finding: 'it counts towards the limits',
  },
  {
    name: 'consents-behind',
    why: 'A restored wallet consents although the other side knows more than its backup.',
    edits: [
      {
        file: 'host/wallet/src/resting.ts',
        from: 'if (why === undefined) return offer(talk, said);',
        to: 'if (why !== waits) return offer(talk, said);',
      },
    ],
    by: testedBy('held.test.ts'),
    finding: 'is declined, with the reason',
  },
  {
    name: 'restored-absorbs',
    why: 'A restored wallet goes on with its old step chain when something comes.',
    edits: [
      {
        file: 'host/wallet/src/session.ts',
        from: 'const isLive = talk.engine.model.row.phase === 0;',
        to: 'const isLive = talk.engine.model.row.phase <= 1;',
      },
    ],
    by: testedBy('held.test.ts'),
    finding: 'all that it says is its card',
  },
  {
    name: 'superseded-goes-on',
    why: 'A wallet does not look whether a copy of it was restored elsewhere.',
    edits: [
      {
        file: 'host/wallet/src/syncing.ts',
        from: 'if (proof === undefined) return;\n  await end(engine, 2, proof);',
        to: 'if (proof === undefined || proof !== undefined) return;\n  await end(engine, 2, proof);',
      },
    ],
    by: testedBy('succeeded.test.ts'),
    finding: 'a wallet notices that a copy was restored elsewhere',
  },
  {
    name: 'votes-are-enough',
    why: 'A restore that never came to its end stops the device that it was made of.',
    edits: [
      {
        file: 'host/wallet/src/fencing.ts',
        from: 'if (reading.certificate !== undefined) return reading.certificate;',
        to: 'return reading.certificate ?? model.card.succession ?? ({} as Certificate);',
      },
    ],
    by: testedBy('succeeded.test.ts'),
    finding: 'some votes are no certificate',
  },
  {
    name: 'no-sweep',
    why: 'Notes stay under keys that a stolen device has.',
    edits: [
      {
        file: 'host/wallet/src/syncing.ts',
        from: '  await sweep(runtime);\n',
        to: '',
      },
    ],
    by: testedBy('succeeded.test.ts'),
    finding: 'a stolen old device has nothing left to certify',
  },
  {
    name: 'sweep-together',
    why: 'One note that the thief was first with takes the others of its operation with it.',
    edits: [
      {
        file: 'host/wallet/src/sweeping.ts',
        from: 'for (const note of notes) {\n    const inputs = inputsOf(engine, [note]);\n    const { amount } = note;',
        to: 'for (const note of notes.slice(0, 1)) {\n    const inputs = inputsOf(engine, notes);\n    const amount = notes.reduce((sum, each) => sum + each.amount, note.amount - note.amount);',
      },
    ],
    by: testedBy('succeeded.test.ts'),
    finding: 'it loses that one and no other',
  },
  {
    name: 'rehearsal-writes',
    why: 'A rehearsal certifies an incarnation.',
    edits: [
      {
        file: 'host/wallet/src/recovering.ts',
        from: 'const network = readOnly(options.network);',
        to: "const network = options.network;\n  if (options.from !== 'words') await (await recover({ ...options, store: memoryStore() })).wallet.close();\n  readOnly(network);",
      },
    ],
    by: testedBy('recovery.test.ts'),
    finding: 'writes nothing at the nodes',
  },
];
