/** The rules of value: what each operation demands, and every way to be refused. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { portableHash } from '@dsm/portable';
import {
  address,
  ascii,
  equal,
  installHash,
  isZero,
  noteKey,
  zero32,
  type OperationContext,
} from '@dsm/primitive';
import { issueHead, issuePlace, type Issue } from '../src/issue.ts';
import { noteId, noteLeaf, spendPlace, type Output } from '../src/note.ts';
import {
  decodeOperation,
  encodeOperation,
  type Input,
  type Movement,
  type Operation,
} from '../src/operation.ts';
import { policy, tokenId, type Policy } from '../src/policy.ts';
import { inputNote, operationRefusals, valueRules, type OperationRefusal } from '../src/rules.ts';

installHash(portableHash);

const named = (name: string): Uint8Array => address(ascii(name));

const gold: Policy = {
  network: named('network'),
  registry: named('registry'),
  ticker: 'GLD',
  name: 'Gold',
  decimals: 2,
  cap: 1_000n,
  issuerSuite: 1,
  issuer: named('issuer key'),
  depthMax: 8,
  receiptsMax: 64,
};
const token = tokenId(gold);
const [writer, peer] = [named('writer'), named('peer')];
const between: OperationContext = { writer, peer, head: named('head') };
const alone: OperationContext = { ...between, peer: writer };
const rules = valueRules((wanted) => (equal(wanted, token) ? gold : undefined));

const input = (name: string, amount: bigint, changes: Partial<Input> = {}): Input => ({
  source: named(name),
  index: 0,
  key: named('spend key'),
  amount,
  kind: 0,
  depth: 2,
  receipts: 3,
  blind: named('blind'),
  ...changes,
});

const output = (owner: Uint8Array, amount: bigint, changes: Partial<Output> = {}): Output => ({
  owner,
  key: named('their key'),
  amount,
  kind: 0,
  depth: 3,
  receipts: 7,
  ...changes,
});

const inputs = [input('a', 60n), input('b', 40n)].toSorted((a, b) =>
  a.source < b.source ? -1 : 1,
);
const sorted = (all: readonly Input[]): readonly Input[] =>
  all.toSorted((a, b) => {
    const [x, y] = [a.source, b.source];
    const at = x.findIndex((byte, i) => byte !== y[i]);
    return at < 0 ? a.index - b.index : x[at]! - y[at]!;
  });

const transfer = {
  type: 'transfer',
  token,
  inputs: sorted(inputs),
  outputs: [output(peer, 70n), output(writer, 30n)],
  memo: 'lunch',
} as const satisfies Operation;

const load = {
  type: 'load',
  token,
  inputs: sorted(inputs),
  outputs: [output(writer, 64n, { kind: 1 }), output(writer, 36n)],
  memo: '',
} as const satisfies Operation;

const issue: Issue = {
  token,
  index: 1,
  parent: token,
  amount: 100n,
  total: 100n,
  outputs: [
    output(writer, 60n, { depth: 0, receipts: 1 }),
    output(writer, 40n, { depth: 0, receipts: 1 }),
  ],
};
const mint = (changes: Partial<Issue> = {}): Operation => ({
  type: 'mint',
  issue: { ...issue, ...changes },
});

const said = (operation: Operation, context: OperationContext): string => {
  const verdict = rules(encodeOperation(operation), context);
  return verdict.type === 'refused' ? `${verdict.refusal}: ${verdict.detail}` : verdict.type;
};

test('honest operations are accepted, and demand exactly their leaves and slots', () => {
  const verdict = rules(encodeOperation(transfer), between);
  assert.ok(verdict.type === 'accepted');
  const { writes, slots } = verdict.value;
  assert.equal(writes.length, 3);
  for (const [i, one] of transfer.inputs.entries()) {
    const key = noteKey(noteId(one.source, one.index));
    const leaf = noteLeaf(inputNote(one, token, writer), one.blind);
    assert.deepEqual(writes[i], { key, before: leaf, after: zero32 });
    assert.deepEqual(slots[i], { place: spendPlace(one), value: between.head });
  }
  assert.deepEqual(writes[2], {
    key: noteKey(noteId(between.head, 1)),
    before: zero32,
    after: undefined,
  });
  assert.equal(slots.length, 2);
  assert.equal(said(load, alone), 'accepted');
  assert.equal(said({ type: 'memo', text: 'hello' }, between), 'accepted');
  assert.equal(said({ type: 'app', app: named('app'), data: ascii('hello') }, between), 'accepted');
});

test('a mint demands the slot after its parent and its notes', () => {
  const verdict = rules(encodeOperation(mint()), alone);
  assert.ok(verdict.type === 'accepted');
  const head = issueHead(issue);
  assert.deepEqual(verdict.value.slots, [{ place: issuePlace(token, gold), value: head }]);
  assert.deepEqual(
    verdict.value.writes,
    [0, 1].map((i) => ({ key: noteKey(noteId(head, i)), before: zero32, after: undefined })),
  );
  const later = mint({ index: 2, parent: named('the issue before'), total: 900n });
  assert.equal(said(later, alone), 'accepted');
});

const move = (
  of: Movement & { type: 'transfer' | 'load' },
  changes: Partial<Movement>,
): Operation => ({
  ...of,
  ...changes,
});

const half = 1n << 127n;

/** Bent operations; each breaks one rule and no other. */
const bends: Record<OperationRefusal, readonly (readonly [Operation, OperationContext])[]> = {
  malformed: [],
  'own-lane': [
    [load, between],
    [move(load, { outputs: [load.outputs[0]!, output(peer, 36n)] }), alone],
    [mint(), between],
    [mint({ outputs: [output(peer, 100n, { depth: 0, receipts: 1 })] }), alone],
  ],
  'zero-amount': [
    [move(transfer, { outputs: [...transfer.outputs, output(peer, 0n)] }), between],
    [move(transfer, { inputs: sorted([...inputs, input('c', 0n, { receipts: 0 })]) }), between],
    [mint({ outputs: [...issue.outputs, output(writer, 0n, { depth: 0, receipts: 1 })] }), alone],
  ],
  overflow: [
    [
      move(transfer, {
        inputs: sorted([input('a', half), input('b', half)]),
        outputs: [output(peer, half), output(writer, half)],
      }),
      between,
    ],
    [move(transfer, { outputs: [output(peer, half), output(writer, half)] }), between],
  ],
  conservation: [
    [move(transfer, { outputs: [output(peer, 70n)] }), between],
    [move(transfer, { outputs: [output(peer, 70n), output(writer, 31n)] }), between],
    [move(load, { outputs: [output(writer, 64n, { kind: 1 })] }), alone],
  ],
  owner: [[move(transfer, { outputs: [output(peer, 70n), output(named('third'), 30n)] }), between]],
  'mixed-inputs': [
    [move(transfer, { inputs: sorted([input('a', 60n, { kind: 1 }), input('b', 40n)]) }), between],
  ],
  'purse-output': [
    [move(transfer, { outputs: [output(peer, 64n, { kind: 1 }), output(writer, 36n)] }), between],
    [mint({ outputs: [output(writer, 100n, { depth: 0, receipts: 1, kind: 1 })] }), alone],
  ],
  'purse-input': [
    [move(load, { inputs: sorted(inputs.map((one) => ({ ...one, kind: 1 as const }))) }), alone],
  ],
  denomination: [
    [move(load, { outputs: [output(writer, 63n, { kind: 1 }), output(writer, 37n)] }), alone],
  ],
  bounds: [
    [move(transfer, { outputs: [output(peer, 70n), output(writer, 30n, { depth: 4 })] }), between],
    [move(transfer, { outputs: [output(peer, 70n, { depth: 2 }), output(writer, 30n)] }), between],
    [move(transfer, { outputs: [output(peer, 100n, { receipts: 6 })] }), between],
    [deep(8, 3, 9, 4), between],
    [deep(2, 64, 3, 65), between],
    [mint({ outputs: [output(writer, 100n, { depth: 1, receipts: 1 })] }), alone],
    [mint({ outputs: [output(writer, 100n, { depth: 0, receipts: 0 })] }), alone],
  ],
  'no-purse-note': [[move(load, { outputs: [output(writer, 100n)] }), alone]],
  total: [
    [mint({ amount: 99n }), alone],
    [mint({ index: 2 }), alone],
    [mint({ parent: named('a parent') }), alone],
    [mint({ total: 99n }), alone],
    [mint({ total: 1_001n }), alone],
  ],
};

/** One input of these bounds, and the output that follows from it. */
function deep(depth: number, receipts: number, after: number, sum: number): Operation {
  return move(transfer, {
    inputs: [input('a', 100n, { depth, receipts })],
    outputs: [output(peer, 100n, { depth: after, receipts: sum })],
  });
}

test('bounds that the policy just allows are accepted', () => {
  assert.equal(said(deep(7, 3, 8, 4), between), 'accepted');
  assert.equal(said(deep(2, 63, 3, 64), between), 'accepted');
  assert.equal(said(mint({ amount: 100n, total: 1_000n }), alone), 'accepted');
});

for (const [refusal, cases] of Object.entries(bends)) {
  test(`${refusal}: ${operationRefusals[refusal as OperationRefusal]}`, () => {
    for (const [i, [operation, context]] of cases.entries()) {
      assert.equal(said(operation, context), `operation: ${refusal}`, `bend ${i}`);
    }
  });
}

test('what is not canonical is malformed, what is not known is pending', () => {
  const bytes = encodeOperation(transfer);
  const detail = (of: Uint8Array): unknown => rules(of, between);
  const malformed = { type: 'refused', refusal: 'operation', detail: 'malformed' };
  assert.deepEqual(detail(bytes.subarray(1)), { type: 'pending', pending: 'operation' });
  for (const wrong of [
    new Uint8Array(0),
    bytes.subarray(0, bytes.length - 1),
    Uint8Array.of(...bytes, 0),
    encodeOperation(transfer).with(33, 9),
    unordered(),
  ]) {
    assert.deepEqual(detail(wrong), malformed);
  }
  for (const tag of [0, 5, 255]) {
    assert.deepEqual(detail(bytes.with(0, tag)), { type: 'pending', pending: 'operation' });
  }
  assert.deepEqual(rules(encodeOperation({ ...transfer, token: named('another') }), between), {
    type: 'pending',
    pending: 'policy',
  });
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
});

test('a policy that could not hold has no bytes, and a token is the address of its policy', () => {
  const decoded = policy.decode(policy.encode(gold));
  assert.deepEqual(decoded, { ok: true, value: gold });
  assert.deepEqual(token, address(policy.encode(gold)));
  const wrong: Partial<Policy>[] = [
    { ticker: '' },
    { ticker: 'G LD' },
    { ticker: 'ABCDEFGHIJKLM' },
    { decimals: 39 },
    { cap: 0n },
    { cap: 1n << 128n },
    { depthMax: 0 },
    { depthMax: 65 },
    { receiptsMax: 0 },
    { receiptsMax: 4_097 },
    { name: 'x'.repeat(49) },
  ];
  for (const change of wrong) {
    assert.throws(() => policy.encode({ ...gold, ...change }), RangeError);
    assert.ok(!isZero(tokenId(gold)));
  }
  const other = tokenId({ ...gold, cap: gold.cap + 1n });
  assert.notDeepEqual(other, token);
});
