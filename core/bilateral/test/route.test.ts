/**
 * A relay never loses, explored: every order of messages, silence, crashes, cancels, reveals and
 * exits on a route of three hops, whoever of the four is not honest.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lockHash } from '@dsm/primitive';
import { due, isSettled, learn, leaving, relaying, type Passage } from '../src/passage.ts';
import {
  amounts,
  certain,
  escrowAfter,
  isTerminal,
  machine,
  most,
  reachable,
  type Cast,
  type Machine,
  type RouteState,
} from './route-space.ts';

const names = ['payer', 'first relay', 'second relay', 'recipient'];
/** Each alone among cheats, all but one, and all: whoever else is honest only does less. */
const casts = [
  ...names.map((_, one) => names.map((_name, party) => party === one)),
  ...names.map((_, one) => names.map((_name, party) => party !== one)),
  names.map(() => true),
];

/** What must hold in every state, for those who are honest. */
function judge({ honest }: Cast, at: RouteState): void {
  for (const relay of [1, 2]) {
    if (honest[relay] !== true) continue;
    const gain = certain(at, relay - 1) - most(at, relay);
    assert.ok(gain >= 0n, `${names[relay]} can lose ${-gain}: ${JSON.stringify(shown(at))}`);
  }
  const { revealed, slot } = at.hops[2]!;
  if (honest[3] === true && (revealed || slot === 'opened') && at.hops[2]!.exit === undefined) {
    assert.ok(certain(at, 2) >= amounts[2]!, 'the recipient said the preimage and gets nothing');
  }
  const [paid] = at.passages;
  if (honest[0] === true && paid?.outgoing === 'paid') {
    assert.ok(paid.preimage !== undefined, 'the payer pays for the preimage only');
  }
}

function shown({ hops, passages }: RouteState): unknown {
  const plain = (passage: Passage | undefined): unknown =>
    passage === undefined ? undefined : [passage.incoming, passage.outgoing];
  return {
    hops: hops.map((hop) => ({ ...hop, exit: hop.exit?.amount.toString() })),
    passages: passages.map(plain),
  };
}

function outcomeOf(at: RouteState, hop: number): bigint {
  const { said, absorbed, exit } = at.hops[hop]!;
  return exit?.amount ?? escrowAfter(hop, said.slice(0, absorbed), true)!.total;
}

for (const honest of casts) {
  const who = names.filter((_, party) => honest[party] === true).join(', ');
  test(`no honest device loses: honest are ${who}`, (t) => {
    const cast: Cast = { honest, machine };
    const size = reachable(cast, 100_000, (at) => judge(cast, at));
    t.diagnostic(`${size} states`);
  });
}

test('among honest devices every end is paid throughout or returned throughout', (t) => {
  const cast: Cast = { honest: [true, true, true, true], machine };
  const ends = new Map<string, number>();
  reachable(cast, 100_000, (at) => {
    if (!isTerminal(cast, at)) return;
    const each = amounts.map((_, hop) => outcomeOf(at, hop));
    assert.ok(
      at.passages.every((passage) => passage === undefined || isSettled(passage)),
      JSON.stringify(shown(at)),
    );
    const balances = names.map((_, party) => (each[party - 1] ?? 0n) - (each[party] ?? 0n));
    assert.equal(
      balances.reduce((sum, one) => sum + one, 0n),
      0n,
    );
    const key = each.join();
    ends.set(key, (ends.get(key) ?? 0) + 1);
  });
  t.diagnostic([...ends].map(([end, count]) => `${end}: ${count}`).join('  '));
  assert.deepEqual([...ends.keys()].toSorted(), ['0,0,0', amounts.join()].toSorted());
});

test('what the slot says to be given up is given up, also if it was a former incarnation that did it', () => {
  const preimage = new Uint8Array(32).fill(7);
  const held = relaying(lockHash(preimage));
  for (const at of [held, learn(held, { type: 'preimage', preimage })]) {
    const after = learn(at, { type: 'given-up' });
    assert.equal(after.incoming, 'given-up');
    assert.equal(leaving(after), 'free', 'its exit waits for nothing');
    assert.ok(due(after).includes('show'));
  }
});

/** Faults that a relay could have. The exploration finds each. */
const faults: Readonly<Record<string, Machine>> = {
  'gives up while onwards it stands': {
    ...machine,
    due: (at) => (at.outgoing === 'held' ? ['give-up'] : machine.due(at)),
  },
  'pays onwards what it has given up': {
    ...machine,
    learn: (at, fact) =>
      fact.type === 'preimage' && at.incoming === 'given-up'
        ? { ...at, outgoing: 'held', preimage: fact.preimage }
        : machine.learn(at, fact),
  },
  'leaves while onwards it stands': { ...machine, leaving: () => 'free' },
  'leaves before the slot is written': {
    ...machine,
    leaving: (at) => (machine.leaving(at) === 'open' ? 'free' : machine.leaving(at)),
  },
  'takes any exit for a cancel': {
    ...machine,
    learn: (at, fact) =>
      machine.learn(at, fact.type === 'payee-left' ? { ...fact, preimage: undefined } : fact),
  },
};

for (const [name, faulty] of Object.entries(faults)) {
  test(`a relay loses if it ${name}`, () => {
    const cast: Cast = { honest: [false, true, false, false], machine: faulty };
    assert.throws(() => reachable(cast, 100_000, (at) => judge(cast, at)), /can lose/);
  });
}
