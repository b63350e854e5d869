/** The rules of movements: what each operation demands, and every way to be refused. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { demandedSlot, noteKey, zero32, type OperationContext } from '@dsm/primitive';
import { allowList, proveAllowed } from '../src/allow-list.ts';
import { escrowId, openEscrow, totalDemand, type EscrowRefusal } from '../src/escrow.ts';
import { amountMax } from '../src/movement.ts';
import { noteId, noteKinds, noteLeaf, spendPlace, type Output } from '../src/note.ts';
import {
  decodeOperation,
  encodeOperation,
  type Input,
  type Movement,
  type Operation,
} from '../src/operation.ts';
import { tokenId, type Policy } from '../src/policy.ts';
import { inputNote, operationRefusals, type OperationRefusal } from '../src/rules.ts';
import {
  alone,
  between,
  burn,
  diploma,
  fund,
  gold,
  input,
  inputs,
  lead,
  listed,
  load,
  membership,
  move,
  named,
  output,
  painting,
  payerKey,
  peer,
  rulesWith,
  said,
  sorted,
  third,
  token,
  transfer,
  writer,
  type Of,
} from './rules-scene.ts';

const rules = rulesWith([]);
const { escrow: escrowKind, purse } = noteKinds;

test('honest operations are accepted, and demand exactly their leaves and slots', () => {
  const verdict = rules(encodeOperation(transfer), between);
  assert.ok(verdict.type === 'accepted');
  const { writes, slots } = verdict.value;
  assert.equal(writes.length, 3);
  for (const [i, one] of transfer.inputs.entries()) {
    const key = noteKey(noteId(one.source, one.index));
    const leaf = noteLeaf(inputNote(one, token, writer), one.blind);
    assert.deepEqual(writes[i], { key, before: leaf, after: zero32 });
    assert.deepEqual(slots[i], demandedSlot(spendPlace(one), between.head));
  }
  assert.deepEqual(writes[2], {
    key: noteKey(noteId(between.head, 1)),
    before: zero32,
    after: undefined,
  });
  assert.equal(slots.length, 2);
  for (const [operation, context] of [
    [load, alone],
    [burn, alone],
    [move(burn, { outputs: [] }), alone],
    [fund, between],
    [collect(output(writer, 5n)), alone],
    [{ type: 'memo', text: 'hello' }, between],
    [{ type: 'app', app: named('app'), data: named('data') }, between],
  ] as const) {
    assert.equal(said(operation, context), 'accepted', operation.type);
  }
});

function collect(...outputs: readonly Output[]): Of<'collect'> {
  const placed = outputs.map((each, i) => ({ ...each, index: 3 * i + 1 }));
  return { type: 'collect', token, source: named('an issue'), outputs: placed };
}

test('what was issued enters the map under the head and the place that it has there', () => {
  const verdict = rules(encodeOperation(collect(output(writer, 5n), output(writer, 6n))), alone);
  assert.ok(verdict.type === 'accepted');
  const keys = [1, 4].map((index) => noteKey(noteId(named('an issue'), index)));
  assert.deepEqual(verdict.value, {
    writes: keys.map((key) => ({ key, before: zero32, after: undefined })),
    slots: [],
  });
});

test('a fund says total 0 of the escrow that it makes, by the key whose statements count', () => {
  const verdict = rules(encodeOperation(fund), between);
  assert.ok(verdict.type === 'accepted');
  const { slots, writes } = verdict.value;
  const note = { ...fund.outputs[1]!, token, source: between.head, index: 1 };
  const opened = openEscrow(note, writer, payerKey);
  assert.deepEqual(escrowId(opened), noteId(between.head, 1));
  assert.deepEqual(slots[2], totalDemand(opened));
  assert.deepEqual(slots[2]!.writer, payerKey);
  assert.equal(slots.length, 3);
  assert.equal(writes.length, 3);
});

/** The operation with its token changed. */
function about<T extends Operation & Movement>(
  policy: Policy,
  of: T,
  changes: Partial<Movement> = {},
): T {
  return move(of, { token: tokenId(policy), ...changes });
}

/** The items with these serial numbers, as inputs or as outputs to an owner. */
function itemsIn(...serials: readonly bigint[]): readonly Input[] {
  return sorted(...serials.map((serial, i) => input(`item ${i}`, serial, { receipts: 1 })));
}

function itemsOut(owner: Uint8Array, ...serials: readonly bigint[]): Output[] {
  const receipts = 3;
  return serials.map((serial) => output(owner, serial, { receipts }));
}

const art = (taken: readonly bigint[], given: readonly bigint[]): Of<'transfer'> =>
  about(painting, transfer, { inputs: itemsIn(...taken), outputs: itemsOut(peer, ...given) });
const torn = (taken: readonly bigint[], given: readonly bigint[]): Of<'burn'> =>
  about(painting, burn, { inputs: itemsIn(...taken), outputs: itemsOut(writer, ...given) });

const half = 1n << 127n;
const split = (...amounts: readonly [bigint, bigint]): Partial<Movement> => ({
  inputs: sorted(input('a', amounts[0]), input('b', amounts[1])),
});
const purseInputs = sorted(...inputs.map((one) => ({ ...one, kind: purse })));
const escrowed = (amount: bigint, owner = peer): Output =>
  output(owner, amount, { kind: escrowKind });
/** Shows that the writer and the peer may hold the token. */
const shown = proveAllowed(membership(), transfer.outputs);

type Bent = readonly (readonly [Operation, OperationContext])[];

/** Bent operations; each breaks one rule and no other. */
const bends: Record<Exclude<OperationRefusal, EscrowRefusal | 'exit' | 'remint'>, Bent> = {
  malformed: [],
  'own-lane': [
    [load, between],
    [move(load, { outputs: [load.outputs[0]!, output(peer, 36n)] }), alone],
    [burn, between],
    [move(burn, { outputs: [output(peer, 99n)] }), alone],
    [collect(output(writer, 5n)), between],
    [collect(output(writer, 5n), output(peer, 5n)), alone],
  ],
  'peer-lane': [[fund, alone]],
  owner: [
    [move(transfer, { outputs: [output(peer, 70n), output(third, 30n)] }), between],
    [move(transfer, { outputs: [output(writer, 70n), output(peer, 30n)] }), alone],
    [move(fund, { outputs: [output(peer, 30n), escrowed(70n)] }), between],
    [move(fund, { outputs: [output(writer, 30n), escrowed(70n, writer)] }), between],
    [move(fund, { outputs: [output(writer, 30n), escrowed(70n, third)] }), between],
  ],
  'zero-amount': [
    [move(transfer, { outputs: [...transfer.outputs, output(peer, 0n)] }), between],
    [move(transfer, { inputs: sorted(...inputs, input('c', 0n, { receipts: 0 })) }), between],
    [move(fund, { outputs: [output(writer, 100n), escrowed(0n)] }), between],
    [art([0n], [0n]), between],
  ],
  overflow: [
    [
      move(transfer, {
        ...split(half, half),
        outputs: [output(peer, half), output(writer, half)],
      }),
      between,
    ],
    [move(transfer, split(amountMax, 1n)), between],
    [move(transfer, { outputs: [output(peer, amountMax), output(writer, 1n)] }), between],
    [move(burn, split(amountMax, 1n)), alone],
  ],
  conservation: [
    [move(transfer, { outputs: [output(peer, 70n)] }), between],
    [move(transfer, { outputs: [output(peer, 70n), output(writer, 31n)] }), between],
    [move(load, { outputs: [output(writer, 64n, { kind: purse })] }), alone],
    [move(fund, { outputs: [escrowed(99n)] }), between],
    [move(burn, { outputs: [output(writer, 100n)] }), alone],
    [move(burn, { outputs: [output(writer, 101n)] }), alone],
    // Items are not split, merged, repeated or exchanged for others.
    [art([5n], [2n, 3n]), between],
    [art([2n, 3n], [5n]), between],
    [art([2n, 3n], [2n, 2n]), between],
    [art([2n, 2n], [2n, 2n]), between],
    [art([2n, 3n], [1n, 4n]), between],
    [art([2n, 3n], [2n]), between],
    [torn([2n, 3n], [2n, 3n]), alone],
    [torn([2n, 3n], [1n]), alone],
    [torn([2n, 3n, 4n], [2n, 2n]), alone],
  ],
  'mixed-inputs': [
    [move(transfer, { inputs: sorted(input('a', 60n, { kind: 1 }), input('b', 40n)) }), between],
    [move(burn, { inputs: sorted(input('a', 60n, { kind: 1 }), input('b', 40n)) }), alone],
  ],
  'wrong-input': [
    [move(load, { inputs: purseInputs }), alone],
    [move(fund, { inputs: purseInputs }), between],
    [move(transfer, { inputs: withEscrow() }), between],
    [move(burn, { inputs: withEscrow() }), alone],
  ],
  'wrong-output': [
    [move(transfer, { outputs: [output(peer, 64n, { kind: 1 }), output(writer, 36n)] }), between],
    [move(transfer, { outputs: [escrowed(70n), output(writer, 30n)] }), between],
    [move(load, { outputs: [load.outputs[0]!, escrowed(36n, writer)] }), alone],
    [move(burn, { outputs: [output(writer, 64n, { kind: 1 })] }), alone],
    [move(fund, { outputs: [escrowed(36n), output(writer, 64n, { kind: 1 })] }), between],
  ],
  'no-output': [
    [move(load, { outputs: [output(writer, 100n)] }), alone],
    [move(fund, { outputs: [output(writer, 100n)] }), between],
    [move(fund, { outputs: [escrowed(60n), escrowed(40n)] }), between],
  ],
  denomination: [
    [move(load, { outputs: [output(writer, 63n, { kind: 1 }), output(writer, 37n)] }), alone],
  ],
  bounds: [
    [move(transfer, { outputs: [output(peer, 70n), output(writer, 30n, { depth: 4 })] }), between],
    [move(transfer, { outputs: [output(peer, 70n, { depth: 2 }), output(writer, 30n)] }), between],
    [move(transfer, { outputs: [output(peer, 100n, { receipts: 6 })] }), between],
    [deep(8, 3), between],
    [deep(2, 64), between],
    // What leaves an escrow is one deeper still, and must not be stuck there.
    [deepFund(7, 3), between],
    [deepFund(2, 63), between],
  ],
  form: [
    [about(painting, load), alone],
    [about(painting, fund), between],
    [about(diploma, load), alone],
    [about(diploma, fund), between],
    [about(diploma, art([2n], [2n])), between],
    [about(diploma, transfer, { inputs: itemsIn(2n), outputs: itemsOut(writer, 2n) }), alone],
  ],
  'not-burnable': [[about(lead, burn), alone]],
  'not-allowed': [
    // No proof, a proof of another list, of too few, of too many, and one where none is wanted.
    [about(listed, transfer), between],
    [about(listed, transfer, { allowed: proveAllowed(withStranger(), transfer.outputs) }), between],
    [about(listed, transfer, { allowed: membership().prove([peer]) }), between],
    [about(listed, transfer, { allowed: provenFor(writer, peer, third) }), between],
    [about(listed, transfer, { allowed: shown, outputs: [output(peer, 100n)] }), between],
    [about(listed, load, { allowed: undefined }), alone],
    [move(transfer, { allowed: shown }), between],
    [about(listed, burn, { outputs: [], allowed: shown }), alone],
  ],
};

function withEscrow(): readonly Input[] {
  return sorted(...inputs.map((one) => ({ ...one, kind: escrowKind })));
}

/** The list with a device more, which has another root. */
function withStranger(): ReturnType<typeof membership> {
  return allowList([writer, peer, third, named('a stranger')]);
}

function provenFor(...owners: readonly Uint8Array[]): ReturnType<typeof proveAllowed> {
  return proveAllowed(
    membership(),
    owners.map((owner) => ({ owner })),
  );
}

/** One input of these bounds, and the output that follows from it. */
function deep(depth: number, receipts: number): Operation {
  return move(transfer, {
    inputs: [input('a', 100n, { depth, receipts })],
    outputs: [output(peer, 100n, { depth: depth + 1, receipts: receipts + 1 })],
  });
}

function deepFund(depth: number, receipts: number): Operation {
  const bounds = { depth: depth + 1, receipts: receipts + 1 };
  return move(fund, {
    inputs: [input('a', 100n, { depth, receipts })],
    outputs: [{ ...escrowed(100n), ...bounds }],
  });
}

for (const [refusal, cases] of Object.entries(bends)) {
  test(`${refusal}: ${operationRefusals[refusal as OperationRefusal]}`, () => {
    for (const [i, [operation, context]] of cases.entries()) {
      assert.equal(said(operation, context), `operation: ${refusal}`, `bend ${i}`);
    }
  });
}

test('what the rules just allow is accepted', () => {
  const edges: Bent = [
    [deep(7, 3), between],
    [deep(2, 63), between],
    [deepFund(6, 3), between],
    [deepFund(2, 62), between],
    [move(transfer, { ...split(amountMax - 1n, 1n), outputs: [output(peer, amountMax)] }), between],
    [move(burn, { ...split(amountMax - 1n, 1n), outputs: [] }), alone],
    [move(fund, { ...split(amountMax - 1n, 1n), outputs: [escrowed(amountMax)] }), between],
    [move(transfer, { outputs: [output(writer, 100n)] }), alone],
    [move(transfer, { inputs: purseInputs }), between],
    [move(burn, { inputs: purseInputs }), alone],
    [art([2n, 3n], [3n, 2n]), between],
    [torn([2n, 3n], [3n]), alone],
    [torn([2n], []), alone],
    [about(diploma, torn([2n], [])), alone],
    [about(listed, transfer, { allowed: shown }), between],
    [about(listed, fund, { allowed: shown }), between],
    [about(listed, load, { allowed: provenFor(writer) }), alone],
    [about(listed, burn, { allowed: provenFor(writer) }), alone],
    [about(listed, burn, { outputs: [] }), alone],
  ];
  for (const [i, [operation, context]] of edges.entries()) {
    assert.equal(said(operation, context), 'accepted', `edge ${i}`);
  }
});

test('what is not canonical is malformed, what is not known is pending', () => {
  const bytes = encodeOperation(transfer);
  const detail = (of: Uint8Array): unknown => rules(of, between);
  const malformed = { type: 'refused', refusal: 'operation', detail: 'malformed' };
  for (const wrong of [
    new Uint8Array(0),
    bytes.subarray(0, bytes.length - 1),
    Uint8Array.of(...bytes, 0),
    encodeOperation(transfer).with(33, 9),
    unordered(),
  ]) {
    assert.deepEqual(detail(wrong), malformed);
  }
  for (const tag of [0, 14, 255]) {
    assert.deepEqual(detail(bytes.with(0, tag)), { type: 'pending', pending: 'operation' });
  }
  for (const each of [transfer, load, burn, fund]) {
    assert.equal(said({ ...each, token: named('another') }, between), 'pending policy');
  }
  assert.equal(
    said({ ...collect(output(writer, 1n)), token: named('x') }, alone),
    'pending policy',
  );
});

/** The inputs of the honest transfer, in the other order. */
function unordered(): Uint8Array {
  const bytes = encodeOperation(transfer);
  const [size, at] = [32 + 2 + 32 + 16 + 1 + 2 + 4 + 32, 1 + 32 + 2];
  const swapped = bytes.slice();
  swapped.set(bytes.subarray(at + size, at + 2 * size), at);
  swapped.set(bytes.subarray(at, at + size), at + size);
  return swapped;
}

test('inputs named twice, or not in order, have no encoding', () => {
  const [first, second] = transfer.inputs;
  const encode = (all: readonly Input[]): Uint8Array =>
    encodeOperation(move(transfer, { inputs: all }));
  assert.throws(() => encode([first!, first!]), RangeError);
  assert.throws(() => encode([second!, first!]), RangeError);
  assert.throws(() => encode([]), RangeError);
  assert.equal(decodeOperation(unordered()), 'malformed');
  const one = { ...output(writer, 5n), index: 2 };
  const both = (a: number, b: number): Operation => ({
    ...collect(),
    outputs: [
      { ...one, index: a },
      { ...one, index: b },
    ],
  });
  assert.ok(encodeOperation(both(2, 3)).length > 0);
  assert.throws(() => encodeOperation(both(2, 2)), RangeError);
  assert.throws(() => encodeOperation(both(3, 2)), RangeError);
  assert.throws(() => encodeOperation(collect()), RangeError);
});

test('an amount of 129 bits has no encoding', () => {
  const big = move(transfer, { outputs: [output(peer, amountMax + 1n)] });
  assert.throws(() => encodeOperation(big), RangeError);
  assert.equal(gold.cap <= amountMax, true);
});
