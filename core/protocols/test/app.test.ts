/** Apps: names, what is found in a run, and what becomes of operations that a reducer does not take. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { portableHash } from '@dsm/portable';
import {
  address,
  ascii,
  installHash,
  nextEntry,
  openLane,
  u8,
  type Coder,
  type Entry,
} from '@dsm/primitive';

import {
  actsOf,
  appId,
  operationIn,
  reduced,
  refuse,
  type Act,
  type App,
  type Outcome,
  type Setting,
} from '../src/app.ts';
import { encodeOperation, type Operation } from '../src/operation.ts';

installHash(portableHash);

const named = (name: string): Uint8Array => address(ascii(name));
const [author, peer, token] = [named('author'), named('peer'), named('token')];

/** Adds; refuses to pass 100; fails at 13. */
const rules = { name: 'sum', version: 1, rules: 'adds, up to 100' };
const sum: App<number, number> = {
  ...rules,
  id: appId(rules),
  initial: 0,
  operation: u8,
  reduce: (state, more) => {
    if (more === 13) throw new TypeError('thirteen');
    return state + more > 100 ? refuse('more than 100') : state + more;
  },
};

function act(...data: readonly Uint8Array[]): Act {
  return {
    side: 0,
    author,
    peer,
    index: data.length,
    head: named('head'),
    after: 0,
    operations: data.map((bytes, i) => ({ index: i + 1, data: bytes })),
    given: [],
  };
}

const acted = (state: number, ...numbers: readonly number[]): readonly [number, Outcome] => {
  const after = reduced(sum, state, act(...numbers.map((n) => Uint8Array.of(n))));
  return [after.state, after.outcome];
};

test('an app id follows from name, version and rules', () => {
  const ids = [
    appId(rules),
    appId({ ...rules, name: 'sun' }),
    appId({ ...rules, version: 2 }),
    appId({ ...rules, rules: 'adds, up to 101' }),
  ].map((id) => id.join());
  assert.equal(new Set(ids).size, 4);
  assert.deepEqual(appId({ ...rules }), sum.id);
  assert.throws(() => appId({ ...rules, name: 'n'.repeat(49) }), RangeError);
});

test('operations of an act take effect together', () => {
  assert.deepEqual(acted(1, 2, 3), [6, { type: 'applied' }]);
});

test('a refused operation leaves the state as it was before the act', () => {
  assert.deepEqual(acted(1, 2, 99), [1, { type: 'refused', index: 2, why: 'more than 100' }]);
});

test('a reducer that fails is named, and the state is as it was', () => {
  assert.deepEqual(acted(1, 2, 13), [1, { type: 'fault', index: 2, why: 'TypeError: thirteen' }]);
});

test('bytes that encoding would not have given are malformed', () => {
  for (const data of [new Uint8Array(0), Uint8Array.of(1, 1)]) {
    const after = reduced(sum, 7, act(Uint8Array.of(1), data));
    assert.deepEqual(after, { state: 7, outcome: { type: 'malformed', index: 2 } });
  }
});

test('a codec with two forms of one value takes one of them', () => {
  const lax: Coder<number> = { ...u8, read: (r) => r.u8() & 0x7f };
  assert.equal(operationIn({ operation: lax }, Uint8Array.of(5)), 5);
  assert.equal(operationIn({ operation: lax }, Uint8Array.of(0x85)), undefined);
});

test('a reducer is told where the operation stands', () => {
  const seen: Setting[] = [];
  const app: App<number, number> = {
    ...sum,
    reduce: (state, _, setting) => {
      seen.push(setting);
      return state;
    },
  };
  const given = [{ token, amount: 5n }];
  reduced(app, 0, { ...act(Uint8Array.of(1), Uint8Array.of(2)), given });
  assert.deepEqual(seen, [
    { side: 0, index: 1, author, peer, given },
    { side: 0, index: 2, author, peer, given },
  ]);
});

test('a run holds one act for each app, with what it transfers to the peer', () => {
  const said = (app: Uint8Array, n: number): Operation => {
    return { type: 'app', app, data: Uint8Array.of(n) };
  };
  const other = named('other app');
  const to = (owner: Uint8Array, amount: bigint): Operation => ({
    type: 'transfer',
    token,
    inputs: [
      {
        source: named('source'),
        index: 0,
        key: named('key'),
        amount: amount + 1n,
        kind: 0,
        depth: 1,
        receipts: 1,
        blind: named('blind'),
      },
    ],
    outputs: [
      { owner, key: named('key'), amount, kind: 0, depth: 2, receipts: 2 },
      { owner: author, key: named('key'), amount: 1n, kind: 0, depth: 2, receipts: 2 },
    ],
    allowed: undefined,
    memo: '',
  });
  const run = (...operations: readonly Operation[]): Parameters<typeof actsOf>[0] => ({
    side: 1,
    author,
    peer,
    entries: entriesOf(operations),
    head: named('last'),
    after: 9,
  });
  const acts = actsOf(
    run(said(sum.id, 1), said(other, 2), to(peer, 5n), said(sum.id, 3), to(author, 8n)),
  );
  const shared = {
    side: 1,
    author,
    peer,
    index: 5,
    head: named('last'),
    after: 9,
    given: [{ token, amount: 5n }],
  };
  assert.deepEqual(acts, [
    {
      app: sum.id,
      act: {
        ...shared,
        operations: [
          { index: 1, data: Uint8Array.of(1) },
          { index: 4, data: Uint8Array.of(3) },
        ],
      },
    },
    { app: other, act: { ...shared, operations: [{ index: 2, data: Uint8Array.of(2) }] } },
  ]);
  assert.deepEqual(actsOf(run({ type: 'memo', text: 'hello' })), []);
  assert.deepEqual(actsOf(run()), []);
});

/** Entries of a lane that carry the operations. */
function entriesOf(operations: readonly Operation[]): Entry[] {
  let lane = openLane(named('network'), author, 0, peer, {
    key: named('relationship'),
    spoolKey: named('spool'),
  });
  return operations.map((operation) => {
    const entry = nextEntry(lane, 1, named('absorbed'), encodeOperation(operation));
    lane = { ...lane, index: entry.index };
    return entry;
  });
}
