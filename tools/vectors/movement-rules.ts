/** Vectors of what movements demand of their step, and of every rule that they may break. */

import { ascii } from '@dsm/primitive';
import { encodeOperation, type Movement, type Operation } from '@dsm/protocols';
import type { Draft } from './draft.ts';
import { fund, load, note, pay, purse } from './operations.ts';
import { memoOperation } from './scenario.ts';
import { coinBytes, euroBytes, euroId, inputOf, noteFor, outputTo } from './tokens.ts';
import { alice, bob, carol, drawn } from './world.ts';

export type Moving = Extract<Operation, Movement>;

const given = { writer: carol.id, peer: bob.id, head: drawn('head'), policies: [euroBytes] };
export const own: object = { peer: carol.id };

export const rule = (
  name: string,
  comment: string,
  operation: Operation | Uint8Array,
  expect = 'ok',
  changes: object = {},
): Draft => ({
  name: `rule: ${name}`,
  comment,
  check: 'rules',
  bytes: operation instanceof Uint8Array ? operation : encodeOperation(operation),
  given: { ...given, ...changes },
  expect,
});

const transfer = (changes: Partial<Moving>): Operation => ({ ...pay, ...changes }) as Operation;
const loading = (changes: Partial<Moving>): Operation => ({ ...load, ...changes }) as Operation;
const funding = (changes: Partial<Moving>): Operation => ({ ...fund, ...changes }) as Operation;
const huge = (1n << 128n) - 1n;
const hugeNotes = [0, 1].map((index) => noteFor(carol, euroId, { index, amount: huge }));
const purseInput = inputOf(purse);
const escrowInput = inputOf({ ...note, kind: 2 });

export const movementRules: readonly Draft[] = [
  rule('memo', 'Demands nothing.', memoOperation('hello')),
  rule(
    'app',
    'Demands nothing.',
    encodeOperation({ type: 'app', app: drawn('an app'), data: ascii('to do') }),
  ),
  rule('transfer', 'One leaf goes, the change comes; one slot.', pay),
  rule(
    'transfer to oneself',
    'On the own lane, both notes come.',
    transfer({ outputs: [outputTo(carol, 100n)] }),
    'ok',
    own,
  ),
  rule(
    'transfer of purse notes',
    'Online notes come of them.',
    transfer({ inputs: [purseInput], outputs: [outputTo(bob, 64n)] }),
  ),
  rule('load', 'Two leaves go, three come; two slots.', load, 'ok', own),
  rule('fund', 'The change comes; a slot, and the line that says total 0.', fund),
  rule(
    'fund of everything',
    'Nothing comes; the peer’s escrow comes when it absorbs.',
    funding({ outputs: [outputTo(bob, 100n, { kind: 2 })] }),
  ),
  rule('an unknown tag', 'Not invalid.', Uint8Array.of(200), 'pending operation'),
  rule('an unknown token', 'Its policy is missing.', pay, 'pending policy', {
    policies: [coinBytes],
  }),
  rule('cut off', 'Not canonical.', memoOperation('hello').slice(0, -1), 'malformed'),
  rule(
    'an output of zero',
    'Nothing is given.',
    transfer({ outputs: [outputTo(bob, 100n), outputTo(carol, 0n)] }),
    'zero-amount',
  ),
  rule(
    'an input of zero',
    'Nothing is taken.',
    transfer({ inputs: [inputOf({ ...note, amount: 0n })], outputs: [outputTo(bob, 1n)] }),
    'zero-amount',
  ),
  rule(
    'inputs above 128 bits',
    'The sum overflows.',
    transfer({ inputs: hugeNotes.map(inputOf), outputs: [outputTo(bob, huge)] }),
    'overflow',
  ),
  rule(
    'outputs above 128 bits',
    'The sum overflows.',
    transfer({ outputs: [outputTo(bob, huge), outputTo(bob, huge)] }),
    'overflow',
  ),
  rule(
    'a transfer of an escrow',
    'It is left by an exit only.',
    transfer({ inputs: [escrowInput] }),
    'wrong-input',
  ),
  rule(
    'a load of a purse note',
    'It is loaded already.',
    loading({ inputs: [purseInput], outputs: [outputTo(carol, 64n, { kind: 1 })] }),
    'wrong-input',
    own,
  ),
  rule(
    'an escrow of purse notes',
    'It must be certified.',
    funding({ inputs: [purseInput], outputs: [outputTo(bob, 64n, { kind: 2 })] }),
    'wrong-input',
  ),
  rule(
    'a purse note by transfer',
    'Purse notes come only of a load.',
    transfer({ outputs: [outputTo(bob, 100n, { kind: 1 })] }),
    'wrong-output',
  ),
  rule(
    'an escrow by transfer',
    'Escrows come only of a fund.',
    transfer({ outputs: [outputTo(bob, 100n, { kind: 2 })] }),
    'wrong-output',
  ),
  rule(
    'an escrow by load',
    'Escrows come only of a fund.',
    loading({ outputs: [outputTo(carol, 128n, { kind: 2, depth: 3, receipts: 7 })] }),
    'wrong-output',
    own,
  ),
  rule(
    'two kinds of inputs',
    'A purse note and an online note.',
    transfer({
      inputs: [inputOf(note), purseInput],
      outputs: [outputTo(bob, 164n, { receipts: 3 })],
    }),
    'mixed-inputs',
  ),
  rule(
    'more out than in',
    'Value from nothing.',
    transfer({ outputs: [outputTo(bob, 101n)] }),
    'conservation',
  ),
  rule(
    'less out than in',
    'Value into nothing.',
    transfer({ outputs: [outputTo(bob, 99n)] }),
    'conservation',
  ),
  rule('nothing out', 'Value into nothing.', transfer({ outputs: [] }), 'conservation'),
  rule(
    'depth too small',
    'The bound does not follow.',
    transfer({ outputs: [outputTo(bob, 100n, { depth: 0 })] }),
    'bounds',
  ),
  rule(
    'receipts too many',
    'The bound does not follow.',
    transfer({ outputs: [outputTo(bob, 100n, { receipts: 3 })] }),
    'bounds',
  ),
  rule(
    'too deep',
    'More than the policy allows.',
    transfer({
      inputs: [inputOf({ ...note, depth: 8 })],
      outputs: [outputTo(bob, 100n, { depth: 9 })],
    }),
    'bounds',
  ),
  rule(
    'too many receipts',
    'More than the policy allows.',
    transfer({
      inputs: [inputOf({ ...note, receipts: 64 })],
      outputs: [outputTo(bob, 100n, { receipts: 65 })],
    }),
    'bounds',
  ),
  rule(
    'an escrow without a way out',
    'What leaves it would be too deep.',
    funding({
      inputs: [inputOf({ ...note, depth: 7 })],
      outputs: [outputTo(bob, 100n, { kind: 2, depth: 8 })],
    }),
    'bounds',
  ),
  rule(
    'an escrow with a last way out',
    'What leaves it is as deep as may be.',
    funding({
      inputs: [inputOf({ ...note, depth: 6 })],
      outputs: [outputTo(bob, 100n, { kind: 2, depth: 7 })],
    }),
  ),
  rule(
    'a load of nothing',
    'No purse note is made.',
    loading({ outputs: [outputTo(carol, 128n, { depth: 3, receipts: 7 })] }),
    'no-output',
    own,
  ),
  rule(
    'a fund of nothing',
    'No escrow is made.',
    funding({ outputs: [outputTo(carol, 100n)] }),
    'no-output',
  ),
  rule(
    'two escrows',
    'A fund makes one.',
    funding({ outputs: [outputTo(bob, 60n, { kind: 2 }), outputTo(bob, 40n, { kind: 2 })] }),
    'no-output',
  ),
  rule(
    'a note of 96',
    'Not a power of two.',
    loading({
      outputs: [
        outputTo(carol, 96n, { kind: 1, depth: 3, receipts: 7 }),
        outputTo(carol, 32n, { kind: 1, depth: 3, receipts: 7 }),
      ],
    }),
    'denomination',
    own,
  ),
  rule(
    'a third owner',
    'Neither device of the lane.',
    transfer({ outputs: [outputTo(alice, 100n)] }),
    'owner',
  ),
  rule(
    'a third owner on the own lane',
    'Not the device’s.',
    transfer({ outputs: [outputTo(bob, 100n)] }),
    'owner',
    own,
  ),
  rule(
    'an escrow for oneself',
    'It is the peer’s.',
    funding({ outputs: [outputTo(carol, 100n, { kind: 2 })] }),
    'owner',
  ),
  rule(
    'change for the peer',
    'It is the writer’s.',
    funding({ outputs: [outputTo(bob, 40n), outputTo(bob, 60n, { kind: 2 })] }),
    'owner',
  ),
  rule('a fund on the own lane', 'An escrow is for a peer.', fund, 'peer-lane', own),
  rule('a load for somebody', 'Not on the own lane.', load, 'own-lane'),
  rule(
    'a load to somebody',
    'An output is not the writer’s.',
    loading({ outputs: [outputTo(bob, 128n, { kind: 1, depth: 3, receipts: 7 })] }),
    'own-lane',
    own,
  ),
];
