/** Escrows: whatever is said, cited, opened and given up, what leaves one is what was put in. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { equal, exitAmount, exitHead, lockHash, zero32, type ExitClaim } from '@dsm/primitive';
import { encodeOperation, nextEscrow, type Origin } from '@dsm/protocols';
import fc from 'fast-check';

import {
  absorbs,
  begun,
  checkExitOf,
  claimOf,
  decides,
  escrowOf,
  exits,
  follows,
  funding,
  id,
  isOpen,
  lieOf,
  lies,
  locks,
  opened,
  partOf,
  pays,
  preimages,
  type Game,
  type Lie,
} from './escrow-model.ts';
import { exitOperation, returned, totalOperation } from './escrow-scene.ts';
import { absorbed, sent } from './fixture.ts';
import { ada, bob, gold, token } from './lineage-scene.ts';

type Turn =
  | {
      readonly act: 'pay' | 'lock' | 'follow' | 'absorb';
      readonly lock: number;
      readonly n: number;
    }
  | { readonly act: 'decide'; readonly lock: number; readonly open: boolean }
  | { readonly act: 'lie'; readonly lie: Lie }
  | { readonly act: 'exit'; readonly number: number; readonly bits: number };

const lock = fc.nat({ max: preimages.length - 1 });
const n = fc.nat({ max: 40 });
const open = fc.constantFrom(true, true, false);
const amount = fc.constantFrom(undefined, 1n, 5n, 20n);
const lie: fc.Arbitrary<Lie> = fc.record({
  // Often enough one total and two opinions of its locks.
  total: fc.constantFrom(10n, 10n, 30n, 79n, 81n),
  locked: fc.tuple(amount, amount, amount),
});
const turn: fc.Arbitrary<Turn> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      act: fc.constantFrom('pay', 'lock', 'follow', 'follow', 'absorb', 'absorb'),
      lock,
      n,
    }),
  },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('decide'), lock, open }) },
  { weight: 3, arbitrary: fc.record({ act: fc.constant('lie'), lie }) },
  {
    weight: 1,
    arbitrary: fc.record({
      act: fc.constant('exit'),
      number: fc.nat(),
      bits: fc.constantFrom(0, 1, 7, 7),
    }),
  },
);

function after(game: Game, next: Turn): Game {
  switch (next.act) {
    case 'pay':
      return pays(game, BigInt(next.n));
    case 'lock':
      return locks(game, next.lock, BigInt(next.n));
    case 'follow':
      return follows(game, next.lock);
    case 'absorb':
      return absorbs(game);
    case 'decide':
      return decides(game, next.lock, next.open);
    case 'lie':
      return lies(game, next.lie);
    case 'exit':
      return exits(game, claimOf(game, next.number, next.bits));
  }
}

/** Every claim that anybody can make over everything that was said. */
function* claimsIn(game: Game): Generator<ExitClaim> {
  for (const [number, { locks: said }] of game.citations.entries()) {
    for (let bits = 0; bits < 1 << said.length; bits++) yield claimOf(game, number, bits);
  }
}

/** What checks must answer, by what the game knows. */
function expected(game: Game, claim: ExitClaim): string {
  if (exitAmount(claim)! > funding) return 'exit';
  if (!claim.preimages.every((preimage) => isOpen(game, preimage))) return 'lock';
  const first = exitSlotOf(game);
  if (first === undefined) return 'good';
  return equal(first, exitHead(claim)) ? 'certified' : 'certificate';
}

function exitSlotOf(game: Game): Uint8Array | undefined {
  return partOf(game, { citation: game.citations[0]!, preimages: [] }).certificate?.value;
}

/** Checks every claim, and answers with the exits that are certified. */
function assertExits(game: Game): Origin[] {
  const certified: Origin[] = [];
  for (const claim of claimsIn(game)) {
    const verdict = checkExitOf(game, claim);
    const origin = verdict.type === 'good' ? verdict.origin : undefined;
    const plain = verdict.type === 'bad' ? verdict.refusal : verdict.type;
    assert.equal(origin?.certified === true ? 'certified' : plain, expected(game, claim));
    if (origin === undefined) continue;
    const paid = origin.outputs[0]!.amount;
    assert.equal(paid + origin.outputs[1]!.amount, funding);
    // One thing that the payer has said, and locks that are certified as opened.
    const { citation } = claim;
    const open = citation.locks.filter(({ hash }) =>
      preimages.some((preimage) => equal(lockHash(preimage), hash) && isOpen(game, preimage)),
    );
    assert.ok(paid >= citation.total);
    assert.ok(paid <= open.reduce((sum, each) => sum + each.amount, citation.total));
    if (origin.certified) certified.push(origin);
  }
  for (const origin of certified) assert.deepEqual(origin, certified[0]);
  return certified;
}

/** The maps of both hold what the certified exit made, and nothing of the escrow. */
function assertMaps(game: Game): boolean {
  for (const claim of claimsIn(game)) {
    if (expected(game, claim) !== 'certified') continue;
    const { outputs, head } = assertExits(game)[0]!;
    const exit = exitOperation(bob, opened.note, claim);
    const payee = sent(bob, game.payee, bob, [exit], [gold]).durable;
    const parts = outputs.map((output, index) => ({ ...output, token, source: head, index }));
    const made = parts.map((note) => (note.amount === 0n ? [] : [note]));
    assert.deepEqual([...payee.notes.values()], made[0]);
    const change = [...game.payer.notes.values()];
    const back = outputs[1]!;
    const payer =
      back.amount === 0n
        ? game.payer
        : sent(ada, game.payer, ada, [returned(token, claim, back)], [gold]).durable;
    assert.deepEqual([...payer.notes.values()], [...change, ...made[1]!]);
    return true;
  }
  return false;
}

test('what leaves an escrow is what was put in, once, and never more than was said and opened', () => {
  const seen = { certified: 0, lies: 0, maps: 0 };
  fc.assert(
    fc.property(fc.array(turn, { minLength: 8, maxLength: 30 }), (turns) => {
      let game = turns.reduce(after, begun());
      seen.certified += assertExits(game).length;
      seen.lies += turns.filter(({ act }) => act === 'lie').length;
      while (game.wire.length > 0) game = absorbs(game);
      const [mine, theirs] = [escrowOf(game.payer), escrowOf(game.payee)];
      assert.deepEqual({ ...mine, locks: bare(mine) }, { ...theirs, locks: bare(theirs) });
      if (assertMaps(game)) seen.maps += 1;
    }),
    { numRuns: 60 },
  );
  assert.ok(seen.certified > 20 && seen.lies > 60 && seen.maps > 12, JSON.stringify(seen));
});

/** Locks without what each side knows of their slots. */
function bare({ locks: held }: ReturnType<typeof escrowOf>): unknown {
  return held.map(({ hash, amount: locked }) => ({ hash, locked }));
}

test('of two exits the slot holds the first, and the second is no part of a lineage', () => {
  let game = pays(begun(), 30n);
  game = pays(game, 20n);
  const [low, high] = [claimOf(game, 1, 0), claimOf(game, 2, 0)];
  game = exits(exits(game, low), high);
  assert.deepEqual([expected(game, low), expected(game, high)], ['certified', 'certificate']);
  assert.equal(assertExits(game).length, 1);
  assert.ok(assertMaps(game));
});

test('a lock that was opened and given up is what its slot says first', () => {
  for (const open of [true, false]) {
    let game = locks(pays(begun(), 30n), 0, 15n);
    game = decides(decides(game, 0, open), 0, !open);
    const claim = claimOf(game, 2, 1);
    game = exits(game, claim);
    assert.equal(expected(game, claim), open ? 'certified' : 'lock');
    assertExits(game);
    const followed = escrowOf(follows(game, 0).payer);
    assert.deepEqual([followed.total, followed.locks], [open ? 45n : 30n, []]);
  }
});

test('a payer that says less than before is refused, and its lane stops here', () => {
  let game = pays(begun(), 30n);
  while (game.wire.length > 0) game = absorbs(game);
  for (const [total, count] of [
    [1n, 2],
    [29n, 2],
    [30n, 2],
    [31n, 1],
  ] as const) {
    const said = lieOf(game, { total, locked: [], count });
    const verdict = absorbed(bob, game.payee, ada, said.claim, [gold]);
    const refusal = { type: 'refused', refusal: 'operation', detail: 'total-falls' };
    assert.deepEqual(verdict, refusal);
    const onwards = sent(ada, said.durable, bob, [more(total + 40n)], [gold]);
    const later = absorbed(bob, game.payee, ada, onwards.claim, [gold]);
    assert.deepEqual(later, { type: 'pending', pending: 'early' });
  }
  // The honest lane still goes on from where it was absorbed.
  assert.equal(escrowOf(absorbs(pays(game, 1n)).payee).total, 31n);
});

function more(total: bigint): Uint8Array {
  return encodeOperation({ ...totalOperation(id, total, 9), ticks: zero32 });
}

test('a payer that says more than the escrow holds, or forgets a lock, is refused', () => {
  let game = locks(pays(begun(), 30n), 0, 15n);
  while (game.wire.length > 0) game = absorbs(game);
  for (const [said, detail] of [
    [{ total: 81n, locked: [], count: 2 }, 'over-funded'],
    [{ total: 66n, locked: [15n], count: 2 }, 'over-funded'],
  ] as const) {
    const { claim } = lieOf(game, said);
    const verdict = absorbed(bob, game.payee, ada, claim, [gold]);
    assert.deepEqual(verdict, { type: 'refused', refusal: 'operation', detail });
  }
  // The operation is a good one, and the line that is signed is not what follows from it.
  assert.notEqual(typeof nextEscrow(escrowOf(game.payee), totalOperation(id, 31n, 2)), 'string');
  const { claim } = lieOf(game, { total: 31n, locked: [], count: 2 });
  assert.deepEqual(absorbed(bob, game.payee, ada, claim, [gold]), {
    type: 'refused',
    refusal: 'slots',
  });
});
